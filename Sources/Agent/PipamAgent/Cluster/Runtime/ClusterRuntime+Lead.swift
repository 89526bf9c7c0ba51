import ClusterState
import Consensus
import Control
import Inventory
import Logging
import Synchronization

/// Who leads, and what that means for this node.
extension ClusterRuntime {
    /// The leader speaks of the guests of a member that was silent for so long.
    private static let silence = Duration.seconds(30)

    func followLead(_ host: ReplicaHost) async {
        var last: ReplicaID?
        for await status in host.statusChanges() {
            if status.leader != last {
                last = status.leader
                leaderless.withLock { $0 = last == nil ? .now : nil }
                await forgetAcquaintances(under: last)
                let name = await leaderName(status.leader)
                logger.notice(
                    "who leads has changed",
                    metadata: ["leader": "\(name ?? "nobody")", "term": "\(status.term)"])
                if last != nil { await keeper.proposeAgain() }
            }
            leadChanged.withLock { $0 }()
        }
    }

    func leaderName(_ leader: ReplicaID?) async -> String? {
        guard let leader else { return nil }
        return await keeper.read { state in
            state.members.values.first { $0.replica == leader.number }?.name ?? "\(leader)"
        }
    }

    /// What this node looks at and speaks of.
    func watchDuty() async -> WatchDuty {
        let isLeader = await keeper.lead.isOurs
        let silent = silentMembers.filter { $0.value >= Self.silence }
        let own = identity.node
        let (others, absent) = await keeper.read { state in
            let members = state.members.values.filter {
                $0.kind == .full && $0.successor == nil && $0.node != own
            }
            return (
                Set(members.map(\.name)),
                Set(members.filter { silent[$0.node] != nil }.map(\.name))
            )
        }
        return WatchDuty(
            node: configuration.cluster.node ?? LocalHost.name(), others: others, silent: absent,
            isLeader: isLeader)
    }
}
