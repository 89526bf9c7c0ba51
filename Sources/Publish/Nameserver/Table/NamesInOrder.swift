import Glibc
import Inventory
import Zones

/// The record sets of a whole zone by owner, owners in canonical order. The keys of all of them lie
/// in one piece of memory, and what is sorted are plain numbers: arrays of their own would cost more
/// than all the rest of loading a zone.
struct NamesInOrder {
    /// One name of the zone.
    struct Name {
        /// Its key, that of the apex included.
        let key: ArraySlice<UInt8>
        /// Runs of sets that are its own.
        let runs: ArraySlice<Run>
    }

    /// Sets of one owner, one behind the other.
    struct Run: BitwiseCopyable {
        /// The first octets of the key below the apex, as a number whose order is theirs.
        let prefix: UInt64
        let keyStart: Int
        let keyOctets: Int
        let firstSet: Int
        var setCount = 1

        var sets: Range<Int> { firstSet..<firstSet + setCount }
        var keyRange: Range<Int> { keyStart..<keyStart + keyOctets }
    }

    private let apexKeyOctets: Int
    private var keys: [UInt8] = []
    private var runs: [Run] = []

    /// As many names as there are, or somewhat more: those whose sets do not stand together count
    /// for each place.
    var count: Int { runs.count }

    /// Sorts the sets of a zone, those that count.
    init(
        _ sets: [RecordSet], of zone: ZoneContents, where counts: (RecordSet) -> Bool
    ) throws(NameserverError) {
        apexKeyOctets = zone.apexKey.count
        for (index, set) in sets.enumerated() where counts(set) {
            if let last = runs.last?.sets, last.upperBound == index,
                set.key.owner == sets[last.lowerBound].key.owner
            {
                runs[runs.count - 1].setCount += 1
                continue
            }
            let start = keys.count
            keys += zone.apexKey
            guard OrderKey.append(set.key.owner, below: zone.apex, to: &keys) else {
                throw .outsideZone(owner: set.key.owner, apex: zone.apex)
            }
            runs.append(
                Run(
                    prefix: prefix(ofKeyAt: start + apexKeyOctets), keyStart: start,
                    keyOctets: keys.count - start, firstSet: index))
        }
        keys.withUnsafeBytes { keys in
            runs.sort { Self.order($0, $1, in: keys) < 0 }
        }
    }

    /// The name whose first run stands at a place, which moves behind its last one; `nil` at the
    /// end.
    func name(at place: inout Int) -> Name? {
        guard place < runs.count else { return nil }
        let first = place
        keys.withUnsafeBytes { keys in
            repeat {
                place += 1
            } while place < runs.count && Self.order(runs[first], runs[place], in: keys) == 0
        }
        return Name(key: keys[runs[first].keyRange], runs: runs[first..<place])
    }

    private func prefix(ofKeyAt start: Int) -> UInt64 {
        var prefix: UInt64 = 0
        for place in start..<start + MemoryLayout<UInt64>.size {
            prefix = prefix << 8 | (place < keys.count ? UInt64(keys[place]) : 0)
        }
        return prefix
    }

    /// Below zero if the first comes first. All keys begin with that of the apex.
    @inline(__always)
    private static func order(_ left: Run, _ right: Run, in keys: UnsafeRawBufferPointer) -> Int {
        if left.prefix != right.prefix { return left.prefix < right.prefix ? -1 : 1 }
        guard let start = keys.baseAddress else { return 0 }
        let order = memcmp(
            start + left.keyStart, start + right.keyStart, min(left.keyOctets, right.keyOctets))
        return order != 0 ? Int(order) : left.keyOctets - right.keyOctets
    }
}

extension NodeBuilder {
    /// Builds the node of a name from a zone's sets.
    mutating func build(
        _ name: NamesInOrder.Name, from sets: [RecordSet], of zone: ZoneContents, number: UInt16
    ) throws(NameserverError) {
        begin(NodeName(key: name.key.dropFirst(zone.apexKey.count)), zone: number)
        if let place = name.onlyPlace {
            try add(sets[place], of: zone.apex)
        } else {
            var previous: RecordType?
            for place in name.places(in: sets) {
                let set = sets[place]
                guard set.key.type != previous else {
                    throw .duplicateSet(owner: set.key.owner, type: set.key.type)
                }
                previous = set.key.type
                try add(set, of: zone.apex)
            }
        }
        finish()
    }
}

extension NamesInOrder.Name {
    /// Where the name's set stands, if there is but one.
    fileprivate var onlyPlace: Int? {
        guard runs.count == 1, let run = runs.first, run.setCount == 1 else { return nil }
        return run.firstSet
    }

    /// Where the name's sets stand, in order of types.
    fileprivate func places(in sets: [RecordSet]) -> [Int] {
        runs.flatMap(\.sets).sorted { sets[$0].key.type < sets[$1].key.type }
    }
}
