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
    /// The time to live, as far as DNS has such.
    let ttlSeconds: UInt32?
    /// The record of a mark, where this may be a record set of the registry.
    let registryText: String?
}

extension FoundSet {
    /// Sets of more records than that are not ours, and are not read record by record.
    private static let maximumRecords = 4_096

    /// `nil` for a name that no `DomainName` can be: no entry of ours can be meant.
    init?(_ raw: RawSet) {
        guard let owner = DomainName(raw.name) else { return nil }
        key = RecordSetKey(owner: owner, type: RecordTypeNames.type(raw.type))
        comments = raw.comments
        isAbsent = raw.records.isEmpty
        isServed = raw.records.contains { !$0.isDisabled }
        ttlSeconds = UInt32(exactly: raw.ttl)
        content = Self.content(of: raw.records, key, ttlSeconds: ttlSeconds)
        let isText = key.type == .txt && raw.records.count == 1
        registryText = isText ? raw.records[0].content : nil
    }

    /// The same with these comments.
    func commented(_ comments: [Comment]) -> FoundSet {
        var set = self
        set.comments = comments
        return set
    }

    private static func content(
        of records: [RawSet.Record], _ key: RecordSetKey, ttlSeconds: UInt32?
    ) -> RecordSet? {
        guard RecordType.published.contains(key.type), let ttlSeconds,
            (1...maximumRecords).contains(records.count)
        else { return nil }
        var data: [[UInt8]] = []
        for record in records {
            guard let text = record.content, !record.isDisabled,
                let wire = RecordData.wire(text, as: key.type)
            else { return nil }
            data.append(wire)
        }
        return RecordSet(owner: key.owner, type: key.type, ttlSeconds: ttlSeconds, data: data)
    }
}
