import Glibc

/// Whose log it is: written into it, so that it is never taken for another's.
package struct LogIdentity: Hashable, Sendable {
    /// Names the cluster.
    package let cluster: String
    /// The replica's name in the engine.
    package let replica: ReplicaID

    /// Any.
    package init(cluster: String, replica: ReplicaID) {
        self.cluster = cluster
        self.replica = replica
    }

    private static let version: UInt8 = 1

    var encoded: [UInt8] {
        var writer = OctetWriter()
        writer.put(Self.version)
        writer.put(cluster)
        writer.put(replica.number)
        return writer.octets
    }

    init?(_ octets: [UInt8]) {
        var reader = OctetReader(octets)
        guard let version = try? reader.u8(), version == Self.version,
            let cluster = try? reader.blob(), let replica = try? reader.id()
        else { return nil }
        self.cluster = String(decoding: cluster, as: UTF8.self)
        self.replica = replica
    }
}

/// A replica's log on the disk: etcd's, with the snapshots beside it.
///
///     <directory>/wal/         segments
///     <directory>/snapshots/   states and what the engine knows of them
///     <directory>/synced       how far the log was on the disk
///     <directory>/lock         held while it is open
///
/// A record at the very end that was not written whole is cut off: nobody was promised it. Anything
/// else that does not read as it was written is refused, for a replica that forgot what it promised
/// can undo what the cluster decided.
package final class WriteAheadLog: ReplicaLog {
    /// Beyond it a new segment begins.
    package static let segmentOctets = 8 << 20

    /// Where all of it is.
    package let directory: String
    /// Files of snapshots.
    package let snapshots: SnapshotStore
    private let identity: LogIdentity
    private let lock: File
    private let markFile: File
    private var mark = SyncMark()
    /// As far as the last state in the log says.
    private var committed: UInt64 = 0
    /// A leader's snapshot that is noted, and counts when the state that goes with it is written.
    private var installing: LogPosition?
    private var disk: DiskBox?

    private final class DiskBox {
        let log: DiskLog
        init(_ log: consuming DiskLog) { self.log = log }
    }

    /// Whether there is a log. A replica that had one must not go on without.
    package static func exists(in directory: String) -> Bool {
        Files.exists(directory + "/wal")
    }

    /// Makes an empty log for a new replica. The directory has to exist.
    package static func create(
        in directory: String, identity: LogIdentity
    ) throws(ConsensusError) {
        guard !exists(in: directory) else {
            throw .storageFailed(
                operation: "create", path: directory + "/wal", reason: "there is one already")
        }
        DiskLog.setSegmentOctets(segmentOctets)
        try Files.makeDirectory(directory + "/snapshots")
        try Files.remove(directory + "/synced")
        try DiskLog.create(
            directory + "/wal", replica: identity.replica, metadata: identity.encoded)
        try Files.syncDirectory(directory)
    }

    /// Opens a log that exists; only one process can. `load` reads it.
    package init(in directory: String, identity: LogIdentity) throws(ConsensusError) {
        self.directory = directory
        self.identity = identity
        lock = try File(directory + "/lock", flags: O_RDWR | O_CREAT)
        guard try lock.lock() else { throw .logLocked(path: directory) }
        markFile = try File(directory + "/synced", flags: O_RDWR | O_CREAT)
        snapshots = try SnapshotStore(directory: directory + "/snapshots")
        DiskLog.setSegmentOctets(Self.segmentOctets)
    }

    /// Reads and checks all of it.
    package func load() throws(ConsensusError) -> LogContents {
        let path = directory + "/wal"
        let found = try DiskLog.inspect(path)
        guard found.metadata == identity.encoded else {
            let other = LogIdentity(found.metadata)
            throw .logForeign(
                path: path,
                reason: other.map { "replica \($0.replica) of cluster \($0.cluster)" }
                    ?? "its identity cannot be read")
        }
        if let mark = SyncMark(try markFile.read(upTo: 64)) { self.mark = mark }
        if let missing = mark.missing(last: found.last, state: found.state) {
            throw .logDamaged(reason: "\(found.segment) at octet \(found.end): \(missing)")
        }
        let snapshot = try newestSnapshot(found)
        let log = try DiskLog(
            path, replica: identity.replica,
            after: snapshot?.position ?? LogPosition(index: 0, term: 0),
            cutsOffEnd: found.isTorn)
        var contents = LogContents(snapshot: snapshot, hardState: nil)
        if log.state.term > 0 { contents.hardState = log.state }
        // A snapshot that came from a leader replaced what this replica had: entries of terms
        // before it are still in the file, but no longer in the log.
        contents.entries = Array(log.entries.prefix { $0.term >= (snapshot?.term ?? 0) })
        disk = DiskBox(log)
        committed = found.state.commit
        try snapshots.remove { !found.counts($0) }
        try advanceMark(to: found.last, state: found.state)
        return contents
    }

    /// The newest whose note is in the log, whose entries were committed and whose file is whole.
    /// One ahead of that was noted right before a crash and never installed (as in etcd's
    /// `ValidSnapshotEntries`).
    private func newestSnapshot(
        _ found: DiskLog.Found
    ) throws(ConsensusError) -> SnapshotDescriptor? {
        var reason = "there is none"
        for descriptor in try snapshots.descriptors().reversed()
        where found.counts(descriptor) {
            do throws(ConsensusError) {
                try snapshots.verify(descriptor)
                return descriptor
            } catch {
                reason = "\(error)"
            }
        }
        // Only a log that was never shortened can do without.
        guard found.snapshots.contains(LogPosition(index: 0, term: 0)) else {
            throw .logDamaged(reason: "\(snapshots.directory): no usable snapshot: \(reason)")
        }
        return nil
    }

    /// See `ReplicaLog`.
    package func append(
        _ entries: [LogEntry], state: HardState?, mustSync: Bool
    ) throws(ConsensusError) {
        guard let disk else { throw .engineFailed(reason: "the log was not loaded") }
        try disk.log.save(entries, state: state, mustSync: mustSync)
        if let state { committed = state.commit }
        guard mustSync else { return }
        let installed = installing.flatMap { $0.index <= committed ? $0 : nil }
        let last = entries.last.map { LogPosition(index: $0.index, term: $0.term) }
        try advanceMark(to: last ?? max(mark.last, installed ?? mark.last), state: state)
        if installed != nil {
            installing = nil
            try forgetOlder(disk)
        }
    }

    /// See `ReplicaLog`. Of older snapshots one is kept, with the entries since; nothing goes
    /// before a snapshot counts, so that a crash in between finds what it goes on with.
    package func noteSnapshot(_ descriptor: SnapshotDescriptor) throws(ConsensusError) {
        guard let disk else { throw .engineFailed(reason: "the log was not loaded") }
        try snapshots.note(descriptor)
        try disk.log.save(descriptor)
        guard descriptor.index <= committed else {
            installing = descriptor.position
            return
        }
        try forgetOlder(disk)
    }

    private func forgetOlder(_ disk: DiskBox) throws(ConsensusError) {
        if let oldest = try snapshots.prune().first {
            try disk.log.release(through: oldest.index)
        }
    }

    private func advanceMark(
        to last: LogPosition, state: HardState?
    ) throws(ConsensusError) {
        mark.last = last
        if let state {
            mark.term = state.term
            mark.vote = state.vote
        }
        try markFile.overwrite(mark.encoded())
    }
}
