import Foundation
import HTTPClient
import Inventory
import Nameserver
import OpenSSL
import TestServers
import Testing
import Zones

/// A name server on loopback that speaks TLS too.
struct SecureServer: Sendable {
    /// Where it speaks UDP and TCP.
    let plain: Endpoint
    /// Where it speaks TLS.
    let secure: Endpoint
    let server: DNSServer
    let identity: ServedIdentity

    /// Runs one while a closure talks to it, and sees it end.
    static func run(
        _ store: ZoneStore, certificate: MadeCertificate?, address: String = "127.0.0.1",
        change: (inout NameserverSettings) -> Void = { _ in },
        talk: @escaping @Sendable (SecureServer) async throws -> Void
    ) async throws {
        let identity = ServedIdentity()
        if let certificate { try identity.replace(with: certificate.identity) }
        let loopback = try #require(IPAddress(address))
        var settings = NameserverSettings(endpoints: [Endpoint(address: loopback, port: 0)])
        settings.tls = .init(
            endpoints: [Endpoint(address: loopback, port: 0)])
        change(&settings)
        let (bound, report) = AsyncStream.makeStream(of: [Endpoint].self)
        let server = DNSServer(settings: settings, store: store, identity: identity) {
            report.yield($0)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { report.finish() }
                try await server.run()
            }
            group.addTask {
                for await endpoints in bound {
                    try #require(endpoints.count == 2)
                    try await talk(
                        SecureServer(
                            plain: endpoints[0], secure: endpoints[1], server: server,
                            identity: identity))
                    return
                }
            }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// What came of a deed of `dns_tls.py`.
    func deed(_ name: String, _ arguments: String...) throws -> JSONValue {
        let outcome = try Command.outcome(
            "python3", [Self.script, "\(secure.port)", name] + arguments)
        try #require(outcome.status == 0, "\(outcome)")
        return try outcome.json
    }

    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Servers/dns_tls.py").path

    /// Connections over TLS.
    var connections: ConnectionStatistics? { server.transports[.tls]?.connections }

    /// Waits, up to a minute, until all connections are gone.
    func expectNoneOpen(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while connections?.open != 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(connections?.open == 0, sourceLocation: sourceLocation)
    }
}

extension MadeCertificate {
    /// As the name server takes it.
    var identity: OpenSSL.ServerIdentity {
        get throws {
            let texts = try texts
            return try OpenSSL.ServerIdentity(
                chain: Certificate.chain(pem: texts.certificate),
                key: PrivateKey(anyKindPEM: texts.key))
        }
    }
}

/// A zone with an address and with texts of 5,000 and 62,000 octets.
func longTextZones() throws -> ZoneStore {
    let text = { (count: Int, owner: String) in
        let data = (0..<count).map { number -> [UInt8] in
            [250, UInt8(number)] + Array(repeating: 97, count: 249)
        }
        return RecordSet(owner: name(owner), type: .txt, ttlSeconds: 1, data: data)
    }
    let sets = [
        a("www.example.com.", "192.0.2.1"), text(20, "big.example.com."),
        // Its answer leaves less than a block.
        text(248, "huge.example.com."),
    ]
    return try store(["example.com.": sets])
}

/// A whole number of an answer; -1 for anything else.
func number(_ value: JSONValue?) -> Int {
    if case .integer(let number) = value { number } else { -1 }
}
