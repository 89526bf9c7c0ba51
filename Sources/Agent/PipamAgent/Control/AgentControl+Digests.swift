import ClusterState
import Consensus
import Control

extension AgentControl {
    /// How long the others have to tell theirs.
    private static let digestPatience = Duration.seconds(2)

    /// Asks every member for the digest of its state, and compares those that stand at the same
    /// index as this node. `nil` where there is nobody to compare with.
    func compareDigests(_ view: ClusterFacts) async -> ClusterStatusAnswer.DigestComparison? {
        guard let cluster, let own = view.members[cluster.identity.node], view.list.count > 1 else {
            return nil
        }
        let others = view.list.filter { $0.node != own.node }
        let answers = await withTaskGroup(of: (NodeID, StandingReply?).self) { group in
            for member in others {
                group.addTask { (member.node, await Self.ask(member, cluster)) }
            }
            return await group.reduce(into: [NodeID: StandingReply]()) { $0[$1.0] = $1.1 }
        }
        let mine = await keeper.read { StandingReply($0) }
        let nodes = view.list.map { member in
            let told = member.node == own.node ? mine : answers[member.node]
            return ClusterStatusAnswer.NodeDigest(
                node: ClusterNode(member), digest: told?.index == mine.index ? told?.digest : nil)
        }
        return ClusterStatusAnswer.DigestComparison(
            index: mine.index, isEqual: Set(nodes.compactMap(\.digest)).count <= 1, nodes: nodes)
    }

    private static func ask(_ member: Member, _ cluster: ClusterRuntime) async -> StandingReply? {
        guard let replica = ReplicaID(member.replica) else { return nil }
        // Whoever does not answer is not compared.
        let octets = try? await cluster.ask(
            replica, PeerQuestion.standing.octets, within: digestPatience)
        return octets.flatMap { PeerJSON.decode(StandingReply.self, $0) }
    }
}
