/// What an OPT record says (RFC 6891 section 6.1).
package struct EDNS: Equatable, Sendable, BitwiseCopyable {
    /// The least payload every client takes; smaller claims count as this (RFC 6891 section 6.2.3).
    @inlinable package static var leastPayloadOctets: UInt16 { 512 }
    /// Octets of an OPT record without options.
    @inlinable package static var recordOctets: Int { 11 }

    /// The largest UDP payload the sender takes, 512...65,535 octets.
    package let payloadOctets: UInt16
    /// The version of EDNS, 0 in all that exists.
    package let version: UInt8
    /// DO: the client wants signatures (RFC 3225).
    package let wantsSignatures: Bool
    /// What it asks for besides.
    package var options = EDNSOptions()

    /// Joins the three; a payload below 512 octets becomes 512.
    package init(payloadOctets: UInt16, version: UInt8 = 0, wantsSignatures: Bool) {
        self.payloadOctets = max(payloadOctets, Self.leastPayloadOctets)
        self.version = version
        self.wantsSignatures = wantsSignatures
    }

    /// Writes the fixed part of an OPT record at an offset; eleven octets must be free there.
    /// `code` gives the upper eight bits of the response code, `optionOctets` says how long the
    /// options behind it are.
    package func write(
        to buffer: inout MutableSpan<UInt8>, at offset: Int, code: ResponseCode,
        optionOctets: Int = 0
    ) {
        buffer[offset] = 0
        buffer.store(RecordTypeNumber.opt, at: offset + 1)
        buffer.store(payloadOctets, at: offset + 3)
        buffer[offset + 5] = UInt8(truncatingIfNeeded: code.rawValue >> 4)
        buffer[offset + 6] = version
        buffer.store(wantsSignatures ? 0x8000 : 0, at: offset + 7)
        buffer.store(UInt16(truncatingIfNeeded: optionOctets), at: offset + 9)
    }
}

/// The options of a request that mean something to us; all others are ignored (RFC 6891 section
/// 6.1.2), client subnets among them: answers here depend on nobody's address (RFC 7871).
package struct EDNSOptions: Equatable, Sendable, BitwiseCopyable {
    /// NSID: the client wants to know which server answers (RFC 5001).
    package var wantsIdentity = false
    /// The client would like to know how long its TCP connection may idle (RFC 7828).
    package var wantsKeepalive = false
    /// The client would have the answer's length say little (RFC 7830).
    package var wantsPadding = false
    /// The first cookie (RFC 7873 section 5.2).
    package var cookie: CookieOption?

    /// No option.
    package init() {}

    /// Reads the options between two offsets of a message, both within it. `nil` if they do not
    /// fill the place exactly or a cookie has a length that no cookie has (RFC 7873 section 5.2.2).
    init?(_ message: Span<UInt8>, from start: Int, to end: Int) {
        var offset = start
        while offset + 4 <= end {
            let code = message.number16(at: offset)
            let octets = Int(message.number16(at: offset + 2))
            let data = offset + 4
            offset = data + octets
            guard offset <= end else { return nil }
            switch code {
            case EDNSOptionNumber.identity: wantsIdentity = true
            case EDNSOptionNumber.keepalive: wantsKeepalive = true
            case EDNSOptionNumber.padding: wantsPadding = true
            case EDNSOptionNumber.cookie:
                guard let read = CookieOption(message, at: data, octets: octets) else { return nil }
                cookie = cookie ?? read
            default: break
            }
        }
        guard offset == end else { return nil }
    }
}

/// Options of an OPT record (the IANA registry "DNS EDNS0 Option Codes").
package enum EDNSOptionNumber {
    /// NSID, RFC 5001.
    @inlinable package static var identity: UInt16 { 3 }
    /// COOKIE, RFC 7873.
    @inlinable package static var cookie: UInt16 { 10 }
    /// edns-tcp-keepalive, RFC 7828.
    @inlinable package static var keepalive: UInt16 { 11 }
    /// Padding, RFC 7830.
    @inlinable package static var padding: UInt16 { 12 }
    /// Extended DNS Error, RFC 8914.
    @inlinable package static var extendedError: UInt16 { 15 }
}

/// How much an answer is padded.
package enum Padding {
    /// Answers become as long as a multiple of this, in octets (RFC 8467 section 4.1).
    package static let blockOctets = 468
    /// What an option takes beside its data.
    package static let headOctets = 4

    /// Octets of padding for a message of `octets` with the option's head, what comes behind it and
    /// everything else; as many as there is room for up to `limitOctets`.
    package static func octets(behind octets: Int, limitOctets: Int) -> Int {
        let rest = octets % blockOctets
        return max(0, min(rest == 0 ? 0 : blockOctets - rest, limitOctets - octets))
    }
}

/// Why an answer is what it is (RFC 8914 section 4), as far as we have such reasons.
package enum ExtendedError: UInt16, Sendable, BitwiseCopyable {
    /// The zones are not there yet.
    case notReady = 14
    /// The client may not have this.
    case prohibited = 18
    /// Nobody has told us about this zone.
    case notAuthoritative = 20
    /// We never do that.
    case notSupported = 21
}

/// Types that mean something to the reader itself.
package enum RecordTypeNumber {
    /// OPT, RFC 6891.
    @inlinable package static var opt: UInt16 { 41 }
    /// TKEY, RFC 2930.
    @inlinable package static var tkey: UInt16 { 249 }
    /// TSIG, RFC 8945.
    @inlinable package static var tsig: UInt16 { 250 }
    /// Incremental transfer, RFC 1995.
    @inlinable package static var ixfr: UInt16 { 251 }
    /// Full transfer, RFC 5936.
    @inlinable package static var axfr: UInt16 { 252 }
    /// All types of a name, RFC 1035 section 3.2.3 and RFC 8482.
    @inlinable package static var any: UInt16 { 255 }
}
