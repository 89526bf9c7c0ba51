import Inventory
import OpenSSL
import Zones

/// What a mark says of the record set's content at the time it was written: whoever changes the set
/// without the mark leaves the two apart.
enum Seal {
    /// Hexadecimal digits of a seal: half of a SHA-256.
    static let digitCount = 32

    /// The first 32 hexadecimal digits of the SHA-256 over
    ///
    ///     cluster     16 octets
    ///     type        2 octets
    ///     TTL         4 octets
    ///     for each record, in canonical order (RFC 4034 section 6.3):
    ///         length  2 octets
    ///         data    wire form, names in it uncompressed and in lower case
    ///
    /// with numbers in network order. The owner's name is not in it: a mark stands with its owner.
    static func text(of set: RecordSet, in cluster: ClusterID) -> String {
        var octets = bigEndian(cluster.high) + bigEndian(cluster.low)
        octets += bigEndian(set.key.type.rawValue) + bigEndian(set.ttlSeconds)
        for data in set.data {
            // `RecordSet` holds no data longer than that.
            octets += bigEndian(UInt16(data.count)) + data
        }
        return hexadecimal(SHA256Digest.of(octets).prefix(digitCount / 2))
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        stride(from: number.bitWidth - 8, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: number >> $0)
        }
    }

    private static func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for octet in octets { text += [digits[Int(octet >> 4)], digits[Int(octet & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// The text has the form of a seal, or of a cluster's id.
    static func isDigits(_ text: some StringProtocol) -> Bool {
        text.utf8.count == digitCount
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
