import ClusterState
import Consensus
import Inventory
import PipamAgent
import Synchronization
import Zones

/// A log of one replica that agrees with itself at once: what is proposed is applied before
/// `propose` returns. What becomes of commands between replicas, the simulation shows.
final class ImmediateLog: CommandLog {
    private struct State {
        var index: UInt64 = 0
        var isLosing = false
        var lead = Lead(term: 1, leader: ReplicaID(1), isOurs: true, isAlone: true)
    }

    private let state = Mutex(State())
    private let keeper: StateKeeper

    /// For a keeper, which it is attached to.
    init(_ keeper: StateKeeper) { self.keeper = keeper }

    /// From now on, everything that is proposed gets lost, or nothing does.
    func lose(_ isLosing: Bool) { state.withLock { $0.isLosing = isLosing } }

    /// From now on, this is who leads.
    var lead: Lead {
        get { state.withLock { $0.lead } }
        set { state.withLock { $0.lead = newValue } }
    }

    func propose(_ octets: [UInt8]) async { await append(.command(octets)) }

    /// A change of the configuration, after which these vote.
    func change(_ context: MembershipContext, voters: [UInt64]) async {
        let ids = voters.compactMap(ReplicaID.init)
        guard let last = ids.last else { preconditionFailure("nobody votes") }
        await append(
            .configuration(
                change: .addVoter(last), context: context.encoded(),
                now: Consensus.Configuration(voters: ids), tookEffect: true))
    }

    private func append(_ content: CommittedEntry.Content) async {
        let entry: CommittedEntry? = state.withLock { state in
            guard !state.isLosing else { return nil }
            state.index += 1
            return CommittedEntry(index: state.index, term: state.lead.term, content: content)
        }
        guard let entry else { return }
        do {
            try await keeper.apply([entry])
        } catch {
            preconditionFailure("applying \(entry.index): \(error)")
        }
    }

    func readIndex() async throws(ConsensusError) -> UInt64 { state.withLock { $0.index } }
}

extension StateKeeper {
    /// A keeper of a cluster of one that runs as long as the task does.
    static func alone(
        nowSeconds: UInt64, publish: @escaping Publisher = { _ in }
    ) async throws -> AloneKeeper {
        let keeper = StateKeeper(
            node: NodeID(high: 1, low: 1), incarnation: 1, publish: publish)
        let log = ImmediateLog(keeper)
        await keeper.attach(log)
        let alone = AloneKeeper(keeper: keeper, log: log)
        try await keeper.propose(
            [.found(ClusterID(high: 1, low: 2))], atSeconds: nowSeconds)
        return alone
    }
}

/// A keeper at work; it stops with the last reference to this.
final class AloneKeeper: Sendable {
    let keeper: StateKeeper
    let log: ImmediateLog
    private let work: Task<Void, Never>

    init(keeper: StateKeeper, log: ImmediateLog) {
        self.keeper = keeper
        self.log = log
        work = Task { await keeper.run() }
    }

    deinit { work.cancel() }
}
