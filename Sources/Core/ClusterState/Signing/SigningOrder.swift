package import Inventory
package import Zones

/// Has a zone signed, or changes how or by which keys it is.
package struct SigningOrder: Hashable, Sendable {
    /// A zone has no more keys at a time.
    package static let keyLimit = 16
    /// No half of a key is longer, in octets.
    package static let keyLimitOctets = 4_096

    /// The zone.
    package let apex: DomainName
    /// How it is signed.
    package let policy: SigningPolicy
    /// By which keys.
    package let keys: [ZoneKey]
    /// The version of policy and keys that the change is for; 0 if the zone must not be signed yet.
    package let base: UInt64

    /// Joins the four.
    package init(_ apex: DomainName, policy: SigningPolicy, keys: [ZoneKey], base: UInt64) {
        self.apex = apex
        self.policy = policy
        self.keys = keys
        self.base = base
    }

    /// Why no zone can be signed so.
    var objection: String? {
        if keys.isEmpty || keys.count > Self.keyLimit {
            return "a zone has 1 to \(Self.keyLimit) keys"
        }
        if Set(keys.map(\.tag)).count != keys.count { return "two keys have one tag" }
        let isSmall = keys.allSatisfy {
            $0.publicKey.count <= Self.keyLimitOctets
                && $0.sealedPrivateKey.count <= Self.keyLimitOctets
        }
        if !isSmall { return "a key is longer than \(Self.keyLimitOctets) octets" }
        guard keys.contains(where: { $0.role.signsKeys && $0.stage.isListed }),
            keys.contains(where: { $0.role.signsZone && $0.stage == .active })
        else { return "no key signs the keys, or none the zone" }
        guard policy.refreshSeconds < policy.signatureSeconds else {
            return "signatures are to be made anew before they are made"
        }
        return nil
    }
}
