/// How a record stands in a snapshot: its length and a CRC-32 of its number, its length and itself,
/// four octets each, least significant first, and then a `SnapshotRecord` message.
///
/// The number is in the sum, so that records that changed places, or stand there twice, show.
enum SnapshotFrame {
    static let headerOctets = 8
    /// Nothing of ours comes near; a length beyond it is damage.
    static let recordLimitOctets = 256 << 20

    static func append(_ record: [UInt8], number: UInt64, to bytes: inout [UInt8]) {
        precondition(record.count <= recordLimitOctets, "a record of \(record.count) octets")
        let length = UInt32(record.count).octets
        bytes += length
        bytes += checksum(of: record[...], length: length[...], number: number).octets
        bytes += record
    }

    static func checksum(
        of record: ArraySlice<UInt8>, length: ArraySlice<UInt8>, number: UInt64
    ) -> UInt32 {
        let number =
            UInt32(truncatingIfNeeded: number).octets
            + UInt32(truncatingIfNeeded: number >> 32).octets
        return Checksum.crc32(number[...], length, record)
    }

    static func number(_ octets: ArraySlice<UInt8>) -> UInt32 {
        octets.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension UInt32 {
    /// Least significant first.
    fileprivate var octets: [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: self >> $0) }
    }
}
