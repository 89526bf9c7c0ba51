import ClusterState
import Consensus
import Control
import Logging
import Synchronization

/// Hears what other nodes say, and hands it to whoever it is for.
final class ClusterPeers: PeerHandler {
    /// What there is to hand it to; nothing before the log is open.
    struct Parts: Sendable {
        let host: ReplicaHost
        let joins: JoinDesk
        /// Answers a request of the control API, as the leader.
        let control: @Sendable ([UInt8]) async -> [UInt8]
        /// Asks another member.
        let ask: @Sendable (ReplicaID, [UInt8]) async -> [UInt8]?
        /// Hears who the members are, from a node with this identity that this one does not know.
        let introduced: @Sendable ([JoinReply.Contact], String) async -> Void
    }

    private let desk: EnrolmentDesk
    private let keeper: StateKeeper
    private let logger: Logger
    private let parts = Mutex<Parts?>(nil)
    private let rollback = Mutex<String?>(nil)

    init(desk: EnrolmentDesk, keeper: StateKeeper, logger: Logger) {
        self.desk = desk
        self.keeper = keeper
        self.logger = logger
    }

    /// From now on, there is somebody to hand things to.
    func attach(_ new: Parts) { parts.withLock { $0 = new } }

    // MARK: The engine

    func received(message: [UInt8], from replica: ReplicaID) {
        parts.withLock { $0 }?.host.received(message, from: replica)
    }

    func beginSnapshot(
        from replica: ReplicaID, descriptor: SnapshotDescriptor
    ) async throws(ConsensusError) -> any SnapshotSink {
        guard let host = parts.withLock({ $0 })?.host else { throw .stopped }
        return SnapshotInlet(snapshot: try host.receiveSnapshot(descriptor), sender: replica)
    }

    func reached(_ replica: ReplicaID) {
        logger.info("a member is reached", metadata: ["replica": "\(replica)"])
    }

    func lost(_ replica: ReplicaID) {
        parts.withLock { $0 }?.host.reportUnreachable(replica)
    }

    func rolledBack(_ replica: ReplicaID, from seen: UInt64, to shown: UInt64) {
        logger.error(
            """
            a member runs on an older copy of its disk and is refused; empty its data_dir, so that \
            it joins as somebody new
            """,
            metadata: ["replica": "\(replica)", "seen": "\(seen)", "shown": "\(shown)"])
    }

    // MARK: Questions

    func request(_ octets: [UInt8], from caller: PeerCaller) async -> [UInt8] {
        guard let question = PeerQuestion(octets) else { return [] }
        switch (question, caller) {
        case (.enrolment(let octets), _):
            let answer = await desk.answer(
                octets, from: await enrolmentCaller(caller),
                nowSeconds: Int64(WallClock.nowSeconds()))
            return answer.octets
        case (.join(let wish), .certified(let identity)):
            guard MemberURI(identity)?.node.description == wish.node else { return [] }
            return PeerJSON.encode(await answer(wish, mayAskLeader: true))
        case (.join(let wish), .member(_, let identity)):
            // A member asks for itself, or hands on what it was asked.
            let isItself = MemberURI(identity)?.node.description == wish.node
            return PeerJSON.encode(await answer(wish, mayAskLeader: isItself))
        case (.control(let octets), .member):
            return await parts.withLock { $0 }?.control(octets) ?? []
        case (.standing, .member):
            return PeerJSON.encode(await keeper.read { StandingReply($0) })
        case (.digests(let questions), .member):
            return PeerJSON.encode(await keeper.digests.answer(questions))
        case (.introduction(let contacts), .certified(let identity)):
            await parts.withLock { $0 }?.introduced(contacts, identity)
            return [1]
        case (.introduction, .member): return [1]
        case (.join, .anonymous), (.introduction, .anonymous), (.control, .anonymous),
            (.control, .certified), (.standing, .anonymous), (.standing, .certified),
            (.digests, .anonymous), (.digests, .certified):
            return []
        }
    }

    private func enrolmentCaller(_ caller: PeerCaller) async -> EnrolmentDesk.Caller {
        guard case .member(_, let identity) = caller, let node = MemberURI(identity)?.node,
            let member = await keeper.read({ $0.members[node] })
        else { return .stranger }
        return .member(node, member.kind == .witness ? .witness : .full)
    }

    private func answer(_ wish: JoinWish, mayAskLeader: Bool) async -> JoinReply {
        let nobody = JoinReply(standing: .leaderless, reason: "nobody leads", contacts: [])
        guard let parts = parts.withLock({ $0 }) else { return nobody }
        let lead = await keeper.lead
        if lead.isOurs { return await parts.joins.answer(wish) }
        guard mayAskLeader, let leader = lead.leader,
            let octets = await parts.ask(leader, PeerQuestion.join(wish).octets),
            let reply = PeerJSON.decode(JoinReply.self, octets)
        else { return nobody }
        return reply
    }
}

/// Puts a snapshot that comes in on the disk.
private struct SnapshotInlet: SnapshotSink {
    let snapshot: IncomingSnapshot
    let sender: ReplicaID

    func write(_ chunk: [UInt8]) throws(ConsensusError) { try snapshot.write(chunk) }

    func finish(message: [UInt8]) throws(ConsensusError) {
        try snapshot.finish(message: message, from: sender)
    }

    /// What is there goes with the snapshot itself.
    func abandon() {}
}
