import Inventory
import Planning
import Testing
import Zones

/// One zone, planned by hand.
@Suite struct PlannerTests {
    typealias ZonePlan = Plan<RecordSetKey, String>
    typealias Found = [RecordSetKey: FoundEntry<String>]

    private func key(_ owner: String, _ type: RecordType = .a) throws -> RecordSetKey {
        RecordSetKey(owner: try #require(DomainName(owner + ".example.com")), type: type)
    }

    private func plan(
        _ desired: [RecordSetKey: String], _ found: Found, impossible: [RecordSetKey: String] = [:],
        change: (inout Planner<RecordSetKey, String>.Standing) -> Void = { $0.isForced = true }
    ) -> ZonePlan {
        var standing = Planner<RecordSetKey, String>.Standing()
        change(&standing)
        return Planner(
            zone: "example.com", desired: desired, found: found, impossible: impossible
        ).plan(standing)
    }

    /// What is found of one entry, what is wanted, and what comes of it.
    struct Case: Sendable, CustomTestStringConvertible {
        enum Outcome: Sendable, Equatable {
            case nothing, settled, create, change, remove
            case conflict(ConflictReason)
        }
        let found: FoundEntry<String>?
        let wanted: String?
        let outcome: Outcome

        init(_ found: FoundEntry<String>?, _ wanted: String?, _ outcome: Outcome) {
            (self.found, self.wanted, self.outcome) = (found, wanted, outcome)
        }

        var testDescription: String { "\(String(describing: found)) to \(wanted ?? "nothing")" }
    }

    static let cases = [
        Case(nil, nil, .nothing),
        Case(nil, "new", .create),
        Case(.init("old", .unmarked), nil, .nothing),
        Case(.init("old", .unmarked), "old", .conflict(.unmarked(isEqual: true))),
        Case(.init("old", .unmarked), "new", .conflict(.unmarked(isEqual: false))),
        Case(.init(nil, .unmarked), nil, .nothing),
        Case(.init(nil, .unmarked), "new", .conflict(.unmarked(isEqual: false))),
        Case(.init("old", .another("b")), nil, .nothing),
        Case(.init("old", .another("b")), "old", .conflict(.another("b"))),
        Case(.init("old", .another("b")), "new", .conflict(.another("b"))),
        Case(.init("old", .ours(isIntact: false)), nil, .conflict(.edited(isWanted: false))),
        Case(.init("old", .ours(isIntact: false)), "old", .conflict(.edited(isWanted: true))),
        Case(.init("old", .ours(isIntact: false)), "new", .conflict(.edited(isWanted: true))),
        Case(.init(nil, .ours(isIntact: true)), nil, .conflict(.edited(isWanted: false))),
        Case(.init(nil, .ours(isIntact: true)), "new", .conflict(.edited(isWanted: true))),
        Case(.init("old", .ours(isIntact: true)), nil, .remove),
        Case(.init("old", .ours(isIntact: true)), "old", .settled),
        Case(.init("old", .ours(isIntact: true)), "new", .change),
    ]

    @Test(arguments: cases)
    func oneEntry(_ one: Case) throws {
        let key = try key("web1")
        let made = plan(
            one.wanted.map { [key: $0] } ?? [:], one.found.map { [key: $0] } ?? [:])
        let steps: [ZonePlan.Step] =
            switch one.outcome {
            case .create: [.create(key, "new")]
            case .change: [.change(key, from: "old", to: "new")]
            case .remove: [.remove(key, "old")]
            case .nothing, .settled, .conflict: []
            }
        #expect(made.groups.flatMap(\.steps) == steps)
        #expect(made.settled == (one.outcome == .settled ? [key] : []))
        if case .conflict(let reason) = one.outcome {
            #expect(
                made.conflicts == [
                    .init(key, reason, found: one.found, wanted: one.wanted)
                ])
        } else {
            #expect(made.conflicts.isEmpty)
        }
        #expect(made.held.isEmpty && made.brake == nil)
    }

    @Test(arguments: cases)
    func adoptingTakesEqualUnmarkedEntriesAndNothingElse(_ one: Case) throws {
        let key = try key("web1")
        let made = plan(
            one.wanted.map { [key: $0] } ?? [:], one.found.map { [key: $0] } ?? [:]
        ) {
            $0.adopts = true
            $0.isForced = true
        }
        let adopted = made.groups.flatMap(\.steps).contains(.adopt(key, one.wanted ?? ""))
        #expect(adopted == (one.outcome == .conflict(.unmarked(isEqual: true))))
        #expect(made.countedSteps == (one.outcome == .change || one.outcome == .remove ? 1 : 0))
    }

    @Test(arguments: cases)
    func whatIsImpossibleIsNeitherMadeNorTakenAway(_ one: Case) throws {
        guard let wanted = one.wanted else { return }
        let key = try key("web1")
        let made = plan(
            [key: wanted], one.found.map { [key: $0] } ?? [:], impossible: [key: "no zone"])
        #expect(made.groups.isEmpty)
        #expect(
            made.conflicts == [
                .init(key, .impossible("no zone"), found: one.found, wanted: wanted)
            ])
    }

    @Test func anAliasAndAnAddressChangePlacesInOneTransaction() throws {
        let address = try key("web1")
        let second = try key("web1", .aaaa)
        let alias = try key("web1", .cname)
        let text = try key("web1", .txt)
        let toAlias = plan(
            [alias: "x"],
            [
                address: .init("a", .ours(isIntact: true)),
                second: .init("b", .ours(isIntact: true)),
            ])
        #expect(
            toAlias.groups.map(\.steps) == [
                [.remove(address, "a"), .create(alias, "x"), .remove(second, "b")]
            ])
        #expect(toAlias.countedSteps == 2 && !toAlias.groups[0].isRemoval)
        let toAddress = plan([address: "a"], [alias: .init("x", .ours(isIntact: true))])
        #expect(toAddress.groups.count == 1 && toAddress.groups[0].steps.count == 2)
        // What is not ours to remove keeps its place, and what it excludes cannot come.
        for ownership in [Ownership.unmarked, .another("b"), .ours(isIntact: false)] {
            let blocked = plan([address: "a"], [alias: .init("x", ownership)])
            #expect(blocked.groups.isEmpty)
            let conflicts = blocked.conflicts.filter { $0.key == address }
            #expect(
                conflicts == [
                    .init(address, .excluded(by: alias.description), wanted: "a")
                ])
        }
        let beside = plan([address: "a"], [text: .init("t", .unmarked)])
        #expect(beside.groups.flatMap(\.steps) == [.create(address, "a")])
        #expect(beside.conflicts.isEmpty)
    }

    @Test func aSwapThatTheBrakeStopsIsStoppedAsAWhole() throws {
        var desired: [RecordSetKey: String] = [:]
        var found: Found = [:]
        for number in 0..<20 {
            desired[try key("web\(number)", .cname)] = "x"
            found[try key("web\(number)")] = .init("a", .ours(isIntact: true))
        }
        desired[try key("new")] = "n"
        let made = plan(desired, found) { _ in }
        #expect(made.groups.flatMap(\.steps) == [.create(try key("new"), "n")])
        #expect(made.held.count == 20 && made.held.allSatisfy { $0.steps.count == 2 })
    }

    @Test func creationsComeFirstAndRemovalsLast() throws {
        let made = plan(
            [try key("b"): "new", try key("d"): "new", try key("a", .cname): "x"],
            [
                try key("a"): .init("old", .ours(isIntact: true)),
                try key("b"): .init("old", .ours(isIntact: true)),
                try key("c"): .init("old", .ours(isIntact: true)),
            ])
        #expect(
            made.groups.map(\.steps) == [
                [.create(try key("d"), "new")],
                [.remove(try key("a"), "old"), .create(try key("a", .cname), "x")],
                [.change(try key("b"), from: "old", to: "new")],
                [.remove(try key("c"), "old")],
            ])
    }
}

/// Plans in portions.
@Suite struct ChunkTests {
    private func plan(creations: Int, swaps: Int, removals: Int) throws -> Plan<RecordSetKey, Int> {
        var desired: [RecordSetKey: Int] = [:]
        var found: [RecordSetKey: FoundEntry<Int>] = [:]
        func key(_ label: String, _ type: RecordType = .a) throws -> RecordSetKey {
            RecordSetKey(owner: try #require(DomainName(label + ".example.com")), type: type)
        }
        for number in 0..<creations { desired[try key("new\(number)")] = number }
        for number in 0..<swaps {
            desired[try key("swap\(number)", .cname)] = number
            for type in [RecordType.a, .aaaa] {
                found[try key("swap\(number)", type)] = .init(1, .ours(isIntact: true))
            }
        }
        for number in 0..<removals {
            found[try key("old\(number)")] = .init(number, .ours(isIntact: true))
        }
        var standing = Planner<RecordSetKey, Int>.Standing()
        standing.isForced = true
        return Planner(zone: "z", desired: desired, found: found).plan(standing)
    }

    @Test(arguments: [(1, 10), (2, 20), (3, 1_000), (4, 45), (7, 70), (100, 10_000)])
    func groupsStayWholeAndRemovalsStandApart(steps: Int, octets: Int) throws {
        let plan = try plan(creations: 9, swaps: 5, removals: 11)
        let chunks = plan.chunks(ChunkLimit(steps: steps, octets: octets)) { _ in 10 }
        #expect(chunks.flatMap(\.self) == plan.groups)
        for chunk in chunks {
            #expect(!chunk.isEmpty)
            let count = chunk.reduce(0) { $0 + $1.steps.count }
            #expect(chunk.count == 1 || count <= steps && count * 10 <= octets)
            #expect(chunk.allSatisfy(\.isRemoval) || !chunk.contains(where: \.isRemoval))
        }
        let kinds = chunks.map { $0[0].isRemoval }
        #expect(kinds == kinds.filter { !$0 } + kinds.filter(\.self))
    }

    @Test func nothingMakesNoChunk() throws {
        let plan = try plan(creations: 0, swaps: 0, removals: 0)
        #expect(plan.isEmpty)
        #expect(plan.chunks(ChunkLimit(steps: 1, octets: 1)) { _ in 1 }.isEmpty)
    }
}
