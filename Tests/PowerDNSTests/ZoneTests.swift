import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

/// Against a real server: which zone an entry goes into, and what is in its way.
@Suite(.serialized) struct ZoneTests {
    private static func ptr(_ owner: String) throws -> RecordSet {
        try Rig.set(owner, .ptr, "web1.example.net.")
    }

    @Test func namesOfAddressesGoToTheLongestZone() async throws {
        let zones = [
            "in-addr.arpa.", "192.in-addr.arpa.", "2.0.192.in-addr.arpa.",
            "64/26.2.0.192.in-addr.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa.",
        ]
        let rig = try await Rig(present: zones, zones: [])
        let six = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."
        let cases = [
            ("1.0.0.10.in-addr.arpa.", zones[0]), ("1.3.0.192.in-addr.arpa.", zones[1]),
            ("1.2.0.192.in-addr.arpa.", zones[2]), ("65.64/26.2.0.192.in-addr.arpa.", zones[3]),
            (six, zones[4]),
        ]
        let desired = try cases.map { try Self.ptr($0.0) }
        let cycle = try await rig.cycle(desired)
        #expect(cycle.refused.isEmpty)
        for (owner, zone) in cases {
            #expect(cycle.survey.destinations[try Rig.key(owner, .ptr)] == zone)
            #expect(try await rig.sets(zone.replacing("/", with: "=2F"))["\(owner) PTR"] != nil)
        }
        #expect(try await rig.cycle(desired).isSettled)
        let narrow = try await rig.cycle(desired, places: cases.map(\.0))
        #expect(narrow.isSettled)
    }

    @Test func anUnlistedChildHidesItsNames() async throws {
        let rig = try await Rig(
            present: ["example.net.", "lab.example.net."], zones: ["example.net."])
        let hidden = try Rig.set("web1.lab.example.net.", .a, "192.0.2.1")
        let apex = try Rig.set("lab.example.net.", .a, "192.0.2.2")
        let cycle = try await rig.cycle([hidden, apex])
        #expect(cycle.steps == 0)
        for key in [hidden.key, apex.key] {
            #expect(
                cycle.survey.homeless[key]?.contains("list lab.example.net. in dns.zones") == true)
        }
        let other = try Rig.provider(rig.server, zones: ["example.net.", "lab.example.net."])
        #expect(try await rig.cycle([hidden, apex], with: other).steps == 2)
        #expect(try await rig.transfer("lab.example.net.") == Rig.lines([apex, hidden]))
        #expect(try await rig.transfer("example.net.").isEmpty)
    }

    @Test func nothingIsWrittenBelowADelegation() async throws {
        let rig = try await Rig()
        let cuts = """
            {"rrsets":[{"name":"sub.example.net.","type":"NS","ttl":60,"changetype":"REPLACE",\
            "records":[{"content":"ns.example.org."}]},{"name":"moved.example.net.","type":"DNAME",\
            "ttl":60,"changetype":"REPLACE","records":[{"content":"example.org."}]}]}
            """
        try await rig.server.call(.patch, "/zones/example.net.", cuts)
        let hidden = [
            "sub.example.net.", "a.sub.example.net.", "a.b.sub.example.net.",
            "a.moved.example.net.", "b.a.moved.example.net.",
        ]
        let free = ["moved.example.net.", "xsub.example.net."]
        let desired = try (hidden + free).map { try Rig.set($0, .a, "192.0.2.1") }
        // Narrow first: then the names above are asked for one by one.
        for places in [hidden + free, nil] {
            let plan = try #require(try await rig.cycle(desired, places: places).plans.first)
            #expect(plan.conflicts.map { "\($0.key.owner)" }.sorted() == hidden.sorted())
            for conflict in plan.conflicts {
                guard case .impossible(let reason) = conflict.reason else {
                    Issue.record("\(conflict)")
                    continue
                }
                #expect(reason.contains("sub.example.net.") || reason.contains("DNAME"))
            }
        }
        #expect(try await rig.sets()["moved.example.net. A"] != nil)
    }

    @Test func secondaryZonesAreNotWritten() async throws {
        let rig = try await Rig(present: [], zones: ["example.net."])
        try await rig.server.call(
            .post, "/zones",
            "{\"name\":\"example.net.\",\"kind\":\"Slave\",\"masters\":[\"192.0.2.1\"]}")
        let desired = try Rig.hosts(1)
        let cycle = try await rig.cycle(desired)
        #expect(cycle.survey.zones["example.net."]?.obstacle?.contains("primary") == true)
        #expect(cycle.plans.isEmpty)
        let error = await #expect(throws: ProviderError.self) {
            _ = try await rig.provider.apply(
                .init(creating: desired[0]), to: "example.net.", stamp: Rig.stamp)
        }
        #expect(error?.kind == .permanent)
    }

    @Test(arguments: [
        (",\"soa_edit_api\":\"\"", true), (",\"soa_edit_api\":\"INCEPTION-INCREMENT\"", true),
        (",\"soa_edit_api\":\"epoch\"", false), ("", false),
    ])
    func aSerialThatStandsStillIsNamed(extra: String, isNamed: Bool) async throws {
        let rig = try await Rig(present: [], zones: ["example.net."])
        try await Rig.create("example.net.", at: rig.server, extra: extra)
        let warnings = try await rig.provider.survey([]).zones["example.net."]?.warnings
        #expect(warnings?.count == (isNamed ? 1 : 0))
        #expect(warnings?.first.map { $0.contains("DEFAULT, INCREASE, EPOCH") } != false)
    }

    @Test func zonesAreCreatedOnlyIfAllowed() async throws {
        let desired = try Rig.hosts(2)
        let rig = try await Rig(present: [], zones: ["example.net."])
        let refused = try await rig.cycle(desired)
        #expect(refused.survey.homeless.count == 2)
        let creator = try Rig.provider(rig.server, zones: ["example.net.", "x.example.net."]) {
            $0.createsZones = true
            $0.nameservers = [.root].compactMap { DomainName(label: Array("ns1".utf8), in: $0) }
        }
        _ = try await creator.survey(desired.map(\.key))
        #expect(
            try await creator.survey(desired.map(\.key)).zones["example.net."]?.warnings.count == 1)
        #expect(try await rig.server.counts().requests["POST"] == nil)
        #expect(try await rig.cycle(desired, with: creator).refused.isEmpty)
        #expect(try await rig.transfer() == Rig.lines(desired))
        #expect(try await rig.cycle(desired, with: creator).plans.allSatisfy(\.isEmpty))
        let response = try await rig.server.call(.get, "/zones/example.net.?rrsets=false")
        let zone = try JSONValue(parsing: response.body)
        #expect(zone["account"]?.text == "pipam/\(Rig.cluster)")
        #expect(zone["soa_edit_api"]?.text == "DEFAULT")
    }

    @Test func emptyNamesExistWhateverTheZoneSays() async throws {
        let rig = try await Rig(present: [], zones: ["example.net."])
        try await Rig.create("example.net.", at: rig.server, extra: ",\"api_rectify\":false")
        try await rig.cycle([try Rig.set("a.b.c.example.net.", .a, "192.0.2.1")])
        let counts = try await rig.server.counts().requests
        #expect(counts["PUT"] == 1)
    }

    @Test func primariesNotify() async throws {
        let rig = try await Rig(present: [], zones: ["example.net."])
        try await Rig.create("example.net.", at: rig.server, kind: "Master")
        try await rig.cycle(try Rig.hosts(1))
        #expect(try await rig.server.counts().requests["PUT"] == 1)
    }

    @Test func signedZonesStaySigned() async throws {
        let rig = try await Rig()
        try await rig.server.call(.put, "/zones/example.net.", "{\"dnssec\":true}")
        let desired = try Rig.hosts(5)
        #expect(try await rig.cycle(desired).refused.isEmpty)
        #expect(try await rig.cycle(desired).isSettled)
        let records = try await rig.transfer()
        #expect(records.contains { $0.hasPrefix("h3.example.net.") && $0.contains(" RRSIG A ") })
    }
}
