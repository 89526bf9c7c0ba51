package import ClusterState
import Inventory
package import Proxmox
import Zones

/// What `pipam output` shows: every guest, what would be published of it, and why the rest would
/// not. The field names are the JSON's.
package struct OutputReport: Encodable, Sendable {
    /// One guest.
    package struct GuestLine: Encodable, Sendable {
        let vmid: UInt32
        let type: String
        let node: String
        let status: String
        let name: String?
        let hostName: String?
        let isTemplate: Bool
        let pool: String?
        let tags: [String]
        let virtualCPUs: Int
        let memoryBytes: UInt64
        let diskBytes: UInt64
        let interfaces: [InterfaceLine]
        let records: [RecordLine]
        let unpublished: [FindingLine]

        /// Names that the encoder's rule for words in camel case turns into the right ones: it
        /// would make `virtual_cp_us` of the other.
        private enum CodingKeys: String, CodingKey {
            case vmid, type, node, status, name, hostName, isTemplate, pool, tags
            case virtualCPUs = "virtualCpus"
            case memoryBytes, diskBytes, interfaces, records, unpublished
        }
    }

    /// One interface of a guest.
    package struct InterfaceLine: Encodable, Sendable {
        let key: String
        let name: String?
        let mac: String?
        let bridge: String?
        let vlan: Int?
        let routingDomain: String
        let addresses: [AddressLine]
    }

    /// One address on an interface, and how it is known.
    package struct AddressLine: Encodable, Sendable {
        let address: String
        let origin: String
        let device: String?
    }

    /// One record.
    package struct RecordLine: Encodable, Sendable, Hashable {
        let name: String
        let type: String
        let ttl: UInt32
        let data: String
        /// The set that it is in. Not part of the JSON.
        let key: RecordSetKey

        private enum CodingKeys: CodingKey {
            case name, type, ttl, data
        }
    }

    /// One thing that is not published, and why.
    package struct FindingLine: Encodable, Sendable {
        let subject: String
        let reason: String
        /// Something that a person can do something about, as nobody can about a link-local
        /// address. Not part of the JSON.
        let isOfInterest: Bool

        private enum CodingKeys: CodingKey {
            case subject, reason
        }
    }

    /// One zone with all its records.
    package struct ZoneLine: Encodable, Sendable {
        let name: String
        let records: [RecordLine]
    }

    /// Something that could not be seen.
    package struct ProblemLine: Encodable, Sendable {
        let about: String
        let message: String
        let remedy: String
    }

    /// Sorted by number.
    let guests: [GuestLine]
    /// Sorted by name.
    let zones: [ZoneLine]
    /// What could not be seen; when empty, the picture is complete.
    let problems: [ProblemLine]

    /// Everything that a state says, with the problems met on the way to it.
    package init(_ state: ReplicatedState, problems: [Problem]) {
        let zones = state.zones
        guests = state.guests.keys.sorted().compactMap { id in
            guard let entry = state.guests[id], let standing = state.standing(of: id) else {
                return nil
            }
            return GuestLine(entry.guest, standing, in: zones)
        }
        self.zones = zones.zones.values.sorted { $0.apex < $1.apex }.map { zone in
            ZoneLine(
                name: zone.apex.description, records: zone.allSets.flatMap(RecordLine.lines))
        }
        self.problems = problems.map {
            ProblemLine(about: "\($0.scope)", message: $0.message, remedy: $0.remedy)
        }
    }
}

extension OutputReport.GuestLine {
    fileprivate init(
        _ guest: Guest, _ standing: ReplicatedState.Standing, in zones: ZoneSet
    ) {
        vmid = guest.id.vmid
        type = guest.kind.rawValue
        node = guest.node
        status = guest.runState.rawValue
        name = guest.name
        hostName = guest.hostName
        isTemplate = guest.isTemplate
        pool = guest.pool
        tags = guest.tags
        virtualCPUs = guest.virtualCPUs
        memoryBytes = guest.memoryBytes
        diskBytes = guest.diskBytes
        interfaces = guest.interfaces.map(OutputReport.InterfaceLine.init)
        records = Self.records(standing.published, in: zones)
        unpublished = standing.findings.map {
            .init(
                subject: $0.subject, reason: "\($0.reason)",
                isOfInterest: $0.reason != .notRoutable)
        }
    }

    /// The guest's own share of the record sets its claims lead to.
    static func records(
        _ claims: [Publication.Claim], in zones: ZoneSet
    ) -> [OutputReport.RecordLine] {
        var lines: [OutputReport.RecordLine] = []
        for claim in claims {
            switch claim {
            case .alias(let name, let target):
                lines += zones.lines(name, .cname, data: "\(target)")
            case .service(let name, let address):
                lines += zones.lines(name, address.address.recordType, data: "\(address.address)")
            case .host(let name, let address, let hasReverse, _):
                lines += zones.lines(name, address.address.recordType, data: "\(address.address)")
                if hasReverse, let owner = zones.pointerOwner(of: address.address) {
                    lines += zones.lines(owner, .ptr, data: "\(name)")
                }
            }
        }
        return lines
    }
}

extension ZoneSet {
    /// The one record with this data, if it is in a zone.
    fileprivate func lines(
        _ owner: DomainName, _ type: RecordType, data: String
    ) -> [OutputReport.RecordLine] {
        guard let set = set(RecordSetKey(owner: owner, type: type)) else { return [] }
        return OutputReport.RecordLine.lines(set).filter { $0.data == data }
    }
}

extension OutputReport.RecordLine {
    fileprivate static func lines(_ set: RecordSet) -> [Self] {
        set.presentations.map {
            Self(
                name: set.key.owner.description, type: set.key.type.description,
                ttl: set.ttlSeconds, data: $0, key: set.key)
        }
    }
}

extension OutputReport.InterfaceLine {
    fileprivate init(_ interface: GuestInterface) {
        key = interface.key
        name = interface.guestName
        mac = interface.mac?.description
        bridge = interface.bridge
        vlan = interface.vlan.map { Int($0.number) }
        routingDomain = interface.routingDomain.name
        addresses = interface.addresses.map { address in
            OutputReport.AddressLine(
                address: address.address.description, origin: address.origin.word,
                device: address.device.isEmpty ? nil : address.device)
        }
    }
}

extension GuestAddress.Origin {
    /// The value that scripts see.
    fileprivate var word: String {
        switch self {
        case .cloudInit: "cloud_init"
        case .configured: "configured"
        case .agent: "agent"
        case .host: "host"
        }
    }
}
