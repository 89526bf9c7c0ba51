import ClusterState
import Inventory
import Signing
import Zones

/// How it stands with signed zones, as far as every node can tell from the state, whoever leads and
/// whether anybody does.
struct SigningOutlook: Sendable {
    /// One zone that is to be signed.
    struct Zone: Sendable {
        /// Its name.
        let apex: DomainName
        /// It is served signed.
        let isServed: Bool
        /// How it is signed.
        let policy: SigningPolicy
        /// By which keys.
        let keys: [ZoneKey]
        /// How many signatures there are.
        let signatures: Int
        /// Record sets that changed and are not signed yet.
        let waiting: Int
        /// When the first signature ends, to the hour, in seconds since 1970.
        let expiresSeconds: UInt64?
        /// The key whose DS record the parent has to get before anything goes on.
        let parentTag: UInt16?

        /// A key is on its way in or out.
        var isChangingKeys: Bool { keys.contains { $0.stage != .active } }

        /// The secrets that its keys are closed with.
        var secrets: Set<UInt64> {
            Set(keys.compactMap { SealedForm.secretID(of: $0.sealedPrivateKey) })
        }
    }

    /// Sorted by name.
    let zones: [Zone]
    /// On how many hosts the secrets are that keys are closed with.
    let spreads: [UInt64: SecretSpread]

    /// Joins the two; of a state without signed zones unless given.
    init(zones: [Zone] = [], spreads: [UInt64: SecretSpread] = [:]) {
        self.zones = zones
        self.spreads = spreads
    }

    init(_ state: borrowing ReplicatedState, nowSeconds: UInt64) {
        // Copies first: looking into the lent one ends the optimising compiler (Swift 6.3.1).
        let set = state.zones
        var zones: [Zone] = []
        for apex in set.signed.keys.sorted() {
            if let zone = Zone(apex, in: set, nowSeconds: nowSeconds) { zones.append(zone) }
        }
        var spreads: [UInt64: SecretSpread] = [:]
        for id in zones.reduce(into: Set<UInt64>(), { $0.formUnion($1.secrets) }) {
            spreads[id] = SecretSpread(state, id: id)
        }
        self.zones = zones
        self.spreads = spreads
    }
}

extension SigningOutlook.Zone {
    /// `nil` for a zone that is not there.
    fileprivate init?(_ apex: DomainName, in zones: ZoneSet, nowSeconds: UInt64) {
        guard let signed = zones.signedZone(apex) else { return nil }
        self.apex = apex
        isServed = signed.isServed
        policy = signed.policy
        keys = signed.keys
        signatures = signed.signatureCount
        waiting = signed.open.count
        expiresSeconds = signed.firstExpirySeconds(near: nowSeconds)
        parentTag =
            signed.isServed
            ? KeySchedule.keyForParent(
                signed.policy, signed.keys,
                keySet: signed.sets[RecordSetKey(owner: apex, type: .dnskey)],
                atSeconds: nowSeconds) : nil
    }
}
