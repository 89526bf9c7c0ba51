import ForeignZones
import HTTPClient
import Inventory
import Planning
import Zones

/// Record sets of a zone as the API shows them, sorted into what they are to us.
struct ZoneContents {
    /// All sets with records, marks of the registry apart.
    private(set) var sets: [FoundSet] = []
    /// Comments of others by the set on which they stand, to be kept when it is replaced; also of
    /// sets without records.
    private(set) var otherComments: [RecordSetKey: [Comment]] = [:]
    /// What stands in the registry, by the set that is marked there.
    private(set) var registry: [RecordSetKey: RegistryEntry] = [:]
    /// A set bears a mark of ours as a comment.
    private(set) var hasOwnComments = false

    private let cluster: ClusterID
    private let clusterText: String
    private let account: String

    /// `cluster` is ours.
    init(cluster: ClusterID) {
        self.cluster = cluster
        clusterText = "\(cluster)"
        account = Mark.account(of: cluster)
    }

    /// Reads `rrsets` of an answer. `call` is for the error's text. With `only`, sets at other
    /// names are left out; returns how many.
    mutating func add(
        _ answer: [UInt8], call: String, cuts: inout Cuts, only name: DomainName?
    ) throws(ProviderError) -> Int {
        var strays = 0
        let text = name.map { "\($0)" }
        try RawSet.each(in: answer, call: call) { raw in
            if let text, Self.isElsewhere(raw.name, than: text) {
                strays += 1
                return
            }
            // What is not in the zone is nothing that we could mean there.
            guard let set = FoundSet(raw), name.map({ set.key.owner == $0 }) ?? true,
                set.key.owner.isAtOrBelow(cuts.apex)
            else { return }
            if set.isServed { cuts.note(set.key) }
            add(set)
        }
        return strays
    }

    /// A name without escapes can be compared as text, without reading the set.
    private static func isElsewhere(_ text: String, than name: String) -> Bool {
        guard !text.utf8.contains(UInt8(ascii: "\\")), !name.utf8.contains(UInt8(ascii: "\\"))
        else { return false }
        return text != name && text.lowercased() != name
    }

    /// Takes in one set.
    mutating func add(_ set: FoundSet) {
        if !set.isAbsent, let (key, entry) = registryEntry(of: set) {
            // Of several sets at one place, the one that may not be touched counts.
            if registry[key]?.isForeign != true { registry[key] = entry }
            if !entry.isForeign { return }
        }
        if !set.comments.isEmpty {
            let others = set.comments.filter { $0.account != account }
            if !others.isEmpty { otherComments[set.key] = others }
            if others.count < set.comments.count { hasOwnComments = true }
        }
        if !set.isAbsent { sets.append(set) }
    }

    /// The sets as entries; marks of the registry count only where they mark nothing.
    func entries() -> [RecordSetKey: FoundEntry<RecordSet>] {
        var entries: [RecordSetKey: FoundEntry<RecordSet>] = [:]
        entries.reserveCapacity(sets.count)
        var sealer = Sealer(cluster: cluster)
        for set in sets {
            let ownership = Mark.ownership(marks(of: set), of: set.content, &sealer)
            entries[set.key] = FoundEntry(set.content, ownership)
        }
        for (key, entry) in registry where entries[key] == nil {
            guard let (stray, found) = entry.orphan(of: key) else { continue }
            entries[stray] = found
        }
        return entries
    }

    /// Sets of types that we write which bear no mark, as far as the registry was read.
    var unmarkedKeys: [RecordSetKey] {
        sets.filter { RecordType.published.contains($0.key.type) && marks(of: $0).isEmpty }
            .map(\.key)
    }

    private func registryEntry(of set: FoundSet) -> (RecordSetKey, RegistryEntry)? {
        RegistryEntry.read(
            set.key, text: set.registryText, ttlSeconds: set.ttlSeconds, cluster: cluster)
    }

    private func marks(of set: FoundSet) -> [Mark] {
        let marks = set.comments.compactMap { comment in
            // Nearly all are ours.
            comment.account == account ? Mark(comment, cluster: clusterText) : Mark(comment)
        }
        guard let registered = registry[set.key]?.mark else { return marks }
        return marks + [registered]
    }
}

extension RawSet {
    /// Calls `take` with each element of `rrsets` of an answer. `call` is for the error's text.
    fileprivate static func each(
        in answer: [UInt8], call: String, _ take: (RawSet) -> Void
    ) throws(ProviderError) {
        let ranges: [Range<Int>]?
        do {
            ranges = try JSONElements.ranges(of: "rrsets", in: answer)
        } catch {
            throw ProviderError(malformed: call, at: "\(error)")
        }
        guard let ranges else { return try eachOfTree(in: answer, call: call, take) }
        for (index, range) in ranges.enumerated() {
            if let set = PlainReader.set(answer, at: range) {
                take(set)
                continue
            }
            let place = ".rrsets[\(index)]"
            do {
                take(try RawSet(JSONValue(parsing: Array(answer[range]))))
            } catch let error as Malformed {
                throw ProviderError(malformed: call, at: place + error.place)
            } catch {
                throw ProviderError(malformed: call, at: "\(place): \(error)")
            }
        }
    }

    /// The same for a document whose elements cannot be told apart without reading all of it.
    private static func eachOfTree(
        in answer: [UInt8], call: String, _ take: (RawSet) -> Void
    ) throws(ProviderError) {
        guard let elements = try PowerDNSClient.document(answer, call: call)["rrsets"]?.elements
        else { throw ProviderError(malformed: call, at: ".rrsets") }
        for (index, element) in elements.enumerated() {
            do {
                take(try RawSet(element))
            } catch {
                throw ProviderError(malformed: call, at: ".rrsets[\(index)]\(error.place)")
            }
        }
    }
}
