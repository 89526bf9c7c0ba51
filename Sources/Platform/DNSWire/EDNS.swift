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

    /// Joins the three; a payload below 512 octets becomes 512.
    package init(payloadOctets: UInt16, version: UInt8 = 0, wantsSignatures: Bool) {
        self.payloadOctets = max(payloadOctets, Self.leastPayloadOctets)
        self.version = version
        self.wantsSignatures = wantsSignatures
    }

    /// Writes an OPT record without options at an offset; eleven octets must be free there. `code`
    /// gives the upper eight bits of the response code.
    package func write(
        to buffer: inout MutableSpan<UInt8>, at offset: Int, code: ResponseCode
    ) {
        buffer[offset] = 0
        buffer.store(RecordTypeNumber.opt, at: offset + 1)
        buffer.store(payloadOctets, at: offset + 3)
        buffer[offset + 5] = UInt8(truncatingIfNeeded: code.rawValue >> 4)
        buffer[offset + 6] = version
        buffer.store(wantsSignatures ? 0x8000 : 0, at: offset + 7)
        buffer.store(0, at: offset + 9)
    }
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
