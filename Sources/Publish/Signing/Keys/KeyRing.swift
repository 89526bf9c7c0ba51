import Inventory
import OpenSSL
import Zones

/// The keys of a zone that sign, and the sets that tell of all of them.
struct KeyRing: Sendable {
    let apex: DomainName
    let policy: SigningPolicy
    private let keys: [ZoneKey]
    private let opened: [UInt16: OpenedKey]
    /// Those that sign everything but keys: one of each algorithm, in order of their tags.
    private let zoneSigners: [OpenedKey]
    /// Those that sign the zone's keys, in order of their tags.
    private let keySigners: [OpenedKey]
    /// Those that sign what the parent is told; also those that are not among the zone's keys,
    /// since this is a set like any other.
    private let announcers: [OpenedKey]
    /// When the keys were published as they are now, if that was not before their stages began.
    var publishedSeconds: UInt64 = 0

    /// Throws unless all that have to sign are open.
    init(
        apex: DomainName, policy: SigningPolicy, keys: [ZoneKey], opened: [OpenedKey]
    ) throws(SigningError) {
        self.apex = apex
        self.policy = policy
        self.keys = keys.sorted { $0.tag < $1.tag }
        let byTag = Dictionary(opened.map { ($0.key.tag, $0) }, uniquingKeysWith: { $1 })
        self.opened = byTag
        guard keys.contains(where: { $0.role.signsZone && $0.stage == .active }) else {
            throw .noKey(signs: "the zone")
        }
        zoneSigners = try Self.opened(Self.zoneSigners(among: keys), byTag)
        let signers = self.keys.filter(\.role.signsKeys)
        announcers = try Self.opened(signers, byTag)
        keySigners = try Self.opened(signers.filter(\.stage.isListed), byTag)
        guard !keySigners.isEmpty else { throw .noKey(signs: "the keys") }
    }

    /// Of each algorithm the key that is active; of one that comes or goes the newest that stays.
    private static func zoneSigners(among keys: [ZoneKey]) -> [ZoneKey] {
        Dictionary(grouping: keys.filter(\.role.signsZone), by: \.algorithm).values
            .compactMap { keys in
                let active = keys.filter { $0.stage == .active }
                let willing = active.isEmpty ? keys.filter { $0.stage != .retired } : active
                return willing.max { $0.isOlder(than: $1) }
            }
            .sorted { $0.tag < $1.tag }
    }

    private static func opened(
        _ keys: [ZoneKey], _ opened: [UInt16: OpenedKey]
    ) throws(SigningError) -> [OpenedKey] {
        var open: [OpenedKey] = []
        for key in keys { open.append(try Self.opened(key, opened)) }
        return open
    }

    private static func opened(
        _ key: ZoneKey, _ opened: [UInt16: OpenedKey]
    ) throws(SigningError) -> OpenedKey {
        guard let open = opened[key.tag] else { throw .closedKey(tag: key.tag) }
        guard open.key.publicKey == key.publicKey else { throw .wrongKey(tag: key.tag) }
        return open
    }

    /// Those that sign a set of a type.
    func signers(of type: RecordType) -> [OpenedKey] {
        switch type {
        case .dnskey: keySigners
        case .cds, .cdnskey: announcers
        default: zoneSigners
        }
    }

    /// The set of a type that tells of keys.
    func set(_ type: RecordType, atSeconds seconds: UInt64) -> RecordSet {
        let data: [[UInt8]]
        switch type {
        case .cds where policy.isLeaving: data = [KeyRecord.deletingDelegation]
        case .cdnskey where policy.isLeaving: data = [KeyRecord.deletingKey]
        case .cds: data = [KeyRecord.delegation(of: announced(atSeconds: seconds), apex: apex)]
        case .cdnskey: data = [KeyRecord.data(of: announced(atSeconds: seconds))]
        default:
            precondition(type == .dnskey, "\(type) does not tell of keys")
            data = keys.filter(\.stage.isListed).map(KeyRecord.data)
        }
        return RecordSet(
            owner: apex, type: type, ttlSeconds: policy.keyTTLSeconds, data: data)
    }

    /// The key that the parent should know: the newest that everybody has seen. A resolver that
    /// still had the older keys only would believe nothing if the parent named a newer one.
    private func announced(atSeconds seconds: UInt64) -> ZoneKey {
        let candidates = keys.filter { $0.role.signsKeys && $0.stage.isListed }
        let known = candidates.filter { announceSeconds(of: $0) <= seconds }
        let preferred = known.filter { $0.stage != .retired }
        let choice = preferred.isEmpty ? (known.isEmpty ? candidates : known) : preferred
        guard let key = choice.max(by: { $0.isOlder(than: $1) }) else {
            preconditionFailure("no key of \(apex) signs keys")
        }
        return key
    }

    /// When everybody has seen a key.
    private func announceSeconds(of key: ZoneKey) -> UInt64 {
        guard key.stage == .published else { return 0 }
        return max(key.stageSinceSeconds, publishedSeconds) + UInt64(policy.keyTTLSeconds)
            + UInt64(policy.propagationSeconds)
    }

    /// When the set that tells the parent of keys changes next by itself; `nil` if it does not.
    func nextAnnouncementSeconds(after seconds: UInt64) -> UInt64? {
        keys.filter { $0.role.signsKeys && $0.stage.isListed }.map(announceSeconds).filter {
            $0 > seconds
        }.min()
    }
}

extension ZoneKey {
    /// The order of making. Of two that were made at once, the one that has got further is older.
    func isOlder(than other: ZoneKey) -> Bool {
        guard createdSeconds == other.createdSeconds else {
            return createdSeconds < other.createdSeconds
        }
        return stage == other.stage ? tag < other.tag : stage.progress > other.stage.progress
    }
}

extension ZoneKey.Stage {
    /// How far it is from the beginning of a key's life.
    fileprivate var progress: Int {
        switch self {
        case .presigning: 0
        case .published: 1
        case .active: 2
        case .retired: 3
        case .fading: 4
        }
    }
}
