import Inventory
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
        let sealed = try secrets.seal(key.pair.privateKey, for: Self.purpose(apex))
        return key.zoneKey(sealed: sealed, atSeconds: seconds, stage: stage)
    }

    /// Opens what is sealed of a zone's keys.
    func open(_ keys: [ZoneKey], of apex: DomainName) throws -> [OpenedKey] {
        try keys.map { key in
            try OpenedKey(
                key, privateKey: secrets.open(key.sealedPrivateKey, for: Self.purpose(apex)))
        }
    }
}
