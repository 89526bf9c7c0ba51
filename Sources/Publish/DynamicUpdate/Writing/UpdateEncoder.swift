import ForeignZones
import Inventory
import Planning
import Zones

/// Turns groups of a plan into what an update wants. What the plan goes by is named in the update,
/// so that the server carries out nothing that goes by something else: neither a record set that
/// somebody made or changed since, nor a mark.
struct UpdateEncoder {
    /// Why a group cannot be written as it stands.
    struct Refusal: Error, Hashable {
        let reason: String
    }

    /// Whose mark to write.
    let cluster: ClusterID
    /// What stands in the registry, by the set that is marked there.
    let registry: [RecordSetKey: RegistryEntry]
    /// Sets that are there.
    let entries: [RecordSetKey: FoundEntry<RecordSet>]
    /// The server signs the zone.
    let isSigned: Bool

    /// DNS has no longer ones (RFC 2181 section 8).
    static let maximumTTLSeconds: UInt32 = 1 << 31 - 1

    /// Encodes a group; `nil` if there is nothing to do any more.
    func encode(
        _ group: Plan<RecordSetKey, RecordSet>.Group
    ) throws(Refusal) -> UpdateGroup? {
        var update = UpdateGroup(keys: group.steps.map(\.key))
        let removed = Set(group.steps.compactMap(\.removedKey))
        // First: a server leaves out what does not go with what stands there yet (RFC 2136 section
        // 3.4.2.2).
        for case .remove(let key, let set) in group.steps { try remove(key, set, &update) }
        for step in group.steps {
            switch step {
            case .remove: break
            case .create(let key, let set):
                try check(set)
                update.demandNone(key)
                demandRoom(for: key, removed, &update)
                update.add(key, ttlSeconds: set.ttlSeconds, set.data)
                try mark(set, &update)
                if isSigned, key.type == .cname, !removed.isEmpty {
                    update.repairs.append(repair(set))
                }
            case .change(let key, let old, let new):
                try check(new)
                update.demand(key, old.data)
                update.replace(key, ttlSeconds: new.ttlSeconds, new.data)
                try mark(new, &update)
            case .adopt(let key, let set):
                try check(set)
                update.demand(key, set.data)
                try mark(set, &update)
            }
        }
        return update.changes.isEmpty ? nil : update
    }

    private func check(_ set: RecordSet) throws(Refusal) {
        guard RecordType.published.contains(set.key.type) else {
            throw Refusal(
                reason: "records of type \(set.key.type) are not written to other servers")
        }
        guard set.ttlSeconds <= Self.maximumTTLSeconds else {
            throw Refusal(
                reason: "a TTL of \(set.ttlSeconds) s is more than DNS has; lower it to "
                    + "\(Self.maximumTTLSeconds) s or less")
        }
    }

    /// What people put beside an address, and what would keep an alias from its place. There is no
    /// way to ask for "nothing but these". Any other type that comes in the instant between has
    /// ours removed and the alias left out, which the next plan tells.
    private static let neighbours: [RecordType] =
        [.a, .aaaa, .ptr, .ns, .dname, .mx, .txt, .srv, .caa]
        // HINFO, RP, LOC, NAPTR, DS, SSHFP, TLSA, SMIMEA, OPENPGPKEY, SVCB, HTTPS, SPF, URI
        + [13, 17, 29, 35, 43, 44, 52, 53, 61, 64, 65, 99, 256].map(RecordType.init(rawValue:))

    /// A server silently leaves out what a CNAME excludes (RFC 2136 section 3.4.2.2), so that is
    /// asked for.
    private func demandRoom(
        for key: RecordSetKey, _ removed: Set<RecordSetKey>, _ update: inout UpdateGroup
    ) {
        let alias = RecordSetKey(owner: key.owner, type: .cname)
        if key.type != .cname {
            if !removed.contains(alias) { update.demandNone(alias) }
        } else if removed.isEmpty {
            update.demandNothing(at: key.owner)
        } else {
            for type in Self.neighbours {
                let other = RecordSetKey(owner: key.owner, type: type)
                if !removed.contains(other) { update.demandNone(other) }
            }
        }
    }

    /// In a zone that it signs, Knot leaves out an alias that takes the place of addresses in one
    /// update: it sees their signatures yet. Where nothing stands, the alias is put once more.
    private func repair(_ alias: RecordSet) -> UpdateGroup {
        var repair = UpdateGroup(keys: [])
        repair.demandNothing(at: alias.key.owner)
        if let owner = Registry.owner(of: alias.key) {
            repair.demand(
                RecordSetKey(owner: owner, type: .txt),
                [Registry.data(Registry.text(alias, of: cluster))])
        }
        repair.add(alias.key, ttlSeconds: alias.ttlSeconds, alias.data)
        return repair
    }

    private func remove(
        _ key: RecordSetKey, _ set: RecordSet, _ update: inout UpdateGroup
    ) throws(Refusal) {
        if key.type == .txt {
            // A mark that marks something by now stays.
            guard let marked = Registry.key(markedAt: key.owner), entries[marked] == nil else {
                return
            }
            update.demandNone(marked)
            update.demand(key, set.data)
            update.remove(key)
            return
        }
        update.demand(key, set.data)
        update.remove(key)
        guard let owner = Registry.owner(of: key), let data = registry[key]?.ownData else { return }
        let mark = RecordSetKey(owner: owner, type: .txt)
        update.demand(mark, [data])
        update.remove(mark)
    }

    private func mark(_ set: RecordSet, _ update: inout UpdateGroup) throws(Refusal) {
        guard let owner = Registry.owner(of: set.key) else {
            throw Refusal(reason: RegistryEntry.noRoom(for: set.key))
        }
        if let objection = registry[set.key]?.objection(to: set.key) {
            throw Refusal(reason: objection)
        }
        let mark = RecordSetKey(owner: owner, type: .txt)
        let data = Registry.data(Registry.text(set, of: cluster))
        if let old = registry[set.key]?.ownData {
            update.demand(mark, [old])
            update.replace(mark, ttlSeconds: set.ttlSeconds, [data])
        } else {
            update.demandNone(mark)
            update.add(mark, ttlSeconds: set.ttlSeconds, [data])
        }
    }
}

extension RegistryEntry {
    /// The data of our mark's record, as it stands there; `nil` where it is not ours.
    fileprivate var ownData: [UInt8]? {
        switch self {
        case .ours(_, let text, _): Registry.data(text)
        case .another, .foreign: nil
        }
    }
}

extension Plan<RecordSetKey, RecordSet>.Step {
    fileprivate var removedKey: RecordSetKey? {
        switch self {
        case .remove(let key, _): key
        case .create, .change, .adopt: nil
        }
    }
}
