/// What tells a flipped bit from another address.
enum Checksum {
    /// CRC-32 as in ISO 3309 and RFC 1952 section 8, of several pieces as if they were one.
    static func crc32(_ pieces: ArraySlice<UInt8>...) -> UInt32 {
        var sum = UInt32.max
        for piece in pieces {
            for octet in piece {
                sum = sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ octet)]
            }
        }
        return ~sum
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in
            sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
        }
    }
}
