import ForeignZones
import Inventory
import Planning
import Zones

/// A group of a plan as PATCH has it, written once however often the body is cut anew.
struct EncodedGroup: Hashable {
    /// The entries that it is about.
    let keys: [RecordSetKey]
    /// Elements of `rrsets` that take away, each with a comma behind.
    let removals: [UInt8]
    /// Elements of `rrsets` that put, each with a comma behind.
    let replacements: [UInt8]
    /// How many elements there are.
    let setCount: Int

    /// Its share of a body.
    var octets: Int { removals.count + replacements.count }
}

/// Turns groups into what PATCH wants.
struct GroupEncoder {
    /// Why a group cannot be written as it stands.
    struct Refusal: Error, Hashable {
        let reason: String
    }

    /// Whose mark to write.
    let cluster: ClusterID
    /// Marks stand in the registry, not in comments.
    let usesRegistry: Bool
    /// What others wrote on the sets that are replaced.
    let otherComments: [RecordSetKey: [Comment]]
    /// What stands in the registry, by the set that is marked there, wherever marks are written
    /// now.
    let registry: [RecordSetKey: RegistryEntry]
    /// Sets that are not there though their mark is, which is ours.
    let orphaned: Set<RecordSetKey>

    /// PowerDNS since 4.8 refuses more (RFC 2181 section 8).
    static let maximumTTLSeconds: UInt32 = 1 << 31 - 1

    /// Encodes a group, or says why the server would not take it.
    func encode(_ group: Plan<RecordSetKey, RecordSet>.Group) throws(Refusal) -> EncodedGroup {
        var removals = JSONWriter()
        var replacements = JSONWriter()
        var setCount = 0
        for step in group.steps {
            switch step {
            case .remove(let key, _):
                for key in removed(with: key) {
                    remove(key, to: &removals)
                    setCount += 1
                }
            case .create(_, let set), .change(_, _, let set):
                try check(set)
                replace(set, withRecords: true, to: &replacements)
                setCount += 1
                setCount += try mark(set, to: &replacements)
            case .adopt(_, let set):
                try check(set)
                if !usesRegistry {
                    replace(set, withRecords: false, to: &replacements)
                    setCount += 1
                }
                setCount += try mark(set, to: &replacements)
            }
        }
        return EncodedGroup(
            keys: group.steps.map(\.key), removals: removals.octets,
            replacements: replacements.octets, setCount: setCount)
    }

    private func check(_ set: RecordSet) throws(Refusal) {
        guard RecordType.published.contains(set.key.type) else {
            throw Refusal(reason: "records of type \(set.key.type) are not written to PowerDNS")
        }
        guard set.ttlSeconds <= Self.maximumTTLSeconds else {
            throw Refusal(
                reason: "a TTL of \(set.ttlSeconds) s is more than DNS has; lower it to "
                    + "\(Self.maximumTTLSeconds) s or less")
        }
    }

    /// What goes with an entry: its mark, if that is ours. A mark that is an entry itself stays if
    /// it marks something by now.
    private func removed(with key: RecordSetKey) -> [RecordSetKey] {
        if key.type == .txt {
            let isOrphan = Registry.key(markedAt: key.owner).map(orphaned.contains) ?? false
            return isOrphan ? [key] : []
        }
        guard registry[key]?.isOurs == true, let owner = Registry.owner(of: key) else {
            return [key]
        }
        return [key, RecordSetKey(owner: owner, type: .txt)]
    }

    /// A set without records is none; DELETE would take what others wrote beside it along.
    private func remove(_ key: RecordSetKey, to json: inout JSONWriter) {
        begin(key, to: &json)
        guard let others = otherComments[key], !others.isEmpty else {
            json.raw(",\"changetype\":\"DELETE\"},")
            return
        }
        json.raw(",\"ttl\":0,\"changetype\":\"REPLACE\",\"records\":[],\"comments\":[")
        for (index, comment) in others.enumerated() {
            if index > 0 { json.raw(",") }
            comment.write(to: &json)
        }
        json.raw("]},")
    }

    private func begin(_ key: RecordSetKey, to json: inout JSONWriter) {
        json.raw("{\"name\":")
        json.string("\(key.owner)")
        json.raw(",\"type\":")
        json.string("\(key.type)")
    }

    private func replace(_ set: RecordSet, withRecords: Bool, to json: inout JSONWriter) {
        begin(set.key, to: &json)
        json.raw(",\"ttl\":")
        json.number(set.ttlSeconds)
        json.raw(",\"changetype\":\"REPLACE\"")
        if withRecords { write(RecordData.texts(of: set), to: &json) }
        if !usesRegistry {
            json.raw(",\"comments\":[")
            Mark.comment(set, of: cluster).write(to: &json)
            for comment in otherComments[set.key] ?? [] {
                json.raw(",")
                comment.write(to: &json)
            }
            json.raw("]")
        }
        json.raw("},")
    }

    private func write(_ texts: [String], to json: inout JSONWriter) {
        json.raw(",\"records\":[")
        for (index, text) in texts.enumerated() {
            json.raw(index == 0 ? "{\"content\":" : ",{\"content\":")
            json.string(text)
            json.raw("}")
        }
        json.raw("]")
    }

    /// Writes the mark of the registry, where that is used. Returns how many elements it took.
    private func mark(_ set: RecordSet, to json: inout JSONWriter) throws(Refusal) -> Int {
        guard usesRegistry else { return 0 }
        guard let owner = Registry.owner(of: set.key) else {
            throw Refusal(reason: RegistryEntry.noRoom(for: set.key))
        }
        if let objection = registry[set.key]?.objection(to: set.key) {
            throw Refusal(reason: objection)
        }
        begin(RecordSetKey(owner: owner, type: .txt), to: &json)
        json.raw(",\"ttl\":")
        json.number(set.ttlSeconds)
        json.raw(",\"changetype\":\"REPLACE\"")
        write([Registry.text(set, of: cluster)], to: &json)
        json.raw("},")
        return 1
    }
}
