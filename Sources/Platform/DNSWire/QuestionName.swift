/// Room for one name in canonical form, kept by the caller so that reading a message allocates
/// nothing. It belongs to one thread and is overwritten by each message.
package struct QuestionName: ~Copyable {
    /// The most octets a name has on the wire, the root's zero included (RFC 1035 section 2.3.4).
    @inlinable package static var maximumOctets: Int { 255 }
    /// The most octets a label has.
    @inlinable package static var maximumLabelOctets: Int { 63 }

    /// Labels behind their lengths with the root's zero last, A-Z as a-z (RFC 4343 section 3). Only
    /// the first `count` octets mean anything.
    package private(set) var octets = InlineArray<255, UInt8>(repeating: 0)
    /// How many octets the name has: 1...255, or 0 before the first name was read.
    package private(set) var count = 0

    /// Makes room.
    package init() {}

    /// Lends the name's octets, without a copy.
    package borrowing func withOctets<Result>(_ use: (Span<UInt8>) -> Result) -> Result {
        use(octets.span.extracting(0..<count))
    }

    /// Reads an uncompressed name and gives the offset behind it. `nil` if the name runs over the
    /// end of the message, has a label of another kind than a plain one (pointers included), or is
    /// longer than 255 octets.
    package mutating func read(from message: Span<UInt8>, at start: Int) -> Int? {
        var offset = start
        count = 0
        while offset < message.count {
            let length = Int(message[offset])
            guard length <= Self.maximumLabelOctets,
                offset + length < message.count,
                count + 1 + length <= Self.maximumOctets
            else { return nil }
            octets[count] = UInt8(length)
            for index in 1..<(length + 1) {
                octets[count + index] = Self.lowercased(message[offset + index])
            }
            count += length + 1
            offset += length + 1
            if length == 0 { return offset }
        }
        return nil
    }

    @inline(__always)
    private static func lowercased(_ octet: UInt8) -> UInt8 {
        octet &- UInt8(ascii: "A") < 26 ? octet | 0x20 : octet
    }
}
