package import Inventory
package import Planning
package import Zones

/// What stands where the mark of a record set has its place in the registry.
package enum RegistryEntry: Hashable, Sendable {
    /// Our mark, with its record and time to live.
    case ours(Mark, text: String, ttlSeconds: UInt32)
    /// Another cluster's mark.
    case another(Mark)
    /// Something else, which leaves no room for a mark.
    case foreign(RecordSetKey)

    /// The mark; `nil` where none stands.
    package var mark: Mark? {
        switch self {
        case .ours(let mark, _, _), .another(let mark): mark
        case .foreign: nil
        }
    }

    /// Somebody put something else there.
    package var isForeign: Bool {
        if case .foreign = self { true } else { false }
    }

    /// Our mark stands there.
    package var isOurs: Bool {
        if case .ours = self { true } else { false }
    }

    /// What a set is to the registry, and the set that is marked there; `nil` for sets that are not
    /// in the registry and leave room for a mark.
    ///
    /// - `text`: the presentation form of the set's only record, where it may be a mark.
    /// - `ttlSeconds`: as far as it is one that DNS has.
    package static func read(
        _ found: RecordSetKey, text: String?, ttlSeconds: UInt32?, cluster: ClusterID
    ) -> (RecordSetKey, RegistryEntry)? {
        // Nothing can stand beside an alias.
        guard found.type == .txt || found.type == .cname,
            let key = Registry.key(markedAt: found.owner)
        else { return nil }
        guard found.type == .txt, let text, let mark = Registry.mark(text), let ttlSeconds else {
            return (key, .foreign(found))
        }
        let isOurs = mark.cluster == "\(cluster)"
        return (key, isOurs ? .ours(mark, text: text, ttlSeconds: ttlSeconds) : .another(mark))
    }

    /// What it is where the set that it marks is not there. Our mark is an entry itself then, ours
    /// to remove; another's keeps the place.
    package func orphan(of key: RecordSetKey) -> (RecordSetKey, FoundEntry<RecordSet>)? {
        switch self {
        case .ours(let mark, let text, let ttlSeconds):
            guard let owner = Registry.owner(of: key) else { return nil }
            let stray = RecordSetKey(owner: owner, type: .txt)
            // A mark with its seal is as long as we write them.
            guard mark.seal != nil else {
                return (stray, FoundEntry(nil, .ours(isIntact: false)))
            }
            let content = RecordSet(
                owner: owner, type: .txt, ttlSeconds: ttlSeconds, data: [Registry.data(text)])
            return (stray, FoundEntry(content, .ours(isIntact: true)))
        case .another(let mark): return (key, FoundEntry(nil, .another(mark.cluster)))
        case .foreign: return nil
        }
    }

    /// Why a mark of ours cannot be written there; `nil` if it can.
    package func objection(to key: RecordSetKey) -> String? {
        switch self {
        case .ours: nil
        case .another(let mark):
            "the mark of \(key) belongs to another cluster, \(mark.cluster); let one of the two "
                + "publish the name"
        case .foreign(let obstacle):
            "\(obstacle), which is not ours, stands where the mark of \(key) belongs, as the "
                + "zone's marks are TXT records; remove or rename it there, or name the guest "
                + "otherwise"
        }
    }

    /// Why a name cannot be marked in the registry at all.
    package static func noRoom(for key: RecordSetKey) -> String {
        "\(key.owner) leaves no room for the labels of its mark, _pipam.<type>, as the zone's "
            + "marks are TXT records; name the guest otherwise"
    }
}
