/// The one escape that JSON has and YAML has not.
enum JSONEscapes {
    /// The octets of `\uD83D`.
    private static let escapeOctets = 6

    /// The document with every surrogate pair, `\uD83D\uDE00` (RFC 8259 section 7), as the escape
    /// of YAML that means the same, `\U0001F600` (YAML 1.2 section 5.7). A surrogate without its
    /// other half stays, for libyaml to refuse. Lines stay where they are.
    static func joiningSurrogates(in bytes: [UInt8]) -> [UInt8] {
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.first {
            if byte != UInt8(ascii: "\\") {
                joined.append(byte)
                rest = rest.dropFirst()
            } else if let high = unit(at: rest, in: 0xD800...0xDBFF),
                let low = unit(at: rest.dropFirst(escapeOctets), in: 0xDC00...0xDFFF)
            {
                let code = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
                let digits = String(code, radix: 16)
                joined += "\\U\(String(repeating: "0", count: 8 - digits.count))\(digits)".utf8
                rest = rest.dropFirst(2 * escapeOctets)
            } else {
                // With what it escapes: the second of two backslashes begins nothing.
                joined += rest.prefix(2)
                rest = rest.dropFirst(2)
            }
        }
        return joined
    }

    /// The code unit that an escape stands for, if there is one and it is in `range`.
    private static func unit(at octets: ArraySlice<UInt8>, in range: ClosedRange<Int>) -> Int? {
        let digits = octets.dropFirst(2).prefix(escapeOctets - 2)
        guard octets.starts(with: "\\u".utf8), digits.count == escapeOctets - 2,
            digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        return range.contains(unit) ? unit : nil
    }
}
