package import ClusterState
package import Consensus

/// Why commands were not carried out, or may not have been.
package enum StateKeeperError: Error, Hashable, Sendable {
    /// One of them changed nothing, for this reason.
    case refused(Refusal)
    /// None of them was applied, nor will be.
    case left(ProposalRefusal)
    /// They may have been applied, or be applied yet.
    case unknown
    /// Nobody led in all that time, and nothing was proposed.
    case expired
    /// No majority answers.
    case unreachable(ConsensusError)
    /// Too much is under way.
    case busy
    /// They do not fit one entry of the log.
    case tooLarge
    /// The agent is being stopped.
    case stopped
}

extension StateKeeperError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let refusal): "\(refusal)"
        case .left(.notMember): "this host is no member of the cluster"
        case .left(.staleIncarnation), .left(.closed), .left(.tooFarAhead):
            "the cluster did not take it"
        case .unknown:
            "the cluster did not answer in time: it may have been done, or may be yet"
        case .expired:
            "nothing can be changed without a majority of the voters"
        case .unreachable(let error): "\(error)"
        case .busy: "too much is under way; try again"
        case .tooLarge: "too much for one step"
        case .stopped: "the agent is being stopped"
        }
    }
}
