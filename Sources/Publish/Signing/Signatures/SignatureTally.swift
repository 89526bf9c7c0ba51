import Zones

/// What the change of keys has to know of a zone.
package struct ZoneFacts: Hashable, Sendable {
    /// The longest time to live of a set, in seconds.
    package var longestTTLSeconds: UInt32
    /// How many sets a key has signed that do not tell of keys, by tag.
    package var signatureCounts: [UInt16: Int]
    /// When the latest signature over another set than the SOA was made, in seconds since 1970: a
    /// key whose signatures are all gone was needed until then at most.
    package var latestSignatureSeconds: UInt64
    /// Since when the keys have been published as they are now, at the latest, in seconds since
    /// 1970; `nil` if they are not.
    package var keysSinceSeconds: UInt64?
    /// Every set has the signatures of all keys that should sign it, and no others.
    package var isSettled: Bool

    /// Joins the five.
    package init(
        longestTTLSeconds: UInt32, signatureCounts: [UInt16: Int], latestSignatureSeconds: UInt64,
        keysSinceSeconds: UInt64?, isSettled: Bool = true
    ) {
        self.longestTTLSeconds = longestTTLSeconds
        self.signatureCounts = signatureCounts
        self.latestSignatureSeconds = latestSignatureSeconds
        self.keysSinceSeconds = keysSinceSeconds
        self.isSettled = isSettled
    }
}

/// Counts whose signatures stand in a zone.
struct SignatureTally: Sendable {
    /// Sets by the tag of the key that signed them; none has 0.
    private(set) var counts: [UInt16: Int] = [:]
    /// Sets that have signatures.
    private(set) var signedSets = 0
    /// Never falls: what was published once may still be in caches.
    private(set) var longestTTLSeconds: UInt32 = 0
    /// When the last signature of another key than the present one was replaced, as far as that is
    /// known.
    private(set) var latestSeconds: UInt64 = 0

    /// A set comes, or goes.
    mutating func count(_ set: RecordSet, _ change: Int) {
        if change > 0 { longestTTLSeconds = max(longestTTLSeconds, set.ttlSeconds) }
        guard !set.signatures.isEmpty else { return }
        signedSets += change
        guard !set.key.type.tellsOfKeys else { return }
        for data in set.signatures {
            guard let head = SignatureHead(data) else { continue }
            let count = counts[head.tag, default: 0] + change
            counts[head.tag] = count == 0 ? nil : count
        }
    }

    /// At the beginning nobody knows which signature was the last to be replaced: the latest one
    /// may have been it.
    mutating func noteSigning(_ set: RecordSet, near seconds: UInt64) {
        guard !set.key.type.tellsOfKeys,
            let made = SetSigner.madeSeconds(of: set, atSeconds: seconds)
        else { return }
        latestSeconds = max(latestSeconds, min(made, seconds))
    }

    /// A signature of another key than the present one was replaced now.
    mutating func noteReplacement(atSeconds seconds: UInt64) {
        latestSeconds = max(latestSeconds, seconds)
    }
}

extension RecordType {
    /// Signed by keys that sign keys.
    var tellsOfKeys: Bool { self == .dnskey || self == .cds || self == .cdnskey }
}
