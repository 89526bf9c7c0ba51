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
    /// Sets of the zone that are not signed as they should be now.
    package internal(set) var open: Set<RecordSetKey> = []
    private var content = ZoneContent()
    private var calendar = SignatureCalendar()

    init(policy: SigningPolicy, keys: [ZoneKey]) {
        self.policy = policy
        self.keys = keys.sorted { $0.tag < $1.tag }
    }

    /// Puts a set in its place, or takes it away; gives what stood there.
    mutating func replace(
        _ key: RecordSetKey, with set: RecordSet?, in apex: DomainName
    ) -> RecordSet? {
        let former = content.replace(key, with: set, in: apex)
        if former != set {
            if let former { calendar.count(former, -1) }
            if let set { calendar.count(set, 1) }
        }
        return former
    }

    /// Every set with its signatures, those that signing itself makes and the SOA among them.
    package var sets: [RecordSetKey: RecordSet] { content.sets }

    /// Every set in canonical order.
    package var allSets: [RecordSet] { sets.values.sorted { $0.key < $1.key } }

    /// What all sets take in a transfer, in octets.
    var setsOctets: Int { content.octets }

    /// The sum of everything in it, in short.
    package var contentDigest: Digest128 { content.digest }

    /// How many signatures there are.
    package var signatureCount: Int { calendar.count }

    /// When the first of them ends, to the hour, in seconds since 1970; `nil` if there is none.
    package func firstExpirySeconds(near seconds: UInt64) -> UInt64? {
        calendar.firstEndSeconds(near: seconds)
    }
}
