/// Where messages begin and end in a stream: each stands behind its length in two octets (RFC 1035
/// section 4.2.2, RFC 7766 section 8).
package enum StreamFraming {
    /// What a stream begins with.
    package enum Head: Equatable, Sendable {
        /// A whole message of so many octets, behind its length.
        case message(octets: Int)
        /// A part of a message, or of its length.
        case incomplete
        /// A message that is longer than wanted. Nothing behind it can be made out without taking
        /// it.
        case overlong
    }

    /// What stands before each message.
    package static let lengthOctets = 2

    /// Looks at what has come and was not taken yet.
    ///
    /// - `limit`: longer messages are not wanted, in octets.
    package static func head(of octets: Span<UInt8>, limit: Int) -> Head {
        guard octets.count >= lengthOctets else { return .incomplete }
        let length = Int(octets[0]) << 8 | Int(octets[1])
        guard length <= limit else { return .overlong }
        return octets.count - lengthOctets >= length ? .message(octets: length) : .incomplete
    }
}
