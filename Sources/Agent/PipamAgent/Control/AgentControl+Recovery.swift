import ClusterState
import Consensus
import Control
import Inventory

/// How a node goes on alone after the majority was lost for good.
extension AgentControl {
    func recover(_ request: ClusterRecoverRequest) async throws(ControlError)
        -> ClusterRecoverAnswer
    {
        let (cluster, membership) = try member()
        let view = await keeper.read { ClusterFacts($0) }
        guard let own = view.members[cluster.identity.node] else {
            throw .conflict("this host is no member", remedy: "pipamctl cluster status")
        }
        if let leader = await keeper.lead.leader, let node = view.node(of: leader.number) {
            throw .conflict(
                "\(node.name) leads: the majority is there", remedy: "pipamctl cluster status")
        }
        do {
            try await cluster.goOnAlone()
        } catch {
            throw .unavailable("\(error)", remedy: "see the agent's log")
        }
        return ClusterRecoverAnswer(
            id: "\(membership.cluster)", node: ClusterNode(own), index: view.index,
            lost: view.list.filter { $0.node != own.node }.map { ClusterNode($0) })
    }
}
