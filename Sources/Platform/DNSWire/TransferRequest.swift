/// What a request for a zone says beside its question (RFC 1995 section 3).
package enum TransferRequest {
    /// Whether a message needs more than an answer to its question: it asks for a transfer, or may
    /// be signed. Says so of some others too, and of none too little; it looks at the question and
    /// what follows it directly, since every query comes by here.
    @inline(__always)
    package static func mayConcern(_ message: Span<UInt8>) -> Bool {
        guard message.count > Header.sizeOctets + 4, message[2] & 0xF8 == 0 else { return false }
        var offset = Header.sizeOctets
        while offset < message.count, message[offset] != 0 {
            offset += 1 + Int(message[offset])
        }
        let end = offset + 5
        guard end <= message.count else { return false }
        let type = message.number16(at: offset + 1)
        if type == RecordTypeNumber.axfr || type == RecordTypeNumber.ixfr { return true }
        switch message.number16(at: 10) {
        case 0:
            return false
        case 1:
            // The first record, be it in this section or in one before: an OPT record is no
            // signature, and where it is not the last one the request is not understood.
            guard end + 2 < message.count else { return false }
            return message[end] != 0 || message.number16(at: end + 1) != RecordTypeNumber.opt
        default:
            return true
        }
    }

    /// The serial that the client has: that of the SOA record in the authority section of a request
    /// that `QueryReader` understood. `nil` if there is no such record.
    package static func serial(_ message: Span<UInt8>, of query: Query) -> UInt32? {
        guard query.header.answerCount == 0, query.header.authorityCount == 1,
            let record = Record(message, at: Header.sizeOctets + query.questionOctets),
            record.type == 6, record.recordClass == 1, record.end - record.dataStart >= 22
        else { return nil }
        // The five numbers end the record, whatever the two names before them look like.
        let offset = record.end - 20
        return UInt32(message.number16(at: offset)) << 16
            | UInt32(message.number16(at: offset + 2))
    }
}
