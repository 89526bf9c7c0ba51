import Inventory
import OpenSSL
import Signing
import Zones

/// The private halves of zones' keys: sealed in the state, opened by who signs.
struct ZoneKeys: Sendable {
    let secrets: SecretRing

    private static func purpose(_ apex: DomainName) -> String { "a key of the zone \(apex)" }

    /// Makes a key that no other of the zone has the tag of.
    func make(
        _ role: ZoneKey.Role, _ policy: SigningPolicy, of apex: DomainName, beside keys: [ZoneKey],
        stage: ZoneKey.Stage, atSeconds seconds: UInt64
    ) throws -> ZoneKey {
        let key = try NewKey.generate(
            role, policy.algorithm, avoiding: Set(keys.map(\.tag)))
        let sealed = try key.pair.withPrivateKey { octets in
            Result { try secrets.seal(octets, for: Self.purpose(apex)) }
        }
        return key.zoneKey(sealed: try sealed.get(), atSeconds: seconds, stage: stage)
    }

    /// Opens what is sealed of a zone's keys.
    func open(_ keys: [ZoneKey], of apex: DomainName) throws -> [OpenedKey] {
        try keys.map { key in
            try OpenedKey(
                key, privateKey: secrets.open(key.sealedPrivateKey, for: Self.purpose(apex)))
        }
    }

    /// The same keys, closed with the cluster's latest secret; `nil` if all are.
    func sealedAnew(_ keys: [ZoneKey], of apex: DomainName) throws -> [ZoneKey]? {
        let latest = secrets.current?.id
        guard keys.contains(where: { ClusterSecret.id(of: $0.sealedPrivateKey) != latest }) else {
            return nil
        }
        return try keys.map { key in
            let octets = try secrets.open(key.sealedPrivateKey, for: Self.purpose(apex))
            return key.sealed(as: try secrets.seal(octets, for: Self.purpose(apex)))
        }
    }

    /// The keys of a zone after some steps of their lives.
    func changed(
        _ keys: [ZoneKey], by steps: [KeyPlan.Step], _ policy: SigningPolicy, of apex: DomainName,
        atSeconds seconds: UInt64
    ) throws -> [ZoneKey] {
        var keys = keys
        for step in steps {
            switch step {
            case .create(let role, let stage):
                keys.append(
                    try make(
                        role, policy, of: apex, beside: keys, stage: stage, atSeconds: seconds))
            case .advance(let tag, let stage):
                for index in keys.indices where keys[index].tag == tag {
                    keys[index].stage = stage
                    keys[index].stageSinceSeconds = seconds
                }
            case .remove(let tag): keys.removeAll { $0.tag == tag }
            }
        }
        return keys
    }
}
