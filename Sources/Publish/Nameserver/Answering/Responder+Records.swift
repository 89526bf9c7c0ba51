import DNSWire

// What a name has of what was asked for.

extension Responder {
    /// The end of the way: the records asked for, or none of their type.
    mutating func answer(
        _ query: Query, _ node: NodeView, _ progress: Progress, _ table: TableView,
        _ transport: Transport, _ writer: inout AnswerWriter
    ) {
        if query.type == RecordTypeNumber.any {
            answerAny(node, progress, table, transport, &writer)
            return
        }
        if query.type == TypeNumber.rrsig {
            answerSignatures(node, progress, table, transport, &writer)
            return
        }
        guard let set = node.set(of: query.type) else {
            proveNode(node, progress, table, writer)
            deny(node.zone, progress, table, &writer)
            return
        }
        let offset = writer.position
        let apex = apexOffset(of: node.zone, progress, table, writer)
        let fits = writer.append(
            set, to: .answer, owner: progress.nameOffset, apex: apex,
            rotation: Self.rotation(of: set, id: query.header.id),
            signer: Self.signer(node.zone, progress, table))
        guard fits else {
            writer.truncate()
            return
        }
        if progress.isSecure {
            proveWildcard(node, progress, table, writer)
            guard writeProofs(table, &writer) else { return }
        }
        let written = AdditionalSection.Written(
            set: set, zone: node.zone, offset: offset, owner: progress.nameOffset)
        additional.append(for: written, of: name, finder: finder, table: table, to: &writer)
    }

    /// One set over UDP, where the question serves attackers best (RFC 8482 section 4.1); else all.
    mutating func answerAny(
        _ node: NodeView, _ progress: Progress, _ table: TableView, _ transport: Transport,
        _ writer: inout AnswerWriter
    ) {
        let apex = apexOffset(of: node.zone, progress, table, writer)
        let signer = Self.signer(node.zone, progress, table)
        var set = node.firstSet
        for _ in 0..<(transport == .udp ? 1 : node.setCount) {
            let fits = writer.append(
                set, to: .answer, owner: progress.nameOffset, apex: apex, signer: signer)
            guard fits else {
                writer.truncate()
                return
            }
            set = set.next
        }
        proveWildcard(node, progress, table, writer)
    }

    /// Signatures belong to sets, and are no set. As with ANY, those of one over UDP.
    mutating func answerSignatures(
        _ node: NodeView, _ progress: Progress, _ table: TableView, _ transport: Transport,
        _ writer: inout AnswerWriter
    ) {
        var set = node.firstSet
        var isFound = false
        for index in 0..<node.setCount {
            if index > 0 { set = set.next }
            guard set.isSigned, !isFound || transport.isStream else { continue }
            let fits = writer.appendSignatures(
                of: set, owner: progress.nameOffset, signer: table.zones + node.zone)
            guard fits else {
                writer.truncate()
                return
            }
            isFound = true
        }
        guard isFound else {
            proveNode(node, progress, table, writer)
            deny(node.zone, progress, table, &writer)
            return
        }
        proveWildcard(node, progress, table, writer)
    }

    /// Addresses begin with another record in each answer, so that clients spread over them.
    @inline(__always)
    private static func rotation(of set: SetView, id: UInt16) -> Int {
        guard set.count > 1, set.stride > 0, set.fixupCount == 0,
            set.type == TypeNumber.a || set.type == TypeNumber.aaaa
        else { return 0 }
        return Int(id) % set.count
    }
}
