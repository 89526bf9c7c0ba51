import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

/// Against a real server: what is written is what is read, and a plan of a plan is empty.
@Suite(.serialized) struct RoundTripTests {
    static func sample() throws -> [RecordSet] {
        try [
            Rig.set("example.net.", .a, "192.0.2.1"),
            Rig.set("web1.example.net.", .a, "192.0.2.10", "192.0.2.11"),
            Rig.set("web1.example.net.", .aaaa, "2001:db8::10", "::ffff:192.0.2.1", ttl: 300),
            Rig.set("WWW.example.net.", .cname, "web1.Example.NET."),
            Rig.set("*.wild.example.net.", .a, "192.0.2.12"),
            Rig.set("a.b.c.d.example.net.", .a, "192.0.2.13"),
            Rig.set("under_score.example.net.", .aaaa, "2001:db8::1:0:0:1"),
            Rig.set("ptr.example.net.", .ptr, "web1.example.net."),
        ]
    }

    @Test(arguments: [PowerDNSServer.Backend.sqlite, .lmdb])
    func whatIsWrittenIsRead(backend: PowerDNSServer.Backend) async throws {
        let rig = try await Rig(backend)
        let desired = try Self.sample()
        let first = try await rig.cycle(desired)
        #expect(first.steps == desired.count)
        #expect(first.refused.isEmpty)
        let transferred = try await rig.transfer().filter { !$0.contains("_pipam.") }
        #expect(transferred == Rig.lines(desired))
        _ = try await rig.server.counts()
        for places in [nil, desired.map { "\($0.key.owner)" }] {
            let second = try await rig.cycle(desired, places: places)
            #expect(second.isSettled, "\(second.plans)")
            #expect(second.plans.first?.settled.count == desired.count)
        }
        #expect(try await rig.server.counts().requests["PATCH"] == nil)
        // Another provider, as after a restart, sees the same.
        let fresh = try Rig.provider(rig.server, zones: ["example.net."])
        #expect(try await rig.cycle(desired, with: fresh).isSettled)
    }

    @Test(arguments: [PowerDNSServer.Backend.sqlite, .lmdb])
    func removalLeavesNothing(backend: PowerDNSServer.Backend) async throws {
        let rig = try await Rig(backend)
        let before = try await rig.sets().keys.sorted()
        try await rig.cycle(try Self.sample())
        try await rig.cycle([])
        #expect(try await rig.sets().keys.sorted() == before)
    }

    @Test(arguments: [PowerDNSServer.Backend.sqlite, .lmdb])
    func anAliasAndAnAddressChangePlaces(backend: PowerDNSServer.Backend) async throws {
        let rig = try await Rig(backend)
        let alias = [
            try Rig.set("x.example.net.", .cname, "y.example.net."),
            try Rig.set("z.example.net.", .a, "192.0.2.1"),
        ]
        let address = [
            try Rig.set("x.example.net.", .a, "192.0.2.1"),
            try Rig.set("x.example.net.", .aaaa, "2001:db8::1"),
            try Rig.set("z.example.net.", .cname, "y.example.net."),
        ]
        for desired in [alias, address, alias] {
            _ = try await rig.server.counts()
            #expect(try await rig.cycle(desired).refused.isEmpty)
            // Two where the first one found out that there are no comments.
            #expect(try await rig.server.counts().requests["PATCH"] ?? 0 <= 2)
            let records = try await rig.transfer().filter { !$0.contains("_pipam.") }
            #expect(records == Rig.lines(desired))
            #expect(try await rig.cycle(desired).isSettled)
        }
    }

    @Test func changesOfDataAndTTLAreWritten() async throws {
        let rig = try await Rig()
        try await rig.cycle([try Rig.set("a.example.net.", .a, "192.0.2.1")])
        for set in try [
            Rig.set("a.example.net.", .a, "192.0.2.2"),
            Rig.set("a.example.net.", .a, "192.0.2.2", ttl: 61),
            Rig.set("a.example.net.", .a, "192.0.2.2", "192.0.2.3", ttl: 61),
        ] {
            let cycle = try await rig.cycle([set], places: ["a.example.net."])
            #expect(cycle.plans.first?.countedSteps == 1)
            #expect(try await rig.transfer() == Rig.lines([set]))
            #expect(try await rig.cycle([set]).isSettled)
        }
    }

    @Test func tenThousandTakeTwoRequests() async throws {
        let rig = try await Rig()
        let desired = try Rig.hosts(10_000)
        try await rig.cycle(desired)
        #expect(try await rig.server.counts().requests["PATCH"] == 2)
        #expect(try await rig.cycle(desired).isSettled)
        #expect(try await rig.transfer().count == 10_000)
    }

    @Test func oneChangeReadsOneName() async throws {
        let rig = try await Rig()
        var desired = try Rig.hosts(100)
        try await rig.cycle(desired)
        desired[7] = try Rig.set("h7.example.net.", .a, "192.0.2.7")
        _ = try await rig.server.counts()
        let cycle = try await rig.cycle([desired[7]], places: ["h7.example.net."])
        #expect(cycle.steps == 1)
        let counts = try await rig.server.counts()
        // Zones, the name. What the server is and how it keeps the zone was asked just before.
        #expect(counts.requests == ["GET": 2, "PATCH": 1])
        #expect(try await rig.cycle(desired).isSettled)
    }

    /// PowerDNS before 4.9 answers for one name with the comments of all names.
    @Test func oneChangeInALargeZoneIsCheap() async throws {
        let rig = try await Rig()
        var desired = try Rig.hosts(2_000)
        try await rig.cycle(desired)
        for number in 7..<10 {
            desired[number] = try Rig.set("h\(number).example.net.", .a, "192.0.2.\(number)")
            let new = try Rig.set("new\(number).example.net.", .aaaa, "2001:db8::\(number)")
            desired.append(new)
            _ = try await rig.server.counts()
            let places = ["h\(number).example.net.", "new\(number).example.net."]
            #expect(try await rig.cycle([desired[number], new], places: places).steps == 2)
            let counts = try await rig.server.counts()
            // The first time shows how the server answers.
            if number > 7 { #expect(counts.answeredOctets < 10_000) }
        }
        #expect(try await rig.cycle(desired).isSettled)
        #expect(try await rig.transfer() == Rig.lines(desired))
    }

    @Test func aSearchThatLeavesAQuestionIsNotBelieved() async throws {
        let rig = try await Rig()
        let desired = try Rig.hosts(600)
        try await rig.cycle(desired)
        for name in ["h1.example.net.", "h2.example.net."] {
            #expect(
                try await rig.cycle([desired[name == "h1.example.net." ? 1 : 2]], places: [name])
                    .isSettled)
        }
        let edited = """
            {"rrsets":[{"name":"h3.example.net.","type":"A","ttl":60,"changetype":"REPLACE",\
            "records":[{"content":"203.0.113.9"}]}]}
            """
        try await rig.server.call(.patch, "/zones/example.net.", edited)
        let plan = try await rig.cycle([desired[3]], places: ["h3.example.net."]).plans.first
        #expect(plan?.conflicts.map(\.reason) == [.edited(isWanted: true)])
        let other = try Rig.provider(rig.server, zones: ["example.net."], cluster: Rig.stranger)
        for number in 4..<7 {
            let name = "h\(number).example.net."
            let plan = try await rig.cycle([desired[number]], places: [name], with: other).plans
                .first
            #expect(plan?.conflicts.map(\.reason) == [.another("\(Rig.cluster)")])
        }
    }

    @Test func manyPlacesAreReadAtOnce() async throws {
        let rig = try await Rig()
        let desired = try Rig.hosts(200)
        try await rig.cycle(desired)
        _ = try await rig.server.counts()
        let some = Array(desired[..<100])
        let cycle = try await rig.cycle(some, places: some.map { "\($0.key.owner)" })
        #expect(cycle.isSettled)
        #expect(cycle.plans.first?.settled.count == 100)
        #expect(try await rig.server.counts().requests == ["GET": 2])
    }

    @Test func theSerialMovesOncePerChunk() async throws {
        let rig = try await Rig()
        let serial = { try await rig.sets()["example.net. SOA"] }
        let before = try await serial()
        try await rig.cycle(try Rig.hosts(50))
        let after = try await serial()
        #expect(after != before)
        try await rig.cycle(try Rig.hosts(50))
        #expect(try await serial() == after)
    }
}
