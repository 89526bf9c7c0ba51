package import Inventory
import OpenSSL
package import Zones

/// What a mark says of the record set's content at the time it was written: whoever changes the set
/// without the mark leaves the two apart. The first 128 bits of the SHA-256 over
///
///     cluster     16 octets
///     owner       wire form, in lower case
///     type        2 octets
///     TTL         4 octets
///     for each record, in canonical order (RFC 4034 section 6.3):
///         length  2 octets
///         data    wire form, names in it uncompressed and in lower case
///
/// with numbers in network order. The owner is in it so that a set that somebody copies to another
/// name, comment and all, is not taken for ours.
package struct Seal: Hashable, Sendable {
    /// Hexadecimal digits of a seal.
    package static let digitCount = 32

    /// The first 64 bits.
    package let high: UInt64
    /// The others.
    package let low: UInt64

    /// Joins the two.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The seal of one set; for many, `Sealer` takes less time.
    package init(of set: RecordSet, in cluster: ClusterID) {
        var sealer = Sealer(cluster: cluster)
        self = sealer.seal(set)
    }

    /// Reads 32 hexadecimal digits in lower case; `nil` for anything else.
    package init?(_ digits: some StringProtocol) {
        // Character by character takes as long as the digest.
        let read = digits.utf8.withContiguousStorageIfAvailable { Self.numbers($0) }
        guard let numbers = read ?? Self.numbers(Array(digits.utf8)) else { return nil }
        (high, low) = numbers
    }

    private static func numbers(
        _ digits: some RandomAccessCollection<UInt8>
    ) -> (high: UInt64, low: UInt64)? {
        guard digits.count == digitCount else { return nil }
        var numbers: (high: UInt64, low: UInt64) = (0, 0)
        for octet in digits {
            let digit: UInt8
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = octet - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = octet - UInt8(ascii: "a") + 10
            default: return nil
            }
            numbers.high = numbers.high << 4 | numbers.low >> 60
            numbers.low = numbers.low << 4 | UInt64(digit)
        }
        return numbers
    }
}

extension Seal: CustomStringConvertible {
    /// 32 hexadecimal digits in lower case.
    package var description: String {
        let digits = [high, low].flatMap { number in
            stride(from: 60, through: 0, by: -4).map { shift in
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15
                return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// Makes the seals of one cluster.
package struct Sealer: ~Copyable {
    /// Whose they are.
    package let cluster: ClusterID
    /// The same as 32 hexadecimal digits, as marks name it.
    package let clusterText: String
    private var hasher = SHA256Hasher()
    private let head: [UInt8]

    /// `cluster` is ours.
    package init(cluster: ClusterID) {
        self.cluster = cluster
        clusterText = "\(cluster)"
        var head: [UInt8] = []
        Self.append(cluster.high, to: &head)
        Self.append(cluster.low, to: &head)
        self.head = head
    }

    /// The seal of a set.
    package mutating func seal(_ set: RecordSet) -> Seal {
        var octets = head
        octets.reserveCapacity(
            set.data.reduce(32 + set.key.owner.wire.count) { $0 + $1.count + 2 })
        octets += set.key.owner.wire
        Self.append(set.key.type.rawValue, to: &octets)
        Self.append(set.ttlSeconds, to: &octets)
        for data in set.data {
            // `RecordSet` holds no data longer than that.
            Self.append(UInt16(data.count), to: &octets)
            octets += data
        }
        let half = hasher.half(of: octets)
        return Seal(high: half.high, low: half.low)
    }

    private static func append(_ number: some FixedWidthInteger, to octets: inout [UInt8]) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            octets.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
