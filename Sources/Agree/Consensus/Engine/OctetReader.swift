/// Reads what `OctetWriter` or the engine wrote, and never past its end.
struct OctetReader {
    private let octets: [UInt8]
    private var position = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    /// The octets end before what they announce.
    struct Ended: Error {}

    var isAtEnd: Bool { position == octets.count }

    private mutating func take(_ count: Int) throws(Ended) -> Int {
        guard count >= 0, count <= octets.count - position else { throw Ended() }
        defer { position += count }
        return position
    }

    mutating func u8() throws(Ended) -> UInt8 { octets[try take(1)] }

    mutating func flag() throws(Ended) -> Bool { try u8() != 0 }

    mutating func u32() throws(Ended) -> UInt32 {
        let start = try take(4)
        return (0..<4).reduce(0) { $0 | UInt32(octets[start + $1]) << UInt32(8 * $1) }
    }

    mutating func u64() throws(Ended) -> UInt64 {
        let start = try take(8)
        return octets.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
    }

    mutating func blob() throws(Ended) -> [UInt8] {
        let count = Int(try u32())
        let start = try take(count)
        return Array(octets[start..<start + count])
    }

    /// How many of something follow that takes at least `octets` each.
    mutating func count(ofAtLeast size: Int) throws(Ended) -> Int {
        let count = Int(try u32())
        guard count <= (octets.count - position) / size else { throw Ended() }
        return count
    }

    mutating func numbers() throws(Ended) -> [UInt64] {
        let count = try count(ofAtLeast: 8)
        var numbers: [UInt64] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try u64()) }
        return numbers
    }

    mutating func id() throws(Ended) -> ReplicaID? { ReplicaID(try u64()) }

    mutating func configuration() throws(Ended) -> Configuration {
        let voters = try numbers().compactMap(ReplicaID.init)
        let learners = try numbers().compactMap(ReplicaID.init)
        return Configuration(voters: voters, learners: learners)
    }

    mutating func hardState() throws(Ended) -> HardState {
        HardState(term: try u64(), vote: try id(), commit: try u64())
    }

    mutating func entries() throws(Ended) -> [LogEntry] {
        let count = try count(ofAtLeast: 20)
        var entries: [LogEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            entries.append(LogEntry(index: try u64(), term: try u64(), octets: try blob()))
        }
        return entries
    }
}
