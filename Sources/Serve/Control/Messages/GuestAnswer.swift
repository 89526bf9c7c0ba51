/// One guest with everything that is known of it: what `GET /v1/guests/{vmid}` answers.
package struct GuestAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// Its number in Proxmox.
    package let vmid: UInt32
    /// "qemu" or "lxc".
    package let type: String
    /// The host that it is on.
    package let node: String
    /// "running", "stopped" and the like, as Proxmox says.
    package let status: String
    /// Its name in Proxmox.
    package let name: String?
    /// What it calls itself.
    package let hostName: String?
    /// It is a template.
    package let isTemplate: Bool
    /// It was destroyed, and its records are about to be.
    package let isGone: Bool
    /// Its pool in Proxmox.
    package let pool: String?
    /// Its tags in Proxmox.
    package let tags: [String]
    /// Processors.
    package let virtualCPUs: Int
    /// Memory.
    package let memoryBytes: UInt64
    /// Disk.
    package let diskBytes: UInt64
    /// Its network interfaces.
    package let interfaces: [Interface]
    /// Every name that it has or asks for, whether published or not.
    package let names: [Item]
    /// Every address that was seen of it, whether published or not.
    package let addresses: [Item]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        index: UInt64, vmid: UInt32, type: String, node: String, status: String,
        name: String? = nil, hostName: String? = nil, isTemplate: Bool, isGone: Bool,
        pool: String? = nil,
        tags: [String] = [], virtualCPUs: Int, memoryBytes: UInt64, diskBytes: UInt64,
        interfaces: [Interface] = [], names: [Item] = [], addresses: [Item] = []
    ) {
        self.index = index
        self.vmid = vmid
        self.type = type
        self.node = node
        self.status = status
        self.name = name
        self.hostName = hostName
        self.isTemplate = isTemplate
        self.isGone = isGone
        self.pool = pool
        self.tags = tags
        self.virtualCPUs = virtualCPUs
        self.memoryBytes = memoryBytes
        self.diskBytes = diskBytes
        self.interfaces = interfaces
        self.names = names
        self.addresses = addresses
    }

    /// Names that the rule for words in camel case turns into the right ones and back.
    private enum CodingKeys: String, CodingKey {
        case index, vmid, type, node, status, name, hostName, isTemplate, isGone, pool, tags
        case virtualCPUs = "virtualCpus"
        case memoryBytes, diskBytes, interfaces, names, addresses
    }
}

extension GuestAnswer {
    /// A network interface of a guest.
    package struct Interface: Codable, Hashable, Sendable {
        /// What the guest's configuration calls it: "net0".
        package let key: String
        /// What the guest calls it: "eth0".
        package let name: String?
        /// Its MAC address.
        package let mac: String?
        /// The bridge or virtual network that it is on.
        package let bridge: String?
        /// The VLAN tag, 1...4094.
        package let vlan: Int?
        /// The space in which its addresses are unique; "global" unless told otherwise.
        package let routingDomain: String

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            key: String, name: String? = nil, mac: String? = nil, bridge: String? = nil,
            vlan: Int? = nil, routingDomain: String
        ) {
            self.key = key
            self.name = name
            self.mac = mac
            self.bridge = bridge
            self.vlan = vlan
            self.routingDomain = routingDomain
        }
    }

    /// A name or an address of a guest: where it came from, and what became of it.
    package struct Item: Codable, Hashable, Sendable {
        /// The name, or the address without prefix length.
        package let value: String
        /// Where it came from: "proxmox", "host_name", "notes" for names; "agent", "configured",
        /// "cloud_init", "host" for addresses.
        package let origin: String
        /// The key of the interface that the address is on.
        package let interface: String?
        /// When it was first seen so, in seconds since 1970; missing where that is not kept.
        package let since: UInt64?
        /// How long ago that is.
        package let ageSeconds: UInt64?
        /// There are records of it.
        package let isPublished: Bool
        /// Why there are none, with the remedy where there is one; missing when it is published.
        package let reason: String?
        /// The zone that holds its forward records.
        package let zone: String?
        /// Its records.
        package let records: [Record]
        /// How its records stand at the providers.
        package let providers: [EntryState]

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            value: String, origin: String, interface: String? = nil, since: UInt64? = nil,
            ageSeconds: UInt64? = nil, isPublished: Bool, reason: String? = nil,
            zone: String? = nil, records: [Record] = [], providers: [EntryState] = []
        ) {
            self.value = value
            self.origin = origin
            self.interface = interface
            self.since = since
            self.ageSeconds = ageSeconds
            self.isPublished = isPublished
            self.reason = reason
            self.zone = zone
            self.records = records
            self.providers = providers
        }
    }

    /// One record of a guest.
    package struct Record: Codable, Hashable, Sendable {
        /// The owner, with the dot at the end.
        package let name: String
        /// "A", "AAAA", "CNAME", "PTR".
        package let type: String
        /// Seconds.
        package let ttl: UInt32
        /// The data in presentation form.
        package let data: String

        /// Joins the parts; what can be missing or empty is unless given.
        package init(name: String, type: String, ttl: UInt32, data: String) {
            self.name = name
            self.type = type
            self.ttl = ttl
            self.data = data
        }
    }
}
