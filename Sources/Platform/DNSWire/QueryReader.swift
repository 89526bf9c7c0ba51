/// A request that was understood.
package struct Query: Equatable, Sendable, BitwiseCopyable {
    /// The header as sent.
    package let header: Header
    /// Octets of the question section, which starts behind the header: the name as sent, type,
    /// class. 0 if there is none.
    package let questionOctets: Int
    /// Octets of the question's name, the root's zero included: 1...255.
    package var nameOctets: Int { questionOctets - 4 }
    /// The type asked for.
    package let type: UInt16
    /// The class asked for, 1 for IN.
    package let recordClass: UInt16
    /// The OPT record, if there was one.
    package let edns: EDNS?
    /// Where a TSIG record begins, if there is one; nothing of it was verified.
    package let signatureOffset: Int?
}

/// What to do with a message from the network.
package enum InboundMessage: Equatable, Sendable, BitwiseCopyable {
    /// Say nothing: it is too short to answer, or an answer itself. Answering answers makes loops.
    case drop
    /// Answer with a header alone.
    case reject(Header, ResponseCode)
    /// Answer with BADVERS, the question and an OPT record.
    case rejectVersion(Query)
    /// No question, but a client that wants a cookie (RFC 7873 section 5.4).
    case cookieRequest(Query)
    /// A question to be answered.
    case query(Query)
}

/// Reads requests (RFC 1035 section 4, RFC 6891, RFC 9619). Every octet is bounds-checked, no
/// pointer is followed, nothing is allocated, and the work is at most proportional to the message.
package enum QueryReader {
    /// Reads one message. `name`, room for 255 octets that the caller keeps for all messages,
    /// receives the question's name in canonical form: the first `nameOctets` octets, if there is a
    /// query.
    package static func read(
        _ message: Span<UInt8>, name: inout MutableSpan<UInt8>
    ) -> InboundMessage {
        guard let header = Header(message), !header.flags.contains(.response) else { return .drop }
        guard header.flags.opcode == 0 else { return .reject(header, .notImplemented) }
        if header.questionCount == 0 { return cookieRequest(message, header) }
        guard header.questionCount == 1,
            let nameEnd = QuestionName.read(from: message, at: Header.sizeOctets, into: &name),
            nameEnd + 4 <= message.count
        else { return .reject(header, .formatError) }
        guard let records = records(of: message, from: nameEnd + 4, header: header) else {
            return .reject(header, .formatError)
        }
        let query = Query(
            header: header,
            questionOctets: nameEnd + 4 - Header.sizeOctets,
            type: message.number16(at: nameEnd),
            recordClass: message.number16(at: nameEnd + 2),
            edns: records.edns,
            signatureOffset: records.signatureOffset)
        if let edns = records.edns, edns.version > 0 { return .rejectVersion(query) }
        return .query(query)
    }

    /// The one message without a question that has an answer.
    private static func cookieRequest(_ message: Span<UInt8>, _ header: Header) -> InboundMessage {
        guard header.answerCount == 0, header.authorityCount == 0,
            let records = records(of: message, from: Header.sizeOctets, header: header),
            let edns = records.edns, edns.version == 0, edns.options.cookie != nil
        else { return .reject(header, .formatError) }
        return .cookieRequest(
            Query(
                header: header, questionOctets: 0, type: 0, recordClass: 0, edns: edns,
                signatureOffset: records.signatureOffset))
    }

    private struct Records {
        var edns: EDNS?
        var signatureOffset: Int?
    }

    /// Walks over the records behind the question; `nil` if they break the format or octets are
    /// left.
    private static func records(
        of message: Span<UInt8>, from start: Int, header: Header
    ) -> Records? {
        var found = Records()
        var offset = start
        let others = Int(header.answerCount) + Int(header.authorityCount)
        for index in 0..<(others + Int(header.additionalCount)) {
            // A signature covers all in front of it, hence nothing may follow (RFC 8945 section
            // 5.1).
            guard found.signatureOffset == nil,
                let record = Record(message, at: offset)
            else { return nil }
            switch record.type {
            case RecordTypeNumber.opt:
                guard index >= others, found.edns == nil, record.isOwnedByRoot,
                    let options = EDNSOptions(message, from: record.dataStart, to: record.end)
                else { return nil }
                found.edns = edns(of: record, options)
            case RecordTypeNumber.tsig:
                guard index >= others else { return nil }
                found.signatureOffset = offset
            default:
                break
            }
            offset = record.end
        }
        return offset == message.count ? found : nil
    }

    private static func edns(of record: Record, _ options: EDNSOptions) -> EDNS {
        var edns = EDNS(
            payloadOctets: record.recordClass,
            version: UInt8(truncatingIfNeeded: record.ttl >> 16),
            wantsSignatures: record.ttl & 0x8000 != 0)
        edns.options = options
        return edns
    }
}

/// The fixed parts of a record and where it ends.
struct Record: BitwiseCopyable {
    let isOwnedByRoot: Bool
    let type: UInt16
    let recordClass: UInt16
    let ttl: UInt32
    let dataStart: Int
    let end: Int

    /// `nil` if the record runs over the end of the message or its owner is no name.
    init?(_ message: Span<UInt8>, at start: Int) {
        guard let fixed = Self.end(ofName: message, at: start), fixed + 10 <= message.count else {
            return nil
        }
        isOwnedByRoot = fixed == start + 1
        type = message.number16(at: fixed)
        recordClass = message.number16(at: fixed + 2)
        ttl =
            UInt32(message.number16(at: fixed + 4)) << 16 | UInt32(message.number16(at: fixed + 6))
        dataStart = fixed + 10
        end = dataStart + Int(message.number16(at: fixed + 8))
        guard end <= message.count else { return nil }
    }

    /// Behind a name that may end in a compression pointer. The pointer is not followed.
    private static func end(ofName message: Span<UInt8>, at start: Int) -> Int? {
        var offset = start
        while offset < message.count, offset - start < QuestionName.maximumOctets {
            switch message[offset] {
            case 0:
                return offset + 1
            case 1...0x3F:
                offset += 1 + Int(message[offset])
            case 0xC0...:
                return offset + 2 <= message.count ? offset + 2 : nil
            default:
                return nil
            }
        }
        return nil
    }
}
