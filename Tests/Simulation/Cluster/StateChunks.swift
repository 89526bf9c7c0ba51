import ClusterState

extension ReplicatedState {
    /// The whole state as a snapshot's file has it.
    var allSnapshotChunks: [[UInt8]] {
        var writer = snapshotChunks()
        var chunks: [[UInt8]] = []
        while let chunk = writer.next() { chunks.append(chunk) }
        return chunks
    }

    /// Reads a snapshot's file.
    init(chunks: [[UInt8]]) throws(ClusterStateError) {
        var reader = SnapshotReader()
        for chunk in chunks { try reader.take(chunk) }
        self = try reader.finish()
    }
}
