import DNSWire
import Glibc

/// Puts an answer together in a caller's buffer: the question as sent, whole record sets, OPT last.
/// Room for OPT is kept from the start, so what fits once is never taken back.
struct AnswerWriter {
    /// Names behind this offset cannot be pointed at (RFC 1035 section 4.1.4).
    static let farthestPointer = 0x3FFF
    /// Where the question's name stands.
    static let questionOffset = Header.sizeOctets

    private let buffer: UnsafeMutableRawBufferPointer
    let start: UnsafeMutableRawPointer
    private let questionEnd: Int
    let limit: Int
    private let edns: EDNS?
    private let options: ReplyOptions
    /// Where the next record begins.
    var position: Int
    private var header: Header

    /// Starts an answer of at most `limitOctets`, 512 or more, and not more than the buffer holds.
    init(
        to query: Query, message: Span<UInt8>, buffer: UnsafeMutableRawBufferPointer,
        limitOctets: Int, edns: EDNS?, options: ReplyOptions = ReplyOptions()
    ) {
        guard let start = buffer.baseAddress, limitOctets <= buffer.count,
            limitOctets >= EDNS.leastPayloadOctets
        else {
            preconditionFailure("an answer of \(limitOctets) octets in \(buffer.count)")
        }
        self.buffer = buffer
        self.start = start
        self.edns = edns
        self.options = options
        limit = limitOctets - (edns == nil ? 0 : EDNS.recordOctets + options.octets)
        header = Header(id: query.header.id, flags: query.header.flags.reply)
        header.questionCount = query.questionOctets > 0 ? 1 : 0
        questionEnd = Header.sizeOctets + query.questionOctets
        position = questionEnd
        message.withUnsafeBytes { sent in
            let question = UnsafeRawBufferPointer(
                rebasing: sent[Header.sizeOctets..<questionEnd])
            UnsafeMutableRawBufferPointer(rebasing: buffer[Header.sizeOctets...])
                .copyMemory(from: question)
        }
    }

    /// The sections that take records.
    enum Section {
        case answer
        case authority
        case additional
    }

    /// Adds a whole set, or nothing and gives `false`. `owner` and `apex` say where in the answer
    /// the owner's name and the zone's name stand: every owner was written before its records, be
    /// it in the question, as a suffix of it, or in other records' data. `rotation` counts the
    /// records to begin behind, in sets whose records are equally long. With `signer`, the set's
    /// zone, its signatures follow.
    @inline(__always)
    mutating func append(
        _ set: SetView, to section: Section, owner: Int, apex: Int, rotation: Int = 0,
        signer: UnsafePointer<ZoneView>? = nil
    ) -> Bool {
        let octets = set.wireOctets
        let signatureOctets = signer.map { set.signatureRecordOctets(in: $0) } ?? 0
        guard position + octets + signatureOctets <= limit, owner <= Self.farthestPointer else {
            return false
        }
        let target = start + position
        let turned = rotation * set.stride
        memcpy(target, set.wire + turned, octets - turned)
        if turned > 0 { memcpy(target + (octets - turned), set.wire, turned) }
        for index in 0..<set.fixupCount {
            storePointer(to: apex, at: position + set.fixup(index))
        }
        if owner != Self.questionOffset { setOwner(owner, of: set) }
        position += octets
        count(set.count, in: section)
        if signatureOctets > 0, let signer {
            writeSignatures(of: set, to: section, owner: owner, signer: signer)
        }
        return true
    }

    @inline(__always)
    mutating func count(_ records: Int, in section: Section) {
        switch section {
        case .answer: header.answerCount += UInt16(truncatingIfNeeded: records)
        case .authority: header.authorityCount += UInt16(truncatingIfNeeded: records)
        case .additional: header.additionalCount += UInt16(truncatingIfNeeded: records)
        }
    }

    /// Adds a SOA to the authority section with the time to live of negative answers, and with
    /// `isSigned` its signatures, which have the same.
    mutating func appendNegative(
        _ zone: UnsafePointer<ZoneView>, apex: Int, isSigned: Bool = false
    ) -> Bool {
        let offset = position
        let set = zone.pointee.startOfAuthority
        guard
            append(
                set, to: .authority, owner: apex, apex: apex, signer: isSigned ? zone : nil)
        else { return false }
        var place = offset
        while place < position {
            (start + place + 6).storeBytes(of: zone.pointee.negativeTTL, as: UInt32.self)
            place += SetView.recordHeaderOctets + dataOctets(ofRecordAt: place)
        }
        return true
    }

    /// The length of a written record's data. Its owner must be a pointer.
    func dataOctets(ofRecordAt place: Int) -> Int {
        Int(
            UInt16(
                bigEndian: (start + place).loadUnaligned(fromByteOffset: 10, as: UInt16.self)))
    }

    /// Adds a record that no table holds: its owner is the question's name, its time to live zero.
    /// What is added is a part of what answers always have room for.
    mutating func appendText(_ text: UnsafeRawBufferPointer, recordClass: UInt16) {
        let octets = SetView.recordHeaderOctets + 1 + text.count
        guard position + octets <= limit, text.count <= UInt8.max else { return truncate() }
        storePointer(to: Self.questionOffset, at: position)
        store(TypeNumber.txt, at: position + 2)
        store(recordClass, at: position + 4)
        store(0, at: position + 6)
        store(0, at: position + 8)
        store(UInt16(text.count + 1), at: position + 10)
        buffer[position + SetView.recordHeaderOctets] = UInt8(text.count)
        for index in text.indices {
            buffer[position + SetView.recordHeaderOctets + 1 + index] = text[index]
        }
        position += octets
        header.answerCount += 1
    }

    /// Adds the alias that a redirection stands for (RFC 6672 section 3.1). Its data are the first
    /// `prefix` octets of `name`, which is in wire form, and a pointer to what is behind them.
    mutating func appendAlias(
        owner: Int, name: UnsafePointer<UInt8>, prefix: Int, target: Int, ttlOf record: Int
    ) -> Bool {
        let octets = SetView.recordHeaderOctets + prefix + 2
        guard position + octets <= limit, owner <= Self.farthestPointer,
            target <= Self.farthestPointer
        else { return false }
        storePointer(to: owner, at: position)
        store(TypeNumber.cname, at: position + 2)
        memcpy(start + position + 4, start + record + 4, 6)
        store(UInt16(prefix + 2), at: position + 10)
        memcpy(start + position + SetView.recordHeaderOctets, name, prefix)
        storePointer(to: target, at: position + SetView.recordHeaderOctets + prefix)
        position += octets
        header.answerCount += 1
        return true
    }

    /// One octet of what was written.
    func octet(at place: Int) -> UInt8 { buffer[place] }

    /// Where the last `suffix` octets of a name begin, the name given by its place and its length
    /// without pointers. Pointers on the way are followed: names from compiled data may end in one.
    func offset(ofSuffix suffix: Int, ofNameAt place: Int, octets: Int) -> Int {
        var place = place
        var left = octets
        while true {
            let length = Int(buffer[place])
            if length > QuestionName.maximumLabelOctets {
                place = (length & 0x3F) << 8 | Int(buffer[place + 1])
            } else if left > suffix {
                left -= length + 1
                place += length + 1
            } else {
                return place
            }
        }
    }

    /// Empties all sections but the question and sets TC, as an answer or authority section did not
    /// fit.
    mutating func truncate() {
        position = questionEnd
        header.answerCount = 0
        header.authorityCount = 0
        header.additionalCount = 0
        markTruncated()
    }

    /// Sets TC alone: glue was left out (RFC 9471 section 3.1).
    mutating func markTruncated() {
        header.flags.insert(.truncated)
    }

    /// TC is set.
    var isTruncated: Bool { header.flags.contains(.truncated) }

    /// Empties all sections but the question, and TC stays clear.
    mutating func empty() {
        truncate()
        header.flags.remove(.truncated)
    }

    /// Writes OPT and header and gives the size of the answer in octets. An error's reason is told
    /// where there is room for it.
    mutating func finish(
        _ code: ResponseCode, isAuthoritative: Bool, because reason: ExtendedError? = nil
    ) -> Int {
        var octets = buffer.bindMemory(to: UInt8.self).mutableSpan
        if let edns {
            let tells = reason != nil && position + ReplyOptions.extendedErrorOctets <= limit
            var optionOctets =
                options.octets + (tells ? ReplyOptions.extendedErrorOctets : 0)
            var padding = 0
            if let trailer = options.padsBefore {
                padding = Padding.octets(
                    behind: position + EDNS.recordOctets + optionOctets + trailer,
                    limitOctets: limit + EDNS.recordOctets + options.octets)
                optionOctets += padding
            }
            edns.write(to: &octets, at: position, code: code, optionOctets: optionOctets)
            position += EDNS.recordOctets
            if optionOctets > 0 {
                options.write(to: start + position)
                position += options.fixedOctets
                if tells, let reason {
                    ReplyOptions.write(reason, to: start + position)
                    position += ReplyOptions.extendedErrorOctets
                }
                if options.padsBefore != nil {
                    ReplyOptions.writePadding(padding, to: start + position)
                    position += Padding.headOctets + padding
                }
            }
            header.additionalCount += 1
        }
        if isAuthoritative { header.flags.insert(.authoritative) }
        header.flags = header.flags.with(code)
        header.write(to: &octets)
        return position
    }

    /// An answer that is a header and nothing else.
    static func headerOnly(
        _ header: Header, _ code: ResponseCode, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var octets = buffer.bindMemory(to: UInt8.self).mutableSpan
        Header(id: header.id, flags: header.flags.reply.with(code)).write(to: &octets)
        return Header.sizeOctets
    }

    private func setOwner(_ owner: Int, of set: SetView) {
        var offset = 0
        for _ in 0..<set.count {
            // Written records have the lengths of the compiled ones; rotated ones are all equal.
            storePointer(to: owner, at: position + offset)
            offset += SetView.recordHeaderOctets + set.dataOctets(ofRecordAt: offset)
        }
    }

    @inline(__always)
    func store(_ number: UInt16, at place: Int) {
        (start + place).storeBytes(of: number.bigEndian, as: UInt16.self)
    }

    @inline(__always)
    func storePointer(to offset: Int, at place: Int) {
        let pointer = UInt16(truncatingIfNeeded: 0xC000 | offset)
        (start + place).storeBytes(of: pointer.bigEndian, as: UInt16.self)
    }
}
