import ClusterState
import Consensus
import Inventory

/// Members that this node does not know of yet, because it was away while they joined. Whom a node
/// talks with follows from its own state; one that was away while every other member was replaced
/// would refuse all of them, and never hear of what happened.
///
/// So members introduce themselves to those that they cannot reach. Whoever hears of a leader
/// believes none of it: a node that was taken out, or was never let in, has nothing to say to a
/// member that is up to date. docs/decisions/0019 has the reasons and what is left open.
struct Acquaintances: Sendable {
    /// More than a cluster has members.
    static let maximumCount = 256

    /// What this node knows by itself.
    struct Knowledge: Sendable {
        /// This node, and its number in the log.
        let own: (node: NodeID, replica: UInt64)
        let cluster: ClusterID
        /// It hears a leader, or did so a moment ago.
        let hasLeader: Bool
        /// The members of its state.
        let members: Set<NodeID>
        /// Those that were taken out, as far as it knows.
        let former: Set<NodeID>
        /// Those that root has enrolled, where hosts share a directory; else `nil`.
        let enrolled: Set<NodeID>?

        /// Nothing that it knows speaks against it.
        func allows(_ node: NodeID) -> Bool {
            !former.contains(node) && enrolled?.contains(node) != false
        }
    }

    private var peers: [NodeID: Peer] = [:]

    /// It was told of nobody.
    var isEmpty: Bool { peers.isEmpty }

    /// Takes over who the members are, from one that this node does not know. `true` if any of them
    /// is new.
    mutating func take(
        _ contacts: [JoinReply.Contact], from identity: String, _ knowledge: Knowledge
    ) -> Bool {
        guard !knowledge.hasLeader, knowledge.members.contains(knowledge.own.node),
            contacts.count <= Self.maximumCount,
            let caller = MemberURI(identity), caller.cluster == knowledge.cluster,
            !knowledge.members.contains(caller.node), knowledge.allows(caller.node)
        else { return false }
        var told: [NodeID: Peer] = [:]
        for contact in contacts {
            guard let uri = MemberURI(contact.identity), uri.cluster == knowledge.cluster,
                let peer = contact.peer
            else { return false }
            told[uri.node] = peer
        }
        // A cluster that does not count this node as a member cannot bring it up to date.
        guard told[caller.node] != nil,
            told[knowledge.own.node]?.replica.number == knowledge.own.replica
        else { return false }
        let new = told.filter { node, _ in
            !knowledge.members.contains(node) && knowledge.allows(node)
        }
        let isNews = new.contains { peers[$0.key] != $0.value }
        peers = new
        return isNews
    }

    /// What the state says by now goes before what this node was told. Returns the others.
    mutating func left(members: Set<NodeID>, former: Set<NodeID>) -> [Peer] {
        peers = peers.filter { !members.contains($0.key) && !former.contains($0.key) }
        return Array(peers.values)
    }
}
