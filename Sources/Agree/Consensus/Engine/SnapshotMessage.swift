import CEtcdRaft

/// What an engine's message says of a snapshot.
enum SnapshotMessage {
    /// The descriptor that travels in it; `nil` if it is no snapshot's message, or if the engine
    /// would go by another position or other members than the descriptor says.
    static func descriptor(in message: [UInt8]) -> SnapshotDescriptor? {
        let (code, octets) = taking { out, count in
            pipam_raft_describe_snapshot(message, Int64(message.count), out, count)
        }
        guard code == PIPAM_RAFT_DONE.code else { return nil }
        var reader = OctetReader(octets)
        guard let index = try? reader.u64(), let term = try? reader.u64(),
            let configuration = try? reader.configuration(), let data = try? reader.blob(),
            let descriptor = SnapshotDescriptor(data),
            descriptor.position == LogPosition(index: index, term: term),
            descriptor.configuration == configuration
        else { return nil }
        return descriptor
    }
}
