import DNSWire

// Names that stand for others, and what follows from that.

extension Responder {
    /// Writes an alias and goes on to what it stands for; `false` if the answer ends here.
    mutating func follow(
        _ node: NodeView, _ progress: inout Progress, _ table: TableView,
        _ writer: inout AnswerWriter
    ) -> Bool {
        guard let alias = node.set(of: TypeNumber.cname) else { return false }
        let apex = apexOffset(of: node.zone, progress, table, writer)
        let offset = writer.position
        let signer = Self.signer(node.zone, progress, table)
        let fits = writer.append(
            alias, to: .answer, owner: progress.nameOffset, apex: apex, signer: signer)
        guard fits else {
            writer.truncate()
            return false
        }
        proveWildcard(node, progress, table, writer)
        let former = name.hash
        let target = alias.wire + SetView.recordHeaderOctets
        name.load(target.assumingMemoryBound(to: UInt8.self), apex: table.zones + node.zone)
        return goOn(
            from: former, at: offset + SetView.recordHeaderOctets, &progress, table)
    }

    /// Writes a DNAME record and the alias that follows from it (RFC 6672 section 3.2), and goes on
    /// to that; `false` if the answer ends here.
    mutating func redirect(
        from node: NodeView, labels: Int, _ query: Query, _ progress: inout Progress,
        _ table: TableView, _ writer: inout AnswerWriter, _ verdict: inout Verdict
    ) -> Bool {
        guard let set = node.set(of: TypeNumber.dname) else { return false }
        let ownerOctets = name.ancestors[labels].wireOctets
        let prefix = name.wireOctets - ownerOctets
        let owner = suffixOffset(ownerOctets, progress, writer)
        let record = writer.position
        let signer = Self.signer(node.zone, progress, table)
        guard writer.append(set, to: .answer, owner: owner, apex: 0, signer: signer) else {
            writer.truncate()
            return false
        }
        let target = record + SetView.recordHeaderOctets
        guard
            redirection.make(
                prefix: prefix, ofNameAt: progress.nameOffset, target: target, in: writer)
        else {
            verdict.code = .nameTooLong
            return false
        }
        let alias = writer.position
        let fits = writer.appendAlias(
            owner: progress.nameOffset, name: redirection.name, prefix: prefix, target: target,
            ttlOf: record)
        guard fits else {
            writer.truncate()
            return false
        }
        guard query.type != TypeNumber.cname, query.type != RecordTypeNumber.any else {
            return false
        }
        let former = name.hash
        name.load(redirection.name, apex: nil)
        return goOn(from: former, at: alias + SetView.recordHeaderOctets, &progress, table)
    }

    /// Takes a step to the name that was loaded; `false` after too many, or back to one before.
    private mutating func goOn(
        from former: UInt64, at offset: Int, _ progress: inout Progress, _ table: TableView
    ) -> Bool {
        progress.visited[progress.aliases] = former
        progress.aliases += 1
        guard progress.aliases < Self.maximumAliases else { return false }
        progress.nameOffset = offset
        name.hashWhole(with: table.hashKey)
        for index in 0..<progress.aliases where progress.visited[index] == name.hash {
            return false
        }
        return true
    }
}
