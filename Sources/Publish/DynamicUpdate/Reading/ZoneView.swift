import ForeignZones
import Inventory
import Planning
import Zones

/// What a copy of a zone says of some names, or of all: whose each record set is, and what is in
/// the way of ours.
struct ZoneView {
    /// Everything at the names, marks apart that mark something.
    let entries: [RecordSetKey: FoundEntry<RecordSet>]
    /// What stands in the registry, by the set that is marked there.
    let registry: [RecordSetKey: RegistryEntry]
    /// What is in the way.
    let obstacles: Obstacles

    /// `places` are `nil` for all names. To a name belong marks of ours that mark nothing there.
    init(_ copy: ZoneCopy, cluster: ClusterID, places: Set<DomainName>?) {
        let owners = places.map(Self.surroundings)
        var registry: [RecordSetKey: RegistryEntry] = [:]
        var sets: [RecordSetKey: ZoneCopy.Found] = [:]
        let note = { (owner: DomainName) in
            for (type, found) in copy.sets(at: owner) {
                let key = RecordSetKey(owner: owner, type: type)
                let entry = RegistryEntry.read(
                    key, text: found.markText, ttlSeconds: found.ttlSeconds, cluster: cluster)
                if let (marked, entry) = entry {
                    // Of several sets at one place, the one that may not be touched counts.
                    if registry[marked]?.isForeign != true { registry[marked] = entry }
                    if !entry.isForeign { continue }
                }
                sets[key] = found
            }
        }
        if let owners { owners.forEach(note) } else { copy.owners.forEach(note) }
        self.registry = registry
        entries = Self.entries(sets, registry, cluster).filter { key, entry in
            places.map { Self.belongs(key, entry, to: $0) } ?? true
        }
        obstacles = Obstacles(cuts: copy.cuts, registry: registry)
    }

    /// The names, those of their marks, and those that they mark themselves.
    private static func surroundings(_ places: Set<DomainName>) -> Set<DomainName> {
        var names = places
        for place in places {
            names.formUnion(Registry.owners(at: place))
            if let marked = Registry.key(markedAt: place) { names.insert(marked.owner) }
        }
        return names
    }

    private static func entries(
        _ sets: [RecordSetKey: ZoneCopy.Found], _ registry: [RecordSetKey: RegistryEntry],
        _ cluster: ClusterID
    ) -> [RecordSetKey: FoundEntry<RecordSet>] {
        var entries: [RecordSetKey: FoundEntry<RecordSet>] = [:]
        entries.reserveCapacity(sets.count)
        var sealer = Sealer(cluster: cluster)
        for (key, found) in sets {
            let content = found.content(key)
            let marks = registry[key]?.mark.map { [$0] } ?? []
            entries[key] = FoundEntry(content, Mark.ownership(marks, of: content, &sealer))
        }
        for (key, entry) in registry where entries[key] == nil {
            guard let (stray, found) = entry.orphan(of: key) else { continue }
            entries[stray] = found
        }
        return entries
    }

    private static func belongs(
        _ key: RecordSetKey, _ entry: FoundEntry<RecordSet>, to places: Set<DomainName>
    ) -> Bool {
        if places.contains(key.owner) { return true }
        guard key.type == .txt, case .ours = entry.ownership else { return false }
        return Registry.key(markedAt: key.owner).map { places.contains($0.owner) } ?? false
    }
}
