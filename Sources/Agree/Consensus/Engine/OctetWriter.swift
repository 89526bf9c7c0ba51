/// Writes what crosses to the engine: little-endian numbers, octets with a count before them.
struct OctetWriter {
    private(set) var octets: [UInt8] = []

    mutating func put(_ value: UInt8) { octets.append(value) }

    mutating func put(_ value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { octets.append(contentsOf: $0) }
    }

    mutating func put(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { octets.append(contentsOf: $0) }
    }

    mutating func put(_ value: Bool) { put(UInt8(value ? 1 : 0)) }

    mutating func put(_ value: [UInt8]) {
        put(UInt32(value.count))
        octets += value
    }

    mutating func put(_ value: String) { put(Array(value.utf8)) }

    mutating func put(_ ids: [ReplicaID]) {
        put(UInt32(ids.count))
        for id in ids { put(id.number) }
    }

    mutating func put(_ state: HardState) {
        put(state.term)
        put(state.vote?.number ?? 0)
        put(state.commit)
    }

    mutating func put(_ entries: [LogEntry]) {
        octets.reserveCapacity(octets.count + entries.reduce(4) { $0 + $1.octets.count + 20 })
        put(UInt32(entries.count))
        for entry in entries {
            put(entry.index)
            put(entry.term)
            put(entry.octets)
        }
    }

    /// A snapshot as the engine knows it: the descriptor is its data.
    mutating func put(_ snapshot: SnapshotDescriptor) {
        put(snapshot.index)
        put(snapshot.term)
        put(snapshot.configuration.voters)
        put(snapshot.configuration.learners)
        put(snapshot.encoded())
    }
}
