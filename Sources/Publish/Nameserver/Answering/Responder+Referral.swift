import DNSWire

// Names that another zone has, which others serve.

extension Responder {
    /// A referral (RFC 1034 section 4.3.2 step 3b): the delegation's NS set and its glue.
    mutating func refer(
        to cut: NodeView, labels: Int, _ progress: Progress, _ table: TableView,
        _ writer: inout AnswerWriter
    ) {
        guard let servers = cut.set(of: TypeNumber.ns) else {
            preconditionFailure("a delegation without NS records")
        }
        let owner = suffixOffset(name.ancestors[labels].wireOctets, progress, writer)
        let offset = writer.position
        let apex = apexOffset(of: cut.zone, progress, table, writer)
        guard writer.append(servers, to: .authority, owner: owner, apex: apex) else {
            writer.truncate()
            return
        }
        guard !progress.isSecure || proveDelegation(cut, labels, owner, progress, table, &writer)
        else { return }
        let written = AdditionalSection.Written(
            set: servers, zone: cut.zone, offset: offset, owner: owner)
        let fits = additional.appendGlue(
            for: written, below: cut, finder: finder, table: table, to: &writer)
        if !fits { writer.markTruncated() }
    }
}
