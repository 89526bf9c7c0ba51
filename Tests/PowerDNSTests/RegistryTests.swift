import ForeignZones
import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

/// Against a real server whose backend keeps no comments: what stands where our marks go.
@Suite(.serialized) struct RegistryTests {
    private static let place = "_pipam.a.h0.example.net."

    private func put(
        _ owner: String, _ type: String, _ content: String, on rig: Rig
    ) async throws {
        try await rig.server.call(
            .patch, "/zones/example.net.",
            "{\"rrsets\":[{\"name\":\"\(owner)\",\"type\":\"\(type)\",\"ttl\":60,"
                + "\"changetype\":\"REPLACE\",\"records\":[{\"content\":\"\(content)\"}]}]}")
    }

    private func delete(_ owner: String, _ type: String, on rig: Rig) async throws {
        try await rig.server.call(
            .patch, "/zones/example.net.",
            "{\"rrsets\":[{\"name\":\"\(owner)\",\"type\":\"\(type)\",\"changetype\":\"DELETE\"}]}")
    }

    private func marks(_ rig: Rig) async throws -> [String] {
        try await rig.sets().keys.filter { $0.hasPrefix("_pipam.") }.sorted()
    }

    @Test(arguments: [("TXT", "\\\"by hand\\\""), ("CNAME", "elsewhere.example.org.")])
    func whatStandsInTheirPlaceStays(type: String, content: String) async throws {
        let rig = try await Rig(.lmdb)
        try await put(Self.place, type, content, on: rig)
        let before = try await rig.sets()["\(Self.place) \(type)"]
        let desired = try Rig.hosts(3)
        // At first nobody knows that there will be no comments.
        let first = try await rig.cycle(desired)
        #expect(first.refused.keys.map(\.self) == [desired[0].key])
        for places in [nil, ["h0.example.net."]] {
            let fresh = try Rig.provider(rig.server, zones: ["example.net."]) {
                $0.marking = .registry
            }
            for provider in [rig.provider, fresh] {
                let wanted = places == nil ? desired : [desired[0]]
                let cycle = try await rig.cycle(wanted, places: places, with: provider)
                let conflict = try #require(cycle.plans.first?.conflicts.first)
                #expect(cycle.plans.first?.conflicts.count == 1)
                #expect(conflict.key == desired[0].key)
                #expect("\(conflict.reason)".contains("\(Self.place) \(type)"))
                #expect("\(conflict.reason)".contains("remove or rename it there"))
            }
        }
        #expect(try await rig.sets()["h0.example.net. A"] == nil)
        // Nor does it go with an entry that is taken over or taken away.
        try await put("h0.example.net.", "A", "10.0.0.0", on: rig)
        try await rig.cycle(desired, adopts: true)
        try await rig.cycle(desired, places: ["h0.example.net."], adopts: true)
        try await rig.cycle([])
        #expect(try await rig.sets()["\(Self.place) \(type)"] == before)
        #expect(try await rig.sets()["h0.example.net. A"] != nil)
        #expect(try await marks(rig).count == 1)
    }

    /// The plan was made while nothing stood there.
    @Test func whatCameMeanwhileStays() async throws {
        let rig = try await Rig(.lmdb) { $0.marking = .registry }
        let desired = try Rig.hosts(2)
        _ = try await rig.provider.survey(desired.map(\.key))
        let chunk = desired.flatMap { [PowerDNSPlan.Group](creating: $0) }
        try await put(Self.place, "TXT", "\\\"by hand\\\"", on: rig)
        let outcome = try await rig.provider.apply(chunk, to: "example.net.", stamp: Rig.stamp)
        #expect(outcome.done == [desired[1].key])
        #expect(outcome.refused.keys.map(\.self) == [desired[0].key])
        #expect(try await rig.sets()["\(Self.place) TXT"]?.contains("by hand") == true)
    }

    @Test func aMarkWithAnotherRecordBesideItStays() async throws {
        let rig = try await Rig(.lmdb)
        let desired = try Rig.hosts(1)
        try await rig.cycle(desired)
        let mark = Registry.text(desired[0], of: Rig.cluster).replacing("\"", with: "\\\"")
        try await put(Self.place, "TXT", "\(mark)\"},{\"content\":\"\\\"by hand\\\"", on: rig)
        let before = try await rig.sets()["\(Self.place) TXT"]
        for wanted in [desired, [], try [Rig.set("h0.example.net.", .a, "192.0.2.1")]] {
            try await rig.cycle(wanted)
            try await rig.cycle(wanted, places: ["h0.example.net."])
        }
        #expect(try await rig.sets()["\(Self.place) TXT"] == before)
    }

    @Test func anotherClustersMarkKeepsThePlace() async throws {
        let rig = try await Rig(.lmdb)
        let desired = try Rig.hosts(1)
        let other = try Rig.provider(rig.server, zones: ["example.net."], cluster: Rig.stranger)
        try await rig.cycle(desired, with: other)
        try await delete("h0.example.net.", "A", on: rig)
        let before = try await rig.sets()["\(Self.place) TXT"]
        for marking in [PowerDNSSettings.Marking.automatic, .registry] {
            for places in [nil, ["h0.example.net."]] {
                let provider = try Rig.provider(rig.server, zones: ["example.net."]) {
                    $0.marking = marking
                }
                let cycle = try await rig.cycle(desired, places: places, with: provider)
                let plan = try #require(cycle.plans.first)
                if plan.conflicts.isEmpty {
                    // A few names are read before it is known that marks stand beside them.
                    #expect(cycle.refused[desired[0].key]?.contains("\(Rig.stranger)") == true)
                } else {
                    #expect(plan.conflicts.map(\.reason) == [.another("\(Rig.stranger)")])
                }
                try await rig.cycle([], places: places, with: provider)
            }
        }
        #expect(try await rig.sets()["\(Self.place) TXT"] == before)
        #expect(try await rig.sets()["h0.example.net. A"] == nil)
    }

    @Test func marksOfNothingGo() async throws {
        let rig = try await Rig(.lmdb)
        let desired = try Rig.hosts(4)
        try await rig.cycle(desired)
        try await put("_pipam.a.h9.example.net.", "TXT", "\\\"by hand\\\"", on: rig)
        for number in 0..<3 { try await delete("h\(number).example.net.", "A", on: rig) }
        // The next write of the name, though of another type.
        let six = try Rig.set("h0.example.net.", .aaaa, "2001:db8::1")
        try await rig.cycle([six], places: ["h0.example.net."])
        #expect(try await marks(rig).contains("_pipam.aaaa.h0.example.net. TXT"))
        #expect(try await !marks(rig).contains("\(Self.place) TXT"))
        // Wanted again: it marks something again.
        try await rig.cycle([desired[1]], places: ["h1.example.net."])
        #expect(try await marks(rig).contains("_pipam.a.h1.example.net. TXT"))
        let wanted = [six, desired[1], desired[3]]
        try await rig.cycle(wanted)
        #expect(try await rig.cycle(wanted).isSettled)
        #expect(try await !marks(rig).contains("_pipam.a.h2.example.net. TXT"))
        let fresh = try Rig.provider(rig.server, zones: ["example.net."])
        try await delete("h3.example.net.", "A", on: rig)
        try await rig.cycle([], with: fresh)
        #expect(try await marks(rig) == ["_pipam.a.h9.example.net. TXT"])
    }

    @Test func anEditedMarkOfNothingStays() async throws {
        let rig = try await Rig(.lmdb)
        let desired = try Rig.hosts(1)
        try await rig.cycle(desired)
        try await delete("h0.example.net.", "A", on: rig)
        let mark = "\\\"heritage=pipam,cluster=\(Rig.cluster),seal=changed\\\""
        try await put(Self.place, "TXT", mark, on: rig)
        let plan = try #require(try await rig.cycle([]).plans.first)
        #expect(plan.conflicts.map { "\($0.key.owner)" } == [Self.place])
        #expect(plan.conflicts.map(\.reason) == [.edited(isWanted: false)])
        #expect(try await marks(rig).count == 1)
    }
}
