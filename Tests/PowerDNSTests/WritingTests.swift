import HTTPClient
import Inventory
import Planning
import Testing
import Zones

@testable import PowerDNS

/// What is sent, and what follows from the answers, apart from any server.
@Suite struct WritingTests {
    private static func group(_ number: Int, octets: Int = 10, sets: Int = 1) throws -> EncodedGroup
    {
        EncodedGroup(
            keys: [try Rig.key("h\(number).example.net.", .a)], removals: [],
            replacements: Array(repeating: UInt8(ascii: "x"), count: octets), setCount: sets)
    }

    /// Plays a server that refuses PATCHes with one of these groups; counts the requests.
    private static func play(
        _ count: Int, refuse bad: Set<Int>, names: Bool
    ) throws -> (ChunkOutcome<RecordSetKey>, requests: Int) {
        var queue = PatchQueue(try (0..<count).map { try group($0) })
        var requests = 0
        while let patch = queue.next() {
            requests += 1
            let owners = patch.groups.flatMap(\.keys).map { "\($0.owner)" }
            let culprit = bad.sorted().map { "h\($0).example.net." }.first(where: owners.contains)
            if let culprit {
                queue.refuse(patch, reason: names ? "Record \(culprit)/A 'x': bad" : "bad")
            } else {
                queue.accept(patch)
            }
        }
        return (queue.outcome, requests)
    }

    @Test(arguments: [true, false])
    func badGroupsAreParted(names: Bool) throws {
        let bad: Set = [0, 17, 18, 4_999]
        let (outcome, requests) = try Self.play(5_000, refuse: bad, names: names)
        #expect(
            Set(outcome.refused.keys) == Set(try bad.map { try Rig.key("h\($0).example.net.", .a) })
        )
        #expect(outcome.done.count == 4_996)
        #expect(requests <= (names ? 5 : 2 * 4 * 14))
    }

    @Test(arguments: [true, false])
    func partingIsBounded(names: Bool) throws {
        let (outcome, requests) = try Self.play(5_000, refuse: Set(0..<5_000), names: names)
        #expect(outcome.refused.count == 5_000)
        #expect(outcome.done.isEmpty)
        #expect(requests <= PatchQueue.maximumRequests)
        #expect(outcome.refused.values.contains { $0.contains("not tried") })
    }

    @Test func theLimitsHold() throws {
        var queue = PatchQueue(try (0..<12_000).map { try Self.group($0, octets: 200) })
        var sizes: [Int] = []
        while let patch = queue.next() {
            sizes.append(patch.groups.count)
            queue.accept(patch)
        }
        #expect(sizes == [5_000, 5_000, 2_000])
        var large = PatchQueue(try (0..<10).map { try Self.group($0, octets: 400_000) })
        while let patch = large.next() {
            #expect(patch.body.count <= PatchQueue.maximumOctets)
            large.accept(patch)
        }
        #expect(large.outcome.done.count == 10)
        var heavy = PatchQueue(try (0..<10).map { try Self.group($0, sets: 2_000) })
        #expect(heavy.next()?.groups.count == 2)
    }

    @Test func tooLongBodiesAreHalvedTwice() throws {
        var queue = PatchQueue(try (0..<8).map { try Self.group($0) })
        var sizes: [Int] = []
        while let patch = queue.next() {
            sizes.append(patch.groups.count)
            if !queue.shorten(patch) { queue.accept(patch) }
        }
        #expect(sizes == [8, 4, 2, 2, 4, 2, 2])
        #expect(queue.outcome.done.count == 8)
    }

    @Test func ownersOfClasslessZonesAreRecognised() throws {
        let owner = "65.64/26.2.0.192.in-addr.arpa."
        let bad = EncodedGroup(
            keys: [try Rig.key(owner, .ptr)], removals: [], replacements: [], setCount: 1)
        var queue = PatchQueue([try Self.group(1), bad, try Self.group(2)])
        let next = queue.next()
        let patch = try #require(next)
        queue.refuse(patch, reason: "Record \(owner)/PTR 'h1.example.net.': no")
        #expect(queue.outcome.refused.keys.map(\.owner) == bad.keys.map(\.owner))
    }

    @Test func removalsStandFirst() throws {
        let encoder = GroupEncoder(
            cluster: Rig.cluster, usesRegistry: false, otherComments: [:], registry: [:],
            orphaned: [])
        let alias = try Rig.set("x.example.net.", .cname, "y.example.net.")
        let desired = try [
            Rig.set("a.example.net.", .a, "192.0.2.1"), Rig.set("x.example.net.", .a, "192.0.2.2"),
        ]
        let plan = Planner(
            zone: "example.net.",
            desired: Dictionary(uniqueKeysWithValues: desired.map { ($0.key, $0) }),
            found: [alias.key: FoundEntry(alias, .ours(isIntact: true))]
        ).plan(.init())
        var queue = PatchQueue(try plan.groups.map { try encoder.encode($0) })
        let next = queue.next()
        let body = try #require(next).body
        let sets = try #require(try JSONValue(parsing: body)["rrsets"]?.elements)
        #expect(sets.compactMap { $0["changetype"]?.text } == ["DELETE", "REPLACE", "REPLACE"])
        #expect(sets[0]["type"]?.text == "CNAME")
        let mark = sets[1]["comments"]?.elements?.first
        #expect(mark?["account"]?.text == "pipam/\(Rig.cluster)")
    }

    @Test func whatDNSCannotHoldIsRefusedHere() throws {
        let encoder = GroupEncoder(
            cluster: Rig.cluster, usesRegistry: false, otherComments: [:], registry: [:],
            orphaned: [])
        let name = try Rig.name("a.example.net.")
        for set in [
            RecordSet(owner: name, type: .a, ttlSeconds: 1 << 31, data: [[192, 0, 2, 1]]),
            RecordSet(owner: name, type: .mx, ttlSeconds: 1, data: [[0, 1, 0]]),
        ] {
            #expect(throws: GroupEncoder.Refusal.self) {
                try encoder.encode([PowerDNSPlan.Group](creating: set)[0])
            }
        }
    }

    @Test func fiveThousandSetsAreEncodedQuickly() throws {
        let sets = try Rig.hosts(5_000)
        let plan = Planner(
            zone: "example.net.",
            desired: Dictionary(uniqueKeysWithValues: sets.map { ($0.key, $0) }),
            found: [:]
        ).plan(.init())
        let encoder = GroupEncoder(
            cluster: Rig.cluster, usesRegistry: false, otherComments: [:], registry: [:],
            orphaned: [])
        var queue = PatchQueue(try plan.groups.map { try encoder.encode($0) })
        let next = queue.next()
        let patch = try #require(next)
        #expect(patch.groups.count == 5_000)
        #expect(patch.body.count < PatchQueue.maximumOctets)
        let document = try JSONValue(parsing: patch.body)
        #expect(document["rrsets"]?.elements?.count == 5_000)
    }

    @Test func stringsAreEscaped() throws {
        for text in ["", "\"\\/", "\u{0}\u{1F}\n\t", "ü😀", "a\\.b"] {
            var json = JSONWriter()
            json.string(text)
            #expect(try JSONValue(parsing: json.octets) == .string(text))
        }
    }
}
