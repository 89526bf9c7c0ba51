import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

/// Against a real server behind a connection that fails: everything converges, and a name that was
/// there and stays wanted never vanishes on the way.
@Suite(.serialized) struct FaultTests {
    @Test(arguments: [
        "\"kind\": \"refuse_some\"", "\"kind\": \"drop_before\", \"count\": 2",
        "\"kind\": \"drop_after\", \"count\": 2",
        "\"kind\": \"delay\", \"seconds\": 2, \"count\": 2",
        "\"kind\": \"drop_after\", \"method\": \"GET\", \"count\": 3",
        "\"kind\": \"no_comments\"", "\"kind\": \"limit\", \"octets\": 30000",
    ])
    func everyFaultIsSurvived(fault: String) async throws {
        let rig = try await Rig { $0.writeDeadline = .seconds(1) }
        var desired = try Rig.hosts(200)
        try await rig.cycle(desired)
        for number in 0..<100 {
            desired[number] = try Rig.set("h\(number).example.net.", .cname, "h150.example.net.")
        }
        desired += [try Rig.set("new.example.net.", .a, "192.0.2.1")]
        try await rig.server.fault(fault)
        _ = try await rig.converge(desired, limit: 12) { lines in
            let owners = Set(lines.compactMap { $0.split(separator: " ").first.map(String.init) })
            for number in 0..<200 { #expect(owners.contains("h\(number).example.net.")) }
        }
        let records = try await rig.transfer().filter { !$0.contains("_pipam.") }
        #expect(records == Rig.lines(desired))
        try await rig.server.fault("\"kind\": \"pass\"")
        #expect(try await rig.cycle(desired).isSettled)
    }

    @Test func aServerThatIsDownIsTransient() async throws {
        let rig = try await Rig()
        let desired = try Rig.hosts(3)
        try await rig.cycle(desired)
        try await rig.server.fault("\"kind\": \"drop_before\", \"method\": \"GET\"")
        let broken = await #expect(throws: ProviderError.self) { try await rig.cycle(desired) }
        #expect(broken?.isTransient == true)
        let closed = try Rig.provider(rig.server, zones: []) {
            $0.baseURL = "http://127.0.0.1:1"
        }
        let error = await #expect(throws: ProviderError.self) { try await closed.survey([]) }
        #expect(error?.isTransient == true)
        #expect(error?.remedy.contains("dns.powerdns.url") == true)
    }

    @Test(arguments: ["h1234.example.net.", "h0.example.net.", "h4999.example.net."])
    func onePoisonedSetIsRefusedAlone(owner: String) async throws {
        let rig = try await Rig()
        var desired = try Rig.hosts(5_000)
        let index = try #require(desired.firstIndex { "\($0.key.owner)" == owner })
        // Five octets are no address.
        desired[index] = RecordSet(
            owner: try Rig.name(owner), type: .a, ttlSeconds: 60, data: [[1, 2, 3, 4, 5]])
        let cycle = try await rig.cycle(desired)
        #expect(cycle.refused.keys.map(\.description) == ["\(owner) A"])
        #expect(cycle.refused.values.first?.contains(owner) == true)
        #expect(try await rig.server.counts().requests["PATCH"] == 2)
        #expect(try await rig.transfer().count == 4_999)
    }

    @Test func aRefusedGroupIsRefusedAsAWhole() async throws {
        let rig = try await Rig()
        try await rig.cycle([try Rig.set("x.example.net.", .cname, "y.example.net.")])
        let poisoned = RecordSet(
            owner: try Rig.name("x.example.net."), type: .a, ttlSeconds: 60,
            data: [[1, 2, 3, 4, 5]])
        let good = try Rig.set("z.example.net.", .a, "192.0.2.1")
        let cycle = try await rig.cycle([poisoned, good])
        #expect(cycle.refused.keys.sorted().map(\.type) == [.a, .cname])
        #expect(
            try await rig.transfer() == [
                "x.example.net. 60 CNAME y.example.net.", "z.example.net. 60 A 192.0.2.1",
            ])
    }

    @Test func namesThatTheServerDoesNotTakeAreRefused() async throws {
        let rig = try await Rig()
        let odd = try Rig.set("a\\@b.example.net.", .a, "192.0.2.1")
        let good = try Rig.hosts(20)
        let cycle = try await rig.cycle(good + [odd])
        #expect(cycle.refused.keys.map(\.self) == [odd.key])
        #expect(try await rig.transfer() == Rig.lines(good))
    }

    @Test func aWrongKeyIsNamed() async throws {
        let rig = try await Rig()
        let provider = try Rig.provider(rig.server, zones: ["example.net."]) {
            if let key = APIKey("wrong-key") { $0.apiKey = key }
        }
        let error = await #expect(throws: ProviderError.self) { try await provider.survey([]) }
        #expect(error?.kind == .permanent)
        #expect(error?.remedy.contains("dns.powerdns.api_key") == true)
        #expect(error.map { "\($0)".contains("wrong-key") } == false)
    }

    @Test func aZoneRemovedUnderUsIsNamedAndFoundAgain() async throws {
        let rig = try await Rig()
        let desired = try Rig.hosts(2)
        try await rig.cycle(desired)
        _ = try await rig.provider.survey(desired.map(\.key))
        let reading = try await rig.provider.read("example.net.", places: nil)
        try await rig.server.call(.delete, "/zones/example.net.")
        let plan = Planner(zone: "example.net.", desired: [:], found: reading.entries).plan(.init())
        for chunk in plan.chunks(rig.provider.chunkLimit, octets: rig.provider.octets) {
            let error = await #expect(throws: ProviderError.self) {
                _ = try await rig.provider.apply(chunk, to: "example.net.", stamp: Rig.stamp)
            }
            #expect(error?.kind == .permanent)
            #expect(error?.remedy.contains("dns.zones") == true)
        }
        let survey = try await rig.provider.survey(desired.map(\.key))
        #expect(survey.homeless.count == 2)
        #expect(survey.zones["example.net."]?.obstacle?.contains("create it there") == true)
        try await Rig.create("example.net.", at: rig.server)
        try await rig.cycle(desired)
        #expect(try await rig.transfer() == Rig.lines(desired))
    }

    @Test func writersWaitForEachOther() async throws {
        let rig = try await Rig { $0.writeDeadline = .seconds(60) }
        let desired = try Rig.hosts(40)
        _ = try await rig.provider.survey(desired.map(\.key))
        try await withThrowingTaskGroup(of: ChunkOutcome<RecordSetKey>.self) { group in
            for set in desired {
                group.addTask {
                    let chunk = [PowerDNSPlan.Group](creating: set)
                    return try await rig.provider.apply(chunk, to: "example.net.", stamp: Rig.stamp)
                }
            }
            for try await outcome in group { #expect(outcome.done.count == 1) }
        }
        #expect(try await rig.transfer() == Rig.lines(desired))
    }

    @Test func aWriteIsOverByItsDeadline() async throws {
        let rig = try await Rig { $0.writeDeadline = .milliseconds(500) }
        let desired = try Rig.hosts(1)
        _ = try await rig.provider.survey(desired.map(\.key))
        _ = try await rig.provider.read("example.net.", places: nil)
        try await rig.server.fault("\"kind\": \"delay\", \"seconds\": 60")
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let chunk = [PowerDNSPlan.Group](creating: desired[0])
                    let error = await #expect(throws: ProviderError.self) {
                        _ = try await rig.provider.apply(
                            chunk, to: "example.net.", stamp: Rig.stamp)
                    }
                    #expect(error?.isTransient == true)
                }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}

extension [PowerDNSPlan.Group] {
    /// The plan that creates one set.
    init(creating set: RecordSet) {
        self =
            Planner(zone: "example.net.", desired: [set.key: set], found: [:]).plan(.init()).groups
    }
}
