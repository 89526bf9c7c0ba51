import Inventory

/// What is signed of a zone, beside the zone as it should be. As long as not everything is signed
/// the zone is served unsigned. From then on what is served is what stands here: a change is seen
/// when it is signed.
package struct SignedZone: Hashable, Sendable {
    /// How it is signed.
    package internal(set) var policy: SigningPolicy
    /// Its keys, in order of their tags.
    package internal(set) var keys: [ZoneKey]
    /// Counts changes of the two above.
    package internal(set) var version: UInt64 = 1
    /// Counts the publications.
    package internal(set) var round: UInt64 = 0
    /// It is served as it stands here.
    package internal(set) var isServed = false
    /// Every set with its signatures, those that signing itself makes and the SOA among them.
    package private(set) var sets: [RecordSetKey: RecordSet] = [:]
    /// Sets of the zone that are not signed as they should be now.
    package internal(set) var open: Set<RecordSetKey> = []
    /// The sum of all sets' hashes.
    private(set) var setsDigest = Digest128()
    /// What all sets take in a transfer, in octets.
    private(set) var setsOctets = 0

    init(policy: SigningPolicy, keys: [ZoneKey]) {
        self.policy = policy
        self.keys = keys.sorted { $0.tag < $1.tag }
    }

    /// Puts a set in its place, or takes it away; gives what stood there.
    mutating func replace(
        _ key: RecordSetKey, with set: RecordSet?, in apex: DomainName
    ) -> RecordSet? {
        let former = sets[key]
        sets[key] = set
        if let former {
            setsDigest.subtract(former.digest)
            setsOctets -= TransferForm.sizeOctets(of: former, in: apex)
        }
        if let set {
            setsDigest.add(set.digest)
            setsOctets += TransferForm.sizeOctets(of: set, in: apex)
        }
        return former
    }

    /// Every set in canonical order.
    package var allSets: [RecordSet] { sets.values.sorted { $0.key < $1.key } }
}
