/// A virtual machine or container as last known. A value; what it means for DNS is decided by
/// `AddressSelection` and `Naming`.
package struct Guest: Hashable, Sendable {
    /// How the guest is virtualised.
    package enum Kind: String, Hashable, Sendable {
        /// A virtual machine.
        case qemu
        /// A container.
        case lxc
    }

    /// Whether it runs. `unknown` when Proxmox cannot tell, as on a node that does not answer.
    package enum RunState: String, Hashable, Sendable {
        case running, stopped, paused, unknown
    }

    /// Who it is.
    package let id: GuestID
    /// Virtual machine or container.
    package var kind: Kind
    /// The Proxmox node that owns it.
    package var node: String
    /// The name in its configuration, as typed there; `nil` when it has none. The names that
    /// Proxmox makes up ("VM 103", "CT201") never stand here.
    package var name: String?
    /// The host name that its operating system reports; `nil` when none was ever heard. A
    /// tenant's input.
    package var hostName: String?
    /// Whether it runs.
    package var runState: RunState
    /// A template never runs and is never published.
    package var isTemplate: Bool
    /// What Proxmox holds it locked for ("backup", "clone"), `nil` when it is not locked.
    package var lock: String?
    /// Virtual processors; 0 when not known.
    package var virtualCPUs: Int
    /// Memory in bytes; 0 when not known.
    package var memoryBytes: UInt64
    /// Disk in bytes; 0 when not known.
    package var diskBytes: UInt64
    /// The resource pool, `nil` when in none.
    package var pool: String?
    /// Sorted, no duplicates.
    package var tags: [String]
    /// The notes, as Proxmox's API returns them, without white space at the end; at most 64 KiB.
    package var comment: String
    /// Sorted by `key`, no key twice.
    package var interfaces: [GuestInterface]
    /// Somebody saw which addresses it uses, at least once. From then on an address that is only
    /// configured is not believed.
    package var hasBeenObserved: Bool
    /// It was seen at least once while Proxmox was not making or unmaking it.
    package var isSettled: Bool
    /// Why nobody knows its addresses; `nil` when somebody does.
    package var addressProblem: String?
    /// What the block in the notes asks for.
    package var settings: GuestSettings
    /// What is wrong with the block in the notes; `nil` when nothing is.
    package var settingsProblem: String?

    /// A guest of which nothing but its place is known.
    package init(id: GuestID, kind: Kind, node: String) {
        self.id = id
        self.kind = kind
        self.node = node
        runState = .unknown
        isTemplate = false
        virtualCPUs = 0
        memoryBytes = 0
        diskBytes = 0
        tags = []
        comment = ""
        interfaces = []
        hasBeenObserved = false
        isSettled = false
        settings = GuestSettings()
    }

    /// "VM 103" or "CT201": what Proxmox shows for this guest when it has no name. Never
    /// published, also when somebody typed it.
    package var syntheticName: String {
        switch kind {
        case .qemu: "VM \(id.vmid)"
        case .lxc: "CT\(id.vmid)"
        }
    }

    /// Proxmox is making or unmaking this guest: what was published stays, nothing new is.
    package var isInTransition: Bool {
        switch lock {
        case "create", "clone", "destroyed", "rollback": true
        default: false
        }
    }
}

/// One network interface of a guest as Proxmox configures it (netN), with the addresses found
/// on it.
package struct GuestInterface: Hashable, Sendable {
    /// `net0`...`net31`.
    package var key: String
    /// The hardware address; `nil` when the configuration has none, and nothing can be matched.
    package var mac: MACAddress?
    /// The interface's name inside the guest; `nil` when not known.
    package var guestName: String?
    /// The bridge or SDN vnet it is attached to; `nil` for user-mode NAT.
    package var bridge: String?
    /// The VLAN it is in; `nil` when untagged.
    package var vlan: VLANID?
    /// The space that its addresses are unique in.
    package var routingDomain: RoutingDomain
    /// The cable is pulled.
    package var isLinkDown: Bool
    /// Sorted, no duplicates.
    package var addresses: [GuestAddress]

    /// An interface of which nothing but its key is known.
    package init(key: String) {
        self.key = key
        routingDomain = .global
        isLinkDown = false
        addresses = []
    }
}

/// An address found on an interface, and how it was found.
package struct GuestAddress: Hashable, Sendable {
    /// How an address came to be known, the more trustworthy last.
    package enum Origin: UInt8, Hashable, Sendable, Comparable {
        /// Asked for by cloud-init: a wish, true only once the guest applied it.
        case cloudInit = 1
        /// Set by Proxmox in a container's network configuration.
        case configured = 2
        /// Seen on the interface by the guest agent.
        case agent = 3
        /// Seen on the interface by the host.
        case host = 4

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

        /// Somebody or something saw it in use.
        package var isObserved: Bool { self >= .agent }
    }

    /// The address and its on-link prefix.
    package var address: InterfaceAddress
    /// How it was found.
    package var origin: Origin
    /// The operating system's interface that carries it ("ens18.30"); empty when not known.
    package var device: String
    /// The hardware address of that interface when it differs from the configured one, as with
    /// a virtual router; `nil` otherwise.
    package var deviceMAC: MACAddress?

    /// Joins the four.
    package init(
        _ address: InterfaceAddress, origin: Origin, device: String = "",
        deviceMAC: MACAddress? = nil
    ) {
        self.address = address
        self.origin = origin
        self.device = device
        self.deviceMAC = deviceMAC
    }
}

extension GuestAddress: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.address, left.device, left.origin, left.deviceMAC?.bits ?? 0)
            < (right.address, right.device, right.origin, right.deviceMAC?.bits ?? 0)
    }
}
