import ClusterState
import Consensus
import Inventory
import Logging

/// Lets nodes in: on whoever leads. A node asks again and again until it finds itself in the state,
/// so that nothing has to be remembered of a question that came to nothing.
struct JoinDesk: Sendable {
    let cluster: ClusterID
    let keeper: StateKeeper
    let replica: any ReplicaControl
    let logger: Logger

    /// Decides about a wish. Only for the leader.
    func answer(_ wish: JoinWish) async -> JoinReply {
        guard let request = wish.request else {
            return JoinReply(standing: .refused, reason: "the wish makes no sense", contacts: [])
        }
        if let member = await keeper.read({ $0.members[request.node] }) {
            guard member.replica == wish.replica else {
                return JoinReply(
                    standing: .refused,
                    reason: "node \(request.node) is a member under another number; empty its "
                        + "data_dir, so that it joins as somebody new", contacts: [])
            }
            return JoinReply(standing: .member, reason: "", contacts: await contacts())
        }
        do {
            return try await admit(request, replica: wish.replica)
        } catch {
            return JoinReply(standing: .leaderless, reason: "\(error)", contacts: [])
        }
    }

    private func admit(
        _ request: ClusterState.JoinRequest, replica number: UInt64
    ) async throws -> JoinReply {
        let now = WallClock.nowSeconds()
        let receipt = try await keeper.submit([.requestJoin(request)], atSeconds: now)
        switch receipt.outcomes.first {
        case .admitted(let replaced):
            return try await add(request, replica: number, replacing: replaced)
        case .refused(let refusal) where refusal.reason == .nameHeld:
            return JoinReply(standing: .waiting, reason: "\(refusal)", contacts: [])
        case .refused(let refusal) where refusal.reason == .alreadyMember:
            return JoinReply(standing: .joining, reason: "", contacts: await contacts())
        case .refused(let refusal):
            return JoinReply(standing: .refused, reason: "\(refusal)", contacts: [])
        default:
            return JoinReply(standing: .leaderless, reason: "no answer", contacts: [])
        }
    }

    private func add(
        _ request: ClusterState.JoinRequest, replica number: UInt64, replacing replaced: NodeID?
    ) async throws -> JoinReply {
        let member = Member(
            node: request.node, replica: number, name: request.name, kind: request.kind,
            addresses: request.addresses, version: request.version, level: request.level)
        guard let id = ReplicaID(number) else {
            return JoinReply(standing: .refused, reason: "replica 0 is nobody", contacts: [])
        }
        let context = MembershipContext(
            timeSeconds: WallClock.nowSeconds(), member: member, replaced: replaced)
        let outcome = await replica.propose(.addLearner(id), context: context.encoded())
        if outcome == .accepted {
            logger.notice(
                "a node joins", metadata: ["name": "\(request.name)", "id": "\(request.node)"])
        }
        return JoinReply(standing: .joining, reason: "", contacts: await contacts())
    }

    private func contacts() async -> [JoinReply.Contact] {
        let cluster = cluster
        return await keeper.read { JoinReply.everybody($0, in: cluster) }
    }
}
