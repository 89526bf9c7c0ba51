package import Inventory

/// Looks at what the operator would have, before it is so: what Knot's kzonecheck refuses is
/// refused, what it warns of is told, and some more.
package struct ZoneAudit: Sendable {
    /// What a set would be; `nil` where it would go.
    package typealias Changes = [RecordSetKey: RecordSet?]

    /// The most octets of the records of one set: with every header, what a TCP answer holds.
    package static let setOctetsLimit = 65_000
    private static let recordHeaderOctets = 12

    private let zones: ZoneSet
    private let changes: Changes
    private let newApex: DomainName?
    private let typesByName: [DomainName: [RecordType]]

    /// - `zones`: as they are.
    /// - `changes`: what would change.
    /// - `newApex`: a zone that would come with it.
    package init(_ changes: Changes, in zones: ZoneSet, newApex: DomainName? = nil) {
        self.zones = zones
        self.changes = changes
        self.newApex = newApex
        typesByName = Dictionary(grouping: changes.keys, by: \.owner).mapValues { $0.map(\.type) }
    }

    /// Everything that is wrong, sorted by owner and type.
    package func errors() -> [RecordFinding] {
        var findings: [RecordFinding] = []
        for (key, set) in changes {
            guard let set else { continue }
            findings += objections(to: set).map { RecordFinding($0, at: key) }
        }
        for name in typesByName.keys { findings += objections(at: name) }
        return findings.sorted { $0.key < $1.key }
    }

    /// Everything that should be known, sorted by owner and type.
    package func warnings() -> [RecordFinding] {
        var findings: [RecordFinding] = []
        for (key, set) in changes {
            guard let set else { continue }
            if division(above: key.owner, of: .ns) != nil, key.type != .a, key.type != .aaaa {
                findings.append(RecordFinding(.belowDelegation, at: key))
            }
            if drivesOutHost(set) { findings.append(RecordFinding(.hostName, at: key)) }
            findings += Set(set.data.compactMap { remark(on: $0, of: key) })
                .map { RecordFinding($0, at: key) }
        }
        return findings.sorted { ($0.key, $0.description) < ($1.key, $1.description) }
    }
}

// MARK: - What is wrong

extension ZoneAudit {
    private func objections(to set: RecordSet) -> [RecordFinding.Kind] {
        let key = set.key
        var kinds: [RecordFinding.Kind] = []
        let apex = apex(of: key.owner)
        if apex == nil { kinds.append(.outsideZones) }
        if key.type == .soa { kinds.append(.authority) }
        if key.type.isForSigning { kinds.append(.forSigning) }
        if key.type.isForMessages { kinds.append(.forMessages) }
        if key.type == .ds, apex == key.owner { kinds.append(.signerAtApex) }
        if key.type == .cname || key.type == .dname, set.data.count > 1 {
            kinds.append(.several(key.type))
        }
        if key.type.isDivision, key.owner.isWildcard { kinds.append(.wildcardDivision) }
        let octets = set.data.reduce(0) { $0 + $1.count + Self.recordHeaderOctets }
        if octets > Self.setOctetsLimit { kinds.append(.tooLarge(octets: octets)) }
        return kinds
    }

    /// What is wrong with a name as a whole.
    private func objections(at name: DomainName) -> [RecordFinding] {
        let types = types(at: name)
        guard let first = types.first else { return [] }
        var findings: [RecordFinding] = []
        let isApex = apex(of: name) == name
        if types.contains(.cname) {
            let key = RecordSetKey(owner: name, type: .cname)
            if isApex { findings.append(RecordFinding(.aliasAtApex, at: key)) }
            if types.count > 1 { findings.append(RecordFinding(.aliasNotAlone, at: key)) }
        }
        if types.contains(.dname) {
            let key = RecordSetKey(owner: name, type: .dname)
            if types.contains(.ns), !isApex {
                findings.append(RecordFinding(.redirectionBesideDelegation, at: key))
            }
            if changes[key] != nil, hasNames(below: name) {
                findings.append(RecordFinding(.redirectionAboveNames, at: key))
            }
        }
        if types.contains(.ds), !types.contains(.ns), !isApex {
            findings.append(
                RecordFinding(.signerWithoutDelegation, at: .init(owner: name, type: .ds)))
        }
        if division(above: name, of: .dname) != nil {
            findings.append(RecordFinding(.belowRedirection, at: .init(owner: name, type: first)))
        }
        return findings
    }

    /// The operator has something below a name, in the same zone.
    private func hasNames(below name: DomainName) -> Bool {
        let apex = apex(of: name)
        let isBelow = { (other: DomainName) in
            other != name && other.isAtOrBelow(name) && self.apex(of: other) == apex
                && !self.types(at: other).isEmpty
        }
        return typesByName.keys.contains(where: isBelow)
            || zones.statics.owners.contains(where: isBelow)
    }
}

// MARK: - What should be known

extension ZoneAudit {
    /// A host or name server has an address here, and would have another one or none.
    private func drivesOutHost(_ set: RecordSet) -> Bool {
        FixedRecords.types.contains { type in
            let key = RecordSetKey(owner: set.key.owner, type: type)
            guard type != .ns, let fixed = zones.fixed.sets[key] else { return false }
            return set.key.type == .cname || set.key == key && set.data != fixed.data
        }
    }

    private func remark(on data: [UInt8], of key: RecordSetKey) -> RecordFinding.Kind? {
        guard let target = key.type.target(of: data), target != .root,
            let apex = apex(of: target)
        else { return nil }
        // What a delegated zone holds, others know.
        let isDelegated = division(above: target, of: .ns) != nil || isDelegation(target)
        if isDelegated, key.type != .ns { return nil }
        let isAddressed = hasSet(target, .a) || hasSet(target, .aaaa)
        switch key.type {
        case .ns where isDelegated && !target.isAtOrBelow(key.owner): return nil
        case .ns where target.isAtOrBelow(key.owner) && apex != key.owner:
            return isAddressed ? nil : .glueMissing(target.description)
        case .ns, .mx, .srv:
            if hasSet(target, .cname) { return .targetIsAlias(target.description) }
            guard !isAddressed else { return nil }
            return exists(target)
                ? .targetWithoutAddress(target.description) : .targetMissing(target.description)
        default:
            return exists(target) ? nil : .targetMissing(target.description)
        }
    }

    /// There is such a set at the name, or at a wildcard that answers for it.
    private func hasSet(_ name: DomainName, _ type: RecordType) -> Bool {
        set(RecordSetKey(owner: answering(for: name), type: type)) != nil
    }

    private func exists(_ name: DomainName) -> Bool {
        let name = answering(for: name)
        return !types(at: name).isEmpty
            || [.a, .aaaa, .cname, .ptr, .ns].contains { set(.init(owner: name, type: $0)) != nil }
    }

    /// The name itself, or the wildcard next above it if there is nothing at the name.
    private func answering(for name: DomainName) -> DomainName {
        var ancestor = name.parent
        let isThere = { (name: DomainName) in
            !self.types(at: name).isEmpty
                || [.a, .aaaa, .cname].contains { self.set(.init(owner: name, type: $0)) != nil }
        }
        guard !isThere(name) else { return name }
        while let present = ancestor, apex(of: present) != nil {
            if let wildcard = DomainName(label: [UInt8(ascii: "*")], in: present), isThere(wildcard)
            {
                return wildcard
            }
            if isThere(present) { return name }
            ancestor = present.parent
        }
        return name
    }
}

// MARK: - As it would be

extension ZoneAudit {
    private func set(_ key: RecordSetKey) -> RecordSet? {
        if let changed = changes[key] { return changed }
        return zones.set(key)
    }

    private func staticSet(_ key: RecordSetKey) -> RecordSet? {
        if let changed = changes[key] { return changed }
        return zones.statics.sets[key]
    }

    /// The operator's types at a name, sorted.
    private func types(at name: DomainName) -> [RecordType] {
        let kept = zones.statics.sets(at: name).map(\.key.type)
        guard let changed = typesByName[name] else { return kept }
        return Set(kept + changed).filter { staticSet(.init(owner: name, type: $0)) != nil }
            .sorted()
    }

    private func apex(of name: DomainName) -> DomainName? {
        let apex = zones.apex(of: name)
        guard let newApex, name.isAtOrBelow(newApex) else { return apex }
        return apex.map { $0.isAtOrBelow(newApex) ? $0 : newApex } ?? newApex
    }

    /// The nearest name above one, within its zone, that has a set of a kind which divides.
    private func division(above name: DomainName, of type: RecordType) -> DomainName? {
        guard let apex = apex(of: name), name != apex else { return nil }
        var ancestor = name.parent
        while let present = ancestor, present.isAtOrBelow(apex) {
            let isDivision = staticSet(.init(owner: present, type: type)) != nil
            if isDivision, type == .dname || present != apex { return present }
            ancestor = present.parent
        }
        return nil
    }

    private func isDelegation(_ name: DomainName) -> Bool {
        apex(of: name) != name && staticSet(.init(owner: name, type: .ns)) != nil
    }
}

extension RecordType {
    /// The name that a record points at, if the type has one that should exist.
    func target(of data: [UInt8]) -> DomainName? {
        switch self {
        case .ns, .cname: DomainName(wire: data)
        case .mx: DomainName(wire: data.dropFirst(2))
        case .srv: DomainName(wire: data.dropFirst(6))
        default: nil
        }
    }
}

extension DomainName {
    /// The first label is "*" (RFC 4592).
    package var isWildcard: Bool { wire.starts(with: [1, UInt8(ascii: "*")]) }
}
