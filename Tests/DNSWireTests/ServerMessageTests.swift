import TestSupport
import Testing

@testable import DNSWire

/// What servers answered, and what nobody answers.
@Suite struct ServerMessageTests {
    private static let recorded = RecordedExchange.all

    /// Writes the records of a message anew, without compression.
    private static func written(
        _ records: [WireRecord], section: Int = 0, id: UInt16 = 7
    ) -> [UInt8] {
        var octets: [UInt8] = [UInt8(id >> 8), UInt8(truncatingIfNeeded: id), 0x84, 0]
        var counts: [UInt16] = [0, 0, 0, 0]
        counts[1 + section] = UInt16(records.count)
        for count in counts { octets += TSIGRecord.octets(count) }
        return records.reduce(octets) { $0 + Self.written($1) }
    }

    static func written(_ record: WireRecord) -> [UInt8] {
        record.owner + TSIGRecord.octets(record.type) + TSIGRecord.octets(record.recordClass)
            + TSIGRecord.octets(UInt16(record.ttlSeconds >> 16))
            + TSIGRecord.octets(UInt16(truncatingIfNeeded: record.ttlSeconds))
            + TSIGRecord.octets(UInt16(record.data.count)) + record.data
    }

    private static func message(_ octets: [UInt8]) throws -> ServerMessage {
        try ServerMessage(octets.span)
    }

    private static func read(_ octets: [UInt8]) -> ServerMessage? { try? message(octets) }

    @Test(arguments: recorded) func whatServersAnswerIsRead(_ exchange: RecordedExchange) throws {
        #expect(!exchange.answers.isEmpty)
        for octets in exchange.answers {
            let message = try ServerMessage(octets.span)
            #expect(message.answers.count == Int(message.header.answerCount))
            #expect(message.authorities.count == Int(message.header.authorityCount))
            #expect(TSIGRecord.octets(message.header.id) == Array(exchange.requests[0].prefix(2)))
            // Written without compression, it says the same.
            for (section, records) in [message.answers, message.authorities].enumerated() {
                let again = try Self.message(Self.written(records, section: section))
                #expect((section == 0 ? again.answers : again.authorities) == records)
            }
        }
    }

    @Test(arguments: recorded) func requestsAreNoAnswers(_ exchange: RecordedExchange) {
        for octets in exchange.requests { #expect(Self.read(octets) == nil) }
    }

    @Test(arguments: recorded) func cutAnswersAreRefused(_ exchange: RecordedExchange) {
        for octets in exchange.answers {
            for count in octets.indices {
                #expect(Self.read(Array(octets[..<count])) == nil, "\(count) octets")
            }
            #expect(Self.read(octets + [0]) == nil)
        }
    }

    @Test(arguments: recorded) func countsAreNotBelieved(_ exchange: RecordedExchange) throws {
        let octets = try #require(exchange.answers.first)
        for place in stride(from: 4, to: 12, by: 2) {
            for number: UInt16 in [0, 1, 2, 0x7FFF, 0xFFFF] {
                var changed = octets
                changed.replaceSubrange(place..<place + 2, with: TSIGRecord.octets(number))
                guard changed != octets else { continue }
                #expect(Self.read(changed) == nil, "\(number) at octet \(place)")
            }
        }
        // All at their most: records are read until there is none.
        var most = octets
        for place in 6..<12 { most[place] = 0xFF }
        #expect(Self.read(most) == nil)
    }

    @Test(arguments: recorded) func noOctetMakesItTrap(_ exchange: RecordedExchange) {
        for octets in exchange.answers.prefix(3) {
            for place in octets.indices {
                for mask: UInt8 in [0xFF, 0xC0, 0x01] {
                    var changed = octets
                    changed[place] ^= mask
                    guard let message = Self.read(changed) else { continue }
                    #expect(message.answers.count == Int(message.header.answerCount))
                }
            }
        }
    }

    // MARK: The zone of the recordings

    private static func wire(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + $0.utf8 } + [0]
    }

    @Test func namesInDataAreWrittenOut() throws {
        let exchange = try #require(RecordedExchange.named("axfr").first { $0.server == "BIND" })
        let message = try Self.message(exchange.answers[0])
        let zone = Self.wire("example.net.")
        let mail = Self.wire("mail.example.net.")
        let expected: [(String, UInt16, [UInt8])] = [
            ("example.net.", 15, [0, 10] + mail),
            ("www.example.net.", 5, mail),
            ("alias.example.net.", 39, Self.wire("other.example.net.")),
            ("srv.example.net.", 33, [0, 1, 0, 2, 1, 187] + mail),
            (
                "rp.example.net.", 17,
                Self.wire("host.master.example.net.") + Self.wire("txt.rp.example.net.")
            ),
            ("afs.example.net.", 18, [0, 1] + mail),
            ("kx.example.net.", 36, [0, 3] + mail),
            ("rt.example.net.", 21, [0, 4] + mail),
            (
                "px.example.net.", 26,
                [0, 5] + Self.wire("map822.example.net.") + Self.wire("mapx400.example.net.")
            ),
            (
                "mi.example.net.", 14,
                Self.wire("rmail.example.net.") + Self.wire("email.example.net.")
            ),
            ("4.3.example.net.", 12, Self.wire("www.example.net.")),
            ("sub.example.net.", 2, Self.wire("ns.sub.example.net.")),
            // Not a name, though it looks like one.
            ("unk.example.net.", 65_400, [0xC0, 0x0C, 0xFF]),
            ("txt.example.net.", 16, [9] + Array("Some text".utf8) + [4] + Array("more".utf8)),
        ]
        for (owner, type, data) in expected {
            let records = message.answers.filter {
                $0.owner == Self.wire(owner) && $0.type == type
            }
            #expect(records.map(\.data) == [data], "\(owner) \(type)")
        }
        let authority = try #require(message.answers.first)
        #expect(authority.owner == zone)
        #expect(authority == message.answers.last)
        #expect(
            authority.data.prefix(42)
                == (Self.wire("ns1.example.net.") + Self.wire("host.master.example.net."))[...])
    }

    @Test(arguments: [
        ("soa", 0), ("soa-nx", 3), ("refused", 5), ("update1", 0), ("update-missing", 8),
        ("update-notzone", 10), ("redirected", 3), ("badkey", 9), ("ixfr-0", 0),
    ]) func theCodeIsRead(name: String, code: UInt16) throws {
        for exchange in RecordedExchange.named(name) {
            #expect(try Self.message(exchange.answers[0]).code == code)
        }
    }

    @Test func whereTheSignatureBeginsIsFound() throws {
        for exchange in RecordedExchange.all where exchange.name.hasSuffix("signed") {
            for octets in exchange.answers {
                let message = try ServerMessage(octets.span)
                let offset = try #require(message.signatureOffset)
                let found = TSIGRecord(octets.span, at: offset)
                let record = try #require(found)
                #expect(record.keyName == [3] + "key".utf8 + [7] + "example".utf8 + [0])
                #expect(record.error == 0)
            }
        }
    }
}
