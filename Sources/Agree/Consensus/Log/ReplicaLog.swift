/// What a replica promised: stored before its messages are sent (Raft paper figure 2).
package struct HardState: Hashable, Sendable {
    /// The latest it has seen.
    package let term: UInt64
    /// For whom it voted in that term.
    package let vote: ReplicaID?
    /// The last entry known to be committed.
    package let commit: UInt64

    /// Any.
    package init(term: UInt64, vote: ReplicaID?, commit: UInt64) {
        self.term = term
        self.vote = vote
        self.commit = commit
    }
}

/// An entry as it is stored: the engine's own octets, whose meaning only the engine knows.
package struct LogEntry: Hashable, Sendable {
    /// Counts from 1 without gaps.
    package let index: UInt64
    /// Of the leader that wrote it.
    package let term: UInt64
    /// The engine's, with index and term in them.
    package let octets: [UInt8]

    /// Any.
    package init(index: UInt64, term: UInt64, octets: [UInt8]) {
        self.index = index
        self.term = term
        self.octets = octets
    }
}

/// All that a log holds.
package struct LogContents: Hashable, Sendable {
    /// The newest one that was noted.
    package var snapshot: SnapshotDescriptor?
    /// `nil` in a new log.
    package var hardState: HardState?
    /// From behind the snapshot on, without gaps.
    package var entries: [LogEntry]

    /// An empty one by default.
    package init(
        snapshot: SnapshotDescriptor? = nil, hardState: HardState? = nil, entries: [LogEntry] = []
    ) {
        self.snapshot = snapshot
        self.hardState = hardState
        self.entries = entries
    }

    /// Nothing was ever written.
    package var isEmpty: Bool { snapshot == nil && hardState == nil && entries.isEmpty }
}

/// Where a replica keeps what it must not forget. An error is final: the replica ends, since after
/// a failed sync nobody knows what is on the disk (and the kernel may tell of it only once).
package protocol ReplicaLog: AnyObject {
    /// All that is in it. Called once, before anything else.
    func load() throws(ConsensusError) -> LogContents

    /// Writes entries, then the state. The first entry's index may be one that is there already:
    /// then that one and all behind it are replaced. With `mustSync` it returns when all of this
    /// and everything before is on the disk; without, it may be lost by a crash.
    func append(_ entries: [LogEntry], state: HardState?, mustSync: Bool) throws(ConsensusError)

    /// Notes a snapshot whose file is complete and on the disk; returns when the note is. If it is
    /// ahead of the entries, or of another term than the entry at its place, it replaces them all.
    /// Entries before it may be forgotten.
    func noteSnapshot(_ descriptor: SnapshotDescriptor) throws(ConsensusError)
}
