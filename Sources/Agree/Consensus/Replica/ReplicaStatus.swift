/// A replica as it sees itself.
package struct ReplicaStatus: Hashable, Sendable {
    /// What it does in its term.
    package enum Role: UInt8, Sendable {
        /// Receives.
        case follower = 0
        /// Asks for votes.
        case candidate = 1
        /// Decides.
        case leader = 2
        /// Asks whether asking for votes makes sense.
        case preCandidate = 3
    }

    /// What a leader knows of another replica.
    package struct Progress: Hashable, Sendable {
        /// The last entry that it has for sure.
        package let match: UInt64
        /// It answered within the last election time-out.
        package let isRecentlyActive: Bool
        /// It is sent a snapshot.
        package let isSnapshotting: Bool
    }

    /// Its name.
    package let id: ReplicaID
    /// The latest it has seen.
    package let term: UInt64
    /// What it does in it.
    package let role: Role
    /// Who leads the term, if known.
    package let leader: ReplicaID?
    /// Who is about to be given the lead.
    package let successor: ReplicaID?
    /// The last entry known to be committed.
    package let commit: UInt64
    /// The last entry that was handed out as committed.
    package let applied: UInt64
    /// The first entry in memory.
    package let first: UInt64
    /// The last entry in the log.
    package let last: UInt64
    /// As of `applied`.
    package let configuration: Configuration
    /// On a leader, each member; else empty.
    package let progress: [ReplicaID: Progress]
}
