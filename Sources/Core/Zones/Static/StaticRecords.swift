package import Inventory

/// What the operator gives besides what guests bring: record sets, in whatever zone they lie, and
/// zones of their own.
package struct StaticRecords: Sendable {
    /// Every set, by owner and type. None is an SOA set.
    package private(set) var sets: [RecordSetKey: RecordSet] = [:]
    /// The zones that are the operator's altogether, unless the settings name them too.
    package var zones: [DomainName: StaticZone] = [:]
    /// The types at each owner, sorted.
    private var types: [DomainName: [RecordType]] = [:]
    /// Owners of NS and DNAME sets: unless it is a zone's, what lies below such a name is another
    /// server's business, or nobody's.
    private(set) var divisions: Set<DomainName> = []
    /// What follows from records of services.
    private(set) var services = ServiceNames()

    /// None.
    package init() {}

    /// The owners of the sets.
    package var owners: some Collection<DomainName> { types.keys }

    /// The operator gives something at this name.
    package func holds(_ name: DomainName) -> Bool { types[name] != nil }

    /// The sets at one name, sorted by type.
    package func sets(at name: DomainName) -> [RecordSet] {
        (types[name] ?? []).compactMap { sets[RecordSetKey(owner: name, type: $0)] }
    }

    /// Puts a set in its place, or takes it away.
    package mutating func replace(_ key: RecordSetKey, with set: RecordSet?) {
        precondition(key.type != .soa, "an SOA set among static records at \(key.owner)")
        sets[key] = set
        var present = (types[key.owner] ?? []).filter { $0 != key.type }
        if set != nil {
            let place = present.firstIndex { $0 > key.type } ?? present.endIndex
            present.insert(key.type, at: place)
        }
        types[key.owner] = present.isEmpty ? nil : present
        if key.type == .ptr { services.take(key.owner, hasInstances: set != nil) }
        guard key.type.isDivision else { return }
        if present.contains(where: \.isDivision) {
            divisions.insert(key.owner)
        } else {
            divisions.remove(key.owner)
        }
    }

    /// The names around one at which something ends, nearest last; not the name itself.
    func divisions(above name: DomainName) -> [DomainName] {
        guard !divisions.isEmpty else { return [] }
        var found: [DomainName] = []
        var ancestor = name.parent
        while let present = ancestor {
            if divisions.contains(present) { found.append(present) }
            ancestor = present.parent
        }
        return found.reversed()
    }
}

extension RecordType {
    /// Redirection of all names below, RFC 6672.
    package static let dname = RecordType(rawValue: 39)

    /// It says that what lies below its owner is elsewhere.
    package var isDivision: Bool { self == .ns || self == .dname }
}
