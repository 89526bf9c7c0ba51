import DNSWire

/// What all messages of one reply have in common.
struct ReplyFrame {
    let id: UInt16
    let flags: Flags
    /// The question as sent.
    let question: [UInt8]
    /// The OPT record of the reply, if the request had one.
    let edns: EDNS?
    /// The messages of the reply are padded.
    let isPadded: Bool

    init(
        _ query: Query, _ message: Span<UInt8>, over transport: Transport, payloadOctets: Int
    ) {
        isPadded = transport == .tls && (query.edns?.options.wantsPadding ?? false)
        id = query.header.id
        flags = query.header.flags.reply
        let end = Header.sizeOctets + query.questionOctets
        question = (Header.sizeOctets..<end).map { message[$0] }
        edns = query.edns.map {
            EDNS(payloadOctets: UInt16(payloadOctets), wantsSignatures: $0.wantsSignatures)
        }
    }

    /// A whole message without records. `reservedOctets` are for what comes behind.
    func empty(_ code: ResponseCode, reservedOctets: Int = 0) -> [UInt8] {
        ReplyMessage(
            self, limitOctets: ReplyMessage.maximumOctets, reservedOctets: reservedOctets
        ).finished(code)
    }
}

/// A message that records are put into until it is full.
struct ReplyMessage {
    /// The longest message there is (RFC 1035 section 4.2.2).
    static let maximumOctets = 65_535
    /// Where a message of many ends: every name in it can be pointed at.
    static let usualOctets = 16_384

    private let frame: ReplyFrame
    private let limit: Int
    private let utmost: Int
    private let trailer: Int
    private let wholeLimit: Int
    private var octets: [UInt8]
    private var answers: UInt16 = 0

    /// Starts a message. `reservedOctets` are for what comes behind.
    ///
    /// - `limitOctets`: no message is longer but for a single record that is.
    init(
        _ frame: ReplyFrame, limitOctets: Int, utmostOctets: Int = Self.maximumOctets,
        reservedOctets: Int = 0
    ) {
        self.frame = frame
        let reserved =
            reservedOctets + (frame.edns == nil ? 0 : EDNS.recordOctets)
            + (frame.isPadded ? Padding.headOctets : 0)
        trailer = reservedOctets
        wholeLimit = utmostOctets
        limit = limitOctets - reserved
        utmost = utmostOctets - reserved
        octets = [UInt8](repeating: 0, count: Header.sizeOctets)
        octets.reserveCapacity(max(limitOctets, 512))
        octets += frame.question
    }

    /// Where the next record begins.
    var position: Int { octets.count }

    /// There are no records yet.
    var isEmpty: Bool { answers == 0 }

    /// Adds a record given in two parts; `false` if there is no room.
    mutating func append(
        _ owner: some Collection<UInt8>, _ rest: some Collection<UInt8>
    ) -> Bool {
        let size = octets.count + owner.count + rest.count
        guard size <= limit || (isEmpty && size <= utmost), answers < .max else { return false }
        octets += owner
        octets += rest
        answers += 1
        return true
    }

    /// The message with header and OPT.
    consuming func finished(_ code: ResponseCode = .noError, isTruncated: Bool = false) -> [UInt8] {
        var flags = frame.flags.with(code)
        if code == .noError { flags.insert(.authoritative) }
        if isTruncated { flags.insert(.truncated) }
        var header = Header(id: frame.id, flags: flags)
        header.questionCount = 1
        header.answerCount = answers
        let end = octets.count
        if let edns = frame.edns {
            octets += [UInt8](repeating: 0, count: EDNS.recordOctets)
            let optionOctets = frame.isPadded ? pad() : 0
            header.additionalCount = 1
            var span = octets.mutableSpan
            edns.write(to: &span, at: end, code: code, optionOctets: optionOctets)
        }
        var span = octets.mutableSpan
        header.write(to: &span)
        return octets
    }

    /// Adds the option and gives its size.
    private mutating func pad() -> Int {
        let padding = Padding.octets(
            behind: octets.count + Padding.headOctets + trailer, limitOctets: wholeLimit)
        for number in [EDNSOptionNumber.padding, UInt16(padding)] {
            octets += [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        }
        octets += [UInt8](repeating: 0, count: padding)
        return Padding.headOctets + padding
    }
}
