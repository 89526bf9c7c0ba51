import DNSWire

// Questions that more than one set of a name answers.

extension Responder {
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
}
