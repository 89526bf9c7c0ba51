import Foundation
import Inventory
import Nameserver
import Synchronization
import TestServers
import Testing
import Zones

/// Queries and answers as a reader of others' making gets them.
@Suite(.serialized) struct DnstapTests {
    private static func dig(_ endpoint: Endpoint, _ words: String...) throws -> String {
        try Command.run(
            "dig",
            ["@\(endpoint.address)", "-p", "\(endpoint.port)", "-r", "+time=10", "+tries=1"]
                + words)
    }

    private static func dnstap(
        _ place: DnstapPlace, _ change: (inout DnstapSettings) -> Void = { _ in }
    ) -> DnstapSettings {
        var settings = DnstapSettings(socketPath: place.socket)
        change(&settings)
        return settings
    }

    /// Waits until so many messages went to the reader.
    private static func written(_ count: UInt64, by server: DNSServer) async throws {
        try await eventually { server.dnstap?.written == count }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func everyTransportIsTold(address: String) async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        let ends = Mutex<[Endpoint]>([])
        try await SecureServer.run(
            exampleStore(), certificate: MadeCertificate(), address: address,
            change: { $0.dnstap = Self.dnstap(place) }
        ) { lab in
            try await eventually { lab.server.dnstap?.isRead == true }
            ends.withLock { $0 = [lab.plain, lab.plain, lab.secure] }
            _ = try Self.dig(lab.plain, "www.example.com", "A")
            _ = try Self.dig(lab.plain, "+tcp", "none.example.com", "AAAA")
            let output = try Command.run(
                "kdig",
                [
                    "@\(lab.secure.address)", "-p", "\(lab.secure.port)", "+tls", "+time=10",
                    "+retry=0", "mail.example.com", "A",
                ])
            #expect(output.contains("192.0.2.25"))
            try await Self.written(6, by: lab.server)
        }
        let lines = try reader.lines()
        #expect(lines.map(\.kind) == ["AQ", "AR", "AQ", "AR", "AQ", "AR"])
        #expect(
            lines.map(\.question) == [
                "www.example.com/IN/A", "www.example.com/IN/A", "none.example.com/IN/AAAA",
                "none.example.com/IN/AAAA", "mail.example.com/IN/A", "mail.example.com/IN/A",
            ])
        for (index, endpoint) in ends.withLock({ $0 }).enumerated() {
            let (query, answer) = (lines[2 * index], lines[2 * index + 1])
            #expect(query.server == "\(endpoint.address):\(endpoint.port)")
            #expect(answer.server == query.server && answer.client == query.client)
            #expect(query.client.hasPrefix("\(endpoint.address):") && query.client != query.server)
        }
        #expect(lines[0].transport == "UDP" && lines[1].transport == "UDP")
        #expect(lines[2].transport == "TCP" && lines[3].transport == "TCP")
        // Over TLS: dnstap-read of BIND 9.18 takes whatever is not TCP for UDP, so that this is
        // checked in `DnstapEncoderTests`.
    }

    @Test func aMessageHasEverything() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        try await withServer(
            exampleStore(),
            change: {
                $0.dnstap = Self.dnstap(place)
                $0.answers.identity = Array("pve1".utf8)
                $0.answers.version = Array("pipam 1".utf8)
            }
        ) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            _ = try Self.dig(endpoint, "deep.empty.example.com", "A")
            try await Self.written(2, by: server)
        }
        let documents = try reader.documents()
        #expect(documents.count == 2)
        for document in documents {
            for line in [
                "identity: pve1", "version: pipam 1", "socket_family: INET",
                "socket_protocol: UDP", "query_address: \"127.0.0.1\"",
                "response_address: \"127.0.0.1\"", "query_zone: example.com",
            ] {
                #expect(document.contains(line), "\(line) in \(document)")
            }
        }
        #expect(documents[0].contains("type: AUTH_QUERY"))
        #expect(documents[0].contains("query_message_data"))
        #expect(!documents[0].contains("response_message_data"))
        #expect(documents[0].contains("query_time: !!"))
        #expect(!documents[0].contains("response_time"))
        #expect(documents[1].contains("type: AUTH_RESPONSE"))
        #expect(documents[1].contains("response_time: !!"))
        #expect(documents[1].contains("response_message_data"))
        #expect(!documents[1].contains("query_message_data"))
        #expect(documents[1].contains("192.0.2.7"))
    }

    @Test func oneInSoManyIsTold() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        try await withServer(
            exampleStore(),
            change: {
                $0.dnstap = Self.dnstap(place) {
                    $0.sampleInterval = 10
                    $0.messages = [.response]
                }
            }
        ) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            let client = try Datagrams()
            for _ in 0..<100 {
                try client.send(TestQuery("www.example.com", .a).wire, to: endpoint)
                _ = try #require(try client.receive())
            }
            try await Self.written(10, by: server)
            #expect(server.dnstap?.lost == 0)
        }
        let lines = try reader.lines()
        #expect(lines.count == 10 && lines.allSatisfy { $0.kind == "AR" })
    }

    @Test func queriesWithoutAnAnswerAreTold() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        try await withServer(
            exampleStore(),
            change: {
                $0.dnstap = Self.dnstap(place)
                $0.answers.rateLimit.answersPerSecond = 1
                $0.answers.rateLimit.slip = 0
                $0.answers.rateLimit.limitsPrivateClients = true
            }
        ) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            let client = try Datagrams(timeoutSeconds: 1)
            for _ in 0..<20 { try client.send(TestQuery("www.example.com", .a).wire, to: endpoint) }
            // No query at all: an answer, and a piece of one.
            var answer = TestQuery("www.example.com", .a).wire
            answer[2] |= 0x80
            try client.send(answer, to: endpoint)
            try client.send(Array(answer.prefix(5)), to: endpoint)
            while try client.receive() != nil {}
            try await eventually { server.statistics.limited > 0 }
            let sent = 20 - server.statistics.limited
            try await Self.written(20 + sent, by: server)
        }
        let lines = try reader.lines()
        #expect(lines.count { $0.kind == "AQ" } == 20)
        #expect(lines.count { $0.kind == "AR" } < 20)
    }

    @Test func aTransferIsTheQueryAlone() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        try await withServer(
            exampleStore(),
            change: {
                $0.dnstap = Self.dnstap(place)
                $0.transfer.networks = [CIDR("127.0.0.0/8")].compactMap { $0 }
            }
        ) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            #expect(try Self.dig(endpoint, "example.com", "AXFR").contains("XFR size"))
            try await Self.written(1, by: server)
            // One that is refused is an answer like any other.
            #expect(try Self.dig(endpoint, "elsewhere.test", "AXFR").contains("failed"))
            try await Self.written(3, by: server)
        }
        let lines = try reader.lines()
        #expect(lines.map(\.kind) == ["AQ", "AQ", "AR"])
        #expect(lines.first?.question == "example.com/IN/AXFR")
    }

    @Test func severalWorkersTellOfAll() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        try await withServer(
            exampleStore(),
            change: {
                $0.dnstap = Self.dnstap(place)
                $0.workersPerEndpoint = 3
            }
        ) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            for _ in 0..<30 {
                let client = try Datagrams()
                try client.send(TestQuery("www.example.com", .a).wire, to: endpoint)
                _ = try #require(try client.receive())
            }
            try await Self.written(60, by: server)
        }
        #expect(try reader.lines().count == 60)
    }
}
