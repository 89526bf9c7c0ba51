/// An IPv4 address, as 32 bits in host order.
package struct IPv4Address: Hashable, Sendable {
    /// The address as a number: 192.0.2.1 is 0xC0000201.
    package let bits: UInt32

    /// Wraps a number; every 32-bit number is an address.
    package init(bits: UInt32) {
        self.bits = bits
    }

    /// Reads dotted decimal: four decimal numbers of 0...255 without leading zeros, which some
    /// readers take for octal (RFC 6943 section 3.1.1). `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        var bits: UInt32 = 0
        var octets = 0
        var digits = 0
        var octet: UInt32 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard digits == 0 || octet != 0 else { return nil }
                octet = octet * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard octet <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, octets < 3 else { return nil }
                bits = bits << 8 | octet
                octets += 1
                digits = 0
                octet = 0
            default:
                return nil
            }
        }
        guard octets == 3, digits > 0 else { return nil }
        self.bits = bits << 8 | octet
    }

    /// The four octets in network order.
    package var octets: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) }
    }
}

extension IPv4Address: CustomStringConvertible {
    package var description: String {
        octets.map(String.init).joined(separator: ".")
    }
}

extension IPv4Address: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}
