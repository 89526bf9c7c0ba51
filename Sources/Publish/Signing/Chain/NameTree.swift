import Inventory
import Zones

/// The names of a zone in canonical order with the types of their sets, as far as these are the
/// zone's own content and not made by signing; and what is authoritative of it.
struct NameTree: Sendable {
    /// What is known of a name.
    struct Node: Sendable {
        /// In ascending order; empty for a moment, until the name is taken out.
        var types: [RecordType]
        /// It counts among the names whose absence or presence is shown.
        var isChained: Bool
    }

    /// The zone's name.
    let apex: DomainName
    private(set) var names = SortedBlocks<DomainName, Node>()
    /// The names at which the zone ends: owners of NS sets but the zone's own, and of DNAME sets.
    private var divisions: Set<DomainName> = []
    /// One array for all names with the same types.
    private var typeLists: [[RecordType]: [RecordType]] = [:]
    /// No zone of sense has more combinations; those beyond it have an array each.
    private static let typeListLimit = 4_096

    /// The names of sets, without the types that signing makes.
    init(apex: DomainName, keys: some Sequence<RecordSetKey>) {
        self.apex = apex
        var entries: [SortedBlocks<DomainName, Node>.Entry] = []
        var types: [RecordType] = []
        var owner: DomainName?
        for key in keys.filter({ !$0.type.isMadeBySigning }).sorted() {
            if let last = owner, last != key.owner {
                entries.append(.init(key: last, value: node(of: last, types)))
                types.removeAll(keepingCapacity: true)
            }
            owner = key.owner
            types.append(key.type)
        }
        if let last = owner { entries.append(.init(key: last, value: node(of: last, types))) }
        names = SortedBlocks(sorted: entries)
    }

    private mutating func node(of name: DomainName, _ types: [RecordType]) -> Node {
        if isDivision(name, types) { divisions.insert(name) }
        return Node(types: shared(types), isChained: false)
    }

    private mutating func shared(_ types: [RecordType]) -> [RecordType] {
        if let known = typeLists[types] { return known }
        if typeLists.count < Self.typeListLimit { typeLists[types] = types }
        return types
    }

    /// What a name is, if something stands there.
    func node(at name: DomainName) -> Node? { names[name] }

    /// The types at a name; none if nothing stands there.
    func types(at name: DomainName) -> [RecordType] { names[name]?.types ?? [] }

    /// Says which types stand at a name. A name without types stays until `purge`.
    mutating func setTypes(_ types: [RecordType], at name: DomainName) {
        let types = shared(types)
        if let place = names.place(of: name) {
            names.update(Node(types: types, isChained: names[place].value.isChained), at: place)
        } else if !types.isEmpty {
            names.insert(Node(types: types, isChained: false), for: name)
        }
        if isDivision(name, types) { divisions.insert(name) } else { divisions.remove(name) }
    }

    /// Notes whether a name counts in the chain.
    mutating func setChained(_ isChained: Bool, at name: DomainName) {
        guard let place = names.place(of: name) else { return }
        names.update(Node(types: names[place].value.types, isChained: isChained), at: place)
    }

    /// Takes a name out at which nothing stands any more.
    mutating func purge(_ name: DomainName) {
        precondition(names[name]?.types.isEmpty != false, "something stands at \(name)")
        names.remove(name)
    }
}

// MARK: - Where the zone ends

extension NameTree {
    /// With these types the zone ends at the name.
    func isDivision(_ name: DomainName, _ types: [RecordType]) -> Bool {
        types.contains { $0 == .dname || $0 == .ns && name != apex }
    }

    /// What lies below the name is another zone's.
    func isCut(_ name: DomainName, _ types: [RecordType]) -> Bool {
        name != apex && types.contains(.ns)
    }

    /// The name lies below a delegation or a redirection: what stands there is glue, or nobody sees
    /// it.
    func isOccluded(_ name: DomainName) -> Bool {
        guard !divisions.isEmpty else { return false }
        var ancestor = name == apex ? nil : name.parent
        while let present = ancestor, present.wire.count >= apex.wire.count {
            if divisions.contains(present) { return true }
            ancestor = present == apex ? nil : present.parent
        }
        return false
    }

    /// A set of the zone's own content gets signatures (RFC 4035 section 2.2).
    func isSigned(_ key: RecordSetKey) -> Bool {
        guard !isOccluded(key.owner) else { return false }
        return key.type == .ds || !isCut(key.owner, types(at: key.owner))
    }

    /// Something stands below a name.
    func hasNames(below name: DomainName) -> Bool {
        guard let next = names.place(above: name) else { return false }
        return names[next].key.isAtOrBelow(name)
    }

    /// The names below one, in canonical order.
    func names(below name: DomainName) -> some Sequence<DomainName> {
        sequence(state: names.place(above: name)) { [names] place -> DomainName? in
            guard let present = place, names[present].key.isAtOrBelow(name) else { return nil }
            place = names.place(after: present)
            return names[present].key
        }
    }

    /// The chained name before another one, in the circle that the last name closes with the first.
    func chained(before name: DomainName) -> DomainName? {
        var place = names.place(below: name)
        while let present = place, !names[present].value.isChained {
            place = names.place(before: present)
        }
        if let place { return names[place].key }
        place = names.last
        while let present = place, !names[present].value.isChained {
            place = names.place(before: present)
        }
        return place.map { names[$0].key }
    }

    /// The chained name behind another one; behind the last stands the zone's own.
    func chained(after name: DomainName) -> DomainName {
        var place = names.place(above: name)
        while let present = place, !names[present].value.isChained {
            place = names.place(after: present)
        }
        return place.map { names[$0].key } ?? apex
    }
}

extension RecordType {
    /// Signing makes such sets; the zone's own content has none.
    var isMadeBySigning: Bool {
        switch self {
        case .nsec, .nsec3, .nsec3param, .dnskey, .cds, .cdnskey: true
        default: false
        }
    }
}
