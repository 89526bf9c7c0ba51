import Inventory

/// The records that are there whatever the guests do: NS sets, and the addresses of name servers
/// and hosts with their PTR records. No guest can have their names.
struct FixedRecords: Sendable {
    /// By name and type.
    private(set) var sets: [RecordSetKey: RecordSet] = [:]
    /// The owners of the sets.
    private(set) var names: Set<DomainName> = []

    /// The types that `sets` may have.
    static let types: [RecordType] = [.a, .ns, .ptr, .aaaa]

    /// None.
    init() {}

    init(
        servers: [ZoneSettings.NameServer], hosts: [ZoneSettings.NameServer],
        settings: ZoneSettings, reverse: ReverseIndex, apexes: Set<DomainName>
    ) {
        for apex in apexes {
            let targets = servers.isEmpty ? [.serverPlaceholder(in: apex)] : servers.map(\.name)
            add(apex, .ns, ttlSeconds: settings.times.nameServer, data: targets.map(\.wire))
            // Whoever had such a name would be asked everything about the zone.
            names.formUnion(targets)
        }
        let isOurs = { (name: DomainName) in
            settings.forward.contains { name.isAtOrBelow($0) } && !apexes.contains(name)
        }
        let published = settings.publishesHosts ? servers + hosts : servers
        var addresses: [DomainName: Set<IPAddress>] = [:]
        for host in published where isOurs(host.name) {
            addresses[host.name, default: []].formUnion(host.addresses)
        }
        for (name, addresses) in addresses {
            addAddresses(of: name, addresses.sorted(), settings: settings)
        }
        addPointers(to: published, settings: settings, reverse: reverse)
        reserveNames(of: hosts, reverse: reverse, where: isOurs)
    }

    /// A host's names are nobody else's, published or not.
    private mutating func reserveNames(
        of hosts: [ZoneSettings.NameServer], reverse: ReverseIndex,
        where isOurs: (DomainName) -> Bool
    ) {
        names.formUnion(hosts.map(\.name).filter(isOurs))
        for address in hosts.flatMap(\.addresses) {
            if let owner = reverse.zone(of: address)?.owner(of: address) { names.insert(owner) }
        }
    }

    private mutating func addAddresses(
        of name: DomainName, _ addresses: [IPAddress], settings: ZoneSettings
    ) {
        // A name server without a known address is still nobody else's name.
        names.insert(name)
        for type in [RecordType.a, .aaaa] {
            let data = addresses.filter { $0.recordType == type }.map(\.octets)
            if !data.isEmpty {
                add(name, type, ttlSeconds: settings.times.nameServer, data: data)
            }
        }
    }

    /// The first name given to an address is the one that its PTR record tells.
    private mutating func addPointers(
        to hosts: [ZoneSettings.NameServer], settings: ZoneSettings, reverse: ReverseIndex
    ) {
        for host in hosts {
            for address in host.addresses {
                guard let owner = reverse.zone(of: address)?.owner(of: address),
                    !names.contains(owner)
                else { continue }
                add(
                    owner, .ptr, ttlSeconds: settings.times.nameServer, data: [host.name.wire])
            }
        }
    }

    private mutating func add(
        _ owner: DomainName, _ type: RecordType, ttlSeconds: UInt32, data: [[UInt8]]
    ) {
        let set = RecordSet(owner: owner, type: type, ttlSeconds: ttlSeconds, data: data)
        sets[set.key] = set
        names.insert(owner)
    }
}

extension DomainName {
    /// What stands in NS and SOA as long as no name server is known: a zone must name one.
    static func serverPlaceholder(in apex: DomainName) -> DomainName {
        DomainName(label: "ns".utf8, in: apex) ?? apex
    }
}
