import DNSWire
import ForeignZones
import Inventory
import TestSupport
import Testing
import Zones

@testable import DynamicUpdate

/// Copies of zones that follow their servers.
@Suite struct ZoneCopyTests {
    private static func copy(_ records: [WireRecord], serial: UInt32 = 1) throws -> ZoneCopy {
        var copy = ZoneCopy(apex: try Sample.name("example.net."), serial: serial)
        for record in records { copy.add(record) }
        return copy
    }

    // MARK: Random zones

    /// A zone that changes at random: records of few names and types, each set with one time to
    /// live.
    fileprivate struct ChangingRecords {
        var random: SeededRandom
        var sets: [RecordSetKey: (ttlSeconds: UInt32, data: Set<[UInt8]>)] = [:]
        let keys: [RecordSetKey]
        var serial: UInt32

        init(seed: UInt64) throws {
            random = SeededRandom(seed: seed)
            keys = try (0..<12).flatMap { number in
                let label = number == 0 ? "" : "h\(number)."
                let owner = try Sample.name("\(label)example.net.")
                return [RecordType.a, .ns, .txt, .dname].map {
                    RecordSetKey(owner: owner, type: $0)
                }
            }
            serial = UInt32(truncatingIfNeeded: random.next())
        }

        var soa: WireRecord { get throws { try Sample.soa(serial) } }

        var records: [WireRecord] {
            sets.sorted { $0.key < $1.key }.flatMap { key, set in
                records(key, set.ttlSeconds, set.data)
            }
        }

        /// In an order that the seed brings back.
        private func records(
            _ key: RecordSetKey, _ ttl: UInt32, _ data: Set<[UInt8]>
        ) -> [WireRecord] {
            data.sorted { $0.lexicographicallyPrecedes($1) }.map { record(key, ttl, $0) }
        }

        private func record(_ key: RecordSetKey, _ ttl: UInt32, _ data: [UInt8]) -> WireRecord {
            WireRecord(
                owner: key.owner.wire, type: key.type.rawValue, ttlSeconds: ttl, data: data)
        }

        /// Changes some sets, and gives the records of the change, as in an answer to IXFR.
        mutating func step() throws -> [WireRecord] {
            let old = try soa
            serial &+= UInt32.random(in: 1...9, using: &random)
            var (gone, come): ([WireRecord], [WireRecord]) = ([], [])
            let count = Int.random(in: 0...6, using: &random)
            for key in Set((0..<count).map { _ in random.pick(keys) }).sorted() {
                let before = sets[key] ?? (0, [])
                var after = before
                if before.data.isEmpty || random.oneIn(4) {
                    after.ttlSeconds = UInt32.random(in: 1...3, using: &random)
                }
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let data: [UInt8] = [3, UInt8.random(in: 0...4, using: &random), 2, 1]
                    if after.data.remove(data) == nil { after.data.insert(data) }
                }
                // With another time to live, all of the set goes and comes.
                let stay =
                    before.ttlSeconds == after.ttlSeconds
                    ? before.data.intersection(after.data) : []
                gone += records(key, before.ttlSeconds, before.data.subtracting(stay))
                come += records(key, after.ttlSeconds, after.data.subtracting(stay))
                sets[key] = after.data.isEmpty ? nil : after
            }
            gone.shuffle(using: &random)
            come.shuffle(using: &random)
            return try [old] + gone + [soa] + come
        }
    }

    /// Splits records into messages, some of them empty.
    private static func messages(
        _ records: [WireRecord], _ random: inout SeededRandom
    ) -> [[WireRecord]] {
        var messages: [[WireRecord]] = [[]]
        for record in records {
            if random.oneIn(5) { messages.append([]) }
            messages[messages.count - 1].append(record)
        }
        return messages
    }

    private static func outcome(
        _ records: [WireRecord], since base: UInt32?, _ random: inout SeededRandom
    ) throws -> TransferReader.Outcome {
        var reader = TransferReader(try Sample.name("example.net."), since: base)
        for message in messages(records, &random) {
            if let outcome = try reader.take(message) { return outcome }
        }
        throw TransferReader.Disorder(description: "no end")
    }

    private static func whole(_ zone: inout ChangingRecords) throws -> ZoneCopy {
        let records = try [zone.soa] + zone.records.shuffled(using: &zone.random) + [zone.soa]
        guard case .whole(let copy) = try outcome(records, since: nil, &zone.random) else {
            throw TransferReader.Disorder(description: "not whole")
        }
        return copy
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func whoFollowsHasWhatAFreshCopyHas(seed: UInt64) throws {
        var zone = try ChangingRecords(seed: seed)
        for _ in 0..<10 { _ = try zone.step() }
        var copy = try Self.whole(&zone)
        for round in 0..<8 {
            let steps = try (0..<Int.random(in: 1...4, using: &zone.random)).map { _ in
                try zone.step()
            }
            let records = try [zone.soa] + steps.joined() + [zone.soa]
            let outcome = try Self.outcome(records, since: copy.serial, &zone.random)
            guard case .changes(let changes, let serial) = outcome else {
                Issue.record("round \(round): \(outcome)")
                return
            }
            try copy.follow(changes, to: serial)
            let fresh = try Self.whole(&zone)
            #expect(copy.summary == fresh.summary, "round \(round)")
            #expect(copy.serial == fresh.serial)
            for key in zone.keys {
                #expect(copy.cuts.objection(to: key.owner) == fresh.cuts.objection(to: key.owner))
            }
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func whatDoesNotFitIsRefused(seed: UInt64) throws {
        var zone = try ChangingRecords(seed: seed)
        for _ in 0..<10 { _ = try zone.step() }
        let copy = try Self.whole(&zone)
        // A change that was not asked for, since another one is missing in between.
        let missed = try zone.step()
        let step = try zone.step()
        let changes = { (records: [WireRecord]) throws -> [TransferReader.Change] in
            let outcome = try Self.outcome(
                [zone.soa] + records + [zone.soa], since: zone.serialOf(records), &zone.random)
            guard case .changes(let changes, _) = outcome else { return [] }
            return changes
        }
        var other = copy
        #expect(throws: ZoneCopy.Inconsistent.self) {
            try other.follow(changes(step), to: zone.serial)
        }
        // The same change twice, and the two in their order.
        other = copy
        let both = try changes(missed + step)
        try other.follow(both, to: zone.serial)
        #expect(throws: ZoneCopy.Inconsistent.self) { try other.follow(both, to: zone.serial) }
    }

    // MARK: What belongs into it

    @Test func onlyWhatIsThereIsTakenOut() throws {
        var copy = try Self.copy(Sample.hosts(0..<3))
        #expect(throws: ZoneCopy.Inconsistent.self) {
            try copy.remove(Sample.record("h0.example.net.", .a, "10.0.0.9"))
        }
        #expect(throws: ZoneCopy.Inconsistent.self) {
            try copy.remove(Sample.record("h9.example.net.", .a, "10.0.0.9"))
        }
        #expect(throws: ZoneCopy.Inconsistent.self) {
            try copy.remove(Sample.record("h0.example.net.", .aaaa, "2001:db8::1"))
        }
        for record in try Sample.hosts(0..<3) { try copy.remove(record) }
        #expect(copy.owners.isEmpty)
    }

    @Test func whatIsNotOursToReadIsLeftOut() throws {
        let apex = try Sample.name("example.net.")
        let chaos = WireRecord(
            owner: apex.wire, type: 1, recordClass: 3, ttlSeconds: 1, data: [1, 2, 3, 4])
        let outside = try [
            Sample.record("example.org.", .a, "192.0.2.1"),
            Sample.record("net.", .a, "192.0.2.1"),
            Sample.record("xexample.net.", .a, "192.0.2.1"),
        ]
        let signatures = [RecordType.rrsig, .nsec, .nsec3].map {
            WireRecord(owner: apex.wire, type: $0.rawValue, ttlSeconds: 1, data: [1])
        }
        let left = [chaos] + outside + signatures
        var copy = try Self.copy(left)
        #expect(copy.owners.isEmpty)
        for record in left { try copy.remove(record) }
    }

    @Test func oneRecordTwiceIsOne() throws {
        let record = try Sample.record("a.example.net.", .a, "192.0.2.1")
        let later = try Sample.record("a.example.net.", .a, "192.0.2.1", ttl: 61)
        let key = try Sample.key("a.example.net.", .a)
        var copy = try Self.copy([record, record, later])
        #expect(copy.set(key) == ZoneCopy.Found(ttlSeconds: 61, data: [[192, 0, 2, 1]]))
        try copy.remove(record)
        #expect(copy.set(key) == nil)
    }

    @Test func aSetHoldsWhatAMessageHolds() throws {
        let owner = try Sample.name("a.example.net.").wire
        let count = ZoneCopy.maximumRecords + 50
        let records = (0..<count).map { (number: Int) -> WireRecord in
            let data: [UInt8] = [10, 0, UInt8(number >> 8), UInt8(number & 255)]
            return WireRecord(owner: owner, type: 1, ttlSeconds: 1, data: data)
        }
        let copy = try Self.copy(records)
        let found = try #require(copy.set(Sample.key("a.example.net.", .a)))
        #expect(found.data.count == ZoneCopy.maximumRecords)
        // Nothing that we would write.
        #expect(found.content(try Sample.key("a.example.net.", .a)) == nil)
    }

    @Test func cutsComeAndGo() throws {
        let delegation = try Sample.record("sub.example.net.", .ns, "ns1.example.org.")
        let apex = try Sample.record("example.net.", .ns, "ns1.example.org.")
        let redirection = try Sample.record("old.example.net.", .dname, "example.org.")
        var copy = try Self.copy([delegation, apex, redirection])
        let below = try Sample.name("a.sub.example.net.")
        let beside = try Sample.name("a.example.net.")
        #expect(copy.cuts.objection(to: below)?.contains("is delegated") == true)
        #expect(copy.cuts.objection(to: beside) == nil)
        #expect(copy.cuts.objection(to: try Sample.name("old.example.net.")) == nil)
        let redirected = try Sample.name("a.old.example.net.")
        #expect(copy.cuts.objection(to: redirected)?.contains("DNAME") == true)
        try copy.remove(delegation)
        try copy.remove(redirection)
        #expect(copy.cuts.objection(to: below) == nil)
        #expect(copy.cuts.objection(to: redirected) == nil)
    }

    // MARK: What it says

    @Test func dataHasTheFormOfItsType() throws {
        let content = { (type: RecordType, data: [[UInt8]]) -> RecordSet? in
            ZoneCopy.Found(ttlSeconds: 9, data: data).content(
                try Sample.key("a.example.net.", type))
        }
        #expect(try content(.a, [[1, 2, 3, 4]])?.data == [[1, 2, 3, 4]])
        #expect(try content(.a, [[1, 2, 3, 4], [4, 3, 2, 1]])?.data.count == 2)
        #expect(try content(.a, [[1, 2, 3]]) == nil)
        #expect(try content(.a, [[1, 2, 3, 4], []]) == nil)
        #expect(try content(.aaaa, [[UInt8](repeating: 0, count: 16)]) != nil)
        #expect(try content(.aaaa, [[1, 2, 3, 4]]) == nil)
        #expect(try content(.ptr, [[1, 97, 0]]) != nil)
        for wrong: [UInt8] in [[], [1], [1, 97], [1, 97, 0, 0], [0xC0, 12]] {
            #expect(try content(.ptr, [wrong]) == nil)
            #expect(try content(.cname, [wrong]) == nil)
        }
        #expect(try content(.txt, [[1, 97]]) == nil)
        #expect(try content(.mx, [[0, 1, 0]]) == nil)
    }

    @Test func marksAreOneStringOfPlainText() {
        let text = { (data: [[UInt8]]) in ZoneCopy.Found(ttlSeconds: 9, data: data).markText }
        #expect(text([[3, 97, 98, 99]]) == "\"abc\"")
        #expect(text([[0]]) == "\"\"")
        let wrong: [[[UInt8]]] = [
            [], [[]], [[3, 97, 98]], [[1, 97, 98]], [[1, 97], [1, 98]], [[1, 97, 1, 98]],
            [[1, 32]],
            [[1, 34]], [[1, 127]], [[1, 200]], [[1, 0]],
        ]
        for data in wrong { #expect(text(data) == nil, "\(data)") }
    }
}

extension ZoneCopyTests.ChangingRecords {
    /// What a change begins with.
    fileprivate func serialOf(_ records: [WireRecord]) -> UInt32? {
        records.first.map { $0.data[2..<6].reduce(0) { $0 << 8 | UInt32($1) } }
    }
}
