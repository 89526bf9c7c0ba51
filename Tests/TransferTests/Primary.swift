import DNSWire
import Inventory
import Nameserver
import OpenSSL
import TestServers
import Testing
import TestSupport
import Zones

/// One of our name servers, which may fall behind the others. Each has an address of its own: a
/// secondary asks whoever told it of a change, which it knows by its address.
final class Primary: Sendable {
    let store = ZoneStore()
    let address: String
    let port: UInt16
    /// Where it speaks TLS, when it does.
    let securePort: UInt16

    init(address: String = "127.0.0.1") throws {
        self.address = address
        port = UInt16(try FreePort.choose())
        securePort = UInt16(try FreePort.choose())
    }

    /// Takes changes, and how the zones came to their serials.
    func take(_ changes: [ZoneChange], of zone: ChangingZone) throws {
        store.keep(zone.zones.journals.mapValues { .some($0) })
        try store.publish(changes)
    }

    /// Answers while a closure runs.
    ///
    /// - `certificate`: it speaks TLS too, and shows this.
    func serve<Value: Sendable>(
        _ transfer: TransferSettings, certificate: MadeCertificate? = nil,
        during talk: @escaping @Sendable (DNSServer) async throws -> Value
    ) async throws -> Value {
        let loopback = try #require(IPAddress(address))
        var settings = NameserverSettings(endpoints: [Endpoint(address: loopback, port: port)])
        settings.transfer = transfer
        let identity = ServedIdentity(asksForCertificates: transfer.asksForCertificates)
        if let certificate {
            let texts = try certificate.texts
            try identity.replace(
                with: ServerIdentity(
                    chain: Certificate.chain(pem: texts.certificate),
                    key: PrivateKey(anyKindPEM: texts.key)))
            settings.tls = .init(
                endpoints: [Endpoint(address: loopback, port: securePort)])
        }
        let (bound, report) = AsyncStream.makeStream(of: Void.self)
        let server = DNSServer(settings: settings, store: store, identity: identity) { _ in
            report.yield()
        }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                defer { report.finish() }
                try await server.run()
                return nil
            }
            group.addTask {
                for await _ in bound { return try await talk(server) }
                return nil
            }
            var value: Value?
            while value == nil, let next = try await group.next() { value = next }
            group.cancelAll()
            try await group.waitForAll()
            return try #require(value)
        }
    }
}

/// What is sent between us and others in these tests.
struct Exchange: Sendable {
    static let zone = "example.com"
    var algorithm = TSIGAlgorithm.sha256
    var secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
    var octets = Array("secret secret secret secret!".utf8)
    var keyName = "xfr.example"

    var key: TSIGKey {
        TSIGKey(
            name: DomainName(keyName)?.wire ?? [0], algorithm: algorithm, secret: octets)
    }

    /// Settings of ours for secondaries at these ports.
    func settings(secondaries ports: [UInt16]) -> TransferSettings {
        var settings = TransferSettings()
        settings.keys = [key]
        settings.notifyDelay = .milliseconds(50)
        // For the tests' own look at our zones.
        settings.networks = [CIDR("127.0.0.0/8")].compactMap(\.self)
        settings.secondaries = ports.compactMap { port in
            IPAddress("127.0.0.1").map {
                .init(endpoint: Endpoint(address: $0, port: port), key: key.name)
            }
        }
        return settings
    }
}
