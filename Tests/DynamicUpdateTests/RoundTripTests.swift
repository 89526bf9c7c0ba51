import ForeignZones
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import DynamicUpdate

/// Against real servers: what is wanted stands there, with its mark, and then nothing is left to
/// do.
@Suite(.serialized) struct RoundTripTests {
    static let kinds: [UpdateServer.Kind] = [.bind, .knot, .powerdns]

    private static func guests() throws -> [RecordSet] {
        [
            try UpdateRig.set("web.example.net.", .a, "192.0.2.10", "192.0.2.11"),
            try UpdateRig.set("web.example.net.", .aaaa, "2001:db8::10"),
            try UpdateRig.set("shop.example.net.", .cname, "web.example.net."),
            try UpdateRig.set("*.apps.example.net.", .a, "192.0.2.12"),
            try UpdateRig.set("*.more.example.net.", .cname, "web.example.net."),
            try UpdateRig.set("b.deep.example.net.", .a, "192.0.2.13"),
            try UpdateRig.set("10.2.0.192.in-addr.arpa.", .ptr, "web.example.net."),
            try UpdateRig.set(
                "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", .ptr,
                "web.example.net."),
        ]
    }

    @Test(arguments: kinds) func setsComeChangeAndGo(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let before = try HandMade.zones.map { try rig.server.records($0) }
        var desired = try Self.guests()
        let first = try await rig.cycle(desired)
        #expect(first.survey.homeless.isEmpty)
        #expect(first.refused.isEmpty)
        #expect(Set(first.done) == Set(desired.map(\.key)))
        try expect(desired, and: before, at: rig.server)
        #expect(try await rig.cycle(desired).isSettled)

        desired[0] = try UpdateRig.set("web.example.net.", .a, "192.0.2.11", "192.0.2.99")
        desired[1] = try UpdateRig.set("web.example.net.", .aaaa, "2001:db8::10", ttl: 7)
        desired[2] = try UpdateRig.set("shop.example.net.", .cname, "hand.example.net.")
        desired[3] = try UpdateRig.set("*.apps.example.net.", .a, "192.0.2.77")
        desired[6] = try UpdateRig.set("10.2.0.192.in-addr.arpa.", .ptr, "hand.example.net.")
        #expect(try await rig.cycle(desired).steps.count == 5)
        try expect(desired, and: before, at: rig.server)
        #expect(try await rig.cycle(desired).isSettled)

        // The reverse zones stay in the survey for one entry of each.
        let rest = Array(desired[6...])
        #expect(try await rig.cycle(rest).steps.count == 6)
        try expect(rest, and: before, at: rig.server)
        #expect(try await rig.cycle(rest).isSettled)
        let fresh = try UpdateRig.provider(rig.server)
        #expect(try await rig.cycle(rest, with: fresh).isSettled)
    }

    /// Besides what was there, the sets and their marks are, and nothing else.
    private func expect(
        _ sets: [RecordSet], and before: [[String]], at server: UpdateServer,
        location: SourceLocation = #_sourceLocation
    ) throws {
        for (zone, hand) in zip(HandMade.zones, before) {
            let ours = sets.filter { "\($0.key.owner)".hasSuffix("." + zone) }
            let marks = try ours.map { set in
                "\(try #require(Registry.owner(of: set.key))) \(set.ttlSeconds) TXT "
                    + Registry.text(set, of: UpdateRig.cluster)
            }
            let wanted = (hand + UpdateRig.lines(ours) + marks).sorted()
            #expect(try server.records(zone) == wanted, sourceLocation: location)
        }
    }

    @Test(arguments: kinds) func anAliasAndAnAddressChangePlaces(kind: UpdateServer.Kind)
        async throws
    {
        let rig = try await UpdateRig(kind)
        let before = try rig.plainRecords()
        let address = [
            try UpdateRig.set("x.example.net.", .a, "192.0.2.1"),
            try UpdateRig.set("x.example.net.", .aaaa, "2001:db8::1"),
        ]
        let alias = [try UpdateRig.set("x.example.net.", .cname, "hand.example.net.")]
        for desired in [address, alias, address, alias] {
            let cycle = try await rig.cycle(desired)
            #expect(cycle.refused.isEmpty)
            #expect(try rig.plainRecords() == (before + UpdateRig.lines(desired)).sorted())
            #expect(try await rig.cycle(desired).isSettled)
        }
        try await rig.cycle([])
        #expect(try rig.server.records() == before)
    }

    @Test(arguments: kinds) func thousandsGoInOnePlan(kind: UpdateServer.Kind) async throws {
        let rig = try await UpdateRig(kind)
        let before = try rig.server.records()
        let desired = try UpdateRig.hosts(2_000)
        let first = try await rig.cycle(desired)
        #expect(first.done.count == 2_000)
        #expect(first.refused.isEmpty)
        #expect(try rig.plainRecords() == (before + UpdateRig.lines(desired)).sorted())
        #expect(try await rig.cycle(desired).isSettled)
        #expect(try await rig.cycle([]).done.count == 2_000)
        #expect(try rig.server.records() == before)
    }

    @Test(arguments: kinds) func narrowLooksSeeWhatWholeOnesDo(kind: UpdateServer.Kind) async throws
    {
        let rig = try await UpdateRig(kind)
        let desired = try UpdateRig.hosts(5)
        try await rig.cycle(desired)
        let narrow = try await rig.cycle(
            Array(desired[1...]), places: ["h0.example.net.", "h1.example.net."])
        #expect(narrow.steps.map(\.key) == [desired[0].key])
        #expect(narrow.done == [desired[0].key])
        #expect(try await rig.cycle(Array(desired[1...])).isSettled)
    }
}
