import DNSWire

// From a question to what is said about it.

extension Responder {
    mutating func verdict(
        _ query: Query, _ table: TableView, _ transport: Transport, _ writer: inout AnswerWriter
    ) -> Verdict {
        // No key is known here, hence no signature can be right (RFC 8945 section 5.2.1).
        guard query.signatureOffset == nil else { return .refuse(.notAuthorized) }
        switch query.type {
        case RecordTypeNumber.opt, RecordTypeNumber.tsig: return .refuse(.formatError)
        case RecordTypeNumber.tkey: return .refuse(.notImplemented, .notSupported)
        case RecordTypeNumber.axfr, RecordTypeNumber.ixfr: return .refuse(.refused, .prohibited)
        default: break
        }
        guard query.recordClass != 1 else { return resolve(query, table, transport, &writer) }
        guard query.recordClass == FixedTexts.chaos,
            let text = texts.text(for: question.start, type: query.type)
        else { return .refuse(.refused, .notAuthoritative) }
        writer.appendText(text, recordClass: FixedTexts.chaos)
        return Verdict(code: .noError, isAuthoritative: true)
    }

    /// Where an answer has got to: the name asked about now, and where it stands in the answer.
    struct Progress {
        var nameOffset = AnswerWriter.questionOffset
        var aliases = 0
        /// The client wants signatures, and proofs of what is not there (RFC 3225).
        var isSecure = false
        /// Hashes of the names before, to notice a circle.
        var visited = InlineArray<8, UInt64>(repeating: 0)
    }

    private mutating func resolve(
        _ query: Query, _ table: TableView, _ transport: Transport, _ writer: inout AnswerWriter
    ) -> Verdict {
        name.load(question.start, apex: nil)
        let isSecure = query.edns?.wantsSignatures ?? false
        var progress = Progress(isSecure: isSecure)
        additional.reset(isSecure: isSecure)
        guard isSecure else { return walk(query, &progress, table, transport, &writer) }
        proofs.reset()
        let verdict = walk(query, &progress, table, transport, &writer)
        // Aliases may have led to where nothing more is said.
        _ = writeProofs(table, &writer)
        return verdict
    }

    private mutating func walk(
        _ query: Query, _ progress: inout Progress, _ table: TableView, _ transport: Transport,
        _ writer: inout AnswerWriter
    ) -> Verdict {
        var verdict = Verdict(code: .noError, isAuthoritative: true)
        while true {
            switch finder.find(&name, type: query.type, in: table) {
            case .outside:
                if progress.aliases == 0 { return Self.refusal(in: table) }
                return verdict
            case .delegated(let cut, let labels):
                refer(to: cut, labels: labels, progress, table, &writer)
                verdict.note(cut)
                verdict.isAuthoritative = progress.aliases > 0
                return verdict
            case .redirected(let node, let labels):
                verdict.note(node)
                guard
                    redirect(from: node, labels: labels, query, &progress, table, &writer, &verdict)
                else { return verdict }
            case .empty(let zone):
                proveAbsence(in: zone, progress, table, writer)
                deny(zone, progress, table, &writer)
                verdict.note(zone)
                return verdict
            case .missing(let zone):
                proveAbsence(in: zone, progress, table, writer)
                deny(zone, progress, table, &writer)
                verdict.note(zone)
                verdict.code = .nameError
                return verdict
            case .node(let node):
                verdict.note(node)
                guard Self.isFollowed(node, query.type) else {
                    answer(query, node, progress, table, transport, &writer)
                    return verdict
                }
                guard follow(node, &progress, table, &writer) else { return verdict }
            }
        }
    }

    /// As long as no zone came from the cluster we cannot know what is ours.
    private static func refusal(in table: TableView) -> Verdict {
        table.deepestApex < table.highestApex
            ? .refuse(.serverFailure, .notReady) : .refuse(.refused, .notAuthoritative)
    }

    /// Beside an alias there are only its signatures and what proves it (RFC 4035 section 2.5).
    private static func isFollowed(_ node: NodeView, _ type: UInt16) -> Bool {
        guard node.flags.contains(.alias) else { return false }
        switch type {
        case TypeNumber.cname, RecordTypeNumber.any: return false
        case TypeNumber.nsec: return node.set(of: TypeNumber.nsec) == nil
        case TypeNumber.rrsig: return !(node.set(of: TypeNumber.cname)?.isSigned ?? false)
        default: return true
        }
    }

    /// NODATA and NXDOMAIN carry the SOA of the zone that denies (RFC 2308 section 2).
    func deny(
        _ zone: Int, _ progress: Progress, _ table: TableView, _ writer: inout AnswerWriter
    ) {
        let apex = apexOffset(of: zone, progress, table, writer)
        let fits = writer.appendNegative(
            table.zones + zone, apex: apex, isSigned: progress.isSecure)
        if !fits { writer.truncate() }
    }
}

// MARK: - Places in the answer

extension Responder {
    /// Who signed a set, if the client wants to see that.
    @inline(__always)
    static func signer(
        _ zone: Int, _ progress: Progress, _ table: TableView
    ) -> UnsafePointer<ZoneView>? {
        progress.isSecure ? table.zones + zone : nil
    }

    /// Where the apex of a zone stands: it ends the name asked about now.
    @inline(__always)
    func apexOffset(
        of zone: Int, _ progress: Progress, _ table: TableView, _ writer: borrowing AnswerWriter
    ) -> Int {
        suffixOffset(table.zones[zone].apexWireOctets, progress, writer)
    }

    @inline(__always)
    func suffixOffset(
        _ octets: Int, _ progress: Progress, _ writer: borrowing AnswerWriter
    ) -> Int {
        // The question's name is written out; one from an alias may end in a pointer.
        progress.aliases == 0
            ? AnswerWriter.questionOffset + name.wireOctets - octets
            : writer.offset(
                ofSuffix: octets, ofNameAt: progress.nameOffset, octets: name.wireOctets)
    }
}
