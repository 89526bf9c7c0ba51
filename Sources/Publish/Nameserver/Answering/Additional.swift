import DNSWire
import Glibc

/// Adds the addresses of names that records point at (RFC 1034 section 4.3.2 step 6, RFC 2782,
/// RFC 9460 section 4.1). They are looked up at query time: no stored record set holds another
/// name's data.
struct AdditionalSection: ~Copyable {
    /// Names looked at per answer; a set with more has got enough.
    private static let maximumTargets = 32

    private var target = LookupName()
    private var added = InlineArray<32, UnsafeRawPointer?>(repeating: nil)
    private var addedCount = 0
    private var isSecure = false

    /// A record set that was written, and where.
    struct Written: BitwiseCopyable {
        let set: SetView
        /// The number of the set's zone.
        let zone: Int
        /// Where its first record begins in the answer.
        let offset: Int
        /// Where its owner's name stands.
        let owner: Int
    }

    /// Forgets the answer before. With `isSecure`, what is added has its signatures.
    mutating func reset(isSecure: Bool) {
        addedCount = 0
        self.isSecure = isSecure
    }

    /// Adds what fits; what does not is left out silently. `owner` is the name that the set belongs
    /// to.
    mutating func append(
        for written: Written, of owner: borrowing LookupName, finder: borrowing NameFinder,
        table: TableView, to writer: inout AnswerWriter
    ) {
        guard let place = Self.targetPlace(in: written.set.type) else { return }
        var record = 0
        for _ in 0..<written.set.count {
            load(written, record: record, place: place, table: table)
            var offset = written.offset + record + SetView.recordHeaderOctets + place
            if target.labels == 0 {
                // "." is the owner itself in service bindings (RFC 9460 section 2.5), nobody
                // elsewhere.
                guard Self.isServiceBinding(written.set.type) else { return }
                target.load(owner, labels: owner.labels)
                offset = written.owner
            }
            if let node = finder.findAddresses(&target, in: table), isFirst(node) {
                _ = appendAddresses(of: node, at: offset, table: table, to: &writer)
                if Self.isServiceAlias(written.set, recordAt: record) {
                    _ = append(
                        written.set.type, of: node, at: offset, table: table, to: &writer)
                }
            }
            record += SetView.recordHeaderOctets + written.set.dataOctets(ofRecordAt: record)
        }
    }

    /// Adds the glue of a delegation: `false` if an address below the delegated name did not fit,
    /// which the client must be told (RFC 9471). Addresses of other names are added where they fit.
    mutating func appendGlue(
        for written: Written, below cut: NodeView, finder: borrowing NameFinder, table: TableView,
        to writer: inout AnswerWriter
    ) -> Bool {
        let fits = appendGlue(
            true, for: written, below: cut, finder: finder, table: table, to: &writer)
        guard fits else { return false }
        _ = appendGlue(
            false, for: written, below: cut, finder: finder, table: table, to: &writer)
        return true
    }

    private mutating func appendGlue(
        _ isRequired: Bool, for written: Written, below cut: NodeView,
        finder: borrowing NameFinder, table: TableView, to writer: inout AnswerWriter
    ) -> Bool {
        var fits = true
        var record = 0
        // As they were written, records may be shorter than as they were compiled.
        var place = written.offset
        for _ in 0..<written.set.count {
            load(written, record: record, place: 0, table: table)
            if isBelow(cut, table: table) == isRequired,
                let node = glue(isRequired, written.zone, finder: finder, table: table),
                isFirst(node)
            {
                let offset = place + SetView.recordHeaderOctets
                fits = appendAddresses(of: node, at: offset, table: table, to: &writer) && fits
            }
            record += SetView.recordHeaderOctets + written.set.dataOctets(ofRecordAt: record)
            place += SetView.recordHeaderOctets + writer.dataOctets(ofRecordAt: place)
        }
        return fits
    }

    /// Glue proper lies in the delegating zone, under the delegation; a neighbour's address lies in
    /// whatever zone is closest.
    private mutating func glue(
        _ isRequired: Bool, _ zone: Int, finder: borrowing NameFinder, table: TableView
    ) -> NodeView? {
        guard isRequired else { return finder.findAddresses(&target, in: table) }
        target.hashWhole(with: table.hashKey)
        return table.find(target, labels: target.labels, zone: zone)
    }

    private func isBelow(_ cut: NodeView, table: TableView) -> Bool {
        let apexOctets = table.zones[cut.zone].apexKeyOctets
        return target.keyOctets >= apexOctets + cut.keyOctets
            && memcmp(target.key, table.zones[cut.zone].apexKey, apexOctets) == 0
            && memcmp(target.key + apexOctets, cut.key, cut.keyOctets) == 0
    }

    private mutating func load(_ written: Written, record: Int, place: Int, table: TableView) {
        let data = written.set.wire + record + SetView.recordHeaderOctets + place
        target.load(
            data.assumingMemoryBound(to: UInt8.self), apex: table.zones + written.zone)
    }

    /// A name stands in the section once, however many records point at it.
    private mutating func isFirst(_ node: NodeView) -> Bool {
        for index in 0..<addedCount where added[index] == node.base { return false }
        guard addedCount < Self.maximumTargets else { return false }
        added[addedCount] = node.base
        addedCount += 1
        return true
    }

    private func appendAddresses(
        of node: NodeView, at offset: Int, table: TableView, to writer: inout AnswerWriter
    ) -> Bool {
        let fits = append(TypeNumber.a, of: node, at: offset, table: table, to: &writer)
        return append(TypeNumber.aaaa, of: node, at: offset, table: table, to: &writer) && fits
    }

    private func append(
        _ type: UInt16, of node: NodeView, at offset: Int, table: TableView,
        to writer: inout AnswerWriter
    ) -> Bool {
        guard let set = node.set(of: type) else { return true }
        // Addresses hold no names, and those in service bindings are never compressed: nothing in
        // them points at an apex.
        return writer.append(
            set, to: .additional, owner: offset, apex: 0,
            signer: isSecure ? table.zones + node.zone : nil)
    }

    /// How far into the data the name begins whose addresses belong into the answer.
    private static func targetPlace(in type: UInt16) -> Int? {
        switch type {
        case TypeNumber.ns: 0
        case TypeNumber.mx, TypeNumber.svcb, TypeNumber.https: 2
        case TypeNumber.srv: 6
        default: nil
        }
    }

    /// A service binding with priority 0 is an alias; whoever asks needs what stands at its end
    /// (RFC 9460 section 4.1).
    private static func isServiceAlias(_ set: SetView, recordAt offset: Int) -> Bool {
        let data = set.wire + offset + SetView.recordHeaderOctets
        return isServiceBinding(set.type) && data.loadUnaligned(as: UInt16.self) == 0
    }

    private static func isServiceBinding(_ type: UInt16) -> Bool {
        type == TypeNumber.svcb || type == TypeNumber.https
    }
}
