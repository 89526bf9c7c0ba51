@testable import Consensus

/// A log that forgets nothing and survives its replica.
final class MemoryLog: ReplicaLog {
    var contents = LogContents()
    /// How many entries there were at each write, to compare with what was sent when.
    var written: UInt64 = 0
    var failure: ConsensusError?
    /// The last state that a loss of power would leave.
    private(set) var syncedState: HardState?

    func load() throws(ConsensusError) -> LogContents { contents }

    func append(
        _ entries: [LogEntry], state: HardState?, mustSync: Bool
    ) throws(ConsensusError) {
        if let failure { throw failure }
        if let first = entries.first {
            contents.entries.removeAll { $0.index >= first.index }
            contents.entries += entries
            written = entries[entries.count - 1].index
        }
        if let state { contents.hardState = state }
        if mustSync { syncedState = contents.hardState }
    }

    func noteSnapshot(_ descriptor: SnapshotDescriptor) throws(ConsensusError) {
        let isKnown = contents.entries.contains {
            $0.index == descriptor.index && $0.term == descriptor.term
        }
        contents.snapshot = descriptor
        contents.entries.removeAll { !isKnown || $0.index <= descriptor.index }
    }
}
