import ClusterState
import Consensus
import Control
import Inventory

/// What only whoever leads can answer, asked on any node.
extension AgentControl {
    /// How long the leader has: as long as a person waits for writing to a provider.
    private static let patience = Duration.seconds(50)

    /// Answers here if this node leads, or has nobody to ask; else has the leader answer.
    func onLeader<Answer>(
        _ call: @autoclosure () throws(ControlError) -> ControlCall<Answer>,
        within patience: Duration = Self.patience,
        _ here: () async throws(ControlError) -> Answer
    ) async throws(ControlError) -> Answer {
        guard let cluster, !ControlForwarding.isUnderWay else { return try await here() }
        let lead = await keeper.lead
        guard !lead.isOurs else { return try await here() }
        guard let leader = lead.leader else {
            throw .unavailable(
                "nobody leads the cluster now",
                remedy: "pipamctl cluster members --stale lists the voters")
        }
        let call = try call()
        let question = PeerQuestion.control(try call.forwarded.encoded())
        let octets: [UInt8]
        do {
            octets = try await cluster.ask(leader, question.octets, within: patience)
        } catch {
            throw .unknownOutcome(
                "the leader did not answer: \(error)", remedy: "look, and ask again")
        }
        return try call.answer(from: try ForwardedAnswer(octets: octets))
    }

    /// Answers what another node handed on, as the leader.
    func answerForwarded(_ octets: [UInt8]) async -> [UInt8] {
        do {
            let request = try ForwardedRequest(octets: octets)
            return await ControlForwarding.answer(to: request, by: self).encoded()
        } catch {
            return ForwardedAnswer(error).encoded()
        }
    }

    func catchUp() async throws(ControlError) {
        do {
            try await keeper.catchUp()
        } catch {
            throw .unavailable(
                "what is agreed on cannot be known now: \(error)",
                remedy: "pipamctl cluster status; --stale shows what this host has")
        }
    }

    /// This node's part in its cluster. Throws where there is none.
    func member() throws(ControlError) -> (ClusterRuntime, ClusterRuntime.Membership) {
        guard let cluster, let membership = cluster.current else {
            throw .unavailable(
                "this host belongs to no cluster yet",
                remedy: "run pipam enroll as root, or pipamctl cluster join with a token")
        }
        return (cluster, membership)
    }
}
