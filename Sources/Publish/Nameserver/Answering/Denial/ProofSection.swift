import DNSWire

/// Gathers the records that show what is not there, and puts them into the authority section once
/// the answer section is complete (RFC 4035 section 3.1.3, RFC 5155 section 7.2). A record that
/// several proofs need stands in an answer once.
struct ProofSection: ~Copyable {
    /// One record for each wildcard among the aliases, and three for what they lead to.
    private static let capacity = 24

    /// A node whose NSEC or NSEC3 record is needed.
    private struct Proof: BitwiseCopyable {
        let node: NodeView
        /// Labels of its name below the apex that are written already.
        let sharedLabels: Int
        /// Where those stand in the answer.
        let offset: Int
    }

    /// What is asked about, and where it stands in the answer.
    struct Subject: BitwiseCopyable {
        /// The number of the zone that has the say.
        let zone: Int
        /// Where the name begins.
        let offset: Int
    }

    private var proofs = InlineArray<24, Proof?>(repeating: nil)
    private var count = 0
    private var hash = NameHash()
    private var wildcard = LookupName()

    /// Forgets the answer before.
    mutating func reset() {
        count = 0
    }

    /// Nothing is needed.
    var isEmpty: Bool { count == 0 }

    /// The name of a node is there, but not the type.
    mutating func addNode(
        _ node: NodeView, _ name: borrowing LookupName, labels: Int, _ subject: Subject,
        _ table: TableView, _ writer: borrowing AnswerWriter
    ) {
        switch table.zones[subject.zone].denial {
        case .none: break
        case .nsec: add(node, name, subject, table, writer)
        case .nsec3: addHash(name, labels: labels, subject, table, writer)
        }
    }

    /// The name is there without records, as others lie below it.
    mutating func addEmpty(
        _ name: borrowing LookupName, _ subject: Subject, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        switch table.zones[subject.zone].denial {
        case .none: break
        case .nsec: addCovering(name, name, subject, table, writer)
        case .nsec3: addHash(name, labels: name.labels, subject, table, writer)
        }
    }

    /// A wildcard stands for the name: no closer one does (RFC 4035 section 3.1.3.3, RFC 5155
    /// section 7.2.6).
    mutating func addWildcard(
        encloserLabels: Int, _ name: borrowing LookupName, _ subject: Subject, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        switch table.zones[subject.zone].denial {
        case .none: break
        case .nsec: addCovering(name, name, subject, table, writer)
        case .nsec3:
            addCoveringHash(name, labels: encloserLabels + 1, subject, table, writer)
        }
    }

    /// The same, and the wildcard's node has no such type (RFC 4035 section 3.1.3.4, RFC 5155
    /// section 7.2.5).
    mutating func addWildcardNode(
        _ node: NodeView, encloserLabels: Int, _ name: borrowing LookupName, _ subject: Subject,
        _ table: TableView, _ writer: borrowing AnswerWriter
    ) {
        switch table.zones[subject.zone].denial {
        case .none: break
        case .nsec:
            add(node, name, subject, table, writer)
            addCovering(name, name, subject, table, writer)
        case .nsec3: addAbsence(name, encloserLabels: encloserLabels, subject, table, writer)
        }
    }

    /// Neither the name nor a wildcard for it is there, or the wildcard is an empty non-terminal
    /// (RFC 4035 section 3.1.3.2, RFC 5155 section 7.2.2).
    mutating func addMissing(
        encloserLabels: Int, _ name: borrowing LookupName, _ subject: Subject, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        switch table.zones[subject.zone].denial {
        case .none: break
        case .nsec:
            addCovering(name, name, subject, table, writer)
            wildcard.load(name, labels: encloserLabels)
            // Where no room is left for an asterisk there is nothing to deny.
            guard wildcard.prependAsterisk() else { return }
            addCoveringWildcard(name, subject, table, writer)
        case .nsec3: addAbsence(name, encloserLabels: encloserLabels, subject, table, writer)
        }
    }
}

// MARK: - Hashes

extension ProofSection {
    /// The record of a hash. It may be missing where delegations are left out of the chain (RFC
    /// 5155 section 7.2.7); then it is shown that only such a one can be there.
    private mutating func addHash(
        _ name: borrowing LookupName, labels: Int, _ subject: Subject, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        hash.take(name, labels: labels)
        guard let found = table.hash(notBehind: hash, in: table.zones[subject.zone]) else { return }
        guard !found.isEqual else { return add(found.node, name, subject, table, writer) }
        _ = addEncloser(name, encloserLabels: labels - 1, subject, table, writer)
    }

    /// What shows that neither a name nor a wildcard for it is there, or what the wildcard has.
    private mutating func addAbsence(
        _ name: borrowing LookupName, encloserLabels: Int, _ subject: Subject,
        _ table: TableView, _ writer: borrowing AnswerWriter
    ) {
        let labels = addEncloser(name, encloserLabels: encloserLabels, subject, table, writer)
        wildcard.load(name, labels: labels)
        guard wildcard.prependAsterisk() else { return }
        hash.take(wildcard, labels: wildcard.labels)
        guard let found = table.hash(notBehind: hash, in: table.zones[subject.zone]) else { return }
        add(found.node, name, subject, table, writer)
    }

    /// The closest encloser that has a record, and that nothing is known of the next closer name;
    /// gives the encloser's labels (RFC 5155 section 7.2.1).
    private mutating func addEncloser(
        _ name: borrowing LookupName, encloserLabels: Int, _ subject: Subject,
        _ table: TableView, _ writer: borrowing AnswerWriter
    ) -> Int {
        let zone = table.zones[subject.zone]
        var labels = max(encloserLabels, zone.apexLabels)
        while true {
            hash.take(name, labels: labels)
            guard let found = table.hash(notBehind: hash, in: zone) else { return labels }
            if found.isEqual {
                add(found.node, name, subject, table, writer)
                break
            }
            guard labels > zone.apexLabels else { break }
            labels -= 1
        }
        if labels < name.labels {
            addCoveringHash(name, labels: labels + 1, subject, table, writer)
        }
        return labels
    }

    private mutating func addCoveringHash(
        _ name: borrowing LookupName, labels: Int, _ subject: Subject, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        hash.take(name, labels: labels)
        guard let found = table.hash(notBehind: hash, in: table.zones[subject.zone]) else { return }
        add(found.node, name, subject, table, writer)
    }
}

// MARK: - Records

extension ProofSection {
    /// The record in front of a name that has none.
    private mutating func addCovering(
        _ covered: borrowing LookupName, _ name: borrowing LookupName, _ subject: Subject,
        _ table: TableView, _ writer: borrowing AnswerWriter
    ) {
        guard let node = table.predecessor(of: covered, in: table.zones[subject.zone]) else {
            return
        }
        add(node, name, subject, table, writer)
    }

    private mutating func addCoveringWildcard(
        _ name: borrowing LookupName, _ subject: Subject, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        guard let node = table.predecessor(of: wildcard, in: table.zones[subject.zone]) else {
            return
        }
        add(node, name, subject, table, writer)
    }

    private mutating func add(
        _ node: NodeView, _ name: borrowing LookupName, _ subject: Subject, _ table: TableView,
        _ writer: borrowing AnswerWriter
    ) {
        for index in 0..<count where proofs[index]?.node.base == node.base { return }
        guard count < Self.capacity else { return }
        let zone = table.zones + subject.zone
        let shared = zone.pointee.sharedLabels(name, node)
        let suffix = name.ancestors[zone.pointee.apexLabels + shared].wireOctets
        let offset = writer.offset(
            ofSuffix: suffix, ofNameAt: subject.offset, octets: name.wireOctets)
        proofs[count] = Proof(node: node, sharedLabels: shared, offset: offset)
        count += 1
    }

    /// Writes what was gathered; `false` if it does not fit.
    mutating func write(_ table: TableView, to writer: inout AnswerWriter) -> Bool {
        defer { count = 0 }
        for index in 0..<count {
            guard let proof = proofs[index] else { continue }
            let zone = table.zones + proof.node.zone
            let type = zone.pointee.denial == .nsec3 ? TypeNumber.nsec3 : TypeNumber.nsec
            guard let set = proof.node.set(of: type) else { continue }
            let fits = writer.append(
                set, of: proof.node, sharing: proof.sharedLabels, at: proof.offset, signedBy: zone)
            guard fits else { return false }
        }
        return true
    }
}

extension ZoneView {
    /// How many labels below the apex a name has in common with a node.
    fileprivate func sharedLabels(_ name: borrowing LookupName, _ node: NodeView) -> Int {
        let key = name.key + apexKeyOctets
        var labels = 0
        for offset in 0..<min(name.keyOctets - apexKeyOctets, node.keyOctets) {
            let octet = key[offset]
            guard octet == node.key.load(fromByteOffset: offset, as: UInt8.self) else { break }
            if octet == 0 { labels += 1 }
        }
        return labels
    }
}
