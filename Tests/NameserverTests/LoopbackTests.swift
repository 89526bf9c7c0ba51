import DNSWire
import Glibc
import Inventory
import Nameserver
import Synchronization
import Testing
import Zones

/// Three clients of different makers ask a running server.
@Suite(.serialized) struct LoopbackTests {
    /// Programs and how they are told of server, port, transport and question.
    enum Client: String, CaseIterable {
        case dig
        case kdig
        case drill

        func arguments(_ endpoint: Endpoint, _ question: Case) -> [String] {
            let server = ["@\(endpoint.address)", "-p", "\(endpoint.port)"]
            let rest = [question.name, question.type]
            switch self {
            case .dig: return server + ["-r", "+time=2", "+tries=2"] + rest
            case .kdig: return server + ["+time=2", "+retry=1"] + rest
            // drill does not turn to TCP by itself.
            case .drill: return server + (question.isLong ? ["-t"] : []) + rest
            }
        }

        /// kdig sends names in lower case.
        func records(_ question: Case) -> [String] {
            guard self == .kdig else { return question.records }
            return question.records.map { record in
                let owner = record.prefix { $0 != " " }
                return owner.lowercased() + record.dropFirst(owner.count)
            }
        }
    }

    /// What a client printed: the response code and the records, sections told apart.
    private struct Report: Equatable {
        var code: String
        var records: [String]
    }

    private static func report(_ output: String) -> Report {
        var report = Report(code: "", records: [])
        for line in output.split(separator: "\n") {
            for word in ["status: ", "rcode: "] {
                if let range = line.firstRange(of: word) {
                    report.code = String(line[range.upperBound...].prefix { $0.isLetter })
                }
            }
            guard !line.hasPrefix(";") else { continue }
            report.records.append(
                line.split { $0 == " " || $0 == "\t" }.joined(separator: " "))
        }
        report.records.sort()
        return report
    }

    /// A question and what every client must print for it.
    struct Case {
        var name: String
        var type: String
        var code: String
        var records: [String]
        /// The answer does not fit into a datagram.
        var isLong = false
    }

    private static let denial =
        "example.com. 60 IN SOA ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 60"

    static let cases = [
        Case(
            name: "mail.example.com", type: "A", code: "NOERROR",
            records: ["mail.example.com. 300 IN A 192.0.2.25"]),
        Case(
            name: "www.example.com", type: "AAAA", code: "NOERROR",
            records: ["www.example.com. 300 IN AAAA 2001:db8::1"]),
        Case(
            name: "1.2.0.192.in-addr.arpa", type: "PTR", code: "NOERROR",
            records: ["1.2.0.192.in-addr.arpa. 300 IN PTR www.example.com."]),
        Case(name: "none.example.com", type: "A", code: "NXDOMAIN", records: [denial]),
        Case(name: "mail.example.com", type: "AAAA", code: "NOERROR", records: [denial]),
        Case(
            name: "away.example.com", type: "A", code: "NOERROR",
            records: [
                "away.example.com. 300 IN CNAME host.example.net.",
                "host.example.net. 300 IN A 203.0.113.1",
            ]),
        Case(
            name: "MaIl.ExAmPlE.cOm", type: "A", code: "NOERROR",
            records: ["MaIl.ExAmPlE.cOm. 300 IN A 192.0.2.25"]),
        Case(name: "www.example.org", type: "A", code: "REFUSED", records: []),
        Case(
            name: "big.example.com", type: "A", code: "NOERROR",
            records: (0..<200).map { "big.example.com. 1 IN A 10.0.0.\($0)" }.sorted(),
            isLong: true),
    ]

    private static func bigStore() throws -> ZoneStore {
        let store = try exampleStore()
        let big = RecordSet(
            owner: name("big.example.com."), type: .a, ttlSeconds: 1,
            data: (0..<200).map { [10, 0, 0, $0] })
        try store.publish([
            .updated(ZoneDifference(apex: name("example.com."), removed: [], changed: [big]))
        ])
        return store
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func clientsAgree(address: String) async throws {
        try await withServer(Self.bigStore(), address: address) { endpoint, server in
            for question in Self.cases {
                for client in Client.allCases {
                    let output = try run(
                        client.rawValue, client.arguments(endpoint, question))
                    let report = Self.report(output)
                    #expect(
                        report == Report(code: question.code, records: client.records(question)),
                        "\(client) \(question.name): \(output)")
                }
            }
            #expect(server.statistics.truncated > 0)
        }
    }

    @Test func severalWorkersShareAPort() async throws {
        try await withServer(
            Self.bigStore(), change: { $0.workersPerEndpoint = 3 }
        ) { endpoint, server in
            for _ in 0..<8 {
                let output = try run("dig", Client.dig.arguments(endpoint, Self.cases[0]))
                #expect(Self.report(output).code == "NOERROR")
            }
            #expect(server.statistics.codes[.noError] == 8)
        }
    }

    @Test func anEndpointInUseIsNamed() async throws {
        try await withServer(Self.bigStore()) { endpoint, _ in
            let second = DNSServer(
                settings: NameserverSettings(endpoints: [endpoint]), store: ZoneStore())
            await #expect(throws: NameserverError.endpointInUse(endpoint, transport: .tcp)) {
                try await second.run()
            }
        }
    }

    @Test func anAddressOfAnotherHostIsNamed() async throws {
        let away = Endpoint(address: try #require(IPAddress("192.0.2.1")), port: 5_353)
        let server = DNSServer(settings: NameserverSettings(endpoints: [away]), store: ZoneStore())
        await #expect(throws: NameserverError.addressNotHere(away, transport: .tcp)) {
            try await server.run()
        }
    }

    @Test func settingsOutOfRangeAreNamed() async throws {
        let server = DNSServer(settings: NameserverSettings(endpoints: []), store: ZoneStore())
        await #expect(
            throws: NameserverError.invalidSettings(reason: "no endpoint to listen on expected")
        ) {
            try await server.run()
        }
    }

    @Test func anEndpointIsFreeAfterTheServerEnded() async throws {
        let port = Mutex<UInt16>(0)
        try await withServer(Self.bigStore()) { endpoint, _ in
            port.withLock { $0 = endpoint.port }
        }
        let again = Endpoint(
            address: try #require(IPAddress("127.0.0.1")), port: port.withLock { $0 })
        try await withServer(Self.bigStore(), change: { $0.endpoints = [again] }) { endpoint, _ in
            #expect(endpoint == again)
        }
    }
}
