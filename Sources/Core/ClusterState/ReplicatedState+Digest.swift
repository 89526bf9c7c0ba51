import ClusterMessages
import Inventory
package import Zones

extension ReplicatedState {
    /// Everything that must be equal on every node at one index, in short. Guests, claims and
    /// record sets are summed up as they change; the rest is hashed when somebody asks.
    ///
    /// Two versions of the program give the same only as long as they write the same messages:
    /// they do at one level.
    package var digest: Digest128 {
        var octets = guestsDigest.octets + claimBook.digest.octets + staticBook.digest.octets
        let records =
            headRecords + serialRecords + brakeRecords + formerProviderRecords
            + staticZoneRecords + stageRecords + signedZoneRecords
        for record in records {
            octets += Digest128(hashing: Wire.encode(record)).octets
        }
        for (name, ledger) in providers.sorted(by: { $0.key < $1.key }) {
            octets += Digest128(hashing: Wire.encode(ledger.message(for: name))).octets
            octets += ledger.owedDigest.octets
        }
        for zone in zones.zones.values.sorted(by: { $0.apex < $1.apex }) {
            octets += zone.apex.wire + zone.digest.octets
            octets += zones.journals[zone.apex]?.digest.octets ?? []
            octets += zones.signed[zone.apex]?.contentDigest.octets ?? []
        }
        return Digest128(hashing: octets)
    }
}

extension ProviderLedger {
    /// The sum of the hashes of what is owed, in no order.
    fileprivate var owedDigest: Digest128 {
        owed.reduce(into: Digest128()) { digest, owed in
            let message = Self.message(of: owed.key, index: owed.value)
            digest.add(Digest128(hashing: Wire.encode(message)))
        }
    }
}
