import Inventory

/// Puts the addresses that were seen inside a guest on the interfaces that Proxmox gave it.
///
/// What matches is the hardware address: a sub-interface or bond (ens18.30, bond0) has that of its
/// card and keeps its own name as device. Link-local addresses are kept; `AddressSelection` judges
/// kinds of addresses.
enum AddressMatch {
    /// The interfaces with the addresses seen on them added. Where an address was seen, the same
    /// address as a mere configuration is dropped.
    static func attach(
        _ observed: [ObservedInterface], to interfaces: [GuestInterface],
        origin: GuestAddress.Origin
    ) -> [GuestInterface] {
        let candidates = observed.filter { !InnerInterface.isDropped($0.name) }
        var matches = Matches(interfaces)
        for seen in candidates { matches.matchByMAC(seen, origin: origin) }
        for seen in candidates { matches.matchVirtualRouter(seen, origin: origin) }
        return matches.interfaces
    }

    /// Something other than a link-local address was seen on an interface: the guest has
    /// finished configuring itself.
    static func isSettled(_ interfaces: [GuestInterface]) -> Bool {
        let addresses = interfaces.flatMap(\.addresses).filter(\.origin.isObserved)
        return addresses.contains { !isLinkLocal($0.address.address) }
    }

    private static func isLinkLocal(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let address): address.bits >> 16 == 0xA9FE
        case .v6(let address): address.high >> 54 == 0xFE80 >> 6
        }
    }
}

/// The interfaces while addresses are put on them.
private struct Matches {
    private(set) var interfaces: [GuestInterface]
    private let indexByMAC: [MACAddress: Int]

    init(_ interfaces: [GuestInterface]) {
        self.interfaces = interfaces
        let pairs = interfaces.enumerated().compactMap { index, interface in
            interface.mac.map { ($0, index) }
        }
        // Two interfaces of one MAC are a mistake; the first has the addresses.
        indexByMAC = Dictionary(pairs) { first, _ in first }
    }

    mutating func matchByMAC(_ seen: ObservedInterface, origin: GuestAddress.Origin) {
        guard let index = seen.mac.flatMap({ indexByMAC[$0] }) else { return }
        if interfaces[index].guestName == nil, !InnerInterface.isSubInterface(seen.name) {
            interfaces[index].guestName = seen.name
        }
        let added = seen.addresses.map { GuestAddress($0, origin: origin, device: seen.name) }
        add(added, to: index)
    }

    /// VRRP gives its interface a hardware address of its own. It sits above the interface on whose
    /// network its address lies, or above the only one there is.
    mutating func matchVirtualRouter(_ seen: ObservedInterface, origin: GuestAddress.Origin) {
        guard let mac = seen.mac, mac.isVirtualRouter, indexByMAC[mac] == nil else { return }
        for address in seen.addresses {
            guard let index = indexOfInterface(below: address.address) else { continue }
            let added = GuestAddress(address, origin: origin, device: seen.name, deviceMAC: mac)
            add([added], to: index)
        }
    }

    private func indexOfInterface(below address: IPAddress) -> Int? {
        var best: (index: Int, length: Int)?
        for (index, interface) in interfaces.enumerated() {
            for own in interface.addresses where own.origin.isObserved && own.deviceMAC == nil {
                let network = own.address.network
                guard network.contains(address), network.prefixLength > best?.length ?? -1 else {
                    continue
                }
                best = (index, network.prefixLength)
            }
        }
        return best?.index ?? (interfaces.count == 1 ? 0 : nil)
    }

    private mutating func add(_ added: [GuestAddress], to index: Int) {
        let seen = Set(added.map(\.address.address))
        let kept = interfaces[index].addresses.filter {
            $0.origin.isObserved || !seen.contains($0.address.address)
        }
        interfaces[index].addresses = Set(kept + added).sorted()
    }
}

/// Interfaces that a guest makes for itself, by their names.
enum InnerInterface {
    /// Made by container engines, hypervisors and tunnels inside the guest.
    private static let droppedPrefixes = [
        "br-", "cali", "cilium", "cni", "docker", "dummy", "flannel", "fwbr", "fwln", "fwpr",
        "incusbr", "kube-", "lxcbr", "lxdbr", "nebula", "podman", "tailscale", "tap", "tun",
        "vethernet", "veth", "virbr", "vnet", "vxlan", "weave", "wg", "zt",
    ]

    /// Never the guest's own, even where it has a copied hardware address.
    static func isDropped(_ name: String) -> Bool {
        let name = name.asciiLowercased
        return isLoopback(name) || droppedPrefixes.contains { name.hasPrefix($0) }
    }

    /// A VLAN, an alias or a macvlan on top of another interface.
    static func isSubInterface(_ name: String) -> Bool {
        name.utf8.contains { octet in
            octet == UInt8(ascii: ".") || octet == UInt8(ascii: ":") || octet == UInt8(ascii: "@")
        }
    }

    /// `lo`, `lo0`, `lo:1`.
    private static func isLoopback(_ name: String) -> Bool {
        name.hasPrefix("lo") && name.dropFirst(2).allSatisfy { $0.isNumber || $0 == ":" }
    }
}
