import HTTPClient
import Inventory
import Planning
import Zones

/// A record set as the API shows it.
struct FoundSet {
    /// Owner and type.
    let key: RecordSetKey
    /// What it says; `nil` for a type that we do not write, and where a record is disabled or no
    /// such content.
    let content: RecordSet?
    /// At least one of its records is served.
    let isServed: Bool
    /// Comments can stand where no record is.
    let isAbsent: Bool
    /// In the server's order.
    private(set) var comments: [Comment]
    /// The record of a mark, where this is a record set of the registry.
    let registryText: String?
}

extension FoundSet {
    /// Sets of more records than that are not ours, and are not read record by record.
    private static let maximumRecords = 4_096

    /// Reads an element of `rrsets`. `nil` for a name that no `DomainName` can be: no entry of ours
    /// can be meant. Throws the name of the member that is not of the documented form.
    init?(_ value: JSONValue) throws(Malformed) {
        guard let members = value.members else { throw Malformed(place: "") }
        guard case .string(let name)? = members["name"] else { throw Malformed(place: ".name") }
        guard case .string(let type)? = members["type"] else { throw Malformed(place: ".type") }
        guard case .array(let records)? = members["records"] else {
            throw Malformed(place: ".records")
        }
        guard let ttl = members["ttl"]?.integer else { throw Malformed(place: ".ttl") }
        guard let owner = DomainName(name) else { return nil }
        key = RecordSetKey(owner: owner, type: RecordTypeNames.type(type))
        comments = (members["comments"]?.elements ?? []).compactMap { Comment($0) }
        isAbsent = records.isEmpty
        isServed = records.contains { $0["disabled"]?.flag != true }
        content = Self.content(of: records, key, ttl: ttl)
        registryText =
            key.type == .txt && records.count == 1 ? records[0]["content"]?.text : nil
    }

    /// The same with these comments.
    func commented(_ comments: [Comment]) -> FoundSet {
        var set = self
        set.comments = comments
        return set
    }

    private static func content(
        of records: [JSONValue], _ key: RecordSetKey, ttl: Int
    ) -> RecordSet? {
        guard RecordData.types.contains(key.type), let ttl = UInt32(exactly: ttl),
            (1...maximumRecords).contains(records.count)
        else { return nil }
        var data: [[UInt8]] = []
        for record in records {
            guard let members = record.members, case .string(let text)? = members["content"],
                members["disabled"]?.flag != true,
                let wire = RecordData.wire(text, as: key.type)
            else { return nil }
            data.append(wire)
        }
        return RecordSet(owner: key.owner, type: key.type, ttlSeconds: ttl, data: data)
    }
}

/// What in a document is not of the documented form: the path from where it was read.
struct Malformed: Error {
    let place: String
}
