import ForeignZones
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import DynamicUpdate

/// Somebody else writes between our look and our update: nothing is written over, and the next
/// cycle tells what is in the way.
@Suite(.serialized) struct RaceTests {
    static let kinds = RoundTripTests.kinds

    private static func x(_ address: String) throws -> RecordSet {
        try UpdateRig.set("x.example.net.", .a, address)
    }

    @Test(arguments: kinds) func aRecordMadeAtTheVeryKeyStays(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let desired = try [Self.x("192.0.2.1"), UpdateRig.set("y.example.net.", .a, "192.0.2.2")]
        let cycle = try await rig.cycle(desired) {
            try rig.server.change("add x.example.net. 60 A 203.0.113.1")
        }
        #expect(cycle.done == [desired[1].key], "the rest goes on")
        #expect(cycle.refused.isEmpty)
        let expected =
            before + ["x.example.net. 60 A 203.0.113.1"] + UpdateRig.lines([desired[1]])
        #expect(try rig.plainRecords() == expected.sorted())
        #expect(try rig.server.records().count { $0.contains("_pipam.") } == 1)
        let next = try await rig.cycle(desired)
        #expect(next.conflicts.map(\.reason) == [.unmarked(isEqual: false)])
        #expect(next.steps.isEmpty)
    }

    @Test(arguments: kinds) func whatIsEditedMeanwhileStays(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        try await rig.cycle([try Self.x("192.0.2.1")])
        for wanted in [[try Self.x("192.0.2.3")], []] {
            let cycle = try await rig.cycle(wanted) {
                try rig.server.change(
                    "del x.example.net. A", "add x.example.net. 60 A 203.0.113.1")
            }
            #expect(cycle.steps.count == 1)
            #expect(cycle.done.isEmpty)
            #expect(try rig.plainRecords().contains("x.example.net. 60 A 203.0.113.1"))
            let next = try await rig.cycle(wanted)
            #expect(next.steps.isEmpty)
            #expect(next.conflicts.map(\.reason) == [.edited(isWanted: !wanted.isEmpty)])
            try rig.server.change("del x.example.net. A", "add x.example.net. 60 A 192.0.2.1")
            #expect(try await rig.cycle([try Self.x("192.0.2.1")]).isSettled)
        }
    }

    @Test(arguments: kinds) func aRecordAddedToOursMeanwhileStays(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        try await rig.cycle([try Self.x("192.0.2.1")])
        let before = try rig.server.records()
        let cycle = try await rig.cycle([]) {
            try rig.server.change("add x.example.net. 60 A 203.0.113.1")
        }
        #expect(cycle.done.isEmpty)
        let expected = (before + ["x.example.net. 60 A 203.0.113.1"]).sorted()
        #expect(try rig.server.records() == expected)
        #expect(try await rig.cycle([]).conflicts.map(\.reason) == [.edited(isWanted: false)])
    }

    @Test(arguments: kinds) func whatIsRemovedMeanwhileIsNotWrittenBlindly(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        try await rig.cycle([try Self.x("192.0.2.1")])
        let desired = [try Self.x("192.0.2.2")]
        let cycle = try await rig.cycle(desired) { try rig.server.change("del x.example.net. A") }
        #expect(cycle.done.isEmpty)
        #expect(try rig.plainRecords() == before)
        // Its mark is left, and is ours.
        try await rig.converge(desired)
        #expect(try rig.plainRecords() == (before + UpdateRig.lines(desired)).sorted())
        let removal = try await rig.cycle([]) { try rig.server.change("del x.example.net. A") }
        #expect(removal.done.isEmpty)
        try await rig.converge([])
        #expect(try rig.server.records() == before)
    }

    @Test(arguments: kinds) func aMarkTakenAwayMeanwhileMakesItSomebodyElses(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        try await rig.cycle([try Self.x("192.0.2.1")])
        for wanted in [[], [try Self.x("192.0.2.2")]] {
            let cycle = try await rig.cycle(wanted) {
                try rig.server.change("del _pipam.a.x.example.net. TXT")
            }
            #expect(cycle.done.isEmpty)
            #expect(try rig.plainRecords().contains("x.example.net. 60 A 192.0.2.1"))
            try await rig.cycle([try Self.x("192.0.2.1")], adopts: true)
        }
    }

    @Test(arguments: kinds) func anAliasMadeMeanwhileStays(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let desired = [try Self.x("192.0.2.1")]
        let cycle = try await rig.cycle(desired) {
            try rig.server.change("add x.example.net. 60 CNAME hand.example.net.")
        }
        #expect(cycle.done.isEmpty)
        let expected = (before + ["x.example.net. 60 CNAME hand.example.net."]).sorted()
        #expect(try rig.server.records() == expected, "no mark is left either")
        let next = try await rig.cycle(desired)
        #expect(next.conflicts.map(\.reason) == [.excluded(by: "x.example.net. CNAME")])
    }

    @Test(arguments: kinds, ["A 203.0.113.1", "MX 10 hand.example.net.", "TXT mine"])
    func whatIsPutBesideANewAliasStays(kind: UpdateServer.Kind, data: String) async throws {
        let rig = try await UpdateRig(kind)
        let desired = [try UpdateRig.set("x.example.net.", .cname, "hand.example.net.")]
        let cycle = try await rig.cycle(desired) {
            try rig.server.change("add x.example.net. 60 \(data)")
        }
        #expect(cycle.done.isEmpty)
        #expect(try rig.server.records().count { $0.contains("_pipam.") } == 0)
        #expect(try await rig.cycle(desired).steps.isEmpty)
    }

    @Test(
        arguments: kinds,
        ["AAAA 2001:db8::9", "MX 10 hand.example.net.", "TXT mine", "CAA 0 issue \"ca.example\""])
    func anAddressIsNotTakenAwayForAnAliasThatFindsNoRoom(
        kind: UpdateServer.Kind, data: String
    ) async throws {
        let rig = try await UpdateRig(kind)
        try await rig.cycle([try Self.x("192.0.2.1")])
        let before = try rig.server.records()
        let desired = [try UpdateRig.set("x.example.net.", .cname, "hand.example.net.")]
        let cycle = try await rig.cycle(desired) {
            try rig.server.change("add x.example.net. 60 \(data)")
        }
        #expect(cycle.steps.count == 2)
        #expect(cycle.done.isEmpty)
        let after = try rig.server.records()
        #expect(Set(before).isSubset(of: after) && after.count == before.count + 1)
        let next = try await rig.cycle(desired)
        guard case .excluded = next.conflicts.first?.reason else {
            Issue.record("\(next.conflicts)")
            return
        }
        #expect(!next.steps.contains { $0.key.type == .cname })
    }

    /// Types that nobody thinks of have the alias left out by the server, which is seen then.
    @Test(arguments: [UpdateServer.Kind.bind, .knot]) func anAliasLeftOutLeavesNoMark(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        try await rig.cycle([try Self.x("192.0.2.1")])
        let desired = [try UpdateRig.set("x.example.net.", .cname, "hand.example.net.")]
        try await rig.cycle(desired) {
            try rig.server.change("add x.example.net. 60 TYPE65300 \\# 1 00")
        }
        for _ in 0..<2 {
            let next = try await rig.cycle(desired)
            #expect(next.conflicts.map(\.reason) == [.excluded(by: "x.example.net. TYPE65300")])
        }
        let left = try rig.server.records().filter { $0.contains("x.example.net.") }
        #expect(left == ["x.example.net. 60 TYPE65300 \\# 1 00"])
    }

    @Test(arguments: kinds) func aMarkMadeMeanwhileIsNotWrittenOver(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let stranger = try UpdateRig.provider(rig.server, cluster: UpdateRig.stranger)
        let desired = [try Self.x("192.0.2.1")]
        let other = try await rig.cycle(desired) {}
        #expect(other.done.count == 1)
        try await rig.cycle([])
        // Both look at a name that is free; the first one has it.
        _ = try await rig.provider.survey(desired.map(\.key))
        let reading = try await rig.provider.read(HandMade.forward, places: nil)
        try await rig.cycle([try Self.x("192.0.2.2")], with: stranger)
        let plan = Planner(
            zone: HandMade.forward, desired: [desired[0].key: desired[0]], found: reading.entries
        ).plan(.init())
        for chunk in plan.chunks(rig.provider.chunkLimit, octets: rig.provider.octets) {
            let outcome = try await rig.provider.apply(
                chunk, to: HandMade.forward, stamp: UpdateRig.stamp)
            #expect(outcome == .init())
        }
        let next = try await rig.cycle(desired)
        #expect(next.conflicts.map(\.reason) == [.another("\(UpdateRig.stranger)")])
        #expect(try rig.plainRecords().contains("x.example.net. 60 A 192.0.2.2"))
    }

    @Test func whatIsMissedAgainAndAgainIsTold() async throws {
        let rig = try await UpdateRig(.knot)
        let desired = [try Self.x("192.0.2.1")]
        _ = try await rig.provider.survey(desired.map(\.key))
        _ = try await rig.provider.read(HandMade.forward, places: nil)
        let plan = Planner(
            zone: HandMade.forward, desired: [desired[0].key: desired[0]], found: [:]
        ).plan(.init())
        try rig.server.change("add x.example.net. 60 A 203.0.113.1")
        for round in 1...3 {
            let outcome = try await rig.provider.apply(
                plan.groups, to: HandMade.forward, stamp: UpdateRig.stamp)
            #expect(outcome.done.isEmpty)
            #expect(outcome.refused.isEmpty == (round < 3))
            if let reason = outcome.refused[desired[0].key] {
                #expect(reason.contains("127.0.0.1:\(rig.server.port)"))
                #expect(reason.contains("view"))
            }
        }
    }
}
