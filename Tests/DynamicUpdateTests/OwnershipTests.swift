import ForeignZones
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import DynamicUpdate

/// Against real servers: what is not ours stays as it is, to the octet.
@Suite(.serialized) struct OwnershipTests {
    static let kinds = RoundTripTests.kinds

    @Test(arguments: kinds) func othersStay(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let wanted = [
            try UpdateRig.set("hand.example.net.", .a, "192.0.2.1"),
            try UpdateRig.set("mixed.example.net.", .aaaa, "2001:db8:f::1", ttl: 77),
            try UpdateRig.set("www.example.net.", .a, "192.0.2.2"),
            try UpdateRig.set("odd.example.net.", .cname, "hand.example.net."),
            try UpdateRig.set("*.wild.example.net.", .a, "192.0.2.3"),
        ]
        for _ in 0..<2 {
            let cycle = try await rig.cycle(wanted)
            #expect(cycle.steps.isEmpty)
            let reasons = Dictionary(
                uniqueKeysWithValues: cycle.conflicts.map { ("\($0.key)", $0.reason) })
            #expect(reasons["hand.example.net. A"] == .unmarked(isEqual: false))
            #expect(reasons["mixed.example.net. AAAA"] == .unmarked(isEqual: true))
            #expect(reasons["*.wild.example.net. A"] == .unmarked(isEqual: false))
            #expect(reasons["www.example.net. A"] == .excluded(by: "www.example.net. CNAME"))
            #expect(
                reasons["odd.example.net. CNAME"] == .excluded(by: "odd.example.net. TYPE65300"))
            try await rig.cycle([])
            #expect(try rig.server.records() == before)
        }
    }

    @Test(arguments: kinds) func editedOnesOfOursStay(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let desired = try UpdateRig.hosts(4)
        try await rig.cycle(desired)
        try rig.server.change(
            "del h0.example.net. A", "add h0.example.net. 60 A 203.0.113.9",
            "add h1.example.net. 60 A 203.0.113.9")
        // Another time to live is another content.
        try rig.server.change("del h2.example.net. A", "add h2.example.net. 61 A 10.0.0.2")
        let before = try rig.server.records()
        let changed = try UpdateRig.hosts(4).map {
            try UpdateRig.set("\($0.key.owner)", .a, "192.0.2.50")
        }
        let cycle = try await rig.cycle(changed)
        #expect(cycle.done == [changed[3].key])
        #expect(
            cycle.conflicts.map(\.reason) == .init(repeating: .edited(isWanted: true), count: 3))
        try await rig.cycle([])
        let after = try rig.server.records()
        #expect(after == before.filter { !$0.contains("h3.example.net.") })
    }

    @Test(arguments: kinds) func theOtherClusterKeepsItsOwn(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let other = try UpdateRig.provider(rig.server, cluster: UpdateRig.stranger)
        let desired = try UpdateRig.hosts(3)
        try await rig.cycle(desired, with: other)
        let before = try rig.server.records()
        let cycle = try await rig.cycle(desired)
        #expect(cycle.steps.isEmpty)
        #expect(
            cycle.conflicts.map(\.reason)
                == .init(repeating: .another("\(UpdateRig.stranger)"), count: 3))
        try await rig.cycle([])
        #expect(try rig.server.records() == before)
        #expect(try await rig.cycle(desired, with: other).isSettled)
    }

    @Test(arguments: kinds) func adoptingMarksAndChangesNothingElse(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let desired = [
            try UpdateRig.set("hand.example.net.", .a, "198.51.100.1", "198.51.100.2"),
            try UpdateRig.set("ns1.example.net.", .a, "192.0.2.99", ttl: 300),
        ]
        let cycle = try await rig.cycle(desired, adopts: true)
        #expect(cycle.done == [desired[0].key])
        #expect(try rig.plainRecords() == before)
        let second = try await rig.cycle(desired)
        #expect(second.settled == [desired[0].key])
        #expect(second.conflicts.map(\.key) == [desired[1].key])
        try await rig.cycle([])
        #expect(
            try rig.server.records() == before.filter { !$0.hasPrefix("hand.example.net. 60 A ") })
    }

    @Test(arguments: kinds) func marksOfNothingGo(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let desired = try UpdateRig.hosts(2)
        try await rig.cycle(desired)
        try rig.server.change("del h0.example.net. A", "del h1.example.net. A")
        // One is wanted still: it is written again.
        let cycle = try await rig.cycle([desired[0]])
        #expect(cycle.refused.isEmpty)
        try await rig.converge([desired[0]])
        #expect(try rig.plainRecords() == (before + UpdateRig.lines([desired[0]])).sorted())
        #expect(try rig.server.records().count { $0.contains("_pipam.") } == 1)
        try await rig.cycle([])
        #expect(try rig.server.records() == before)
    }

    @Test(arguments: kinds) func whereTheZoneEndsNothingIsWritten(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let wanted = [
            try UpdateRig.set("a.sub.example.net.", .a, "192.0.2.1"),
            try UpdateRig.set("sub.example.net.", .a, "192.0.2.1"),
            try UpdateRig.set("deep.a.sub.example.net.", .aaaa, "2001:db8::1"),
            try UpdateRig.set("a.red.example.net.", .a, "192.0.2.1"),
            // It might stand beside the DNAME record, and its mark nowhere.
            try UpdateRig.set("red.example.net.", .a, "192.0.2.1"),
        ]
        let cycle = try await rig.cycle(wanted)
        #expect(cycle.survey.homeless.isEmpty)
        #expect(cycle.steps.isEmpty)
        #expect(cycle.conflicts.count == 5)
        for conflict in cycle.conflicts {
            guard case .impossible(let reason) = conflict.reason else {
                Issue.record("\(conflict)")
                continue
            }
            let word = "\(conflict.key.owner)".contains("red") ? "DNAME" : "delegated"
            #expect(reason.contains(word))
        }
        #expect(try rig.server.records() == before)
    }

    @Test(arguments: kinds) func whatStandsInTheMarksPlaceIsAnObjection(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        try rig.server.change("add _pipam.a.x.example.net. 60 TXT \"mine\"")
        let before = try rig.server.records()
        let cycle = try await rig.cycle([try UpdateRig.set("x.example.net.", .a, "192.0.2.1")])
        #expect(cycle.steps.isEmpty)
        guard case .impossible(let reason) = cycle.conflicts.first?.reason else {
            Issue.record("\(cycle.conflicts)")
            return
        }
        #expect(reason.contains("_pipam.a.x.example.net."))
        try await rig.cycle([])
        #expect(try rig.server.records() == before)
    }

    @Test(arguments: kinds) func aZoneThatIsNotThereIsTold(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let missing = try UpdateRig.name("example.org.")
        let provider = try UpdateRig.provider(rig.server) { $0.zones.append(missing) }
        let desired = [
            try UpdateRig.set("x.example.net.", .a, "192.0.2.1"),
            try UpdateRig.set("x.example.org.", .a, "192.0.2.1"),
            try UpdateRig.set("7.113.0.203.in-addr.arpa.", .ptr, "x.example.net."),
        ]
        let cycle = try await rig.cycle(desired, with: provider)
        #expect(Set(cycle.survey.homeless.keys) == Set(desired[1...].map(\.key)))
        #expect(cycle.done == [desired[0].key])
        let obstacle = try #require(cycle.survey.zones["example.org."]?.obstacle)
        #expect(obstacle.contains("127.0.0.1:\(rig.server.port) has no zone example.org."))
        #expect(obstacle.contains("create it there"))
    }
}
