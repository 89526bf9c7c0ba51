import ClusterState
import Inventory
import Testing

/// Proposals that get lost, come twice, or come late.
@Suite struct SubmissionsTests {
    private var cluster: ClusterUnderTest
    private var submissions: Submissions
    private var settings = Submissions.Settings()

    init() throws {
        cluster = try ClusterUnderTest(["pve1"])
        settings.retryTicks = 10
        settings.deadlineTicks = 100
        settings.limit = 4
        submissions = Submissions(
            node: ClusterUnderTest.node(1), incarnation: 2, settings: settings)
    }

    private func claim(_ token: String) throws -> [Command] {
        let pool = ClaimPool(try #require(CIDR("10.0.0.0/24")))
        let request = ClaimRequest(pool: pool, key: .token(token), strategy: .sequential)
        return [Command(.claim(request), atSeconds: ClusterUnderTest.start)]
    }

    private func proposals(_ actions: [Submissions.Action]?) -> [[UInt8]] {
        (actions ?? []).compactMap { action in
            guard case .propose(let bytes) = action else { return nil }
            return bytes
        }
    }

    private func resolutions(
        _ actions: [Submissions.Action]
    ) -> [UInt64: Submissions.Resolution] {
        actions.reduce(into: [:]) { resolutions, action in
            if case .resolve(let ticket, let resolution) = action {
                resolutions[ticket] = resolution
            }
        }
    }

    private mutating func commit(_ bytes: [UInt8], nowTicks: UInt64) throws -> [Submissions.Action]
    {
        let proposal = try Proposal(decoding: bytes, cluster: cluster.state.cluster)
        return submissions.applied(try cluster.apply(proposal), nowTicks: nowTicks)
    }

    @Test mutating func aLostProposalIsMadeAgainAndAppliesOnce() throws {
        let first = proposals(
            submissions.submit(try claim("a"), ticket: 7, nowTicks: 0))
        #expect(first.count == 1)
        #expect(submissions.tick(nowTicks: 9).isEmpty)
        let second = proposals(submissions.tick(nowTicks: 10))
        #expect(second == first)
        #expect(submissions.tick(nowTicks: 11).isEmpty)
        // It was slow and not lost: both are in the log.
        let resolved = resolutions(try commit(first[0], nowTicks: 12))
        guard case .applied(let index, let outcomes) = resolved[7] else {
            Issue.record("\(resolved)")
            return
        }
        #expect(index == cluster.state.index && outcomes.count == 1)
        #expect(try commit(second[0], nowTicks: 13).isEmpty)
        #expect(cluster.state.claims.count == 1)
        #expect(submissions.tick(nowTicks: 500).isEmpty)
        #expect(submissions.count == 0)
    }

    @Test mutating func whatIsOnlySeenAsARepeatHasItsFirstOutcome() throws {
        let bytes = proposals(submissions.submit(try claim("a"), ticket: 7, nowTicks: 0))[0]
        // Applied before this process could see it, as after a snapshot.
        let first = try cluster.apply(
            Proposal(decoding: bytes, cluster: cluster.state.cluster))
        let resolved = resolutions(try commit(bytes, nowTicks: 1))
        #expect(resolved == [7: .applied(index: first.index, outcomes: first.outcomes)])
    }

    @Test mutating func whatIsGivenUpIsUnknownAndStaysClosed() throws {
        let lost = proposals(submissions.submit(try claim("a"), ticket: 7, nowTicks: 0))[0]
        #expect(resolutions(submissions.tick(nowTicks: 99)).isEmpty)
        #expect(resolutions(submissions.tick(nowTicks: 100)) == [7: .unknown])
        let next = proposals(submissions.submit(try claim("b"), ticket: 8, nowTicks: 101))[0]
        #expect(resolutions(try commit(next, nowTicks: 102)).count == 1)
        #expect(try commit(lost, nowTicks: 103).isEmpty)
        #expect(cluster.state.claims.map(\.key) == [.token("b")])
    }

    @Test mutating func noMoreThanTheLimitAreUnderWay() throws {
        for ticket: UInt64 in 0..<4 {
            #expect(submissions.submit(try claim("a"), ticket: ticket, nowTicks: 0) != nil)
        }
        #expect(submissions.submit(try claim("a"), ticket: 4, nowTicks: 0) == nil)
        #expect(resolutions(submissions.tick(nowTicks: 100)).count == 4)
        #expect(submissions.submit(try claim("a"), ticket: 4, nowTicks: 100) != nil)
    }

    @Test mutating func oneThatStaysOpenStopsTheWindow() throws {
        _ = submissions.submit(try claim("a"), ticket: 0, nowTicks: 0)
        var taken = 0
        for ticket: UInt64 in 1..<2_000 {
            guard let actions = submissions.submit(try claim("b"), ticket: ticket, nowTicks: 0)
            else { break }
            taken += 1
            let bytes = proposals(actions)[0]
            #expect(resolutions(try commit(bytes, nowTicks: 0)).count == 1)
        }
        #expect(taken == 1_023)
    }

    @Test mutating func orderedOnesWaitForEachOther() throws {
        let first = proposals(
            submissions.submit(try claim("a"), ticket: 1, isOrdered: true, nowTicks: 0))
        let second = submissions.submit(try claim("b"), ticket: 2, isOrdered: true, nowTicks: 0)
        #expect(second == [])
        let free = proposals(submissions.submit(try claim("c"), ticket: 3, nowTicks: 0))
        #expect(free.count == 1)
        #expect(proposals(submissions.tick(nowTicks: 10)).count == 2)
        let actions = try commit(first[0], nowTicks: 11)
        #expect(resolutions(actions).keys.sorted() == [1])
        #expect(proposals(actions).count == 1)
        #expect(resolutions(try commit(proposals(actions)[0], nowTicks: 12)).keys.sorted() == [2])
        // One that never had its turn was never proposed.
        _ = submissions.submit(try claim("d"), ticket: 4, isOrdered: true, nowTicks: 20)
        _ = submissions.submit(try claim("e"), ticket: 5, isOrdered: true, nowTicks: 20)
        let over = resolutions(submissions.tick(nowTicks: 120))
        #expect(over == [3: .unknown, 4: .unknown, 5: .expired])
    }

    @Test mutating func refusalsAreTold() throws {
        var stale = Submissions(node: ClusterUnderTest.node(1), incarnation: 0)
        let bytes = proposals(stale.submit(try claim("a"), ticket: 1, nowTicks: 0))[0]
        let applied = try cluster.apply(
            Proposal(decoding: bytes, cluster: cluster.state.cluster))
        #expect(
            stale.applied(applied, nowTicks: 1)
                == [.resolve(ticket: 1, .refused(.staleIncarnation))])
        // Of another life or node: not ours.
        #expect(submissions.applied(applied, nowTicks: 1).isEmpty)
    }

    /// Whatever gets lost, comes twice or late: what is told to have been applied was, once.
    @Test(arguments: UInt64(1)...8)
    func acknowledgedMeansAppliedOnce(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        var cluster = try ClusterUnderTest(["pve1"])
        var open = Submissions(
            node: ClusterUnderTest.node(1), incarnation: 2, settings: settings)
        var network: [[UInt8]] = []
        var acknowledged: [UInt64: UInt64] = [:]
        var applications: [UInt64: Int] = [:]
        func follow(_ actions: [Submissions.Action]) {
            for action in actions {
                switch action {
                case .propose(let bytes):
                    for _ in 0..<random.number(in: 0...2) { network.append(bytes) }
                case .resolve(let ticket, .applied(let index, _)): acknowledged[ticket] = index
                case .resolve: break
                }
            }
        }
        for ticks in UInt64(0)..<250 {
            let commands = try claim("t\(ticks)")
            follow(open.submit(commands, ticket: ticks, nowTicks: ticks) ?? [])
            follow(open.tick(nowTicks: ticks))
            guard !network.isEmpty else { continue }
            let bytes = network.remove(at: random.number(in: 0...network.count - 1))
            if random.number(in: 0...9) == 0 { network.append(bytes) }
            let applied = try cluster.apply(
                Proposal(decoding: bytes, cluster: cluster.state.cluster))
            for step in applied.steps {
                if case .claim(let request) = step.command.body,
                    case .token(let token) = request.key, let ticket = UInt64(token.dropFirst())
                {
                    applications[ticket, default: 0] += 1
                }
            }
            follow(open.applied(applied, nowTicks: ticks))
        }
        #expect(!acknowledged.isEmpty)
        #expect(applications.values.allSatisfy { $0 == 1 })
        #expect(acknowledged.keys.allSatisfy { applications[$0] == 1 })
    }
}

/// Numbers that follow from a seed.
private struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return range.lowerBound + Int(state >> 33) % range.count
    }
}
