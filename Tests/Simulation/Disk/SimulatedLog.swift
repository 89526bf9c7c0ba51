import Consensus

/// A replica's log on a simulated disk. Records are only ever appended; what they come to is worked
/// out when the log is read, as with etcd's.
final class SimulatedLog: ReplicaLog {
    private let disk: SimulatedDisk
    private let watch: ([LogEntry]) -> Void

    /// `watch` sees each entry before it is written.
    init(disk: SimulatedDisk, watch: @escaping ([LogEntry]) -> Void) {
        self.disk = disk
        self.watch = watch
    }

    /// Reads the log and syncs it: what a killed process had written and not synced is still there,
    /// and whoever acts on it must not lose it to a later loss of power.
    func load() throws(ConsensusError) -> LogContents {
        try disk.sync()
        var contents = LogContents()
        for case .state(let state) in disk.log.records { contents.hardState = state }
        let commit = contents.hardState?.commit ?? 0
        for record in disk.log.records {
            switch record {
            case .state: break
            case .entry(let entry): try Self.take(entry, into: &contents)
            // One that is ahead of the state was noted right before the crash.
            case .snapshot(let descriptor) where descriptor.index > commit: break
            case .snapshot(let descriptor): Self.take(descriptor, into: &contents)
            }
        }
        return contents
    }

    func append(
        _ entries: [LogEntry], state: HardState?, mustSync: Bool
    ) throws(ConsensusError) {
        watch(entries)
        var records = entries.map {
            (SimulatedDisk.Record.entry($0), octets: $0.octets.count + Self.headerOctets)
        }
        if let state { records.append((.state(state), octets: Self.headerOctets)) }
        try disk.write(records, mustSync: mustSync)
    }

    func noteSnapshot(_ descriptor: SnapshotDescriptor) throws(ConsensusError) {
        try disk.write([(.snapshot(descriptor), octets: 3 * Self.headerOctets)], mustSync: true)
    }

    /// A run is too short to need the space.
    func release(through index: UInt64) throws(ConsensusError) {}

    private static let headerOctets = 32

    private static func take(
        _ entry: LogEntry, into contents: inout LogContents
    ) throws(ConsensusError) {
        while let last = contents.entries.last, last.index >= entry.index {
            contents.entries.removeLast()
        }
        let last = contents.entries.last?.index ?? contents.snapshot?.index ?? 0
        guard entry.index == last + 1 else {
            throw .logDamaged(reason: "entry \(entry.index) follows entry \(last)")
        }
        contents.entries.append(entry)
    }

    private static func take(_ snapshot: SnapshotDescriptor, into contents: inout LogContents) {
        guard snapshot.index > contents.snapshot?.index ?? 0 else { return }
        contents.snapshot = snapshot
        let place = contents.entries.first { $0.index == snapshot.index }
        if let place, place.term == snapshot.term {
            contents.entries.removeAll { $0.index <= snapshot.index }
        } else {
            contents.entries.removeAll()
        }
    }
}
