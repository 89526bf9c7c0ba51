/// The twelve octets in front of every message (RFC 1035 section 4.1.1).
package struct Header: Equatable, Sendable, BitwiseCopyable {
    /// The length of a header in octets.
    @inlinable package static var sizeOctets: Int { 12 }

    /// Chosen by the client, repeated in the answer.
    package var id: UInt16
    /// QR, opcode, AA, TC, RD, RA, Z, AD, CD and rcode, as they stand on the wire.
    package var flags: Flags
    /// Entries of the question section.
    package var questionCount: UInt16 = 0
    /// Records of the answer section.
    package var answerCount: UInt16 = 0
    /// Records of the authority section.
    package var authorityCount: UInt16 = 0
    /// Records of the additional section, OPT and TSIG included.
    package var additionalCount: UInt16 = 0

    /// A header with empty sections.
    package init(id: UInt16, flags: Flags) {
        self.id = id
        self.flags = flags
    }

    /// Reads the first twelve octets; `nil` if there are fewer.
    package init?(_ message: Span<UInt8>) {
        guard message.count >= Self.sizeOctets else { return nil }
        id = message.number16(at: 0)
        flags = Flags(rawValue: message.number16(at: 2))
        questionCount = message.number16(at: 4)
        answerCount = message.number16(at: 6)
        authorityCount = message.number16(at: 8)
        additionalCount = message.number16(at: 10)
    }

    /// Writes twelve octets at the start of a buffer, which must hold as many.
    package func write(to buffer: inout MutableSpan<UInt8>) {
        buffer.store(id, at: 0)
        buffer.store(flags.rawValue, at: 2)
        buffer.store(questionCount, at: 4)
        buffer.store(answerCount, at: 6)
        buffer.store(authorityCount, at: 8)
        buffer.store(additionalCount, at: 10)
    }
}

/// The second pair of octets of a header.
package struct Flags: OptionSet, Sendable, BitwiseCopyable {
    package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// QR: the message is an answer.
    @inlinable package static var response: Flags { Flags(rawValue: 0x8000) }
    /// AA: the server owns the name in the first answer.
    @inlinable package static var authoritative: Flags { Flags(rawValue: 0x0400) }
    /// TC: something was left out, ask again over TCP.
    @inlinable package static var truncated: Flags { Flags(rawValue: 0x0200) }
    /// RD: the client would like recursion; copied into the answer.
    @inlinable package static var recursionDesired: Flags { Flags(rawValue: 0x0100) }

    /// The kind of message, 0...15: 0 is a query (RFC 1035), 4 NOTIFY (RFC 1996), 5 UPDATE (RFC
    /// 2136).
    package var opcode: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 11) & 0xF }

    /// What an answer to a message with these flags starts from: QR set, opcode and RD copied, all
    /// else clear. AD and CD are cleared as RFC 4035 section 3.1.6 advises for our own data.
    package var reply: Flags {
        Flags(rawValue: Flags.response.rawValue | rawValue & 0x7900)
    }

    /// The same flags with the low four bits of a response code.
    @inlinable
    package func with(_ code: ResponseCode) -> Flags {
        Flags(rawValue: rawValue & 0xFFF0 | code.rawValue & 0xF)
    }
}

/// What became of a request (RFC 1035 section 4.1.1, RFC 6895 section 2.3). Codes above 15 need an
/// OPT record for their upper eight bits.
package enum ResponseCode: UInt16, Sendable, BitwiseCopyable {
    /// NOERROR.
    case noError = 0
    /// FORMERR: the message breaks the format.
    case formatError = 1
    /// SERVFAIL: our fault.
    case serverFailure = 2
    /// NXDOMAIN: no such name, nor any below it (RFC 8020).
    case nameError = 3
    /// NOTIMP: an opcode we do not know.
    case notImplemented = 4
    /// REFUSED: not our zone, or not for this client.
    case refused = 5
    /// YXDOMAIN: a redirection makes a name that is too long (RFC 6672 section 2.2).
    case nameTooLong = 6
    /// NOTAUTH: not authorized, the answer to a signature whose key is unknown (RFC 8945).
    case notAuthorized = 9
    /// BADVERS: an EDNS version above ours (RFC 6891 section 6.1.3).
    case badVersion = 16
    /// BADCOOKIE: ask again with the cookie that came with this (RFC 7873 section 5.2.3).
    case badCookie = 23
}

extension Span<UInt8> {
    /// The big-endian number in two octets, which must be there.
    @inlinable @inline(__always)
    package func number16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }
}

extension MutableSpan<UInt8> {
    /// Writes a number in two octets, big-endian.
    @inlinable @inline(__always)
    package mutating func store(_ number: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: number >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: number)
    }
}

extension ResponseCode: CustomStringConvertible {
    /// The mnemonic of the IANA registry "DNS RCODEs".
    package var description: String {
        switch self {
        case .noError: "NOERROR"
        case .formatError: "FORMERR"
        case .serverFailure: "SERVFAIL"
        case .nameError: "NXDOMAIN"
        case .notImplemented: "NOTIMP"
        case .refused: "REFUSED"
        case .notAuthorized: "NOTAUTH"
        case .nameTooLong: "YXDOMAIN"
        case .badVersion: "BADVERS"
        case .badCookie: "BADCOOKIE"
        }
    }
}
