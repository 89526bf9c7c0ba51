extension FixedWidthInteger {
    /// The number's octets, most significant first.
    var networkOctets: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: self >> Self($0))
        }
    }

    /// Reads as many octets as the number has.
    init(networkOctets octets: some Sequence<UInt8>) {
        self = octets.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
    }
}

extension [UInt8] {
    /// Adds a number of 16 bits in network order.
    mutating func append(number: UInt16) {
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    /// Adds a number of 32 bits in network order.
    mutating func append(number: UInt32) {
        append(number: UInt16(truncatingIfNeeded: number >> 16))
        append(number: UInt16(truncatingIfNeeded: number))
    }
}
