import DNSWire
import Inventory
import Nameserver
import Testing
import Zones

/// Changes applied one by one give the table that the same content gives at once.
@Suite struct TablePropertyTests {
    private static let apexes = ["test.", "a.test.", "b.a.test.", "2.0.192.in-addr.arpa."]
    private static let labels = ["a", "b", "c", "*", "d", "_tcp"]
    private static let types: [RecordType] = [.a, .aaaa, .cname, .ns, .mx, .txt, .ds]

    @Test(arguments: 0..<12 as Range<UInt64>)
    func incrementalChangesEqualABuildFromScratch(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        var model: [DomainName: [RecordSetKey: RecordSet]] = [:]
        let store = ZoneStore()
        for round in 0..<60 {
            var changes: [ZoneChange] = []
            for _ in 0...random.next(below: 3) { changes.append(change(&model, &random)) }
            try store.publish(changes)
            guard round % 6 == 5 else { continue }
            let fresh = ZoneStore()
            try fresh.publish(
                model.map { .replaced(apex: $0.key, sets: Array($0.value.values)) })
            try compare(TestServer(store), TestServer(fresh), seed, &random)
            #expect(store.statistics.names == fresh.statistics.names)
            #expect(store.statistics.recordSets == fresh.statistics.recordSets)
            #expect(store.statistics.liveOctets == fresh.statistics.liveOctets)
            #expect(store.statistics.sizeOctets < 8 << 20, "dead nodes are not given back")
        }
    }

    private func compare(
        _ left: TestServer, _ right: TestServer, _ seed: UInt64, _ random: inout SeededGenerator
    ) throws {
        for _ in 0..<400 {
            var query = TestQuery(".", Self.types.randomElement(using: &random) ?? .a)
            if random.next(below: 20) == 0 { query.type = RecordTypeNumber.any }
            query.name = randomName(&random).wire
            for transport in [Transport.udp, .tcp] {
                let wire = try #require(left.raw(query.wire, over: transport))
                #expect(TestAnswer(wire) != nil, "seed \(seed): \(wire)")
                #expect(
                    wire == right.raw(query.wire, over: transport),
                    "seed \(seed): \(query.name) \(query.type)")
            }
        }
    }

    private func change(
        _ model: inout [DomainName: [RecordSetKey: RecordSet]], _ random: inout SeededGenerator
    ) -> ZoneChange {
        let apex = name(Self.apexes.randomElement(using: &random) ?? "test.")
        switch random.next(below: 8) {
        case 0:
            model[apex] = nil
            return .removed(apex: apex)
        case 1:
            return replace(apex, &model, &random)
        default:
            guard var zone = model[apex] else { return replace(apex, &model, &random) }
            var changed: [RecordSetKey: RecordSet] = [:]
            var removed: [RecordSetKey] = []
            for _ in 0..<random.next(below: 12) {
                let set = randomSet(apex, &random)
                changed[set.key] = set
            }
            for key in zone.keys.sorted() where key.type != .soa {
                if random.next(below: 4) == 0, changed[key] == nil { removed.append(key) }
            }
            changed[RecordSetKey(owner: apex, type: .soa)] = soa(
                "\(apex)", serial: UInt32(random.next(below: 1_000)))
            for key in removed { zone[key] = nil }
            zone.merge(changed) { _, new in new }
            model[apex] = zone
            return .updated(
                ZoneDifference(apex: apex, removed: removed, changed: Array(changed.values)))
        }
    }

    private func replace(
        _ apex: DomainName, _ model: inout [DomainName: [RecordSetKey: RecordSet]],
        _ random: inout SeededGenerator
    ) -> ZoneChange {
        var zone: [RecordSetKey: RecordSet] = [:]
        for _ in 0..<random.next(below: 40) {
            let set = randomSet(apex, &random)
            zone[set.key] = set
        }
        zone[RecordSetKey(owner: apex, type: .soa)] = soa("\(apex)")
        model[apex] = zone
        return .replaced(apex: apex, sets: Array(zone.values))
    }

    private func randomSet(_ apex: DomainName, _ random: inout SeededGenerator) -> RecordSet {
        let owner = randomName(&random, below: apex)
        let type = Self.types.randomElement(using: &random) ?? .a
        let data: [[UInt8]]
        switch type {
        case .a: data = (0...random.next(below: 4)).map { [10, 0, 0, UInt8($0)] }
        case .aaaa: data = [Array(repeating: UInt8(random.next(below: 256)), count: 16)]
        case .mx: data = [[0, 10] + randomName(&random).wire]
        // Large enough to fill chunks, so that they are given back in the course of a test.
        case .txt:
            data = (0..<40).map { [UInt8(201), $0] + Array(repeating: 97, count: 200) }
        case .ds: data = [[0, 1, 13, 2] + Array(repeating: 1, count: 32)]
        default: data = [randomName(&random).wire]
        }
        return RecordSet(owner: owner, type: type, ttlSeconds: 60, data: data)
    }

    private func randomName(
        _ random: inout SeededGenerator, below apex: DomainName? = nil
    ) -> DomainName {
        var result = apex ?? name(Self.apexes.randomElement(using: &random) ?? "test.")
        for _ in 0..<random.next(below: 4) {
            let label = Self.labels.randomElement(using: &random) ?? "a"
            result = DomainName(label: Array(label.utf8), in: result) ?? result
        }
        return result
    }
}

/// A generator with a seed, so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    mutating func next(below bound: Int) -> Int {
        Int(next() % UInt64(bound))
    }
}
