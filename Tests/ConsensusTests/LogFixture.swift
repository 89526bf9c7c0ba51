import Foundation

@testable import Consensus

/// Logs with entries as the engine writes them.
enum LogFixture {
    static let replica = Cluster.id(7)
    static let identity = LogIdentity(cluster: "test", replica: replica)

    /// An entry in the engine's own coding: type, term, index, data.
    static func entry(_ index: UInt64, term: UInt64 = 2, _ data: [UInt8]) -> LogEntry {
        var octets: [UInt8] = [0x08, 0x00, 0x10]
        octets += varint(term) + [0x18] + varint(index)
        if !data.isEmpty { octets += [0x22] + varint(UInt64(data.count)) + data }
        return LogEntry(index: index, term: term, octets: octets)
    }

    private static func varint(_ number: UInt64) -> [UInt8] {
        var rest = number
        var octets: [UInt8] = []
        while rest >= 0x80 {
            octets.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return octets + [UInt8(rest)]
    }

    /// A new log with these entries, each of which was synced before the next, and closed again.
    static func make(in directory: String, _ entries: [LogEntry]) throws {
        try WriteAheadLog.create(in: directory, identity: identity)
        let log = try WriteAheadLog(in: directory, identity: identity)
        _ = try log.load()
        try fill(log, entries)
    }

    static func fill(_ log: WriteAheadLog, _ entries: [LogEntry]) throws {
        for entry in entries {
            let state = HardState(term: entry.term, vote: replica, commit: entry.index - 1)
            try log.append([entry], state: state, mustSync: true)
        }
    }

    static func load(_ directory: String) throws -> LogContents {
        try WriteAheadLog(in: directory, identity: identity).load()
    }

    /// Frames of a segment: where each record begins, and where the last one ends.
    static func frames(_ octets: [UInt8]) -> [Int] {
        var offsets = [0]
        var offset = 0
        while offset + 8 <= octets.count {
            let field = (0..<8).reduce(UInt64(0)) {
                $0 | UInt64(octets[offset + $1]) << UInt64(8 * $1)
            }
            guard field != 0 else { break }
            let padding = field >> 63 == 1 ? (field >> 56) & 7 : 0
            offset += 8 + Int(field & 0x00ff_ffff_ffff_ffff) + Int(padding)
            offsets.append(offset)
        }
        return offsets
    }
}
