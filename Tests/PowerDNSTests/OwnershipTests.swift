import ForeignZones
import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

/// Against a real server: what is not ours stays as it is, to the octet.
@Suite(.serialized) struct OwnershipTests {
    /// Record sets of all kinds, made by hand: 200, as elements of `rrsets`.
    static func foreignSets() -> [String] {
        let kinds: [(String, String)] = [
            ("A", "198.51.100.1"), ("AAAA", "2001:db8:f::1"), ("CNAME", "Elsewhere.Example.ORG."),
            ("TXT", "\\\"v=spf1 -all\\\""), ("MX", "10 mail.example.org."),
            ("SRV", "0 5 5060 sip.example.org."), ("CAA", "0 issue \\\"ca.example\\\""),
            ("PTR", "host.example.org."), ("LUA", "A \\\"ifportup(443,{'192.0.2.1'})\\\""),
            ("TLSA", "3 1 1 aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00"),
        ]
        return (0..<200).map { number in
            let (type, content) = kinds[number % kinds.count]
            let comments =
                number % 3 == 0
                ? ",\"comments\":[{\"account\":\"ann\",\"content\":\"n\u{FC} \(number)\","
                    + "\"modified_at\":7}]"
                : ""
            let disabled = number % 7 == 0 ? ",\"disabled\":true" : ""
            return """
                {"name":"f\(number).example.net.","type":"\(type)","ttl":\(100 + number),\
                "changetype":"REPLACE","records":[{"content":"\(content)"\(disabled)}]\(comments)}
                """
        }
    }

    private func patch(_ rig: Rig, _ sets: [String]) async throws {
        try await rig.server.call(
            .patch, "/zones/example.net.", "{\"rrsets\":[\(sets.joined(separator: ","))]}")
    }

    private func replacement(_ owner: String, _ content: String, comments: String = "") -> String {
        """
        {"name":"\(owner)","type":"A","ttl":60,"changetype":"REPLACE",\
        "records":[{"content":"\(content)"}]\(comments)}
        """
    }

    @Test func othersAndEditedOnesSurviveEverything() async throws {
        let rig = try await Rig()
        try await patch(rig, Self.foreignSets())
        let ours = try Rig.hosts(40)
        try await rig.cycle(ours)
        try await patch(rig, (0..<20).map { replacement("h\($0).example.net.", "203.0.113.9") })
        let isOurs = { (key: String) in
            (20..<40).contains { key == "h\($0).example.net. A" }
        }
        let before = try await rig.sets().filter { !isOurs($0.key) && !$0.key.hasSuffix("SOA") }
        #expect(before.count == 200 + 20 + 1)
        // Names where others stand are wanted too.
        let wanted = try ours + (0..<200).map { try Rig.set("f\($0).example.net.", .a, "10.9.9.9") }
        let plan = try #require(try await rig.cycle(wanted).plans.first)
        #expect(plan.conflicts.count { if case .edited = $0.reason { true } else { false } } == 20)
        #expect(
            plan.conflicts.count { if case .unmarked = $0.reason { true } else { false } } == 20)
        #expect(
            plan.conflicts.count { if case .excluded = $0.reason { true } else { false } } == 40,
            "beside CNAME and LUA there is no room for an A record")
        #expect(plan.groups.count == 140)
        for _ in 0..<2 { try await rig.cycle([]) }
        let after = try await rig.sets().filter { !$0.key.hasSuffix("SOA") }
        #expect(after == before)
    }

    @Test func commentsOfOthersStayOnOurSets() async throws {
        let rig = try await Rig()
        let owner = "a.example.net."
        try await rig.cycle([try Rig.set(owner, .a, "192.0.2.1")])
        let mark = Mark.comment(try Rig.set(owner, .a, "192.0.2.1"), of: Rig.cluster)
        let comments = """
            ,"comments":[{"account":"\(mark.account)","content":"\(mark.content)","modified_at":1},\
            {"account":"ann","content":"rack \\"4\\"\\n\\u0001 \u{1F600}","modified_at":1234}]
            """
        try await patch(rig, [replacement(owner, "192.0.2.1", comments: comments)])
        for places in [nil, [owner]] {
            let address = places == nil ? "192.0.2.2" : "192.0.2.3"
            let set = try Rig.set(owner, .a, address)
            #expect(try await rig.cycle([set], places: places).steps == 1)
            let text = try #require(try await rig.sets()["\(owner) A"])
            #expect(text.contains(address))
            #expect(
                text.contains(
                    "{account:ann,content:rack \"4\"\n\u{1} \u{1F600},modified_at:1234}"))
            #expect(try await rig.cycle([set]).isSettled)
        }
    }

    @Test func commentsWithoutRecordsAreNoEntry() async throws {
        let rig = try await Rig()
        let lonely = """
            {"name":"a.example.net.","type":"A","ttl":60,"changetype":"REPLACE","records":[],\
            "comments":[{"account":"ann","content":"reserved","modified_at":5}]}
            """
        try await patch(rig, [lonely])
        let set = try Rig.set("a.example.net.", .a, "192.0.2.1")
        #expect(try await rig.cycle([set]).steps == 1)
        let text = try #require(try await rig.sets()["a.example.net. A"])
        #expect(text.contains("{account:ann,content:reserved,modified_at:5}"))
        // And it is what is left when ours goes.
        let other = try Rig.set("b.example.net.", .a, "192.0.2.2")
        #expect(try await rig.cycle([other]).steps == 2)
        let rest = try #require(try await rig.sets()["a.example.net. A"])
        #expect(rest.contains("{account:ann,content:reserved,modified_at:5}"))
        #expect(!rest.contains("192.0.2.1") && !rest.contains("pipam/"))
        #expect(try await rig.cycle([other]).isSettled)
    }

    @Test(arguments: [PowerDNSServer.Backend.sqlite, .lmdb])
    func theOtherClusterKeepsItsOwn(backend: PowerDNSServer.Backend) async throws {
        let rig = try await Rig(backend)
        let other = try Rig.provider(rig.server, zones: ["example.net."], cluster: Rig.stranger)
        let desired = try Rig.hosts(3)
        try await rig.cycle(desired, with: other)
        let before = try await rig.sets()
        let plan = try #require(try await rig.cycle(desired).plans.first)
        #expect(plan.groups.isEmpty)
        #expect(
            plan.conflicts.map(\.reason) == .init(repeating: .another("\(Rig.stranger)"), count: 3))
        let narrow = try await rig.cycle(desired, places: desired.map { "\($0.key.owner)" })
        #expect(narrow.plans.first?.conflicts == plan.conflicts)
        try await rig.cycle([])
        #expect(try await rig.sets() == before)
    }

    @Test(arguments: [PowerDNSServer.Backend.sqlite, .lmdb])
    func adoptingMarksAndChangesNothingElse(backend: PowerDNSServer.Backend) async throws {
        let rig = try await Rig(backend)
        try await patch(
            rig,
            [
                replacement(
                    "a.example.net.", "192.0.2.1",
                    comments: backend == .sqlite
                        ? ",\"comments\":[{\"account\":\"ann\",\"content\":\"mine\"}]"
                        : ""),
                replacement("b.example.net.", "192.0.2.2"),
            ])
        let desired = [
            try Rig.set("a.example.net.", .a, "192.0.2.1"),
            try Rig.set("b.example.net.", .a, "192.0.2.99"),
        ]
        let records = try await rig.transfer()
        let plan = try #require(try await rig.cycle(desired, adopts: true).plans.first)
        #expect(plan.groups.flatMap(\.steps).map(\.key) == [desired[0].key])
        #expect(try await rig.transfer().filter { !$0.contains("_pipam.") } == records)
        let second = try #require(try await rig.cycle(desired).plans.first)
        #expect(second.settled == [desired[0].key])
        #expect(second.conflicts.map(\.key) == [desired[1].key])
        if backend == .sqlite {
            #expect(try await rig.sets()["a.example.net. A"]?.contains("account:ann") == true)
        }
        try await rig.cycle([])
        #expect(try await rig.transfer() == ["b.example.net. 60 A 192.0.2.2"])
    }

    @Test func anEditedRegistryIsAConflict() async throws {
        let rig = try await Rig(.lmdb)
        let set = try Rig.set("a.example.net.", .a, "192.0.2.1")
        try await rig.cycle([set])
        try await patch(rig, [replacement("a.example.net.", "192.0.2.2")])
        for places in [nil, ["a.example.net."]] {
            let plan = try #require(try await rig.cycle([set], places: places).plans.first)
            #expect(plan.conflicts.map(\.reason) == [.edited(isWanted: true)])
        }
    }
}
