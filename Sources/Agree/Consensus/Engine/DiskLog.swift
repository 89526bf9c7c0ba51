import CEtcdRaft

/// etcd's write-ahead log, open for appending.
struct DiskLog: ~Copyable {
    private let handle: UInt64
    private let directory: String
    /// What was in it, from behind the snapshot on.
    let state: HardState
    let entries: [LogEntry]

    /// What a log says of itself.
    struct Found {
        let metadata: [UInt8]
        let state: HardState
        let last: LogPosition
        let isTorn: Bool
        let segment: String
        let end: UInt64
        let snapshots: [LogPosition]

        init(_ reader: inout OctetReader) throws(OctetReader.Ended) {
            metadata = try reader.blob()
            state = try reader.hardState()
            last = LogPosition(index: try reader.u64(), term: try reader.u64())
            isTorn = try reader.flag()
            segment = String(decoding: try reader.blob(), as: UTF8.self)
            end = try reader.u64()
            var snapshots: [LogPosition] = []
            for _ in 0..<(try reader.count(ofAtLeast: 16)) {
                snapshots.append(LogPosition(index: try reader.u64(), term: try reader.u64()))
            }
            self.snapshots = snapshots
        }

        /// It was noted, and what it holds was committed.
        func counts(_ descriptor: SnapshotDescriptor) -> Bool {
            descriptor.index <= state.commit && snapshots.contains(descriptor.position)
        }
    }

    static func setSegmentOctets(_ octets: Int) { pipam_wal_set_segment_octets(Int64(octets)) }

    static func create(
        _ directory: String, replica: ReplicaID, metadata: [UInt8]
    ) throws(ConsensusError) {
        var request = OctetWriter()
        request.put(directory)
        request.put(replica.number)
        request.put(metadata)
        let (code, text) = taking { out, count in
            pipam_wal_create(request.octets, Int64(request.octets.count), out, count)
        }
        try check(code, text, "create", directory)
    }

    /// Reads all of it and changes nothing.
    static func inspect(_ directory: String) throws(ConsensusError) -> Found {
        var request = OctetWriter()
        request.put(directory)
        let (code, octets) = taking { out, count in
            pipam_wal_inspect(request.octets, Int64(request.octets.count), out, count)
        }
        try check(code, octets, "read", directory)
        return try decoded(octets, Found.init)
    }

    /// `found` is what `inspect` gave; a torn end is cut off.
    init(
        _ directory: String, replica: ReplicaID, after snapshot: LogPosition, cutsOffEnd: Bool
    ) throws(ConsensusError) {
        var request = OctetWriter()
        request.put(directory)
        request.put(replica.number)
        request.put(snapshot.index)
        request.put(snapshot.term)
        request.put(cutsOffEnd)
        var opened: UInt64 = 0
        let (code, octets) = taking { out, count in
            pipam_wal_open(request.octets, Int64(request.octets.count), &opened, out, count)
        }
        try Self.check(code, octets, "open", directory)
        let read = try decoded(octets) {
            (reader: inout OctetReader) throws(OctetReader.Ended) in
            (try reader.hardState(), try reader.entries())
        }
        handle = opened
        self.directory = directory
        (state, entries) = read
    }

    deinit { pipam_wal_close(handle) }

    func save(
        _ entries: [LogEntry], state: HardState?, mustSync: Bool
    ) throws(ConsensusError) {
        var batch = OctetWriter()
        batch.put(mustSync)
        batch.put(state != nil)
        if let state { batch.put(state) }
        batch.put(entries)
        let (code, text) = taking { out, count in
            pipam_wal_save(handle, batch.octets, Int64(batch.octets.count), out, count)
        }
        try Self.check(code, text, "write", directory)
    }

    func save(_ snapshot: SnapshotDescriptor) throws(ConsensusError) {
        var request = OctetWriter()
        request.put(snapshot)
        let (code, text) = taking { out, count in
            pipam_wal_save_snapshot(
                handle, request.octets, Int64(request.octets.count), out, count)
        }
        try Self.check(code, text, "write", directory)
    }

    /// Removes segments that hold nothing after the index.
    func release(through index: UInt64) throws(ConsensusError) {
        let (code, text) = taking { pipam_wal_release(handle, index, $0, $1) }
        try Self.check(code, text, "clean up", directory)
    }

    private static func check(
        _ code: Int32, _ text: [UInt8], _ operation: String, _ directory: String
    ) throws(ConsensusError) {
        switch code {
        case PIPAM_RAFT_DONE.code: return
        case PIPAM_WAL_LOCKED.code: throw .logLocked(path: directory)
        case PIPAM_WAL_DAMAGED.code:
            throw .logDamaged(reason: String(decoding: text, as: UTF8.self))
        default:
            throw .storageFailed(
                operation: operation, path: directory,
                reason: String(decoding: text, as: UTF8.self))
        }
    }
}
