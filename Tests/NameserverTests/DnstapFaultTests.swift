import Foundation
import Inventory
import Nameserver
import Synchronization
import Testing
import Zones

/// Readers that come late, go, or do not read.
@Suite(.serialized) struct DnstapFaultTests {
    private func ask(_ endpoint: Endpoint, times: Int = 1, name: String = "www") throws {
        let client = try Datagrams()
        for _ in 0..<times {
            try client.send(TestQuery("\(name).example.com", .a).wire, to: endpoint)
            _ = try #require(try client.receive())
        }
    }

    private func serve(
        _ place: DnstapPlace, _ store: ZoneStore,
        talk: @escaping @Sendable (Endpoint, DNSServer) async throws -> Void
    ) async throws {
        try await withServer(
            store, change: { $0.dnstap = DnstapSettings(socketPath: place.socket) }, talk: talk)
    }

    @Test func aReaderMayComeLate() async throws {
        let place = try DnstapPlace()
        try await serve(place, exampleStore()) { endpoint, server in
            try ask(endpoint, times: 3)
            try await eventually { server.dnstap?.lost == 6 }
            try await eventually { server.dnstap?.problem?.contains("No such file") == true }
            let reader = try await place.reader()
            try await eventually { server.dnstap?.isRead == true }
            #expect(server.dnstap?.problem == nil)
            try ask(endpoint, name: "mail")
            try await eventually { server.dnstap?.written == 2 }
            #expect(try reader.lines().map(\.question) == ["mail.example.com/IN/A"].twice)
        }
    }

    @Test func aReaderMayBeKilledAndComeBack() async throws {
        let place = try DnstapPlace()
        try await serve(place, exampleStore()) { endpoint, server in
            let first = try await place.reader("first")
            try await eventually { server.dnstap?.isRead == true }
            first.kill()
            // Its end is noticed without a message, and none of ours ends with it.
            try await eventually { server.dnstap?.isRead == false }
            try ask(endpoint, times: 2)
            try await eventually { server.dnstap?.lost == 4 }
            let second = try await place.reader("second")
            try await eventually { server.dnstap?.isRead == true }
            try ask(endpoint, name: "mail")
            try await eventually { server.dnstap?.written == 2 }
            #expect(try second.lines().map(\.question) == ["mail.example.com/IN/A"].twice)
            try await eventually { server.dnstap?.isRead == false }
        }
    }

    @Test func theEndIsSaid() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        let seen = Mutex<DNSServer?>(nil)
        try await serve(place, exampleStore()) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            seen.withLock { $0 = server }
            // Whatever was put before the end is told before it.
            try ask(endpoint, times: 50)
        }
        let statistics = seen.withLock { $0?.dnstap }
        #expect(statistics?.problem == "the name server ended")
        #expect(statistics?.written == 100 && statistics?.lost == 0)
        #expect(try reader.lines().count == 100)
    }

    @Test func aReaderThatStopsReadingHoldsNothingUp() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        try await serve(place, longTextZones()) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            reader.suspend()
            // Some 120 MB of answers of 62,000 octets; a ring holds 1 MiB.
            let asked = 2_000
            let stream = try Stream(endpoint)
            let query = TestQuery("huge.example.com", .txt).wire
            for _ in 0..<asked {
                try stream.send([UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query)
                let answer = try #require(try stream.receive())
                #expect(answer.count > 60_000)
            }
            let lost = try #require(server.dnstap?.lost)
            #expect(lost > UInt64(asked))
            // Names are answered all the while.
            try ask(endpoint, times: 10)
            reader.resume()
            try await eventually {
                server.dnstap.map { $0.written + $0.lost } == UInt64(2 * asked + 20)
            }
            #expect(server.dnstap?.isRead == true)
            let written = try #require(server.dnstap?.written)
            // A gap, and nothing damaged.
            #expect(try reader.lines().count == Int(written))
        }
    }

    @Test func aReaderThatNeverReadsDoesNotKeepTheServer() async throws {
        let place = try DnstapPlace()
        let reader = try await place.reader()
        try await serve(place, longTextZones()) { endpoint, server in
            try await eventually { server.dnstap?.isRead == true }
            reader.suspend()
            let stream = try Stream(endpoint)
            let query = TestQuery("huge.example.com", .txt).wire
            for _ in 0..<50 {
                try stream.send([UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query)
                _ = try #require(try stream.receive())
            }
        }
        // The server ended, or the line above would not have returned.
        reader.kill()
    }

    @Test(arguments: ForeignReader.Manner.allCases)
    func aReaderThatSpeaksSomethingElseIsLeft(manner: ForeignReader.Manner) async throws {
        let place = try DnstapPlace()
        let listener = try ForeignReader(place.socket, manner: manner)
        try await serve(place, exampleStore()) { endpoint, server in
            try await eventually { listener.connections > 0 }
            try ask(endpoint)
            if manner != .silent {
                try await eventually { server.dnstap?.problem != nil }
                // And is tried again.
                try await eventually { listener.connections > 1 }
            }
            #expect(server.dnstap?.isRead == false && server.dnstap?.written == 0)
            #expect(server.dnstap?.lost == 2)
        }
        listener.stop()
    }
}

extension [String] {
    fileprivate var twice: [String] { flatMap { [$0, $0] } }
}
