import Inventory
import Planning
import Testing
import Zones

@testable import PipamAgent

/// What many requests together say of a provider.
@Suite struct ProviderStandingTests {
    private let zone = "example.com."
    private var standing = ProviderStanding(name: "powerdns")

    private func key(_ label: String) throws -> RecordSetKey {
        RecordSetKey(owner: try #require(DomainName("\(label).example.com")), type: .a)
    }

    private func set(_ label: String, _ last: UInt8 = 1) throws -> RecordSet {
        RecordSet(
            owner: try key(label).owner, type: .a, ttlSeconds: 60, data: [[10, 0, 0, last]])
    }

    /// A plan in which some sets are ours and some are found otherwise.
    private func plan(
        wanted: [String], settled: [String] = [], byHand: [String] = [], gone: [String] = [],
        _ change: (inout Planner<RecordSetKey, RecordSet>.Standing) -> Void = { _ in }
    ) throws -> RecordPlan {
        var desired: [RecordSetKey: RecordSet] = [:]
        var found: [RecordSetKey: FoundEntry<RecordSet>] = [:]
        for label in wanted { desired[try key(label)] = try set(label) }
        for label in settled + gone {
            found[try key(label)] = FoundEntry(try set(label), .ours(isIntact: true))
        }
        for label in byHand { found[try key(label)] = FoundEntry(try set(label), .unmarked) }
        var standing = Planner<RecordSetKey, RecordSet>.Standing()
        change(&standing)
        return Planner(zone: zone, desired: desired, found: found).plan(standing)
    }

    private func report(
        _ plan: RecordPlan?, zone: String? = nil, isApproved: Bool = true,
        _ change: (inout PublishingReport.ZoneReport) throws -> Void = { _ in }
    ) throws -> PublishingReport {
        var report = PublishingReport(provider: "powerdns")
        var zoneReport = PublishingReport.ZoneReport(zone ?? self.zone)
        zoneReport.isApproved = isApproved
        zoneReport.plan = plan
        try change(&zoneReport)
        report.zones = [zoneReport]
        report.lookedAt = plan.map { $0.openKeys.union($0.settled) } ?? []
        return report
    }

    private let show = PublishingRequest(.show)
    private let write = PublishingRequest(.write)

    // MARK: What is open

    @Test mutating func whatWaitsForApprovalIsOpen() throws {
        let plan = try plan(wanted: ["a", "b"])
        standing.take(try report(plan, isApproved: false), for: write, atSeconds: 5)
        #expect(standing.open[try key("a")]?.cause == .unapproved)
        #expect(standing.open.count == 2)
        #expect(standing.zones[zone]?.isApproved == false)
        #expect(standing.lastSuccessSeconds == 5)
        standing.take(
            try report(plan) {
                $0.written = 2
                $0.growth = 2
            }, for: PublishingRequest(.approve(isForced: false)), atSeconds: 6)
        #expect(standing.open.isEmpty)
        #expect(standing.zones[zone]?.entries == 2)
        #expect(standing.written == 2)
    }

    /// A look at what is owed does not read what waits, and so forgets nothing about it.
    @Test mutating func whatWaitsStaysOpenWhenNobodyLooks() throws {
        let plan = try plan(wanted: ["a", "b"], byHand: ["b"])
        standing.take(try report(plan, isApproved: false), for: show, atSeconds: 5)
        var owed = try report(nil, isApproved: false) {
            $0.unread = [try key("a"), try key("b"), try key("c")]
        }
        owed.lookedAt = owed.zones[0].unread
        standing.take(owed, for: PublishingRequest(.write, .owed), atSeconds: 6)
        #expect(standing.open[try key("a")]?.cause == .unapproved)
        #expect(standing.open[try key("b")]?.isAdoptable == true)
        #expect(standing.open[try key("c")]?.cause == .unapproved)
    }

    @Test mutating func aConflictStandsUntilItIsGone() throws {
        let conflict = try plan(wanted: ["a", "b"], settled: ["a"], byHand: ["b"])
        standing.take(try report(conflict), for: write, atSeconds: 5)
        let open = try #require(standing.open[try key("b")])
        #expect(open.cause == .conflict && open.isAdoptable && open.zone == zone)
        #expect(standing.zones[zone]?.entries == 1)
        standing.take(
            try report(try plan(wanted: ["a", "b"], settled: ["a", "b"])), for: write,
            atSeconds: 6)
        #expect(standing.open.isEmpty)
        #expect(standing.zones[zone]?.entries == 2)
    }

    @Test mutating func whatTheServerRefusesIsAConflict() throws {
        let refused = try report(try plan(wanted: ["a"])) {
            $0.refused = [try key("a"): "RRset a.example.com. IN A: not now"]
        }
        standing.take(refused, for: write, atSeconds: 5)
        #expect(standing.open[try key("a")]?.reason == "RRset a.example.com. IN A: not now")
    }

    @Test mutating func whatTheBrakeHoldsIsOpen() throws {
        let labels = (0..<6).map { "g\($0)" }
        let plan = try plan(wanted: ["a"], settled: ["a"], gone: labels)
        standing.take(try report(plan), for: write, atSeconds: 5)
        #expect(standing.open.values.allSatisfy { $0.cause == .held })
        #expect(standing.open.count == 6)
        #expect(standing.zones[zone]?.brake == .tooMany(asked: 6, entries: 7, allowed: 5))
    }

    @Test mutating func whatHasNoZoneIsAConflict() throws {
        var homeless = try report(nil)
        homeless.homeless = [try key("a"): "no zone holds it; make one"]
        homeless.lookedAt = [try key("a")]
        standing.take(homeless, for: write, atSeconds: 5)
        #expect(standing.open[try key("a")]?.cause == .conflict)
        #expect(standing.open[try key("a")]?.zone == nil)
        standing.take(
            try report(try plan(wanted: ["a"], settled: ["a"])),
            for: PublishingRequest(.write, .owed), atSeconds: 6)
        #expect(standing.open.isEmpty)
    }

    @Test mutating func entriesAreThoseThatAreThere() throws {
        let plan = try plan(wanted: ["a", "b"], settled: ["a"], gone: ["c"])
        standing.take(try report(plan), for: show, atSeconds: 5)
        #expect(standing.zones[zone]?.entries == 2)
        let written = try report(plan) {
            $0.written = 2
            $0.growth = 0
        }
        standing.take(written, for: write, atSeconds: 6)
        #expect(standing.zones[zone]?.entries == 2)
        for request in [PublishingRequest(.write, .owed), PublishingRequest(.adopt(writes: true))] {
            let before = standing.zones[zone]?.entries ?? 0
            standing.take(
                try report(try self.plan(wanted: ["d"])) { $0.growth = 1 }, for: request,
                atSeconds: 7)
            #expect(standing.zones[zone]?.entries == before + 1)
        }
    }

    // MARK: Drift

    @Test mutating func driftIsCountedOnceHoweverOftenItIsSeen() throws {
        let plan = try plan(wanted: ["a", "b"], settled: ["a"], gone: ["c"])
        let drifted = try report(plan) { $0.drifted = [try key("b"), try key("c")] }
        let requests = [
            show, PublishingRequest(.show, zone: zone), PublishingRequest(.show, .owed),
        ]
        for request in requests {
            standing.take(drifted, for: request, atSeconds: 5)
            #expect(standing.count(.drifted) == 2)
        }
        let written = try report(plan) { $0.written = 2 }
        standing.take(written, for: PublishingRequest(.write, zone: zone), atSeconds: 6)
        #expect(standing.open.isEmpty)
    }

    @Test mutating func whatIsWrittenIsNoDrift() throws {
        let drifted = try report(try plan(wanted: ["a"])) { $0.drifted = [try key("a")] }
        standing.take(drifted, for: write, atSeconds: 5)
        #expect(standing.open.isEmpty)
    }

    // MARK: Failures

    @Test mutating func aFailureIsRemembered() throws {
        standing.take(
            try report(try plan(wanted: ["a"], byHand: ["a"])), for: show, atSeconds: 5)
        var failed = PublishingReport(provider: "powerdns")
        failed.failure = ProviderError(.transient, reason: "down", remedy: "start it")
        standing.take(failed, for: show, atSeconds: 6)
        #expect(standing.failure?.reason == "down")
        #expect(standing.lastSuccessSeconds == 5)
        #expect(standing.zones[zone] != nil && standing.open.count == 1)
        standing.take(try report(try plan(wanted: [])), for: show, atSeconds: 7)
        #expect(standing.failure == nil && standing.lastSuccessSeconds == 7)
    }

    /// Else status would say that all is well between two writes that fail.
    @Test mutating func readingDoesNotEndAFailureToWrite() throws {
        var failed = PublishingReport(provider: "powerdns")
        failed.failure = ProviderError(.transient, reason: "500", remedy: "")
        standing.take(failed, for: write, atSeconds: 5)
        standing.take(try report(try plan(wanted: [])), for: show, atSeconds: 6)
        #expect(standing.failure?.reason == "500")
        // Reading that fails besides is over when reading succeeds; writing is tried anyway.
        standing.take(try report(try plan(wanted: [])), for: write, atSeconds: 7)
        #expect(standing.failure == nil)
    }

    @Test mutating func theBrakeHoldsForAsLongAsItHoldsSomething() throws {
        let labels = (0..<6).map { "g\($0)" }
        let held = try plan(wanted: ["a"], settled: ["a"], gone: labels)
        standing.take(try report(held), for: write, atSeconds: 5)
        standing.take(
            try report(try plan(wanted: ["b"])), for: PublishingRequest(.write, .owed),
            atSeconds: 6)
        #expect(standing.zones[zone]?.brake == held.brake)
        standing.take(
            try report(try plan(wanted: ["a", "b"], settled: ["a", "b"])), for: write,
            atSeconds: 7)
        #expect(standing.zones[zone]?.brake == nil)
    }

    @Test mutating func aZoneThatWasNotReachedStandsAsItStood() throws {
        standing.take(
            try report(try plan(wanted: ["a"], byHand: ["a"])), for: show, atSeconds: 5)
        var failed = try report(try plan(wanted: []), zone: "10.in-addr.arpa.")
        failed.lookedAt = [try key("a")]
        failed.failure = ProviderError(.transient, reason: "down", remedy: "")
        standing.take(failed, for: write, atSeconds: 6)
        #expect(standing.open[try key("a")]?.cause == .conflict)
    }

    @Test mutating func anotherZonesRequestForgetsNothing() throws {
        standing.take(
            try report(try plan(wanted: ["a"], byHand: ["a"])), for: show, atSeconds: 5)
        var other = try report(try plan(wanted: []), zone: "10.in-addr.arpa.")
        other.lookedAt = [try key("a")]
        standing.take(
            other, for: PublishingRequest(.show, zone: "10.in-addr.arpa."), atSeconds: 6)
        #expect(standing.open.count == 1 && standing.zones.count == 2)
    }

    // MARK: Other intents

    /// A plan for taking over or away says nothing about what should be there.
    @Test mutating func adoptingAndCleaningTellOnlyTheServer() throws {
        standing.take(
            try report(try plan(wanted: ["a"], byHand: ["a"])), for: show, atSeconds: 5)
        for intent in [
            PublishingRequest.Intent.adopt(writes: true), .clean(only: nil, writes: true),
        ] {
            var other = try report(try plan(wanted: ["a"])) { $0.written = 1 }
            other.server = "PowerDNS 4.7.3"
            standing.take(other, for: PublishingRequest(intent), atSeconds: 6)
        }
        #expect(standing.open[try key("a")]?.cause == .conflict)
        #expect(standing.server == "PowerDNS 4.7.3")
        #expect(standing.written == 2)
    }
}
