import DNSWire

// What shows a client that nothing was left out, from the zones that are signed.

extension Responder {
    /// Writes what was gathered; `false` if it does not fit.
    mutating func writeProofs(_ table: TableView, _ writer: inout AnswerWriter) -> Bool {
        guard !proofs.isEmpty, !writer.isTruncated else { return !writer.isTruncated }
        guard proofs.write(table, to: &writer) else {
            writer.truncate()
            return false
        }
        return true
    }

    private static func subject(_ zone: Int, _ progress: Progress) -> ProofSection.Subject {
        ProofSection.Subject(zone: zone, offset: progress.nameOffset)
    }

    /// The name asked about now has no node.
    mutating func proveAbsence(
        in zone: Int, _ progress: Progress, _ table: TableView, _ writer: borrowing AnswerWriter
    ) {
        guard progress.isSecure, table.zones[zone].denial != .none else { return }
        let subject = Self.subject(zone, progress)
        let surroundings = table.surroundings(of: name, in: table.zones[zone])
        if surroundings.isEmptyNonTerminal {
            proofs.addEmpty(name, subject, table, writer)
        } else {
            proofs.addMissing(
                encloserLabels: surroundings.encloserLabels, name, subject, table, writer)
        }
    }

    /// A node has nothing of the type asked for.
    mutating func proveNode(
        _ node: NodeView, _ progress: Progress, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        guard progress.isSecure else { return }
        let subject = Self.subject(node.zone, progress)
        if let labels = encloserLabels(of: node, table) {
            proofs.addWildcardNode(node, encloserLabels: labels, name, subject, table, writer)
        } else {
            proofs.addNode(node, name, labels: name.labels, subject, table, writer)
        }
    }

    /// A node answers for a name that is not its own.
    mutating func proveWildcard(
        _ node: NodeView, _ progress: Progress, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        guard progress.isSecure, let labels = encloserLabels(of: node, table) else { return }
        proofs.addWildcard(
            encloserLabels: labels, name, Self.subject(node.zone, progress), table, writer)
    }

    /// Where the wildcard hangs that stands for the name; `nil` if the node is the name's own.
    private func encloserLabels(of node: NodeView, _ table: TableView) -> Int? {
        guard node.flags.contains(.wildcard) else { return nil }
        let zone = table.zones + node.zone
        let octets = name.keyOctets - zone.pointee.apexKeyOctets
        let isOwn = node.compare(to: name.key + zone.pointee.apexKeyOctets, octets: octets) == 0
        return isOwn ? nil : zone.pointee.apexLabels + node.labels - 1
    }

    /// A referral tells the keys of the zone below, or that it has none (RFC 4035 section 3.1.4);
    /// `false` if that does not fit.
    mutating func proveDelegation(
        _ cut: NodeView, _ labels: Int, _ owner: Int, _ progress: Progress, _ table: TableView,
        _ writer: inout AnswerWriter
    ) -> Bool {
        let zone = table.zones + cut.zone
        guard zone.pointee.denial != .none else { return writeProofs(table, &writer) }
        if let keys = cut.set(of: TypeNumber.ds) {
            guard writer.append(keys, to: .authority, owner: owner, apex: 0, signer: zone) else {
                writer.truncate()
                return false
            }
        } else {
            proofs.addNode(
                cut, name, labels: labels, Self.subject(cut.zone, progress), table, writer)
        }
        return writeProofs(table, &writer)
    }
}
