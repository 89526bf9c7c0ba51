import ClusterState
import Inventory
import Testing
import Zones

/// A made-up second level: aliases are not published any more.
@Suite struct LevelTests {
    private static let two = DerivationRulebook(levels: 1...2) { level in
        DerivationRules(level: level) { publication in
            guard level == 2 else { return publication }
            var revised = publication
            revised.claims.removeAll { $0.target != nil }
            return revised
        }
    }

    private func cluster() throws -> ClusterUnderTest {
        var cluster = try ClusterUnderTest(rulebook: Self.two)
        var report = try ClusterUnderTest.report(101, on: "pve1", "10.0.0.1")
        report.guest.settings.aliases = ["www"]
        try cluster.apply(.reportGuests([report]), by: 1)
        return cluster
    }

    private func hasAlias(_ cluster: ClusterUnderTest) throws -> Bool {
        try cluster.state.zones.set(StateUnderTest.key("www.example.com", .cname)) != nil
    }

    private func report(_ number: Int, _ level: UInt32) -> Command.Body {
        .reportMember(
            MemberReport(
                node: ClusterUnderTest.node(number), version: "2", level: level, addresses: []))
    }

    @Test func theLevelRisesOnlyWhenEverybodyCanFollow() throws {
        var cluster = try cluster()
        #expect(cluster.state.level == 1)
        try cluster.apply(report(1, 2), by: 1)
        try cluster.apply(report(2, 2), by: 2)
        let early = try cluster.apply(.raiseLevel(2), by: 1, term: 1)
        #expect(early.refusal == Refusal(.levelUnsupported, "pve3"))
        #expect(try cluster.state.level == 1 && hasAlias(cluster))
        try cluster.apply(report(3, 2), by: 3)
        #expect(try cluster.apply(.raiseLevel(2), by: 1, term: 1) == .done)
        #expect(try cluster.state.level == 2 && !hasAlias(cluster))
        try cluster.restart(rulebook: Self.two)
        #expect(try cluster.state.level == 2 && !hasAlias(cluster))
        let again = try cluster.apply(.raiseLevel(2), by: 1, term: 1)
        #expect(again.refusal == Refusal(.levelNotHigher, "2"))
    }

    @Test func aProgramThatCannotFollowStops() throws {
        var cluster = try cluster()
        for number in 1...3 { try cluster.apply(report(number, 3), by: number) }
        let digest = cluster.state.digest
        #expect(throws: ClusterStateError.levelTooHigh(3, supported: 2)) {
            try cluster.apply(.raiseLevel(3), by: 1, term: 1)
        }
        #expect(cluster.state.digest == digest)
        var other = try self.cluster()
        for number in 1...3 { try other.apply(report(number, 2), by: number) }
        try other.apply(.raiseLevel(2), by: 1, term: 1)
        let snapshot = other.state.snapshot()
        #expect(throws: ClusterStateError.levelTooHigh(2, supported: 1)) {
            try ReplicatedState(snapshot: snapshot)
        }
        #expect(throws: ClusterStateError.levelTooHigh(2, supported: 1)) {
            try ClusterUnderTest(level: 2)
        }
        #expect(try ClusterUnderTest(level: 2, rulebook: Self.two).state.level == 2)
    }
}

/// Whose clock counts for what, and who leads.
@Suite struct ClockTests {
    private let lead = ReplicatedState.clockLeadSeconds

    @Test func oneClockFarAheadPutsSerialsForwardByLittleAndLetsNothingExpire() throws {
        var cluster = try ClusterUnderTest()
        let guest = try ClusterUnderTest.report(101, on: "pve1", "10.0.0.1")
        try cluster.apply(.reportGuests([guest]), by: 1)
        try cluster.apply(.reportGone([guest.guest.id]), by: 1)
        let start = cluster.time
        cluster.time = start + 10 * 365 * 86_400
        let late = try ClusterUnderTest.report(102, on: "pve2", "10.0.0.2")
        try cluster.apply(.reportGuests([late]), by: 2)
        #expect(cluster.state.clockSeconds == start + lead)
        #expect(cluster.state.guests.count == 2)
        for zone in cluster.state.zones.zones.values {
            #expect(UInt64(zone.serial.number) <= start + lead)
        }
        // Not even if it leads, however often it says so.
        for _ in 0..<100 { try cluster.apply(.advance, by: 2, term: 1) }
        #expect(cluster.state.advancedSeconds <= start + lead)
        #expect(cluster.state.guests[guest.guest.id] != nil)
    }

    @Test func afterALongSilenceMostOfTheVotersSayHowLateItIs() throws {
        var cluster = try ClusterUnderTest()
        let start = cluster.time
        cluster.time += 90 * 86_400
        try cluster.apply(.advance, by: 1, term: 1)
        #expect(cluster.state.advancedSeconds == start + lead)
        try cluster.restart()
        try cluster.apply(.pausePublishing(false), by: 3)
        try cluster.apply(.advance, by: 1, term: 1)
        #expect(cluster.state.advancedSeconds == cluster.time)
        #expect(cluster.state.clockSeconds == cluster.time)
        #expect(
            cluster.state.nextAdvanceSeconds
                == cluster.time + ReplicatedState.advanceIntervalSeconds)
    }

    @Test func aClockThatStaysBehindHoldsNothingUp() throws {
        var cluster = try ClusterUnderTest()
        try cluster.advance(by: 500)
        let advanced = cluster.state.advancedSeconds
        cluster.time = 5
        try cluster.apply(.advance, by: 2, term: 1)
        #expect(cluster.state.advancedSeconds == advanced)
        #expect(cluster.state.clockSeconds >= advanced)
    }

    @Test func theLargestTimeIsNoCrash() throws {
        var cluster = try ClusterUnderTest(["pve1"])
        let guest = try ClusterUnderTest.report(101, on: "pve1", "10.0.0.1")
        try cluster.apply(.reportGuests([guest]), by: 1)
        cluster.time = .max
        try cluster.apply(.advance, by: 1, term: 1)
        try cluster.apply(.reportGone([guest.guest.id]), by: 1)
        let pool = ClaimPool(try #require(CIDR("10.0.0.0/24")))
        let claim = ClaimRequest(pool: pool, key: .token("a"), strategy: .sequential)
        try cluster.apply(.claim(claim), by: 1)
        try cluster.restart()
        // The end of the year 9999.
        #expect(cluster.state.advancedSeconds == 253_402_300_799)
    }

    @Test func aDeposedLeaderIsNotHeard() throws {
        var cluster = try ClusterUnderTest()
        cluster.settings.providers["powerdns"] = ProviderSettings()
        try cluster.apply(
            .configure(cluster.settings, ConfigureTerms(isApproved: true)), by: 1)
        let guest = try ClusterUnderTest.report(101, on: "pve1", "10.0.0.1")
        try cluster.apply(.reportGuests([guest]), by: 1)
        let key = try StateUnderTest.key("web101.example.com")
        let report = WriteReport(
            provider: "powerdns", zone: "example.com.", plannedAtIndex: cluster.state.index,
            done: [key], counted: 1)
        let done = Command.Body.recordWrites(report)
        try cluster.apply(.advance, by: 2, term: 8)
        for body in [done, .owe(provider: "powerdns", keys: [key]), .advance] {
            #expect(try cluster.apply(body, by: 1, term: 7).refusal == Refusal(.deposed, "8"))
            #expect(try cluster.apply(body, by: 1).refusal?.reason == .notLeader)
        }
        try cluster.restart()
        #expect(cluster.state.providers["powerdns"]?.owed[key] != nil)
        #expect(try cluster.apply(done, by: 2, term: 8) == .done)
        #expect(cluster.state.providers["powerdns"]?.owed[key] == nil)
        #expect(cluster.state.leaderTerm == 8)
    }
}
