/// An IPv6 address, as two halves of 64 bits in host order. Zone identifiers ("%eth0") are not
/// part of it: an address that needs one is never published.
package struct IPv6Address: Hashable, Sendable {
    /// The first 64 bits: the routing prefix and the subnet.
    package let high: UInt64
    /// The last 64 bits: the interface identifier.
    package let low: UInt64

    /// Wraps two numbers; every 128-bit number is an address.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Joins sixteen octets in network order; `nil` if there are not sixteen.
    package init?(octets: some Collection<UInt8>) {
        guard octets.count == 16 else { return nil }
        high = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = octets.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads every form of RFC 4291 section 2.2, the one with a dotted IPv4 tail included.
    /// `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard let groups = IPv6Text.groups(of: text) else { return nil }
        high = groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) }
        low = groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) }
    }

    /// The eight 16-bit groups, first to last.
    package var groups: [UInt16] {
        [high, high, high, high, low, low, low, low].enumerated().map { index, half in
            UInt16(truncatingIfNeeded: half >> (48 - 16 * (UInt64(index) % 4)))
        }
    }

    /// The sixteen octets in network order.
    package var octets: [UInt8] {
        groups.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    /// The 32 hexadecimal digits, first to last, each 0...15; ip6.arpa names are made of them.
    package var nibbles: [UInt8] {
        octets.flatMap { [$0 >> 4, $0 & 0xF] }
    }

    /// The interface identifier was formed from this MAC (modified EUI-64, RFC 4291 appendix A).
    package func isEUI64(of mac: MACAddress) -> Bool {
        low == mac.modifiedEUI64
    }
}

extension IPv6Address: CustomStringConvertible {
    /// The canonical text of RFC 5952.
    package var description: String { IPv6Text.canonical(self) }
}

extension IPv6Address: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Reading and printing of IPv6 text, apart from the value itself.
private enum IPv6Text {
    /// Eight groups from text, or `nil`.
    static func groups(of text: some StringProtocol) -> [UInt16]? {
        guard text.utf8.count <= 45 else { return nil }
        let halves = text.components(separatedBy: "::")
        switch halves.count {
        case 1:
            guard let groups = list(halves[0]), groups.count == 8 else { return nil }
            return groups
        case 2:
            guard let head = list(halves[0], mayEndInIPv4: false), let tail = list(halves[1]),
                head.count + tail.count < 8
            else { return nil }
            return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        default:
            return nil
        }
    }

    /// Groups between colons; an empty text is no group at all.
    private static func list(_ text: Substring, mayEndInIPv4: Bool = true) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, let tail = IPv4Address(part) {
                groups.append(UInt16(truncatingIfNeeded: tail.bits >> 16))
                groups.append(UInt16(truncatingIfNeeded: tail.bits))
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default:
            false
        }
    }

    /// RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups
    /// as "::", IPv4-mapped addresses with a dotted tail (section 5).
    static func canonical(_ address: IPv6Address) -> String {
        if address.high == 0, address.low >> 32 == 0xFFFF {
            return "::ffff:\(IPv4Address(bits: UInt32(truncatingIfNeeded: address.low)))"
        }
        let groups = address.groups
        let texts = groups.map { String($0, radix: 16) }
        guard let run = longestZeroRun(groups) else { return texts.joined(separator: ":") }
        return texts[..<run.lowerBound].joined(separator: ":") + "::"
            + texts[run.upperBound...].joined(separator: ":")
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best = 0..<0
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 {
                start = index + 1
            } else if index + 1 - start > best.count {
                best = start..<index + 1
            }
        }
        return best.count >= 2 ? best : nil
    }
}

extension StringProtocol {
    /// The pieces between occurrences of a separator of two bytes; overlapping ones do not count,
    /// so that ":::" is two pieces, of which the second starts with a colon.
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var pieces: [Substring] = []
        var rest = Substring(self)
        while let range = rest.firstRange(of: separator) {
            pieces.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return pieces + [rest]
    }
}
