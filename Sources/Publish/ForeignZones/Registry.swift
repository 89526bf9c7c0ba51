package import Inventory
package import Zones

/// Marks as TXT record sets, where there is nothing else that can hold them:
///
///     _pipam.<type>.<name> TXT "heritage=pipam,cluster=<cluster>,seal=<seal>"
///
/// The mark of `web1.example.com. A` is `_pipam.a.web1.example.com. TXT`. PowerDNS's API takes "*"
/// as first label only, so the mark of `*.example.com. A` is `_pipam.a._wildcard.example.com.`
package enum Registry {
    private static let prefix = Array("_pipam".utf8)
    private static let wildcard = Array("*".utf8)
    private static let wildcardStandIn = Array("_wildcard".utf8)
    private static let types: [RecordType] = RecordType.published

    /// Where the mark of a record set stands; `nil` if its name leaves no room for the labels in
    /// front.
    package static func owner(of key: RecordSetKey) -> DomainName? {
        var name = key.owner
        if let first = name.labels.first, Array(first) == wildcard, let parent = name.parent {
            guard let standIn = DomainName(label: wildcardStandIn, in: parent) else { return nil }
            name = standIn
        }
        let type = Array("\(key.type)".utf8)
        return DomainName(label: type, in: name).flatMap { DomainName(label: prefix, in: $0) }
    }

    /// Where the marks of all types that we write would stand at a name.
    package static func owners(at name: DomainName) -> [DomainName] {
        types.compactMap { owner(of: RecordSetKey(owner: name, type: $0)) }
    }

    /// The record set whose mark would stand at a name; `nil` for names that are none of the
    /// registry.
    package static func key(markedAt owner: DomainName) -> RecordSetKey? {
        let labels = owner.labels
        guard labels.count > 2, labels[0].elementsEqual(prefix),
            let type = types.first(where: {
                "\($0)".lowercased().utf8.elementsEqual(labels[1])
            }), let name = owner.parent?.parent
        else { return nil }
        guard labels[2].elementsEqual(wildcardStandIn), let parent = name.parent else {
            return RecordSetKey(owner: name, type: type)
        }
        return DomainName(label: wildcard, in: parent).map { RecordSetKey(owner: $0, type: type) }
    }

    /// The presentation form of a mark's record.
    package static func text(_ set: RecordSet, of cluster: ClusterID) -> String {
        "\"heritage=pipam,cluster=\(cluster),seal=\(Seal(of: set, in: cluster))\""
    }

    /// The data of a mark's record: one string behind its length.
    package static func data(_ text: String) -> [UInt8] {
        let octets = text.utf8.dropFirst().dropLast()
        return [UInt8(clamping: octets.count)] + octets
    }

    /// Reads a record of the registry; `nil` if it is none.
    package static func mark(_ text: some StringProtocol) -> Mark? {
        guard text.hasPrefix("\"heritage=pipam,cluster="), text.hasSuffix("\"") else { return nil }
        let fields = text.dropFirst().dropLast().split(
            separator: ",", omittingEmptySubsequences: false)
        let cluster = fields[1].dropFirst("cluster=".count)
        guard Seal(cluster) != nil else { return nil }
        let hasSeal = fields.count == 3 && fields[2].hasPrefix("seal=")
        return Mark(
            cluster: String(cluster),
            seal: hasSeal ? Seal(fields[2].dropFirst("seal=".count)) : nil)
    }
}
