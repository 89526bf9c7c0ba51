/// Names in messages of servers, which may end in a pointer to an earlier one (RFC 1035 section
/// 4.1.4).
enum WireName {
    /// More pointers lead to a name than to its labels: a name has at most 127, so nobody writes
    /// more. Without a bound a message of pointers to pointers would take a million times as long
    /// to read as to send.
    static let maximumPointers = 127

    /// Reads a name, with A-Z as a-z and without compression, and the offset behind it as it stands
    /// in the message. `nil` if it runs over the end, has a label of another kind, is longer than
    /// 255 octets, has more pointers than `maximumPointers`, or points anywhere but in front of
    /// itself: that way each pointer leads to an earlier place than the one before, and the last
    /// one to an end.
    static func read(from message: Span<UInt8>, at start: Int) -> (wire: [UInt8], end: Int)? {
        var wire: [UInt8] = []
        var offset = start
        var earliest = start
        var pointers = 0
        var end: Int?
        while offset < message.count {
            let length = Int(message[offset])
            switch length {
            case 0:
                wire.append(0)
                return (wire, end ?? offset + 1)
            case 1...QuestionName.maximumLabelOctets:
                // The root's zero has to find room too.
                guard offset + length < message.count,
                    wire.count + 2 + length <= QuestionName.maximumOctets
                else { return nil }
                wire.append(UInt8(length))
                for index in offset + 1...offset + length {
                    wire.append(QuestionName.lowercased(message[index]))
                }
                offset += 1 + length
            case 0xC0...:
                guard offset + 1 < message.count else { return nil }
                let target = Int(message.number16(at: offset) & 0x3FFF)
                guard target < earliest, target >= Header.sizeOctets,
                    pointers < maximumPointers
                else { return nil }
                pointers += 1
                end = end ?? offset + 2
                offset = target
                earliest = target
            default:
                return nil
            }
        }
        return nil
    }
}
