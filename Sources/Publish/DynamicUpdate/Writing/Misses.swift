import Zones

/// How often entries were not as they had been read, since they were written last. Once is somebody
/// else's hand; again and again, the server transfers something else than it compares with.
struct Misses: Sendable {
    /// From then on it is told.
    static let maximum = 3
    /// More are not remembered: all is forgotten then.
    static let maximumEntries = 20_000

    private var counts: [RecordSetKey: Int] = [:]

    /// Takes note of misses. Returns those that were missed too often.
    mutating func add(_ keys: [RecordSetKey]) -> [RecordSetKey] {
        if counts.count + keys.count > Self.maximumEntries { counts = [:] }
        for key in keys { counts[key, default: 0] += 1 }
        return keys.filter { counts[$0, default: 0] >= Self.maximum }
    }

    /// They were carried out.
    mutating func clear(_ keys: [RecordSetKey]) {
        guard !counts.isEmpty else { return }
        for key in keys { counts[key] = nil }
    }
}
