import ClusterState
import Consensus
import Inventory
import TestSupport

/// What clients ask of the cluster, and what they were told.
struct ClientLoad {
    /// What a submission is for.
    enum Kind {
        case found, advance, report, settings
        case claim(ClaimHistory.Ticket, pool: Int, key: Int)

        /// Looks at guests must not overtake each other.
        var isOrdered: Bool {
            if case .report = self { true } else { false }
        }
    }

    private struct Open {
        let kind: Kind
        let slot: Int
    }

    private struct OpenRead {
        let operation: ClaimHistory.Ticket
        let pool: Int
        let slot: Int
    }

    private struct ProposalKey: Hashable {
        let node: NodeID
        let incarnation: UInt64
        let sequence: UInt64
    }

    private struct AdvanceKey: Hashable {
        let slot: Int
        let seconds: UInt64
    }

    /// A message that somebody saw on the network.
    struct Captured {
        let octets: [UInt8]
        let from: Int
        let to: Int
    }

    let claims = ClaimWorld()
    let guests = GuestWorld()
    var random: SeededRandom
    private(set) var history = ClaimHistory()
    private(set) var captured: Captured?
    private var open: [UInt64: Open] = [:]
    private var reads: [UInt64: OpenRead] = [:]
    private var nextTicket: UInt64 = 1
    private var proposed: [ProposalKey: ClaimHistory.Ticket] = [:]
    private var advances: [AdvanceKey: Int] = [:]
    /// The last fence that a key was told, by pool and key.
    private var fences: [[UInt64?]]

    init(_ scenario: Scenario) {
        random = .stream(seed: scenario.seed, "clients")
        fences = Array(
            repeating: Array(repeating: nil, count: ClaimWorld.keyCount),
            count: ClaimWorld.poolCount)
    }

    /// Submissions that nobody was told the outcome of yet.
    var openCount: Int { open.count + reads.count }

    mutating func open(_ kind: Kind, slot: Int) -> UInt64 {
        nextTicket += 1
        open[nextTicket] = Open(kind: kind, slot: slot)
        return nextTicket
    }

    /// It was not even taken.
    mutating func cancel(_ ticket: UInt64) {
        if case .claim(let operation, _, _) = open.removeValue(forKey: ticket)?.kind {
            history.withdraw(operation)
        }
    }

    /// The process died: nobody will ever be told.
    mutating func forget(slot: Int) {
        open = open.filter { $0.value.slot != slot }
        for (ticket, read) in reads where read.slot == slot {
            reads[ticket] = nil
            history.withdraw(read.operation)
        }
    }

    /// It was taken as this proposal of a node.
    mutating func took(_ kind: Kind, node: NodeID, incarnation: UInt64, sequence: UInt64) {
        guard case .claim(let operation, _, _) = kind else { return }
        let key = ProposalKey(node: node, incarnation: incarnation, sequence: sequence)
        proposed[key] = operation
    }

    mutating func capture(_ octets: [UInt8], from: Int, to: Int) {
        captured = Captured(octets: octets, from: from, to: to)
    }

    // MARK: What clients are told

    mutating func resolve(
        _ ticket: UInt64, _ resolution: Submissions.Resolution, _ watch: ClusterWatch
    ) {
        guard let kind = open[ticket]?.kind else { return }
        switch resolution {
        case .refused:
            watch.count(.refusedProposals)
            cancel(ticket)
        case .expired:
            watch.count(.expired)
            cancel(ticket)
        case .unknown:
            watch.count(.unknown)
            open[ticket] = nil
        case .applied(_, let outcomes):
            open[ticket] = nil
            guard case .claim(let operation, let pool, let key) = kind else { return }
            guard let outcome = outcomes.first, let output = claims.output(of: outcome) else {
                watch.report("a claim came to \(outcomes)")
                return
            }
            history.end(operation, output)
            if case .holding(_, let fence) = output { fences[pool][key] = fence }
            if case .claimed = outcome { watch.count(.claims) } else { watch.count(.conflicts) }
        }
    }

    /// A linearizable read begins.
    mutating func openRead(ofPool pool: Int, slot: Int) -> UInt64 {
        nextTicket += 1
        let operation = history.begin(pool: pool, client: "node \(slot)", .read)
        reads[nextTicket] = OpenRead(operation: operation, pool: pool, slot: slot)
        return nextTicket
    }

    mutating func answer(_ ticket: UInt64, from state: ReplicatedState) {
        guard let read = reads.removeValue(forKey: ticket) else { return }
        history.hint(read.operation, 2 * state.index + 1)
        history.end(read.operation, .places(claims.places(ofPool: read.pool, in: state)))
    }

    mutating func drop(_ ticket: UInt64) {
        guard let read = reads.removeValue(forKey: ticket) else { return }
        history.withdraw(read.operation)
    }

    // MARK: What the harness sees

    mutating func noteAdvance(from slot: Int, atSeconds seconds: UInt64) {
        let key = AdvanceKey(slot: slot, seconds: seconds)
        if advances[key] == nil { advances[key] = history.mark() }
    }

    /// Every pool of a state.
    func pools(of state: ReplicatedState) -> [[ClaimModel.Holding?]] {
        claims.pools.indices.map { claims.places(ofPool: $0, in: state) }
    }

    /// What an entry did, when the first node applies it: claims that the leader's word let expire,
    /// and reports that nobody had the right to make.
    mutating func noteEffects(
        of applied: Applied, slot: Int?, before: [[ClaimModel.Holding?]],
        after state: ReplicatedState, _ watch: ClusterWatch
    ) {
        let key = ProposalKey(
            node: applied.node, incarnation: applied.incarnation, sequence: applied.sequence)
        if !applied.steps.isEmpty, let operation = proposed[key] {
            history.hint(operation, 2 * applied.index)
        }
        for step in applied.steps {
            switch step.command.body {
            case .advance:
                guard let slot else { continue }
                noteExpiries(slot, step.command.timeSeconds, before, state, watch)
            case .reportGuests(let reports):
                noteReports(reports, by: applied.node, step.outcome, state, watch)
            default: continue
            }
        }
    }

    private mutating func noteExpiries(
        _ slot: Int, _ seconds: UInt64, _ before: [[ClaimModel.Holding?]],
        _ state: ReplicatedState, _ watch: ClusterWatch
    ) {
        let key = AdvanceKey(slot: slot, seconds: seconds)
        guard let called = advances[key] else { return }
        for (pool, after) in pools(of: state).enumerated() {
            for (place, holding) in before[pool].enumerated() {
                guard let holding, let fence = holding.fence, after[place] != holding else {
                    continue
                }
                watch.count(.expiries)
                history.note(
                    pool: pool, client: "leader \(slot)", .expire(key: holding.key, fence: fence),
                    since: called, .expired, hint: 2 * state.index)
            }
        }
    }

    private func noteReports(
        _ reports: [GuestReport], by node: NodeID, _ outcome: Outcome, _ state: ReplicatedState,
        _ watch: ClusterWatch
    ) {
        let others = state.members.values.filter {
            $0.node != node && $0.kind == .full && $0.successor == nil
        }
        let foreign = reports.count { report in
            others.contains { $0.name == report.guest.node }
        }
        watch.count(.reports, reports.count)
        watch.count(.droppedReports, foreign)
        let expected: Outcome = foreign == 0 ? .done : .dropped(reports: UInt32(foreign))
        if outcome != expected { watch.report("a report came to \(outcome), not \(expected)") }
    }

    // MARK: What clients ask

    /// A claim or what becomes of one, as a command and as an operation of the history.
    mutating func claimCommand(slot: Int, atSeconds seconds: UInt64) -> (Command, Kind) {
        let pool = random.number(0...ClaimWorld.poolCount - 1)
        let key = random.number(0...ClaimWorld.keyCount - 1)
        if random.number(0...9) < 3 { return settlement(pool, key, slot, seconds) }
        let (strategy, modelled) = strategy(pool)
        let request = ClaimRequest(
            pool: claims.pools[pool], key: claims.keys[key], strategy: strategy,
            lifeSeconds: UInt64(random.number(1...8)))
        let operation = history.begin(
            pool: pool, client: "node \(slot)", .claim(key: key, modelled))
        return (
            Command(.claim(request), atSeconds: seconds), .claim(operation, pool: pool, key: key)
        )
    }

    private mutating func strategy(_ pool: Int) -> (ClaimStrategy, ClaimModel.Strategy) {
        switch random.number(0...9) {
        case 0...3: return (.sequential, .sequential)
        case 4...6: return (.random(seed: random.next()), .random)
        case 7, 8:
            let place = random.number(0...ClaimModel.size - 1)
            return (.exactly(claims.address(place, ofPool: pool)), .exactly(place))
        default: return (.onlyHeld, .onlyHeld)
        }
    }

    private mutating func settlement(
        _ pool: Int, _ key: Int, _ slot: Int, _ seconds: UInt64
    ) -> (Command, Kind) {
        let fence = random.oneIn(3) ? nil : fences[pool][key]
        let isConfirmed = random.oneIn(3)
        let settlement = ClaimSettlement(
            isConfirmed ? .confirm : .release, pool: claims.pools[pool], key: claims.keys[key],
            grantedAtIndex: fence)
        let operation = history.begin(
            pool: pool, client: "node \(slot)",
            isConfirmed ? .confirm(key: key, fence: fence) : .release(key: key, fence: fence))
        return (
            Command(.settleClaim(settlement), atSeconds: seconds),
            .claim(operation, pool: pool, key: key)
        )
    }
}
