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
        let apexOctets = table.zones[cut.zone].apexWireOctets
        guard append(servers, labels, apexOctets, owner: owner, apex: apex, &writer) else {
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

    /// Writes the NS set of the ancestor with so many labels.
    private func append(
        _ servers: SetView, _ labels: Int, _ apexOctets: Int, owner: Int, apex: Int,
        _ writer: inout AnswerWriter
    ) -> Bool {
        withUnsafeTemporaryAllocation(
            of: UInt8.self, capacity: QuestionName.maximumOctets
        ) { room in
            guard let start = room.baseAddress else { return false }
            let octets = name.writeWire(labels: labels, to: start)
            let below = UnsafeRawBufferPointer(start: start, count: octets - apexOctets)
            return writer.append(servers: servers, of: below, owner: owner, apex: apex)
        }
    }
}
