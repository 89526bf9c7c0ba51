import Inventory
import Planning
import Zones

/// What stands where the mark of a record set has its place in the registry.
enum RegistryEntry: Hashable {
    /// Our mark, with its record and time to live.
    case ours(Mark, text: String, ttlSeconds: UInt32)
    /// Another cluster's mark.
    case another(Mark)
    /// Something else, which leaves no room for a mark.
    case foreign(RecordSetKey)

    /// The mark; `nil` where none stands.
    var mark: Mark? {
        switch self {
        case .ours(let mark, _, _), .another(let mark): mark
        case .foreign: nil
        }
    }

    /// Somebody put something else there.
    var isForeign: Bool {
        if case .foreign = self { true } else { false }
    }

    /// Our mark stands there.
    var isOurs: Bool {
        if case .ours = self { true } else { false }
    }

    /// A set in the registry, and the set that is marked there; `nil` for sets that are not in the
    /// registry and leave room for a mark.
    static func read(
        _ set: FoundSet, cluster: ClusterID
    ) -> (RecordSetKey, RegistryEntry)? {
        // Nothing can stand beside an alias.
        guard set.key.type == .txt || set.key.type == .cname,
            let key = Registry.key(markedAt: set.key.owner)
        else { return nil }
        guard let text = set.registryText, let mark = Registry.mark(text),
            let ttlSeconds = set.ttlSeconds
        else { return (key, .foreign(set.key)) }
        let isOurs = mark.cluster == "\(cluster)"
        return (key, isOurs ? .ours(mark, text: text, ttlSeconds: ttlSeconds) : .another(mark))
    }

    /// What it is where the set that it marks is not there. Our mark is an entry itself then, ours
    /// to remove; another's keeps the place.
    func orphan(of key: RecordSetKey) -> (RecordSetKey, FoundEntry<RecordSet>)? {
        switch self {
        case .ours(let mark, let text, let ttlSeconds):
            guard let owner = Registry.owner(of: key) else { return nil }
            let stray = RecordSetKey(owner: owner, type: .txt)
            let octets = text.utf8.dropFirst().dropLast()
            guard mark.seal != nil, let length = UInt8(exactly: octets.count) else {
                return (stray, FoundEntry(nil, .ours(isIntact: false)))
            }
            let content = RecordSet(
                owner: owner, type: .txt, ttlSeconds: ttlSeconds, data: [[length] + octets])
            return (stray, FoundEntry(content, .ours(isIntact: true)))
        case .another(let mark): return (key, FoundEntry(nil, .another(mark.cluster)))
        case .foreign: return nil
        }
    }

    /// Why a mark of ours cannot be written there; `nil` if it can.
    func objection(to key: RecordSetKey) -> String? {
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
}
