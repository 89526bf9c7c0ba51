import DNSWire
import Inventory
import Zones

/// Messages of RFC 1996.
enum NotifyMessage {
    private static let opcode = Flags(rawValue: 4 << 11)

    /// A notice, with the SOA as a hint (section 3.7).
    static func octets(of notice: NotifySchedule.Notice) -> [UInt8] {
        var header = Header(id: notice.id, flags: [opcode, .authoritative])
        header.questionCount = 1
        header.answerCount = 1
        var octets = [UInt8](repeating: 0, count: Header.sizeOctets)
        octets += notice.apex.wire + [0, UInt8(TypeNumber.soa), 0, 1]
        // The one record that is counted above; its signature would be another.
        TransferForm.append(notice.authority.unsigned, in: notice.apex, to: &octets)
        var span = octets.mutableSpan
        header.write(to: &span)
        return octets
    }

    /// What a secondary says to a notice.
    struct Reply {
        let id: UInt16
        let apex: DomainName
        /// It heard, or never will: NOERROR and NOTIMP. After anything else it is told again.
        let isFinal: Bool
        let signatureOffset: Int?

        /// `nil` for anything else than a reply to a notice.
        init?(_ message: Span<UInt8>) {
            guard let header = Header(message), header.flags.contains(.response),
                header.flags.opcode == 4, header.questionCount == 1
            else { return nil }
            // As a request it would be read the same way.
            var bare = (0..<message.count).map { message[$0] }
            bare[2] = 0
            bare[3] = 0
            var room = [UInt8](repeating: 0, count: QuestionName.maximumOctets)
            var name = room.mutableSpan
            guard case .query(let query) = QueryReader.read(bare.span, name: &name),
                query.type == TypeNumber.soa,
                let apex = DomainName(wire: room.prefix(query.nameOctets))
            else { return nil }
            id = header.id
            self.apex = apex
            let code = header.flags.rawValue & 0xF
            isFinal =
                code == ResponseCode.noError.rawValue
                || code == ResponseCode.notImplemented.rawValue
            signatureOffset = query.signatureOffset
        }
    }
}
