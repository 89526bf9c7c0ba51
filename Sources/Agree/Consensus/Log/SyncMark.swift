/// How far a log was synced, in a file of its own that is written after each sync and never synced
/// itself: what it says is true whenever it says it, only perhaps not the latest. It tells a torn
/// end, which nobody was promised, from a damaged one. The log alone cannot: a length whose bits
/// were flipped looks like the end of what was written.
struct SyncMark: Equatable {
    /// The furthest entry.
    var last = LogPosition(index: 0, term: 0)
    var term: UInt64 = 0
    var vote: ReplicaID?

    private static let magic: UInt64 = 0x0070_6970_616d_3101

    func encoded() -> [UInt8] {
        var writer = OctetWriter()
        writer.put(Self.magic)
        writer.put(last.index)
        writer.put(last.term)
        writer.put(term)
        writer.put(vote?.number ?? 0)
        writer.put(Self.sum(writer.octets))
        return writer.octets
    }

    init() {}

    /// `nil` if these are not the octets of one.
    init?(_ octets: [UInt8]) {
        var reader = OctetReader(octets)
        guard octets.count == 48, Self.sum(Array(octets.prefix(40))) == Self.number(octets, at: 40),
            let magic = try? reader.u64(), magic == Self.magic,
            let index = try? reader.u64(), let lastTerm = try? reader.u64(),
            let term = try? reader.u64(), let vote = try? reader.u64()
        else { return nil }
        last = LogPosition(index: index, term: lastTerm)
        self.term = term
        self.vote = ReplicaID(vote)
    }

    /// What of it a log has lost; `nil` for one that has it all.
    func missing(last found: LogPosition, state: HardState) -> String? {
        if found < last {
            return "it ends at entry \(found.index) of term \(found.term), but entry "
                + "\(last.index) of term \(last.term) was on the disk"
        }
        let hasVote = state.term > term || vote == nil || state.vote == vote
        if state.term < term || !hasVote {
            return "it knows of term \(state.term) and lost the vote of term \(term)"
        }
        return nil
    }

    /// FNV-1a.
    private static func sum(_ octets: [UInt8]) -> UInt64 {
        octets.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }

    private static func number(_ octets: [UInt8], at start: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(octets[start + $1]) << UInt64(8 * $1) }
    }
}
