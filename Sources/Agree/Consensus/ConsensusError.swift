/// Why the replicated log cannot go on, or not begin.
package enum ConsensusError: Error, Hashable, Sendable {
    /// The engine stopped itself: a broken promise of the log, or a mistake of ours.
    case engineFailed(reason: String)
    /// Octets that are no message, or not one that this sender may send.
    case messageRefused(from: ReplicaID, reason: String)
    /// What was written cannot be read again.
    case logDamaged(reason: String)
    /// It belongs to another replica or cluster.
    case logForeign(path: String, reason: String)
    /// Another process has it open.
    case logLocked(path: String)
    /// A file could not be read or written. Final for the process that gets it.
    case storageFailed(operation: String, path: String, reason: String)
    /// A snapshot's file is not what its descriptor says.
    case snapshotDamaged(path: String, reason: String)
    /// The state machine could not go on.
    case stateMachineFailed(reason: String)
    /// The host has stopped, or stops.
    case stopped
    /// Nobody leads, or the leader did not answer in time.
    case noAnswer(reason: String)
}

extension ConsensusError: CustomStringConvertible {
    /// What an operator reads, with what to do about it.
    package var description: String {
        switch self {
        case .engineFailed(let reason) where reason.contains("out of range [lastIndex("):
            "the replicated log is older than what this host has told the others, as after "
                + "data_dir was put back from a copy: empty data_dir and let the host join again "
                + "under a new identity (\(reason))"
        case .engineFailed(let reason):
            "consensus engine failed: \(reason)"
        case .messageRefused(let from, let reason):
            "message from replica \(from) refused: \(reason)"
        case .logDamaged(let reason):
            "the replicated log is damaged: \(reason); this host must not go on with it: where "
                + "there are other members, empty data_dir and let it join again under a new "
                + "identity (pipamctl cluster replace or remove there); a host that is alone needs "
                + "a backup of all of data_dir, or begins anew with an empty one"
        case .logForeign(let path, let reason):
            "the log in \(path) belongs to somebody else: \(reason)"
        case .logLocked(let path):
            "the log in \(path) is open in another process"
        case .storageFailed(let operation, let path, let reason):
            "cannot \(operation) \(path): \(reason)"
        case .snapshotDamaged(let path, let reason):
            "the snapshot \(path) is damaged: \(reason)"
        case .stateMachineFailed(let reason):
            "the replicated state cannot go on: \(reason)"
        case .stopped:
            "consensus has stopped"
        case .noAnswer(let reason):
            "no answer from the cluster: \(reason)"
        }
    }
}
