import Inventory

/// Record sets by key, with what has to be known of all of them together, kept up to date as they
/// come and go: it takes no longer in a large zone than in a small one.
struct ZoneContent: Hashable, Sendable {
    /// The sets.
    private(set) var sets: [RecordSetKey: RecordSet] = [:]
    /// The sum of their hashes.
    private(set) var digest = Digest128()
    /// What they take in a transfer, in octets.
    private(set) var octets = 0

    /// Puts a set in its place, or takes it away; gives what stood there.
    mutating func replace(
        _ key: RecordSetKey, with set: RecordSet?, in apex: DomainName
    ) -> RecordSet? {
        let former = sets[key]
        guard former != set else { return former }
        sets[key] = set
        if let former {
            digest.subtract(former.digest)
            octets -= TransferForm.sizeOctets(of: former, in: apex)
        }
        if let set {
            digest.add(set.digest)
            octets += TransferForm.sizeOctets(of: set, in: apex)
        }
        return former
    }
}
