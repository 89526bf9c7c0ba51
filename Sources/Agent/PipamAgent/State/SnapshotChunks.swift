import ClusterState
import Synchronization

/// The writer of a snapshot for whoever writes the file.
final class SnapshotChunks: Sendable {
    private let writer: Mutex<ClusterState.SnapshotWriter>

    init(_ writer: ClusterState.SnapshotWriter) { self.writer = Mutex(writer) }

    func next() -> [UInt8]? { writer.withLock { $0.next() } }
}
