import HTTPClient
import Inventory
import Planning
import Zones

/// Record sets of a zone as the API shows them, sorted into what they are to us.
struct ZoneContents {
    /// All sets with records, the registry's apart.
    private(set) var sets: [FoundSet] = []
    /// Comments of others by the set on which they stand, to be kept when it is replaced; also of
    /// sets without records.
    private(set) var otherComments: [RecordSetKey: [Comment]] = [:]
    /// Marks of the registry by the set that they mark.
    private(set) var registry: [RecordSetKey: Mark] = [:]
    /// A set bears a mark of ours as a comment.
    private(set) var hasOwnComments = false

    private let account: String

    /// `cluster` is ours.
    init(cluster: ClusterID) {
        account = Mark.account(of: cluster)
    }

    /// Reads `rrsets` of an answer. `call` is for the error's text. With `only`, sets at other
    /// names are left out; returns how many.
    mutating func add(
        _ document: JSONValue, call: String, cuts: inout Cuts, only name: DomainName?
    ) throws(ProviderError) -> Int {
        guard let elements = document["rrsets"]?.elements else {
            throw ProviderError(malformed: call, at: ".rrsets")
        }
        let text = name.map { "\($0)" }
        var strays = 0
        for (index, element) in elements.enumerated() {
            do {
                if let text, Self.isElsewhere(element, than: text) {
                    strays += 1
                    continue
                }
                guard let set = try FoundSet(element), name == nil || set.key.owner == name else {
                    continue
                }
                cuts.note(set)
                add(set)
            } catch {
                throw ProviderError(malformed: call, at: ".rrsets[\(index)]\(error.place)")
            }
        }
        return strays
    }

    /// A name without escapes can be compared as text, without reading the set.
    private static func isElsewhere(_ element: JSONValue, than name: String) -> Bool {
        guard case .string(let text)? = element["name"],
            !text.utf8.contains(UInt8(ascii: "\\")), !name.utf8.contains(UInt8(ascii: "\\"))
        else { return false }
        return text != name && text.lowercased() != name
    }

    /// Takes in one set.
    mutating func add(_ set: FoundSet) {
        if let text = set.registryText, let mark = Registry.mark(text),
            let key = Registry.key(markedAt: set.key.owner)
        {
            registry[key] = mark
            return
        }
        if !set.comments.isEmpty {
            let others = set.comments.filter { $0.account != account }
            if !others.isEmpty { otherComments[set.key] = others }
            if others.count < set.comments.count { hasOwnComments = true }
        }
        if !set.isAbsent { sets.append(set) }
    }

    /// The sets as entries. `cluster` is ours.
    func entries(cluster: ClusterID) -> [RecordSetKey: FoundEntry<RecordSet>] {
        var entries: [RecordSetKey: FoundEntry<RecordSet>] = [:]
        entries.reserveCapacity(sets.count)
        for set in sets {
            let ownership = Mark.ownership(marks(of: set), of: set.content, cluster: cluster)
            entries[set.key] = FoundEntry(set.content, ownership)
        }
        return entries
    }

    /// Sets of types that we write which bear no mark, as far as the registry was read.
    var unmarkedKeys: [RecordSetKey] {
        sets.filter { RecordData.types.contains($0.key.type) && marks(of: $0).isEmpty }
            .map(\.key)
    }

    private func marks(of set: FoundSet) -> [Mark] {
        let marks = set.comments.compactMap { Mark($0) }
        guard let registered = registry[set.key] else { return marks }
        return marks + [registered]
    }
}
