import Inventory
import Testing
import TestSupport
import Zones

/// The latest changes of zones: applied to what a secondary has, they give what we have.
@Suite struct JournalTests {
    /// Records of a zone as a secondary holds them, by the octets of a transfer.
    private typealias Records = [[UInt8]: Int]

    private static func records(_ apex: DomainName, of guests: ChangingZone) throws -> Records {
        let zone = try #require(guests.zones.zones[apex])
        var octets: [UInt8] = []
        for set in zone.allSets { TransferForm.append(set, in: apex, to: &octets) }
        return try Self.records(octets, 0..<octets.count)
    }

    private static func records(_ octets: [UInt8], _ range: Range<Int>) throws -> Records {
        var records: Records = [:]
        var offset = range.lowerBound
        while offset < range.upperBound {
            let end = try #require(TransferForm.recordEnd(octets, at: offset))
            records[Array(octets[offset..<end]), default: 0] += 1
            offset = end
        }
        return records
    }

    private static func apply(
        _ journal: ZoneJournal, since serial: SerialNumber, to records: Records
    ) throws -> Records? {
        guard let (start, steps) = journal.steps(since: serial) else { return nil }
        var records = records
        var authority = start.authority
        for step in steps {
            #expect(records.removeValue(forKey: authority) == 1)
            authority = Array(step.authority)
            for (record, count) in try Self.records(
                step.octets, step.removedOffset..<step.addedOffset)
            {
                #expect(count == 1)
                #expect(records.removeValue(forKey: record) == 1, "removed and not there")
            }
            let added = try Self.records(step.octets, step.addedOffset..<step.octets.count)
            for (record, count) in added {
                #expect(count == 1)
                #expect(records.updateValue(1, forKey: record) == nil, "added and there")
            }
            records[authority] = 1
        }
        return records
    }

    @Test(arguments: 0..<8) func changesLeadFromEveryKnownSerialToTheLast(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var guests = ChangingZone()
        for number in 0..<300 { guests.set(number, address: number) }
        _ = guests.commit()
        var versions: [DomainName: [(SerialNumber, Records)]] = [:]
        for _ in 0..<200 {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let number = Int.random(in: 0..<320, using: &random)
                let isGone = Bool.random(using: &random) && Bool.random(using: &random)
                let address = Int.random(in: 0..<400, using: &random)
                guests.set(number, address: isGone ? nil : address)
            }
            _ = guests.commit(after: UInt64.random(in: 0...2, using: &random))
            for apex in [guests.apex, guests.reverse] {
                let serial = try #require(guests.zones.zones[apex]).serial
                versions[apex, default: []].append((serial, try Self.records(apex, of: guests)))
            }
        }
        for (apex, versions) in versions {
            let journal = try #require(guests.zones.journals[apex])
            let present = try Self.records(apex, of: guests)
            var known = 0
            for (serial, records) in versions {
                guard let led = try Self.apply(journal, since: serial, to: records) else {
                    continue
                }
                known += 1
                #expect(led == present)
            }
            #expect(known >= 20)
            #expect(journal.serial == guests.zones.zones[apex]?.serial)
            // No longer than the zone itself.
            let octets = journal.steps.reduce(0) { $0 + $1.octets.count }
            let whole = present.keys.reduce(0) { $0 + $1.count }
            #expect(octets <= whole * 2)
            #expect(journal.steps(since: SerialNumber(12)) == nil)
        }
    }

    @Test func equalChangesMakeEqualJournals() throws {
        var nodes = [ChangingZone(), ChangingZone()]
        for step in 0..<50 {
            for node in nodes.indices {
                // In another order of guests on each node.
                let numbers = (0..<20).map { step * 3 + $0 }
                for number in node == 0 ? numbers : numbers.reversed() {
                    nodes[node].set(number, address: number + step)
                }
                _ = nodes[node].commit()
            }
        }
        #expect(nodes[0].zones.journals == nodes[1].zones.journals)
        let digests = nodes.map { $0.zones.journals.mapValues(\.digest) }
        #expect(digests[0] == digests[1])
    }

    @Test func newSettingsAreAStepTooUnlessTheyChangeAll() throws {
        var guests = ChangingZone()
        for number in 0..<100 { guests.set(number, address: number) }
        _ = guests.commit()
        let before = try Self.records(guests.apex, of: guests)
        let serial = try #require(guests.zones.zones[guests.apex]).serial
        _ = guests.configure {
            $0.reverse = []
            $0.times.nameServer = 60
        }
        var journal = try #require(guests.zones.journals[guests.apex])
        #expect(journal.steps.count == 1)
        #expect(
            try Self.apply(journal, since: serial, to: before)
                == Self.records(guests.apex, of: guests))
        // A zone that is no more has none.
        #expect(guests.zones.journals.count == 1)
        _ = guests.configure { $0.times.guest = 61 }
        journal = try #require(guests.zones.journals[guests.apex])
        #expect(journal.steps.isEmpty)
        #expect(journal.serial == guests.zones.zones[guests.apex]?.serial)
        #expect(journal.steps(since: serial) == nil)
    }

    @Test func damagedStepsAreRefused() throws {
        let guests = ChangingZone()
        let zone = try #require(guests.zones.zones[guests.apex])
        var authority: [UInt8] = []
        TransferForm.append(zone.soa, in: guests.apex, to: &authority)
        var octets: [UInt8] = []
        for set in zone.allSets { TransferForm.append(set, in: guests.apex, to: &octets) }
        let serial = SerialNumber(5)
        #expect(
            ZoneJournal.Step(
                serial: serial, authority: authority, removed: octets, added: octets) != nil)
        var ends: Set<Int> = [0]
        var offset = 0
        while let end = TransferForm.recordEnd(octets, at: offset) {
            ends.insert(end)
            offset = end
        }
        for count in octets.indices where !ends.contains(count) {
            let part = Array(octets[..<count])
            #expect(
                ZoneJournal.Step(
                    serial: serial, authority: authority, removed: part, added: []) == nil)
            #expect(
                ZoneJournal.Step(
                    serial: serial, authority: authority, removed: [], added: part) == nil)
        }
        for count in authority.indices {
            #expect(
                ZoneJournal(startingAt: serial, authority: Array(authority[..<count])) == nil)
        }
    }
}
