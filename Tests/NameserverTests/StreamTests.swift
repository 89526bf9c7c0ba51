import DNSWire
import Inventory
import Nameserver
import Testing
import Zones

@Suite("RFC 7766: DNS over TCP", .serialized)
struct RFC7766 {
    private static let query = TestQuery("mail.example.com", .a).wire

    @Test func section6_2_1_1QueriesMayBePipelined() async throws {
        try await withServer(exampleStore()) { endpoint, _ in
            let stream = try Stream(endpoint)
            var queries: [UInt8] = []
            for id in 0..<100 as Range<UInt16> {
                var query = TestQuery("mail.example.com", .a)
                query.id = id
                queries += framed(query.wire)
            }
            try stream.send(queries)
            for id in 0..<100 as Range<UInt16> {
                let answer = try #require(try stream.receive().flatMap { TestAnswer($0) })
                #expect(answer.id == id && answer.answer.count == 1)
            }
        }
    }

    @Test func section8MessagesComeInAnyPieces() async throws {
        try await withServer(exampleStore()) { endpoint, _ in
            let stream = try Stream(endpoint)
            for octet in framed(Self.query) { try stream.send([octet]) }
            #expect(try stream.receive() != nil)
        }
    }

    @Test func section6_2_4AnEndedStreamIsAnsweredToTheEnd() async throws {
        try await withServer(exampleStore()) { endpoint, _ in
            let stream = try Stream(endpoint)
            try stream.send(framed(Self.query) + framed(Self.query))
            stream.finish()
            #expect(try stream.receive() != nil)
            #expect(try stream.receive() != nil)
            #expect(try stream.receive() == nil)
        }
    }

    @Test func section6_2_3IdleConnectionsAreClosed() async throws {
        try await withServer(
            exampleStore(), change: { $0.tcp.idleTimeout = .milliseconds(200) }
        ) { endpoint, _ in
            let idle = try Stream(endpoint)
            // A query that never ends does not count as activity.
            let slow = try Stream(endpoint)
            try slow.send([0, 40, 1])
            #expect(try idle.receive() == nil)
            #expect(try slow.receive() == nil)
        }
    }

    @Test func overlongQueriesCloseTheConnection() async throws {
        try await withServer(exampleStore()) { endpoint, _ in
            let stream = try Stream(endpoint)
            try stream.send(framed(Self.query) + [0xFF, 0xFF])
            #expect(try stream.receive() != nil)
            #expect(try stream.receive() == nil)
        }
    }

    @Test func section6_2_2ConnectionsPerClientAreLimited() async throws {
        try await withServer(
            exampleStore(), change: { $0.tcp.connectionsPerClient = 2 }
        ) { endpoint, _ in
            let first = try Stream(endpoint)
            let second = try Stream(endpoint)
            for stream in [first, second] {
                try stream.send(framed(Self.query))
                #expect(try stream.receive() != nil)
            }
            #expect(try Stream(endpoint).receive() == nil)
            first.finish()
            #expect(try first.receive() == nil)
            let third = try Stream(endpoint)
            try third.send(framed(Self.query))
            #expect(try third.receive() != nil)
        }
    }

    @Test func manyLongAnswersArriveWhole() async throws {
        let big = RecordSet(
            owner: name("big.example.com."), type: .txt, ttlSeconds: 1,
            data: (0..<200).map { [250, $0] + Array(repeating: 97, count: 249) })
        try await withServer(try store(["example.com.": [big]])) { endpoint, _ in
            let stream = try Stream(endpoint)
            let query = framed(TestQuery("big.example.com", .txt).wire)
            try stream.send((0..<1_000).flatMap { _ in query })
            for _ in 0..<1_000 {
                #expect(try stream.receive()?.count ?? 0 > 200 * 250)
            }
        }
    }

    @Test func aClientThatReadsNothingIsClosed() async throws {
        let big = RecordSet(
            owner: name("big.example.com."), type: .txt, ttlSeconds: 1,
            data: (0..<200).map { [250, $0] + Array(repeating: 97, count: 249) })
        try await withServer(
            try store(["example.com.": [big]]),
            change: { $0.tcp.idleTimeout = .milliseconds(300) }
        ) { endpoint, server in
            let stream = try Stream(endpoint)
            // 2,000 answers of 50 KiB: the server must stop long before.
            let query = framed(TestQuery("big.example.com", .txt).wire)
            for _ in 0..<20 { try stream.send((0..<100).flatMap { _ in query }) }
            try await Task.sleep(for: .seconds(1))
            #expect((1..<1_000).contains(server.statistics.codes[.noError] ?? 0))
        }
    }
}
