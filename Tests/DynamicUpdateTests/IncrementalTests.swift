import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import DynamicUpdate

/// The copy of a zone, which follows what changes where only some names are looked at: it says what
/// a transfer of the whole would.
@Suite(.serialized) struct IncrementalTests {
    static let kinds = RoundTripTests.kinds

    /// At all names that there are, and at some that were, the copy shows what a provider sees that
    /// never looked before.
    private static func expectEqualLooks(
        _ rig: UpdateRig, location: SourceLocation = #_sourceLocation
    ) async throws {
        let fresh = try UpdateRig.provider(rig.server)
        for zone in HandMade.zones {
            var places = Set(try await fresh.read(zone, places: nil).entries.keys.map(\.owner))
            if zone == HandMade.forward {
                places.formUnion(try (0..<6).map { try UpdateRig.name("h\($0).\(zone)") })
                places.formUnion(try (0..<6).map { try UpdateRig.name("r\($0).\(zone)") })
            }
            let seen = try await rig.provider.read(zone, places: places).entries
            let whole = try await fresh.read(zone, places: places).entries
            #expect(seen == whole, sourceLocation: location)
        }
    }

    /// Some twenty changes by somebody else, of many kinds.
    private static func churn(_ round: Int, at server: UpdateServer) throws {
        try server.change(
            "add r\(round).example.net. 60 A 198.51.100.7", "del r\(round - 2).example.net.",
            "add r\(round).example.net. 60 TXT \"Some \(round)\" \"Text\"",
            "del hand.example.net. 60 A 198.51.100.\(1 + round % 2)",
            "add hand.example.net. 60 A 198.51.100.\(2 - round % 2)",
            "add example.net. 300 MX \(round) Mail.Example.ORG.",
            "del example.net. 300 MX \(round - 1) mail.example.org.")
        try server.change(
            "del www.example.net. CNAME",
            "add www.example.net. \(60 + round) CNAME Hand.example.net.")
        try server.change("add t.example.net. \(round + 1) A 198.51.100.\(round)")
        let delegation = "s\(round % 3).example.net. 60 NS ns.elsewhere.example."
        try server.change(round % 2 == 0 ? "add \(delegation)" : "del s0.example.net. NS")
        try server.change("del \(round).2.0.192.in-addr.arpa.", in: HandMade.reverse4)
    }

    private static func names(_ sets: [RecordSet]) -> [String] { sets.map { "\($0.key.owner)" } }

    @Test(arguments: kinds, [true, false]) func theCopyFollowsEverything(
        kind: UpdateServer.Kind, sendsChanges: Bool
    ) async throws {
        let rig = try await UpdateRig(kind, .init(sendsChanges: sendsChanges))
        try await Self.expectEqualLooks(rig)
        for round in 1...6 {
            try Self.churn(round, at: rig.server)
            let hosts = try UpdateRig.hosts(6)
            try await rig.cycle(Array(hosts[(round % 4)...]), places: Self.names(hosts))
            try await Self.expectEqualLooks(rig)
        }
    }

    @Test(arguments: [UpdateServer.Kind.bind, .knot]) func onlyChangesAreFetched(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let hosts = try UpdateRig.hosts(5)
        for count in 1...5 {
            try await rig.cycle(Array(hosts[..<count]), places: Self.names(hosts))
        }
        #expect(try await rig.cycle(hosts, places: Self.names(hosts)).isSettled)
        // Both word it almost alike: "AXFR, outgoing ... started", "AXFR started".
        let lines = rig.server.log.split(separator: "\n").filter {
            $0.contains("example.net") && $0.contains("started")
        }
        #expect(lines.count { $0.contains("AXFR") && !$0.contains("IXFR") } == 1, "\(lines)")
        #expect(lines.count { $0.contains("IXFR") } >= 5, "\(lines)")
    }

    @Test(arguments: kinds) func aServerThatForgotItsJournalIsRead(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let hosts = try UpdateRig.hosts(5)
        try await rig.cycle(Array(hosts[..<3]))
        try rig.server.change("add x.example.net. 60 A 198.51.100.1")
        let text = try rig.server.zoneText()
        rig.server.stop()
        try rig.server.forgetJournal(text: text)
        try await rig.server.start()
        #expect(try await rig.cycle(hosts, places: Self.names(hosts)).done.count == 2)
        #expect(try await rig.cycle(hosts).isSettled)
        let expected = before + UpdateRig.lines(hosts) + ["x.example.net. 60 A 198.51.100.1"]
        #expect(try rig.plainRecords() == expected.sorted())
        try await Self.expectEqualLooks(rig)
    }

    @Test(arguments: kinds) func aSerialThatGoesBackIsNoticed(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let hosts = try UpdateRig.hosts(3)
        for count in 1...3 {
            try await rig.cycle(Array(hosts[..<count]), places: Self.names(hosts))
        }
        let serial = try #require(try rig.server.serial())
        rig.server.stop()
        try rig.server.restore()
        try await rig.server.start()
        #expect(try #require(try rig.server.serial()) < serial)
        #expect(try await rig.cycle(hosts, places: Self.names(hosts)).done.count == 3)
        #expect(try rig.plainRecords() == (before + UpdateRig.lines(hosts)).sorted())
        try await Self.expectEqualLooks(rig)
    }

    @Test(arguments: kinds) func signedZonesAreLikeOthers(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind, .init(isSigned: true))
        let before = try rig.server.records()
        let target = "hand.example.net."
        let rounds = [
            [
                try UpdateRig.set("x.example.net.", .a, "192.0.2.1"),
                try UpdateRig.set("y.example.net.", .cname, target),
            ],
            [
                try UpdateRig.set("x.example.net.", .cname, target),
                try UpdateRig.set("y.example.net.", .a, "192.0.2.1"),
                try UpdateRig.set("b.deep.example.net.", .cname, target),
                try UpdateRig.set("*.apps.example.net.", .cname, target),
            ],
            [try UpdateRig.set("y.example.net.", .a, "192.0.2.2", "192.0.2.3")],
        ]
        for desired in rounds {
            let cycle = try await rig.cycle(desired)
            #expect(cycle.refused.isEmpty)
            #expect(cycle.done.count == cycle.steps.count)
            // What BIND signs beside the zone is seen a moment later.
            let expected = (before + UpdateRig.lines(desired)).sorted()
            try? await rig.server.wait("signed zone") { try rig.plainRecords() == expected }
            #expect(try rig.plainRecords() == expected)
            #expect(try await rig.cycle(desired).isSettled)
            let signatures = try rig.server.signatures()
            for set in desired { #expect(signatures.contains("\(set.key)")) }
        }
        #expect(try await rig.cycle([]).done.count == 1)
        try await rig.server.wait("end") { try rig.server.records() == before }
    }
}
