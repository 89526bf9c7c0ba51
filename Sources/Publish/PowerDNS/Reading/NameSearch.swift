import ForeignZones
import HTTPClient
import Inventory
import Planning
import Zones

/// A name looked up through the server's search, which shows no accounts of comments: whose a set
/// is follows only where its one comment is the very mark that we would write, or where there is
/// none. Anything else has to be looked at another way.
struct NameSearch {
    /// The most results that are asked for; as many may mean that there are more.
    static let maximumResults = 1_000

    private let name: DomainName
    private let zone: ServerZone
    private let cluster: ClusterID

    /// `nil` for names whose characters the search takes for something else.
    init?(_ name: DomainName, in zone: ServerZone, cluster: ClusterID) {
        let isPlain = "\(name)".utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "-")...UInt8(ascii: "9")).contains($0)
        }
        guard isPlain, name != .root else { return nil }
        self.name = name
        self.zone = zone
        self.cluster = cluster
    }

    /// What to ask for, below the server's path.
    var path: String {
        let text = PowerDNSClient.escaped(String("\(name)".dropLast()))
        return "/search-data?object_type=all&max=\(Self.maximumResults)&q=\(text)"
    }

    /// The sets at the name; `nil` if the answer leaves a question open.
    func sets(in document: JSONValue) -> [FoundSet]? {
        guard let elements = document.elements, elements.count < Self.maximumResults else {
            return nil
        }
        var records: [String: [JSONValue]] = [:]
        var comments: [String: [String]] = [:]
        for element in elements where element["object_type"]?.text != "zone" {
            // The search goes over all zones, and over contents too.
            guard element["zone_id"]?.text == zone.id, element["name"]?.text == "\(name)" else {
                continue
            }
            guard let type = element["type"]?.text, let content = element["content"]?.text else {
                return nil
            }
            switch element["object_type"]?.text {
            case "record"?: records[type, default: []].append(element)
            case "comment"?: comments[type, default: []].append(content)
            default: return nil
            }
        }
        guard Set(comments.keys).isSubset(of: records.keys) else { return nil }
        var sets: [FoundSet] = []
        for (type, records) in records {
            guard let set = set(type, records, comments[type] ?? []) else { return nil }
            sets.append(set)
        }
        return sets
    }

    private func set(
        _ type: String, _ records: [JSONValue], _ comments: [String]
    ) -> FoundSet? {
        guard let ttl = records[0]["ttl"] else { return nil }
        let value = JSONValue.object([
            "name": .string("\(name)"), "type": .string(type), "ttl": ttl,
            "records": .array(records),
        ])
        // Of another form than documented: the other way tells where.
        guard let raw = try? RawSet(value), let set = FoundSet(raw) else { return nil }
        if comments.isEmpty { return set }
        guard let content = set.content else { return nil }
        let mark = Mark.comment(content, of: cluster)
        return comments == [mark.content] ? set.commented([mark]) : nil
    }
}
