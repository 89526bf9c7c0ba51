import Inventory
import OpenSSL
import Zones

/// The keys of a zone that sign, and the sets that tell of all of them.
struct KeyRing: Sendable {
    let apex: DomainName
    let policy: SigningPolicy
    private let keys: [ZoneKey]
    private let opened: [UInt16: OpenedKey]
    /// The key that signs everything but keys.
    let zoneKey: OpenedKey
    /// Those that sign the sets which tell of keys, in order of their tags.
    let keySigners: [OpenedKey]
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
        for key in keys where key.algorithm != policy.algorithm {
            throw .otherAlgorithm(tag: key.tag, key.algorithm)
        }
        let active = keys.filter { $0.role.signsZone && $0.stage == .active }
        guard let zoneKey = active.max(by: { $0.isOlder(than: $1) }) else {
            throw .noKey(signs: "the zone")
        }
        self.zoneKey = try Self.opened(zoneKey, byTag)
        var signers: [OpenedKey] = []
        for key in self.keys where key.role.signsKeys {
            signers.append(try Self.opened(key, byTag))
        }
        guard !signers.isEmpty else { throw .noKey(signs: "the keys") }
        keySigners = signers
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
        case .dnskey, .cds, .cdnskey: keySigners
        default: [zoneKey]
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
            data = keys.map(KeyRecord.data)
        }
        return RecordSet(
            owner: apex, type: type, ttlSeconds: policy.keyTTLSeconds, data: data)
    }

    /// The key that the parent should know: the newest that everybody has seen. A resolver that
    /// still had the older keys only would believe nothing if the parent named a newer one.
    private func announced(atSeconds seconds: UInt64) -> ZoneKey {
        let candidates = keys.filter { $0.role.signsKeys }
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
        keys.filter { $0.role.signsKeys }.map(announceSeconds).filter { $0 > seconds }.min()
    }
}

extension ZoneKey {
    /// The order of making. Of two that were made at once, the one that has got further is older.
    func isOlder(than other: ZoneKey) -> Bool {
        guard createdSeconds == other.createdSeconds else {
            return createdSeconds < other.createdSeconds
        }
        return stage == other.stage ? tag < other.tag : stage.rawValue > other.stage.rawValue
    }
}
