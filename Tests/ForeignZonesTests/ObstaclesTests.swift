import ForeignZones
import Inventory
import Testing
import Zones

/// What is in the way of records.
@Suite struct ObstaclesTests {
    private let owner = "a.sub.example.net."

    private static func cuts(_ points: String...) throws -> Cuts {
        var cuts = Cuts(apex: try Sample.name("example.net."), now: .now)
        for point in points { cuts.note(try Sample.key(point, .ns)) }
        return cuts
    }

    @Test func nothingIsInTheWay() throws {
        let set = try Sample.set(owner, .a, "192.0.2.1")
        let text = Registry.text(set, of: Sample.cluster)
        let mark = try #require(Registry.mark(text))
        let entries: [RegistryEntry] = [
            .ours(mark, text: text, ttlSeconds: 60),
            // Whose a set is that another cluster marked, the set's entry says.
            .another(Mark(cluster: "\(Sample.stranger)", seal: nil)),
        ]
        for entry in entries {
            let obstacles = Obstacles(cuts: try Self.cuts(), registry: [set.key: entry])
            #expect(obstacles.objection(to: set.key) == nil)
        }
        #expect(Obstacles(cuts: try Self.cuts(), registry: nil).objection(to: set.key) == nil)
    }

    @Test func somethingElseStandsAtTheMarksPlace() throws {
        let key = try Sample.key(owner, .a)
        let place = try #require(Registry.owner(of: key))
        for type in [RecordType.txt, .cname] {
            let obstacle = RecordSetKey(owner: place, type: type)
            let obstacles = Obstacles(
                cuts: try Self.cuts(), registry: [key: .foreign(obstacle)])
            let text = try #require(obstacles.objection(to: key))
            #expect(text.contains("_pipam.a.\(owner)"))
            #expect(text.contains("not ours"))
            // Another type has its mark elsewhere.
            #expect(obstacles.objection(to: try Sample.key(owner, .aaaa)) == nil)
        }
    }

    @Test func aLongNameHasNoRoomForItsMark() throws {
        let label = String(repeating: "x", count: 60)
        let key = try Sample.key("\(label).\(label).\(label).\(label).a.", .a)
        let obstacles = Obstacles(cuts: try Self.cuts(), registry: [:])
        #expect(obstacles.objection(to: key)?.contains("no room") == true)
        // Where marks do not stand in the registry, there is no need for any.
        #expect(Obstacles(cuts: try Self.cuts(), registry: nil).objection(to: key) == nil)
    }

    @Test func aMarkIsNotRedirected() throws {
        var cuts = try Self.cuts()
        cuts.note(try Sample.key(owner, .dname))
        let key = try Sample.key(owner, .a)
        let text = try #require(Obstacles(cuts: cuts, registry: [:]).objection(to: key))
        #expect(text.contains("the mark of \(key)"))
        // Beside the set itself, a DNAME is in nobody's way.
        #expect(Obstacles(cuts: cuts, registry: nil).objection(to: key) == nil)
        let beside = try Sample.key("b.example.net.", .a)
        #expect(Obstacles(cuts: cuts, registry: [:]).objection(to: beside) == nil)
    }

    @Test func delegatedNamesAreNotServed() throws {
        let key = try Sample.key(owner, .a)
        for registry: [RecordSetKey: RegistryEntry]? in [nil, [:]] {
            let obstacles = Obstacles(cuts: try Self.cuts("sub.example.net."), registry: registry)
            #expect(obstacles.objection(to: key)?.contains("is delegated") == true)
            #expect(obstacles.objection(to: try Sample.key("b.example.net.", .a)) == nil)
        }
    }
}
