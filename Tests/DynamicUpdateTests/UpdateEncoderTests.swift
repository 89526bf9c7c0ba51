import DNSWire
import ForeignZones
import Inventory
import Testing
import Zones

@testable import DynamicUpdate
@testable import Planning

/// What each step of a plan demands and changes (RFC 2136 sections 2.4 and 2.5).
@Suite struct UpdateEncoderTests {
    typealias Group = Plan<RecordSetKey, RecordSet>.Group
    typealias Element = UpdateGroup.Element
    private static let (any, none) = (RequestWriter.RecordClass.any, RequestWriter.RecordClass.none)

    private static let owner = "a.example.net."

    /// Encodes steps where these sets stand, each with a mark of its own where `marked`.
    private static func encode(
        _ steps: [Plan<RecordSetKey, RecordSet>.Step], marked: [RecordSet] = [],
        registry: [RecordSetKey: RegistryEntry] = [:], isSigned: Bool = false
    ) throws -> UpdateGroup? {
        var registry = registry
        var entries: [RecordSetKey: FoundEntry<RecordSet>] = [:]
        for set in marked {
            registry[set.key] = try ours(set)
            entries[set.key] = FoundEntry(set, .ours(isIntact: true))
        }
        let encoder = UpdateEncoder(
            cluster: Sample.cluster, registry: registry, entries: entries, isSigned: isSigned)
        return try encoder.encode(Group(steps: steps))
    }

    private static func reason(_ body: () throws -> UpdateGroup?) throws -> String? {
        do {
            _ = try body()
            return nil
        } catch let refusal as UpdateEncoder.Refusal {
            return refusal.reason
        }
    }

    private static func ours(_ set: RecordSet) throws -> RegistryEntry {
        let text = Registry.text(set, of: Sample.cluster)
        return .ours(try #require(Registry.mark(text)), text: text, ttlSeconds: set.ttlSeconds)
    }

    // MARK: Elements

    private static func element(
        _ owner: String, _ type: RecordType, _ recordClass: RequestWriter.RecordClass
    ) throws -> Element {
        Element(
            owner: try Sample.name(owner), type: type.rawValue, recordClass: recordClass)
    }

    private static func records(_ set: RecordSet, ttl: UInt32? = nil) -> [Element] {
        set.data.map {
            Element(
                owner: set.key.owner, type: set.key.type.rawValue, recordClass: .internet,
                ttlSeconds: ttl ?? set.ttlSeconds, data: $0)
        }
    }

    private static func markOwner(_ set: RecordSet) -> String {
        "_pipam.\(set.key.type).\(set.key.owner)".lowercased()
    }

    /// The record of the mark of a set.
    private static func mark(_ set: RecordSet, ttl: UInt32? = nil) throws -> Element {
        let seal = Seal(of: set, in: Sample.cluster)
        let text = "heritage=pipam,cluster=\(Sample.cluster),seal=\(seal)"
        return Element(
            owner: try Sample.name(markOwner(set)), type: RecordType.txt.rawValue,
            recordClass: .internet, ttlSeconds: ttl ?? set.ttlSeconds,
            data: [UInt8(text.utf8.count)] + text.utf8)
    }

    // MARK: Single steps

    @Test func whatIsMadeMustNotBeThere() throws {
        let set = try Sample.set(Self.owner, .a, "192.0.2.1", "192.0.2.2", ttl: 61)
        let update = try #require(try Self.encode([.create(set.key, set)]))
        #expect(update.keys == [set.key])
        let place = Self.markOwner(set)
        #expect(
            update.prerequisites == [
                try Self.element(Self.owner, .a, Self.none),
                try Self.element(Self.owner, .cname, Self.none),
                try Self.element(place, .txt, Self.none),
            ])
        // Nothing is there to be taken away first.
        #expect(update.changes == Self.records(set) + [try Self.mark(set)])
    }

    @Test func nextToAnAliasThereMustBeNothing() throws {
        let set = try Sample.set(Self.owner, .cname, "b.example.net.")
        let update = try #require(try Self.encode([.create(set.key, set)]))
        #expect(
            update.prerequisites == [
                try Self.element(Self.owner, .cname, Self.none),
                try Self.element(Self.owner, RecordType(rawValue: 255), Self.none),
                try Self.element(Self.markOwner(set), .txt, Self.none),
            ])
        #expect(update.changes == [Self.records(set)[0], try Self.mark(set)])
    }

    @Test func anOrphanedMarkIsWrittenOver() throws {
        let old = try Sample.set(Self.owner, .a, "192.0.2.9", ttl: 5)
        let set = try Sample.set(Self.owner, .a, "192.0.2.1")
        let update = try #require(
            try Self.encode([.create(set.key, set)], registry: [set.key: Self.ours(old)]))
        #expect(update.prerequisites.last == (try Self.mark(old, ttl: 0)))
        #expect(
            update.changes
                == Self.records(set)
                + [try Self.element(Self.markOwner(set), .txt, Self.any), try Self.mark(set)])
    }

    @Test func whatIsChangedMustBeAsItWas() throws {
        let old = try Sample.set(Self.owner, .a, "192.0.2.1", "192.0.2.2")
        let new = try Sample.set(Self.owner, .a, "192.0.2.3", ttl: 90)
        let update = try #require(
            try Self.encode([.change(old.key, from: old, to: new)], marked: [old]))
        // Times to live are not compared, so they are 0 (RFC 2136 section 2.4.2).
        #expect(
            update.prerequisites
                == Self.records(old, ttl: 0) + [try Self.mark(old, ttl: 0)])
        #expect(
            update.changes
                == [try Self.element(Self.owner, .a, Self.any)] + Self.records(new)
                + [try Self.element(Self.markOwner(old), .txt, Self.any), try Self.mark(new)])
    }

    @Test func whatIsTakenAwayGoesWithItsMark() throws {
        let set = try Sample.set(Self.owner, .ptr, "b.example.net.")
        let update = try #require(try Self.encode([.remove(set.key, set)], marked: [set]))
        #expect(
            update.prerequisites == Self.records(set, ttl: 0) + [try Self.mark(set, ttl: 0)])
        #expect(
            update.changes == [
                try Self.element(Self.owner, .ptr, Self.any),
                try Self.element(Self.markOwner(set), .txt, Self.any),
            ])
        // Without one, alone.
        let bare = try #require(try Self.encode([.remove(set.key, set)]))
        #expect(bare.prerequisites == Self.records(set, ttl: 0))
        #expect(bare.changes == [try Self.element(Self.owner, .ptr, Self.any)])
        // Another's mark stays.
        let theirs = RegistryEntry.another(Mark(cluster: "\(Sample.stranger)", seal: nil))
        let other = try #require(
            try Self.encode([.remove(set.key, set)], registry: [set.key: theirs]))
        #expect(other == bare)
    }

    @Test func whatIsAdoptedStaysAsItIs() throws {
        let set = try Sample.set(Self.owner, .aaaa, "2001:db8::1")
        let update = try #require(try Self.encode([.adopt(set.key, set)]))
        let place = Self.markOwner(set)
        #expect(
            update.prerequisites
                == Self.records(set, ttl: 0) + [try Self.element(place, .txt, Self.none)])
        #expect(update.changes == [try Self.mark(set)])
    }

    // MARK: Marks that mark nothing

    private static func stray(_ set: RecordSet) throws -> RecordSet {
        RecordSet(
            owner: try Sample.name(markOwner(set)), type: .txt, ttlSeconds: 60,
            data: [try mark(set).data])
    }

    @Test func aStrayMarkGoesIfNothingIsThere() throws {
        let set = try Sample.set(Self.owner, .a, "192.0.2.1")
        let stray = try Self.stray(set)
        let update = try #require(try Self.encode([.remove(stray.key, stray)]))
        #expect(
            update.prerequisites
                == [try Self.element(Self.owner, .a, Self.none), try Self.mark(set, ttl: 0)])
        #expect(
            update.changes == [try Self.element(Self.markOwner(set), .txt, Self.any)])
        // By now it marks something: there is nothing to do.
        #expect(try Self.encode([.remove(stray.key, stray)], marked: [set]) == nil)
        // What is no mark is not ours to take away.
        let text = RecordSet(
            owner: try Sample.name("txt.example.net."), type: .txt, ttlSeconds: 60, data: [[0]])
        #expect(try Self.encode([.remove(text.key, text)]) == nil)
    }

    // MARK: Several steps

    /// What may stand beside an address, by number where it has no name here.
    private static let neighbours: [RecordType] =
        [.ptr, .ns, .dname, .mx, .txt, .srv, .caa]
        + [13, 17, 29, 35, 43, 44, 52, 53, 61, 64, 65, 99, 256].map { RecordType(rawValue: $0) }

    @Test func anAliasMayTakeThePlaceOfAddresses() throws {
        let old = try [
            Sample.set(Self.owner, .a, "192.0.2.1"), Sample.set(Self.owner, .aaaa, "2001:db8::1"),
        ]
        let alias = try Sample.set(Self.owner, .cname, "b.example.net.")
        let update = try #require(
            try Self.encode(
                [.remove(old[0].key, old[0]), .remove(old[1].key, old[1])]
                    + [.create(alias.key, alias)], marked: old))
        #expect(update.keys == old.map(\.key) + [alias.key])
        // Not "nothing at the name", since there is something: none of what does not go.
        var expected: [Element] = []
        for set in old { expected += Self.records(set, ttl: 0) + [try Self.mark(set, ttl: 0)] }
        expected.append(try Self.element(Self.owner, .cname, Self.none))
        expected += try Self.neighbours.map { try Self.element(Self.owner, $0, Self.none) }
        expected.append(try Self.element(Self.markOwner(alias), .txt, Self.none))
        #expect(update.prerequisites == expected)
        #expect(
            update.changes == [
                try Self.element(Self.owner, .a, Self.any),
                try Self.element(Self.markOwner(old[0]), .txt, Self.any),
                try Self.element(Self.owner, .aaaa, Self.any),
                try Self.element(Self.markOwner(old[1]), .txt, Self.any),
                Self.records(alias)[0], try Self.mark(alias),
            ])
    }

    @Test func addressesMayTakeThePlaceOfAnAlias() throws {
        let alias = try Sample.set(Self.owner, .cname, "b.example.net.")
        let set = try Sample.set(Self.owner, .a, "192.0.2.1")
        let update = try #require(
            try Self.encode(
                [.remove(alias.key, alias), .create(set.key, set)], marked: [alias]))
        #expect(
            update.prerequisites
                == Self.records(alias, ttl: 0)
                + [
                    try Self.mark(alias, ttl: 0),
                    try Self.element(Self.owner, .a, Self.none),
                    try Self.element(Self.markOwner(set), .txt, Self.none),
                ])
        // What goes goes first.
        #expect(update.changes.first == (try Self.element(Self.owner, .cname, Self.any)))
        // Also where the plan has them in another order.
        let other = try #require(
            try Self.encode([.create(set.key, set), .remove(alias.key, alias)], marked: [alias]))
        #expect(other.prerequisites == update.prerequisites)
        #expect(other.changes == update.changes)
    }

    // MARK: What cannot be written

    @Test func someSetsAreRefused() throws {
        let mail = RecordSet(
            owner: try Sample.name(Self.owner), type: .mx, ttlSeconds: 60, data: [[0, 1, 0]])
        let reason = { (set: RecordSet) in
            try Self.reason { try Self.encode([.create(set.key, set)]) }
        }
        #expect(try reason(mail)?.contains("MX") == true)
        let long = try Sample.set(Self.owner, .a, "192.0.2.1", ttl: 1 << 31)
        #expect(try reason(long)?.contains("TTL") == true)
        let most = try Sample.set(Self.owner, .a, "192.0.2.1", ttl: 1 << 31 - 1)
        #expect(try reason(most) == nil)
        let label = String(repeating: "x", count: 60)
        let deep = try Sample.set("\(label).\(label).\(label).\(label).a.", .a, "192.0.2.1")
        #expect(try reason(deep)?.contains("no room") == true)
    }

    @Test func marksOfOthersStandInTheWay() throws {
        let set = try Sample.set(Self.owner, .a, "192.0.2.1")
        let steps: [Plan<RecordSetKey, RecordSet>.Step] = [
            .create(set.key, set), .change(set.key, from: set, to: set), .adopt(set.key, set),
        ]
        let text = try Sample.key(Self.markOwner(set), .txt)
        let entries: [RegistryEntry] = [
            .another(Mark(cluster: "\(Sample.stranger)", seal: nil)), .foreign(text),
        ]
        for entry in entries {
            let objection = try #require(entry.objection(to: set.key))
            for step in steps {
                let reason = try Self.reason {
                    try Self.encode([step], registry: [set.key: entry])
                }
                #expect(reason == objection)
            }
        }
    }

    @Test func anUpdateHasToFitIntoAMessage() throws {
        let set = { (count: Int) in
            RecordSet(
                owner: try Sample.name(Self.owner), type: .a, ttlSeconds: 60,
                data: (0..<count).map { [10, 0, UInt8($0 >> 8), UInt8($0 & 255)] })
        }
        // 29 octets for each record: it is made, but what it was has no room beside what it is.
        let large = try set(1_900)
        let made = try #require(try Self.encode([.create(large.key, large)]))
        #expect(made.octets <= UpdateQueue.maximumOctets)
        let reason = try Self.reason {
            try Self.encode([.change(large.key, from: large, to: set(1_899))], marked: [large])
        }
        #expect(reason?.contains("an update has no room for it") == true)
        let larger = try set(2_100)
        #expect(try Self.reason { try Self.encode([.create(larger.key, larger)]) } != nil)
    }
}
