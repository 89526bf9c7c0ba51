/// The name in a question (RFC 1035 sections 3.1 and 4.1.2).
package enum QuestionName {
    /// The most octets a name has on the wire, the root's zero included (RFC 1035 section 2.3.4).
    @inlinable package static var maximumOctets: Int { 255 }
    /// The most octets a label has.
    @inlinable package static var maximumLabelOctets: Int { 63 }

    /// Reads an uncompressed name and gives the offset behind it. `canonical`, which must have room
    /// for 255 octets, receives the name with A-Z as a-z (RFC 4343 section 3); it is as long as the
    /// name in the message. `nil` if the name runs over the end of the message, has a label of
    /// another kind than a plain one (pointers included), or is longer than 255 octets.
    static func read(
        from message: Span<UInt8>, at start: Int, into canonical: inout MutableSpan<UInt8>
    ) -> Int? {
        var offset = start
        while offset < message.count {
            let length = Int(message[offset])
            guard length <= maximumLabelOctets,
                offset + length < message.count,
                offset - start + 1 + length <= maximumOctets
            else { return nil }
            canonical[offset - start] = UInt8(length)
            for index in (offset + 1)..<(offset + 1 + length) {
                canonical[index - start] = lowercased(message[index])
            }
            offset += length + 1
            if length == 0 { return offset }
        }
        return nil
    }

    @inline(__always)
    static func lowercased(_ octet: UInt8) -> UInt8 {
        octet &- UInt8(ascii: "A") < 26 ? octet | 0x20 : octet
    }
}
