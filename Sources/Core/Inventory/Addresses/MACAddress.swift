/// A 48-bit hardware address.
package struct MACAddress: Hashable, Sendable {
    /// The address as a number of 48 bits, first octet highest.
    package let bits: UInt64

    /// `nil` if more than 48 bits are set.
    package init?(bits: UInt64) {
        guard bits >> 48 == 0 else { return nil }
        self.bits = bits
    }

    /// Reads the forms in use, in either case: `bc:24:11:aa:bb:01`, `BC-24-11-AA-BB-01`,
    /// `bc24.11aa.bb01` and `bc2411aabb01`. `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard let digits = Self.digits(of: text), let bits = UInt64(digits, radix: 16) else {
            return nil
        }
        self.bits = bits
    }

    /// Twelve hexadecimal digits, if the separators stand where one of the forms has them.
    private static func digits(of text: some StringProtocol) -> String? {
        let separators: [(separator: Character, groupLength: Int)] = [(":", 2), ("-", 2), (".", 4)]
        var digits = String(text)
        if let (separator, length) = separators.first(where: { text.contains($0.separator) }) {
            let groups = digits.split(separator: separator, omittingEmptySubsequences: false)
            guard groups.allSatisfy({ $0.utf8.count == length }) else { return nil }
            digits = groups.joined()
        }
        guard digits.utf8.count == 12, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            return nil
        }
        return digits
    }

    /// The group bit is set: never the address of one interface.
    package var isMulticast: Bool { bits >> 40 & 1 == 1 }

    /// The prefixes that VRRP puts on its virtual routers: 00-00-5E-00-01 for IPv4 and
    /// 00-00-5E-00-02 for IPv6 (RFC 9568 section 7.3).
    package var isVirtualRouter: Bool {
        let prefix = bits >> 8
        return prefix == 0x00_00_5E_00_01 || prefix == 0x00_00_5E_00_02
    }

    /// The interface identifier that stateless autoconfiguration makes of this address
    /// (RFC 4291 appendix A).
    package var modifiedEUI64: UInt64 {
        let high = (bits >> 24) ^ 0x02_00_00
        return high << 40 | 0xFF_FE << 24 | bits & 0xFF_FF_FF
    }
}

extension MACAddress: CustomStringConvertible {
    /// Lower case with colons.
    package var description: String {
        [40, 32, 24, 16, 8, 0].map { shift in
            let octet = String(bits >> UInt64(shift) & 0xFF, radix: 16)
            return octet.count == 1 ? "0" + octet : octet
        }.joined(separator: ":")
    }
}

extension MACAddress: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}
