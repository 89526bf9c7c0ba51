import ClusterState
import Consensus
import Logging

/// What somebody has to see to for the whole cluster: the passing of time, voters up to strength,
/// the level that all can follow. Whoever leads does, and nobody else.
struct LeaderDuties: Sendable {
    /// How often it looks.
    private static let interval = Duration.seconds(1)
    /// A learner that lacks no more than this may vote: it is on its way.
    private static let tolerableLag: UInt64 = 1_000

    let keeper: StateKeeper
    let replica: any ReplicaControl
    let patience: Duration
    /// How many members should vote; `nil` for as many as their number asks for.
    let voters: Int?
    /// Hears who is silent: by node, since when, on this node's clock.
    let report: @Sendable ([NodeID: Duration]) -> Void
    let logger: Logger

    /// Works until the task is cancelled.
    func run() async {
        let clock = ContinuousClock()
        let started = clock.now
        var keeping = VoterKeeping(patience: patience, wanted: voters)
        var term: UInt64 = 0
        while !Task.isCancelled {
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.interval)
            let lead = await keeper.lead
            guard lead.isOurs else { continue }
            if lead.term != term {
                term = lead.term
                keeping = VoterKeeping(patience: patience, wanted: voters)
            }
            do {
                try await tellTime(under: term)
                try await keepVoters(&keeping, at: clock.now - started)
                try await raiseLevel(under: term)
            } catch {
                // It is looked at again in a second.
                logger.debug("duties of the leader: \(error), retrying")
            }
        }
    }

    // MARK: Time and level

    private func tellTime(under term: UInt64) async throws(StateKeeperError) {
        let now = WallClock.nowSeconds()
        guard await keeper.read(\.nextAdvanceSeconds) <= now else { return }
        try await keeper.propose([.advance], atSeconds: now, underTerm: term)
    }

    private func raiseLevel(under term: UInt64) async throws(StateKeeperError) {
        let common = await keeper.read { state in
            state.memberList.filter { $0.successor == nil }.map(\.level).min() ?? 0
        }
        guard await common > keeper.read(\.level) else { return }
        try await keeper.propose(
            [.raiseLevel(common)], atSeconds: WallClock.nowSeconds(), underTerm: term)
        logger.notice("all members can follow", metadata: ["level": "\(common)"])
    }

    // MARK: Members

    private func keepVoters(
        _ keeping: inout VoterKeeping, at now: Duration
    ) async throws(ConsensusError) {
        let status = try await replica.status()
        guard status.role == .leader else { return }
        let (members, strangers) = await keeper.read { ($0.memberList, $0.strangers) }
        // Whose place was taken is about to go, and is not counted with.
        let standings = members.filter { $0.successor == nil }.map { standing(of: $0, in: status) }
        let step = keeping.step(standings, leader: status.id.number, at: now)
        report(silent(members, keeping, at: now))
        if handOver(members, status) { return }
        if let gone = leaving(members, strangers, status) {
            await change(.remove(gone), "a member goes")
        } else if case .promote(let number) = step, let id = ReplicaID(number) {
            await change(.addVoter(id), "a member becomes a voter")
        } else if case .demote(let number) = step, let id = ReplicaID(number) {
            await change(.addLearner(id), "a voter becomes a learner")
        }
    }

    private func standing(of member: Member, in status: ReplicaStatus) -> VoterKeeping.Standing {
        let progress = ReplicaID(member.replica).flatMap { status.progress[$0] }
        let isSelf = member.replica == status.id.number
        let lag = status.last - min(status.last, progress?.match ?? 0)
        return VoterKeeping.Standing(
            replica: member.replica, isVoter: member.isVoter,
            isActive: isSelf || progress?.isRecentlyActive ?? false,
            isCaughtUp: isSelf || (lag <= Self.tolerableLag && holdsTheLog(progress, status)),
            joinedAtSeconds: member.joinedAtSeconds)
    }

    /// Whoever waits for a snapshot has nothing yet, however short the log is.
    private func holdsTheLog(
        _ progress: ReplicaStatus.Progress?, _ status: ReplicaStatus
    ) -> Bool {
        guard let progress else { return false }
        return progress.match > 0 && !progress.isSnapshotting && progress.match + 1 >= status.first
    }

    /// A witness that leads hands over: it neither looks at hosts nor writes to providers.
    private func handOver(
        _ members: [Member], _ status: ReplicaStatus
    ) -> Bool {
        let own = members.first { $0.replica == status.id.number }
        guard own?.kind == .witness else { return false }
        let successor = members.first { member in
            let standing = standing(of: member, in: status)
            return member.kind == .full && member.isVoter && standing.isActive
                && standing.isCaughtUp
        }
        guard let id = successor.flatMap({ ReplicaID($0.replica) }) else { return false }
        logger.notice("a witness leads; handing over", metadata: ["to": "\(successor?.name ?? "")"])
        replica.transferLeadership(to: id)
        return true
    }

    private func silent(
        _ members: [Member], _ keeping: VoterKeeping, at now: Duration
    ) -> [NodeID: Duration] {
        var silent: [NodeID: Duration] = [:]
        for member in members { silent[member.node] = keeping.silence(of: member.replica, at: now) }
        return silent
    }

    /// Whoever was added and is nobody, and whose place another has taken, once that one has caught
    /// up: the cluster is never weaker than it was.
    private func leaving(
        _ members: [Member], _ strangers: [UInt64], _ status: ReplicaStatus
    ) -> ReplicaID? {
        if let stranger = strangers.first { return ReplicaID(stranger) }
        for member in members {
            guard let successor = member.successor,
                let next = members.first(where: { $0.node == successor }),
                standing(of: next, in: status).isCaughtUp, next.isVoter || !member.isVoter
            else { continue }
            return ReplicaID(member.replica)
        }
        return nil
    }

    private func change(
        _ change: ConfigurationChange, _ message: Logger.Message
    ) async {
        let context = MembershipContext(timeSeconds: WallClock.nowSeconds())
        guard await replica.propose(change, context: context.encoded()) == .accepted else {
            return
        }
        logger.notice(message, metadata: ["replica": "\(change.replica)"])
    }
}

/// What may be asked of the replica of this node beside commands.
protocol ReplicaControl: Sendable {
    /// As it sees itself.
    func status() async throws(ConsensusError) -> ReplicaStatus

    /// Proposes a change of the configuration; only on the leader.
    func propose(_ change: ConfigurationChange, context: [UInt8]) async -> ChangeOutcome

    /// On the leader: hands the lead to another voter.
    func transferLeadership(to successor: ReplicaID)
}
