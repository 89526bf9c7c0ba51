/// How many signatures of a zone end in which hour. Whoever has the zone can tell without a look at
/// all of them how long it is good for, if nobody renews anything.
struct SignatureCalendar: Hashable, Sendable {
    private static let widthSeconds: UInt32 = 3_600

    private var counts: [UInt32: Int] = [:]
    /// How many signatures there are.
    private(set) var count = 0

    /// The signatures of a set come, or go.
    mutating func count(_ set: RecordSet, _ change: Int) {
        for data in set.signatures {
            guard let hour = Self.hour(data) else { continue }
            count += change
            let present = counts[hour, default: 0] + change
            counts[hour] = present == 0 ? nil : present
        }
    }

    /// When the first ends, at the earliest, in seconds since 1970; `nil` if there is none. Times
    /// of signatures count modulo 2^32: the one nearest to `seconds` is meant (RFC 4034 section
    /// 3.1.5).
    func firstEndSeconds(near seconds: UInt64) -> UInt64? {
        counts.keys.map { hour in
            let distance = Int32(
                bitPattern: hour &* Self.widthSeconds &- UInt32(truncatingIfNeeded: seconds))
            return UInt64(max(Int64(clamping: seconds) + Int64(distance), 0))
        }.min()
    }

    /// The hour of the expiration field (RFC 4034 section 3.1.5); `nil` for what is no signature.
    private static func hour(_ data: [UInt8]) -> UInt32? {
        guard data.count >= 12 else { return nil }
        return data[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } / widthSeconds
    }
}
