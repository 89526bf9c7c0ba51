import DNSWire
import Inventory
import Testing
import Zones

@testable import Nameserver

/// Which serial other name servers have of our zones.
@Suite struct SecondarySerialTests {
    private static let answer: [UInt8] =
        [0x12, 0x34, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0] + name("example.com").wire
        + [0, 6, 0, 1, 0xC0, 12, 0, 6, 0, 1, 0, 0, 0, 60, 0, 31]
        + [2, 0x6E, 0x73, 0xC0, 12, 3, 0x62, 0x6F, 0x62, 0xC0, 12]
        + [0x78, 0xBF, 0x43, 0x2A] + [UInt8](repeating: 1, count: 16)

    @Test func anAnswerIsRead() throws {
        let reply = try #require(SerialReply(Self.answer))
        #expect(reply.id == 0x1234 && reply.zone == name("example.com"))
        #expect(reply.serial == SerialNumber(0x78BF_432A))
        var refused = Self.answer
        refused[3] = 5
        #expect(SerialReply(refused)?.serial == nil && SerialReply(refused)?.id == 0x1234)
    }

    @Test func whatIsCutOrIsNoAnswerIsNot() {
        for count in Self.answer.indices {
            #expect(SerialReply(Array(Self.answer.prefix(count))) == nil)
        }
        // A question, another operation, another type, another class, two questions.
        for (place, octet) in [(2, 0x04), (2, 0xA4), (26, 1), (28, 3), (5, 2)] as [(Int, UInt8)] {
            var other = Self.answer
            other[place] = octet
            #expect(SerialReply(other) == nil, "\(place)")
        }
    }

    @Test func theLatestOfAllCounts() async throws {
        let zones = [name("example.com"), name("nowhere.example")]
        let store = try NameserverTests.store(["example.com.": []])
        try await withServer(store) { endpoint, _ in
            let gone = try Datagrams()
            let heard = await SecondarySerials.ask(
                [endpoint, gone.endpoint], for: zones, within: .seconds(3))
            let own = store.snapshot
            #expect(own.statistics.zones >= 1)
            #expect(heard.latest.count == 1 && heard.latest[zones[0]] != nil)
            #expect(heard.silent == [gone.endpoint])
            let alone = await SecondarySerials.ask([endpoint], for: zones, within: .seconds(60))
            #expect(alone.latest == heard.latest && alone.silent.isEmpty)
        }
    }
}
