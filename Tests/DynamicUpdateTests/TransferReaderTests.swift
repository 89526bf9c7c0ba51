import DNSWire
import Inventory
import TestSupport
import Testing
import Zones

@testable import DynamicUpdate

/// The order of a transfer's records (RFC 5936 section 2.2, RFC 1995 section 4).
@Suite struct TransferReaderTests {
    /// What a transfer came to.
    enum Result: Equatable {
        case whole(Int, serial: UInt32)
        case changes([TransferReader.Change], serial: UInt32)
        case unchanged(UInt32)
        /// It needs more.
        case open
        case disorder(String)
    }

    /// Gives messages to a reader, each its records.
    static func read(
        _ messages: [[WireRecord]], since base: UInt32? = nil, of apex: String = "example.net."
    ) throws -> Result {
        var reader = TransferReader(try Sample.name(apex), since: base)
        for (index, records) in messages.enumerated() {
            let outcome: TransferReader.Outcome?
            do throws(TransferReader.Disorder) {
                outcome = try reader.take(records)
            } catch {
                return .disorder(error.description)
            }
            guard let outcome else { continue }
            #expect(index == messages.count - 1, "at its end in message \(index)")
            switch outcome {
            case .whole(let copy):
                let count = copy.summary.reduce(0) { $0 + $1.value.data.count }
                return .whole(count, serial: copy.serial)
            case .changes(let changes, let serial): return .changes(changes, serial: serial)
            case .unchanged(let serial): return .unchanged(serial)
            }
        }
        return .open
    }

    // MARK: Whole zones

    @Test func aZoneIsBetweenTwoSOARecords() throws {
        let records = try [Sample.soa(5)] + Sample.hosts(0..<7) + [Sample.soa(5)]
        #expect(try Self.read([records]) == .whole(8, serial: 5))
        #expect(try Self.read(records.map { [$0] }) == .whole(8, serial: 5))
        for cut in 1..<records.count {
            let messages = [Array(records[..<cut]), Array(records[cut...])]
            #expect(try Self.read(messages) == .whole(8, serial: 5), "cut before \(cut)")
            #expect(try Self.read([messages[0]]) == .open)
        }
        #expect(try Self.read([[Sample.soa(5), Sample.soa(5)]]) == .whole(1, serial: 5))
    }

    @Test func emptyMessagesChangeNothing() throws {
        let records = try [Sample.soa(5)] + Sample.hosts(0..<2) + [Sample.soa(5)]
        let messages = records.flatMap { [[], [$0]] }
        #expect(try Self.read(messages) == .whole(3, serial: 5))
        #expect(try Self.read([[], []]) == .open)
        #expect(try Self.read([[], []], since: 3) == .open)
    }

    @Test func changesMayComeAsAWholeZone() throws {
        let records = try [Sample.soa(9)] + Sample.hosts(0..<3) + [Sample.soa(9)]
        #expect(try Self.read([records], since: 5) == .whole(4, serial: 9))
        // One record in each message, the first of which might be all there is.
        #expect(try Self.read(records.map { [$0] }, since: 5) == .whole(4, serial: 9))
        #expect(try Self.read([[Sample.soa(9), Sample.soa(9)]], since: 5) == .whole(1, serial: 9))
    }

    // MARK: Changes

    private static func change(
        _ old: UInt32, _ new: UInt32, gone: [WireRecord], come: [WireRecord]
    ) throws -> (records: [WireRecord], changes: [TransferReader.Change]) {
        let (before, after) = (try Sample.soa(old), try Sample.soa(new))
        return (
            [before] + gone + [after] + come,
            [.remove(before)] + gone.map { .remove($0) } + [.add(after)] + come.map { .add($0) }
        )
    }

    @Test func oneChangeIsRead() throws {
        let change = try Self.change(
            5, 6, gone: Sample.hosts(0..<2), come: Sample.hosts(2..<5))
        let records = try [Sample.soa(6)] + change.records + [Sample.soa(6)]
        let expected = Result.changes(change.changes, serial: 6)
        #expect(try Self.read([records], since: 5) == expected)
        #expect(try Self.read(records.map { [$0] }, since: 5) == expected)
        for cut in 1..<records.count {
            #expect(try Self.read([Array(records[..<cut])], since: 5) == .open, "\(cut) records")
            let messages = [Array(records[..<cut]), Array(records[cut...])]
            #expect(try Self.read(messages, since: 5) == expected, "cut before \(cut)")
        }
    }

    @Test func threeChangesAreRead() throws {
        let steps = try [
            Self.change(5, 6, gone: [], come: Sample.hosts(0..<2)),
            Self.change(6, 8, gone: Sample.hosts(0..<1), come: []),
            Self.change(8, 9, gone: Sample.hosts(1..<2), come: Sample.hosts(7..<9)),
        ]
        let records = try [Sample.soa(9)] + steps.flatMap(\.records) + [Sample.soa(9)]
        let expected = Result.changes(steps.flatMap(\.changes), serial: 9)
        #expect(try Self.read([records], since: 5) == expected)
        #expect(try Self.read(records.map { [$0] }, since: 5) == expected)
    }

    @Test func serialsWrapAround() throws {
        let change = try Self.change(.max, 0, gone: [], come: Sample.hosts(0..<1))
        let records = try [Sample.soa(0)] + change.records + [Sample.soa(0)]
        let expected = Result.changes(change.changes, serial: 0)
        #expect(try Self.read([records], since: .max) == expected)
        #expect(try Self.read(records.map { [$0] }, since: .max) == expected)
    }

    @Test func oneRecordOfNoLaterSerialIsNoChange() throws {
        for serial: UInt32 in [5, 4, 0, 5 &+ 1 << 31, 0xFFFF_FFFF] {
            #expect(try Self.read([[Sample.soa(serial)]], since: 5) == .unchanged(serial))
        }
        #expect(try Self.read([[Sample.soa(6)]], since: 5) == .open)
        #expect(try Self.read([[Sample.soa(1)]], since: 0) == .open)
        #expect(try Self.read([[Sample.soa(0)]], since: 0) == .unchanged(0))
        // Where the whole zone was asked for, there is more to come.
        #expect(try Self.read([[Sample.soa(5)]]) == .open)
    }

    // MARK: No transfer at all

    @Test func anSOARecordComesFirst() throws {
        let hosts = try Sample.hosts(0..<1)
        #expect(try Self.read([hosts]) == .disorder("the first record is no SOA"))
        #expect(try Self.read([hosts], since: 5) == .disorder("the first record is no SOA"))
    }

    @Test func nothingComesBehindTheEnd() throws {
        let zone = try [Sample.soa(5), Sample.soa(5)]
        let change = try Self.change(5, 6, gone: [], come: [])
        let changed = try [Sample.soa(6)] + change.records + [Sample.soa(6)]
        for more in try [Sample.hosts(0..<1), [Sample.soa(5)], [Sample.soa(6)]] {
            #expect(try Self.read([zone + more]) == .disorder("records behind the end"))
            #expect(
                try Self.read([changed + more], since: 5) == .disorder("records behind the end"))
        }
        // Of one that came in a message of its own.
        var reader = TransferReader(try Sample.name("example.net."), since: nil)
        _ = try reader.take(zone)
        #expect(throws: TransferReader.Disorder.self) { try reader.take(Sample.hosts(0..<1)) }
        reader = TransferReader(try Sample.name("example.net."), since: 5)
        _ = try reader.take([Sample.soa(5)])
        #expect(throws: TransferReader.Disorder.self) { try reader.take([Sample.soa(5)]) }
    }

    @Test func theZoneStaysTheSame() throws {
        let hosts = try Sample.hosts(0..<1)
        let other = try Self.read([[Sample.soa(5)] + hosts + [Sample.soa(6)]])
        #expect(other == .disorder("the zone changed on the way"))
        // Changes, where none were asked for.
        let change = try Self.change(5, 6, gone: [], come: hosts)
        let asked = try Self.read([[Sample.soa(6)] + change.records + [Sample.soa(6)]])
        #expect(asked == .disorder("the zone changed on the way"))
    }

    @Test func changesFollowEachOther() throws {
        let hosts = try Sample.hosts(0..<1)
        let early = try Self.change(4, 6, gone: [], come: hosts)
        #expect(
            try Self.read([[Sample.soa(6)] + early.records + [Sample.soa(6)]], since: 5)
                == .disorder("changes since 4 instead of 5"))
        let (first, second) = try (
            Self.change(5, 6, gone: [], come: hosts), Self.change(7, 8, gone: hosts, come: [])
        )
        #expect(
            try Self.read([[Sample.soa(8)] + first.records + second.records], since: 5)
                == .disorder("changes since 7 behind those to 6"))
        // A chain that never gets to the serial in front does not end.
        let loop = try [Sample.soa(9)] + Self.change(5, 6, gone: [], come: hosts).records
        let back = try Self.change(6, 5, gone: hosts, come: []).records
        let endless = loop + back + first.records
        #expect(try Self.read([endless], since: 5) == .open)
    }

    @Test func anotherZonesSOAIsNoMark() throws {
        let text = "an SOA record that is not the zone's"
        for apex in ["net.", "sub.example.net.", "example.org.", "."] {
            let other = try Sample.soa(5, of: apex)
            #expect(try Self.read([[other]]) == .disorder(text))
            #expect(try Self.read([[Sample.soa(5), other]]) == .disorder(text))
            #expect(try Self.read([[Sample.soa(6), other]], since: 5) == .disorder(text))
        }
        for count in 0..<22 {
            let short = WireRecord(
                owner: try Sample.name("example.net.").wire, type: RecordType.soa.rawValue,
                ttlSeconds: 1, data: [UInt8](repeating: 0, count: count))
            #expect(try Self.read([[short]]) == .disorder(text))
        }
    }

    @Test func endlessTransfersEnd() throws {
        let host = try Sample.hosts(0..<1)[0]
        var reader = TransferReader(try Sample.name("example.net."), since: nil)
        _ = try reader.take([Sample.soa(5)])
        let many = [WireRecord](repeating: host, count: TransferReader.maximumRecords)
        #expect(throws: TransferReader.Disorder.self) { try reader.take(many) }
        // Few, but large.
        let large = WireRecord(
            owner: host.owner, type: 16, ttlSeconds: 1,
            data: [UInt8](repeating: 0, count: 65_535))
        reader = TransferReader(try Sample.name("example.net."), since: nil)
        _ = try reader.take([Sample.soa(5)])
        let messages = TransferReader.maximumOctets / (65_535 + host.owner.count) / 64
        for _ in 0..<messages {
            let outcome = try reader.take([WireRecord](repeating: large, count: 64))
            if case .some = outcome { Issue.record("at its end") }
        }
        #expect(throws: TransferReader.Disorder.self) {
            try reader.take([WireRecord](repeating: large, count: 64))
        }
    }

    // MARK: What servers send

    /// How many records the zone of a recording has.
    private static func size(_ messages: [[WireRecord]]) -> Int { messages.joined().count - 1 }

    @Test(arguments: RecordedExchange.named("axfr", "axfr-signed", "one-axfr-signed"))
    func zonesOfServersAreRead(_ exchange: RecordedExchange) throws {
        let messages = try Sample.messages(exchange)
        guard case .whole(let count, _) = try Self.read(messages) else {
            Issue.record("\(try Self.read(messages))")
            return
        }
        #expect(count == Self.size(messages))
    }

    @Test(
        arguments: RecordedExchange.named(
            "ixfr-1", "ixfr-3", "ixfr-3-signed", "one-ixfr-1", "one-ixfr-1-signed"))
    func changesOfServersAreRead(_ exchange: RecordedExchange) throws {
        let messages = try Sample.messages(exchange)
        let base: UInt32 = exchange.name.contains("3") ? 5 : exchange.server == "BIND" ? 8 : 7
        guard case .changes(let changes, let serial) = try Self.read(messages, since: base) else {
            Issue.record("\(try Self.read(messages, since: base))")
            return
        }
        #expect(changes.count == messages.joined().count - 2)
        #expect(serial == (exchange.server == "BIND" ? 9 : 8))
    }

    @Test func whatDidNotChangeIsRead() throws {
        for exchange in RecordedExchange.named("ixfr-0") {
            let serial: UInt32 = exchange.server == "BIND" ? 9 : 8
            let messages = try Sample.messages(exchange)
            #expect(try Self.read(messages, since: serial) == .unchanged(serial))
        }
        for exchange in RecordedExchange.named("ixfr-whole") {
            let messages = try Sample.messages(exchange)
            guard case .whole(let count, _) = try Self.read(messages, since: 2) else {
                Issue.record("\(try Self.read(messages, since: 2))")
                continue
            }
            #expect(count == Self.size(messages))
        }
    }
}
