package import TestSupport

/// A file that records are appended to, on a disk that may lose power. What was not synced is lost
/// in sectors, in any order: a later sector may be on the disk and an earlier one not. The reader
/// finds the first damaged record by its checksum and stops there, as etcd's log does at its tail;
/// that the real log does so is tested on real files.
package struct SimulatedFile<Record> {
    /// The unit that a disk writes as a whole.
    package static var sectorOctets: Int { 512 }

    /// What a loss of power took.
    package struct Loss: Hashable, Sendable {
        /// Records that are gone.
        package var records = 0
        /// The last one of the file was there in part.
        package var isTorn = false
        /// Sectors behind a lost one had been written.
        package var isReordered = false
    }

    /// Everything that a reader finds, in the order it was written.
    package private(set) var records: [Record] = []
    private var syncedCount = 0
    /// Sizes of the records behind `syncedCount`.
    private var unsyncedOctets: [Int] = []

    /// An empty file.
    package init() {}

    /// How many records a loss of power could take.
    package var unsyncedCount: Int { unsyncedOctets.count }

    /// Writes behind the end; nothing is safe before `sync`.
    package mutating func append(_ record: Record, octets: Int) {
        records.append(record)
        unsyncedOctets.append(octets)
    }

    /// Makes everything written so far safe.
    package mutating func sync() {
        syncedCount = records.count
        unsyncedOctets.removeAll()
    }

    /// Replaces the whole file at once, as deleting segments from its front does.
    package mutating func replace(with kept: [Record]) {
        records = kept
        sync()
    }

    /// The power fails.
    package mutating func losePower(_ random: inout SeededRandom) -> Loss {
        var loss = Loss()
        guard !unsyncedOctets.isEmpty else { return loss }
        let octets = unsyncedOctets.reduce(0, +)
        let sectors = (octets + Self.sectorOctets - 1) / Self.sectorOctets
        let survives = (0..<sectors).map { _ in random.oneIn(2) }
        let whole = survives.firstIndex(of: false) ?? sectors
        loss.isReordered = survives[whole...].contains(true)
        var kept = 0
        var end = 0
        for size in unsyncedOctets {
            end += size
            guard end <= whole * Self.sectorOctets else {
                loss.isTorn = end - size < whole * Self.sectorOctets
                break
            }
            kept += 1
        }
        loss.records = unsyncedOctets.count - kept
        records.removeLast(loss.records)
        sync()
        return loss
    }
}
