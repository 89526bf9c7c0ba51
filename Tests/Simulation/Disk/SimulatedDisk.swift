import Consensus
import TestSupport

/// What one host keeps over a crash: its log, its snapshots and the count of its lives.
final class SimulatedDisk {
    /// What happens at the next sync, once.
    enum Fault: Hashable {
        case none
        /// The power fails before it is done.
        case powerLoss
        /// The disk says that it failed, and has lost what was not synced.
        case failingSync
    }

    /// What the log is made of.
    enum Record {
        case entry(LogEntry)
        case state(HardState)
        case snapshot(SnapshotDescriptor)
    }

    /// A snapshot's file, as it was written.
    struct SnapshotFile {
        let number: UInt64
        let chunks: [[UInt8]]

        var octets: Int { chunks.reduce(0) { $0 + $1.count } }
    }

    /// How many snapshots are kept.
    static let snapshotLimit = 3

    var log = SimulatedFile<Record>()
    private(set) var snapshots: [SnapshotFile] = []
    /// Counts the lives of the process.
    private(set) var incarnation: UInt64 = 0
    var fault = Fault.none
    /// Nothing more fits.
    var isFull = false
    /// What ended the process that uses it, if the disk did.
    private(set) var failure: Fault?
    /// What the power losses took.
    private(set) var losses: [SimulatedFile<Record>.Loss] = []
    /// How long it took since the last look.
    private(set) var elapsedMicroseconds: Int64 = 0
    var syncMicroseconds: Int64
    private var lastTerm: UInt64 = 0
    private var hasNewTerm = false
    private var random: SeededRandom

    init(seed: UInt64, slot: Int, syncMicroseconds: Int64) {
        random = .stream(seed: seed, "disk \(slot)")
        self.syncMicroseconds = syncMicroseconds
    }

    /// A process begins to use it.
    func beginLife() {
        incarnation += 1
        failure = nil
    }

    /// The power fails now.
    func losePower() {
        losses.append(log.losePower(&random))
    }

    /// Whether a new term was written since the last look.
    func takeNewTerm() -> Bool {
        defer { hasNewTerm = false }
        return hasNewTerm
    }

    /// How long the disk was at work; the count begins anew.
    func takeElapsed() -> Int64 {
        defer { elapsedMicroseconds = 0 }
        return elapsedMicroseconds
    }

    func write(_ records: [(Record, octets: Int)], mustSync: Bool) throws(ConsensusError) {
        guard !isFull else {
            failure = Fault.none
            throw .storageFailed(operation: "write", path: "log", reason: "no space left")
        }
        for (record, octets) in records {
            log.append(record, octets: octets)
            if case .state(let state) = record, state.term > lastTerm {
                lastTerm = state.term
                hasNewTerm = true
            }
        }
        if mustSync { try sync() }
    }

    func sync() throws(ConsensusError) {
        elapsedMicroseconds += random.longTailed(mean: syncMicroseconds)
        guard fault == .none else {
            failure = fault
            fault = .none
            losePower()
            throw .storageFailed(operation: "sync", path: "log", reason: "\(fault)")
        }
        log.sync()
    }

    /// Puts a snapshot's file in its place, complete and synced.
    func store(_ file: SnapshotFile) throws(ConsensusError) {
        guard !isFull else {
            failure = Fault.none
            throw .storageFailed(operation: "write", path: "snapshot", reason: "no space left")
        }
        elapsedMicroseconds += random.longTailed(mean: 2 * syncMicroseconds)
        guard !snapshots.contains(where: { $0.number == file.number }) else { return }
        snapshots.append(file)
        if snapshots.count > Self.snapshotLimit { snapshots.removeFirst() }
    }

    func snapshot(_ number: UInt64) -> SnapshotFile? {
        snapshots.first { $0.number == number }
    }
}
