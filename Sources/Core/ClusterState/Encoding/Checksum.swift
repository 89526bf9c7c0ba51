/// The checksum at the end of a snapshot: a flipped bit must be an error, not another address.
///
/// It is the last field of the `Snapshot` message, so that the whole stays one message: its tag and
/// four octets, least significant first, behind everything else.
enum Checksum {
    /// Field 15 of type fixed32, as Protocol Buffers write it.
    private static let tag: UInt8 = 15 << 3 | 5
    private static let sizeOctets = 5

    /// A snapshot's octets with the checksum behind them.
    static func sealed(_ octets: [UInt8]) -> [UInt8] {
        let sum = crc32(octets[...])
        return octets + [tag] + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: sum >> $0) }
    }

    /// The octets end in their own checksum.
    static func holds(_ octets: [UInt8]) -> Bool {
        guard octets.count > sizeOctets else { return false }
        return sealed(Array(octets.dropLast(sizeOctets))) == octets
    }

    /// CRC-32 as in ISO 3309 and RFC 1952 section 8.
    static func crc32(_ octets: ArraySlice<UInt8>) -> UInt32 {
        ~octets.reduce(UInt32.max) { sum, octet in
            sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ octet)]
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in
            sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
        }
    }
}
