import Inventory
import Zones

/// Which signatures end when. Each set is noted when it is signed and never crossed out: whoever
/// takes a set out looks whether the signature is still the one that was noted. `prune` gets rid of
/// the notes that say nothing any more.
struct DueIndex: Sendable {
    /// Signatures that end within so many seconds of one another are noted, and made anew,
    /// together: each publication has a new serial, which all secondaries fetch.
    static let widthSeconds: UInt64 = 3_600

    private var buckets = SortedBlocks<UInt64, [RecordSetKey]>()
    /// How many notes there are.
    private(set) var count = 0

    /// The number of the bucket for signatures that end then.
    static func bucket(of expirationSeconds: UInt64) -> UInt64 { expirationSeconds / widthSeconds }

    /// When all of a bucket have ended.
    private static func end(of bucket: UInt64) -> UInt64 { (bucket + 1) * widthSeconds }

    /// A signature that ends then is to be made anew.
    static func isDue(
        _ expirationSeconds: UInt64, refreshSeconds: UInt64, atSeconds seconds: UInt64
    ) -> Bool {
        end(of: bucket(of: expirationSeconds)) <= seconds + refreshSeconds
    }

    /// When the first signature is to be made anew; `nil` if none is noted.
    func nextSeconds(refreshSeconds: UInt64) -> UInt64? {
        buckets.first.map { place in
            let end = Self.end(of: buckets[place].key)
            return end > refreshSeconds ? end - refreshSeconds : 0
        }
    }

    /// Notes a set.
    mutating func note(_ key: RecordSetKey, expirationSeconds: UInt64) {
        let bucket = Self.bucket(of: expirationSeconds)
        var keys: [RecordSetKey] = []
        // The array is taken out so that it is not copied.
        if let place = buckets.place(of: bucket) {
            keys = buckets[place].value
            buckets.update([], at: place)
        }
        keys.append(key)
        buckets.insert(keys, for: bucket)
        count += 1
    }

    /// Takes one set out whose note is due.
    mutating func popDue(refreshSeconds: UInt64, atSeconds seconds: UInt64) -> RecordSetKey? {
        guard let place = buckets.first,
            Self.end(of: buckets[place].key) <= seconds + refreshSeconds
        else { return nil }
        let bucket = buckets[place].key
        var keys = buckets[place].value
        buckets.update([], at: place)
        let key = keys.popLast()
        if keys.isEmpty { buckets.remove(bucket) } else { buckets.update(keys, at: place) }
        count -= 1
        return key
    }

    /// Keeps what `expirationSeconds` confirms, each set once.
    mutating func prune(_ expirationSeconds: (RecordSetKey) -> UInt64?) {
        var kept: [SortedBlocks<UInt64, [RecordSetKey]>.Entry] = []
        count = 0
        var place = buckets.first
        while let present = place {
            let bucket = buckets[present].key
            var seen: Set<RecordSetKey> = []
            let keys = buckets[present].value.filter { key in
                expirationSeconds(key).map(Self.bucket) == bucket && seen.insert(key).inserted
            }
            if !keys.isEmpty { kept.append(.init(key: bucket, value: keys)) }
            count += keys.count
            place = buckets.place(after: present)
        }
        buckets = SortedBlocks(sorted: kept)
    }
}
