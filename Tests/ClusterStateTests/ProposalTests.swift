import ClusterState
import Inventory
import Testing
import Zones

/// However often an entry of the log comes, it applies once.
@Suite struct ProposalTests {
    private static let pool = CIDR("10.0.0.0/24").map { ClaimPool($0) }

    private func claim(_ token: String) throws -> Command.Body {
        .claim(
            ClaimRequest(
                pool: try #require(Self.pool), key: .token(token), strategy: .sequential))
    }

    private func proposal(
        _ sequence: UInt64, lowestOpen: UInt64 = 1, incarnation: UInt64 = 5, _ token: String
    ) throws -> Proposal {
        Proposal(
            node: ClusterUnderTest.node(2), incarnation: incarnation, sequence: sequence,
            lowestOpen: lowestOpen,
            commands: [Command(try claim(token), atSeconds: ClusterUnderTest.start)])
    }

    @Test func aRepeatChangesNothingAndGetsTheFirstOutcome() throws {
        var cluster = try ClusterUnderTest()
        let first = try cluster.apply(proposal(1, "a"))
        #expect(!first.isRepeat && first.steps.count == 1)
        _ = try cluster.apply(proposal(2, "b"))
        // Given up meanwhile by a person: the repeat must not bring it back.
        let release = ClaimSettlement(
            .release, pool: try #require(Self.pool), key: .token("a"))
        try cluster.apply(.settleClaim(release), by: 1)
        try cluster.restart()
        let claims = Set(cluster.state.claims)
        let again = try cluster.apply(proposal(1, "a"))
        #expect(again.isRepeat)
        #expect(again.outcomes == first.outcomes)
        #expect(again.firstIndex == first.index)
        #expect(again.steps.isEmpty)
        #expect(Set(cluster.state.claims) == claims)
        #expect(claims.count == 1)
    }

    @Test func anOlderLifeIsRefusedAndANewerOneBeginsAnew() throws {
        var cluster = try ClusterUnderTest()
        _ = try cluster.apply(proposal(1, "a"))
        let newer = try cluster.apply(proposal(1, incarnation: 6, "b"))
        #expect(!newer.isRepeat && newer.refusal == nil)
        let older = try cluster.apply(proposal(2, "c"))
        #expect(older.refusal == .staleIncarnation)
        #expect(older.outcomes.isEmpty && older.firstIndex == 0)
        #expect(Set(cluster.state.claims.map(\.key)) == [.token("a"), .token("b")])
    }

    @Test func whatNobodyWaitsForIsNotAppliedAnyMore() throws {
        var cluster = try ClusterUnderTest()
        _ = try cluster.apply(proposal(3, lowestOpen: 3, "c"))
        #expect(try cluster.apply(proposal(2, "b")).refusal == .closed)
        #expect(try cluster.apply(proposal(0, "z")).refusal == .closed)
        #expect(try cluster.apply(proposal(3, "c")).isRepeat)
        #expect(cluster.state.claims.count == 1)
    }

    @Test func proposalsOutOfOrderAllApply() throws {
        var cluster = try ClusterUnderTest()
        for sequence: UInt64 in [3, 1, 4, 2] {
            #expect(try cluster.apply(proposal(sequence, "t\(sequence)")).refusal == nil)
        }
        #expect(cluster.state.claims.count == 4)
    }

    @Test func whoRunsTooFarAheadIsRefused() throws {
        var cluster = try ClusterUnderTest()
        #expect(try cluster.apply(proposal(1_024, "a")).refusal == nil)
        #expect(try cluster.apply(proposal(1_025, "b")).refusal == .tooFarAhead)
        #expect(try cluster.apply(proposal(1_025, lowestOpen: 2, "b")).refusal == nil)
        #expect(try cluster.apply(proposal(.max, lowestOpen: .max, "c")).refusal == nil)
        #expect(try cluster.apply(proposal(1_026, "d")).refusal == .closed)
    }

    @Test func onlyMembersHaveASay() throws {
        var cluster = try ClusterUnderTest()
        #expect(try cluster.apply(cluster.propose([claim("a")], by: 9)).refusal == .notMember)
        try cluster.change(voters: [101, 103])
        #expect(try cluster.apply(proposal(1, "b")).refusal == .notMember)
        #expect(cluster.state.claims.isEmpty)
    }

    @Test func anIndexIsAppliedOnce() throws {
        var cluster = try ClusterUnderTest()
        let last = cluster.state.index
        let digest = cluster.state.digest
        let late = try proposal(1, "a")
        #expect(throws: ClusterStateError.misplaced(index: last, after: last)) {
            try cluster.state.apply(late, index: last)
        }
        #expect(throws: ClusterStateError.misplaced(index: 1, after: last)) {
            try cluster.state.skip(to: 1)
        }
        #expect(cluster.state.digest == digest)
        try cluster.state.skip(to: last + 10)
        #expect(cluster.state.index == last + 10)
    }

    @Test func aRefusedCommandLeavesTheOthersAlone() throws {
        var cluster = try ClusterUnderTest()
        let bodies = [try claim("a"), .raiseLevel(7), try claim("b")]
        let applied = try cluster.apply(cluster.propose(bodies, by: 2, term: 1))
        #expect(applied.outcomes.count == 3)
        #expect(applied.outcomes[1].refusal?.reason == .levelUnsupported)
        #expect(cluster.state.claims.count == 2)
        // All under one index.
        #expect(Set(cluster.state.claims.map(\.grantedAtIndex)) == [applied.index])
    }

    @Test func commandsOfALaterVersionStopTheStateAndChangeNothing() throws {
        var cluster = try ClusterUnderTest()
        let digest = cluster.state.digest
        let index = cluster.state.index
        var bytes = try proposal(1, "a").encoded()
        // Field 15, two octets long.
        bytes += [15 << 3 | 2, 2, 0, 0]
        #expect(throws: ClusterStateError.unknownField(what: "a proposal")) {
            try cluster.state.apply(proposal: bytes, index: index + 1)
        }
        #expect(throws: ClusterStateError.damaged(what: "a proposal")) {
            try cluster.state.apply(proposal: [0xFF], index: index + 1)
        }
        // A command that says nothing.
        #expect(throws: ClusterStateError.unknownCommand) {
            try cluster.state.apply(proposal: [5 << 3 | 2, 0], index: index + 1)
        }
        #expect(cluster.state.digest == digest)
    }

    @Test func aFoundingProposalMayHoldGuests() throws {
        let report = try ClusterUnderTest.report(101, on: "pve1", "10.0.0.7")
        let proposal = Proposal(
            node: ClusterUnderTest.node(1), incarnation: 1, sequence: 1, lowestOpen: 1,
            commands: [
                Command(.found(StateUnderTest.cluster), atSeconds: 1),
                Command(.reportGuests([report]), atSeconds: 1),
            ])
        #expect(try Proposal(decoding: proposal.encoded(), cluster: nil) == proposal)
    }

    @Test(arguments: UInt64(1)...20)
    func proposalsReadBackAsTheyAreWritten(seed: UInt64) throws {
        let commands = RandomCommands.list(seed: seed, count: 40).map {
            Command($0.body, atSeconds: $0.timeSeconds, term: seed, covering: ["pve\(seed)"])
        }
        let proposal = Proposal(
            node: ClusterUnderTest.node(3), incarnation: seed, sequence: 9, lowestOpen: 4,
            commands: commands)
        #expect(try Proposal(decoding: proposal.encoded(), cluster: nil) == proposal)
    }
}
