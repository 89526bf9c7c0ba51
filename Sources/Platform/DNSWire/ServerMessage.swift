/// A record of a server's message.
package struct WireRecord: Hashable, Sendable {
    /// The owner's name in wire form, uncompressed, with A-Z as a-z.
    package let owner: [UInt8]
    /// The type by number.
    package let type: UInt16
    /// The class by number, 1 for IN.
    package let recordClass: UInt16
    /// The time to live in seconds.
    package let ttlSeconds: UInt32
    /// The data, at most 65,535 octets. Names in it that may be compressed stand here uncompressed
    /// and with A-Z as a-z (RFC 3597 section 4).
    package let data: [UInt8]

    /// Joins the parts.
    package init(
        owner: [UInt8], type: UInt16, recordClass: UInt16 = 1, ttlSeconds: UInt32, data: [UInt8]
    ) {
        self.owner = owner
        self.type = type
        self.recordClass = recordClass
        self.ttlSeconds = ttlSeconds
        self.data = data
    }
}

/// What a server said to a request of ours (RFC 1035 section 4.1). Every octet is bounds-checked,
/// and the work is bounded by the 65,535 octets of a message.
package struct ServerMessage: Equatable, Sendable {
    /// What is wrong with a message.
    package struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        /// What cannot be read: "the header", "record 3".
        package let part: String
        /// Where that begins, in octets.
        package let offset: Int

        package var description: String { "\(part) at octet \(offset) breaks the format" }
    }

    /// Its header.
    package let header: Header
    /// The name, type and class that it repeats; `nil` where it repeats none.
    package let question: Question?
    /// The answer section; with an update, the prerequisites.
    package private(set) var answers: [WireRecord] = []
    /// The authority section; with an update, the changes.
    package private(set) var authorities: [WireRecord] = []
    /// Where the TSIG record begins, if there is one; nothing of it was verified.
    package private(set) var signatureOffset: Int?

    /// The response code; its upper eight bits are those of an OPT record.
    package private(set) var code: UInt16

    /// What a request asked for.
    package struct Question: Equatable, Sendable {
        /// The name in wire form, with A-Z as a-z.
        package let name: [UInt8]
        /// The type by number.
        package let type: UInt16
        /// The class by number.
        package let recordClass: UInt16
    }

    /// Reads a whole message.
    package init(_ message: Span<UInt8>) throws(Malformed) {
        guard let header = Header(message), header.flags.contains(.response),
            header.questionCount <= 1
        else { throw Malformed(part: "the header", offset: 0) }
        self.header = header
        code = header.flags.rawValue & 0xF
        var offset = Header.sizeOctets
        if header.questionCount == 1 {
            guard let name = WireName.read(from: message, at: offset), name.end + 4 <= message.count
            else { throw Malformed(part: "the question", offset: offset) }
            question = Question(
                name: name.wire, type: message.number16(at: name.end),
                recordClass: message.number16(at: name.end + 2))
            offset = name.end + 4
        } else {
            question = nil
        }
        try read(message, from: offset)
    }

    private mutating func read(
        _ message: Span<UInt8>, from start: Int
    ) throws(Malformed) {
        let answerEnd = Int(header.answerCount)
        let authorityEnd = answerEnd + Int(header.authorityCount)
        let count = authorityEnd + Int(header.additionalCount)
        var offset = start
        for index in 0..<count {
            // A signature ends the message (RFC 8945 section 5.1).
            guard signatureOffset == nil, let frame = Record(message, at: offset) else {
                throw Malformed(part: "record \(index)", offset: offset)
            }
            if index >= authorityEnd {
                if frame.type == RecordTypeNumber.tsig { signatureOffset = offset }
                if frame.type == RecordTypeNumber.opt { code |= UInt16(frame.ttl >> 24) << 4 }
            } else {
                guard let record = WireRecord(message, at: offset, frame) else {
                    throw Malformed(part: "record \(index)", offset: offset)
                }
                if index < answerEnd { answers.append(record) } else { authorities.append(record) }
            }
            offset = frame.end
        }
        guard offset == message.count else {
            throw Malformed(part: "what follows the last record", offset: offset)
        }
    }
}

extension WireRecord {
    /// Parts of a record's data.
    private enum Part {
        case octets(Int), name
    }

    fileprivate init?(_ message: Span<UInt8>, at offset: Int, _ frame: Record) {
        guard let owner = WireName.read(from: message, at: offset),
            let data = Self.data(of: frame, message)
        else { return nil }
        self.init(
            owner: owner.wire, type: frame.type, recordClass: frame.recordClass,
            ttlSeconds: frame.ttl, data: data)
    }

    /// The parts of the types whose names may be compressed, or were by servers of old.
    private static func parts(of type: UInt16) -> [Part]? {
        switch type {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME
        case 2, 3, 4, 5, 7, 8, 9, 12, 39: [.name]
        // SOA
        case 6: [.name, .name, .octets(20)]
        // MINFO, RP
        case 14, 17: [.name, .name]
        // MX, AFSDB, RT, KX
        case 15, 18, 21, 36: [.octets(2), .name]
        // PX
        case 26: [.octets(2), .name, .name]
        // SRV
        case 33: [.octets(6), .name]
        default: nil
        }
    }

    /// `nil` if the data is not what its type has, or a name in it runs on behind its end.
    private static func data(of frame: Record, _ message: Span<UInt8>) -> [UInt8]? {
        // Without data, a record of an update or of an error's answer.
        guard frame.dataStart < frame.end, let parts = parts(of: frame.type) else {
            return (frame.dataStart..<frame.end).map { message[$0] }
        }
        var data: [UInt8] = []
        var offset = frame.dataStart
        for part in parts {
            switch part {
            case .octets(let count):
                guard offset + count <= frame.end else { return nil }
                for index in offset..<offset + count { data.append(message[index]) }
                offset += count
            case .name:
                guard let name = WireName.read(from: message, at: offset), name.end <= frame.end
                else { return nil }
                data += name.wire
                offset = name.end
            }
        }
        return offset == frame.end ? data : nil
    }
}
