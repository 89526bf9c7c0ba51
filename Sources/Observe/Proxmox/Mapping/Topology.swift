import Inventory

/// Which VLAN and which address space the interfaces of guests are in.
struct Topology {
    /// By node, as last read.
    var networks: [String: NodeNetwork] = [:]
    /// As last read.
    var sdn = SDN()
    /// The operator's assignment, by bridge, vnet or zone.
    let routingDomains: [String: RoutingDomain]

    init(routingDomains: [String: RoutingDomain]) {
        self.routingDomains = routingDomains
    }

    /// The interface with its VLAN and routing domain. Its own tag wins, then that of the vnet it
    /// is attached to, then the VLAN port through which its bridge leaves the node.
    func placed(_ interface: GuestInterface, on node: String) -> GuestInterface {
        guard let bridge = interface.bridge else { return interface }
        var interface = interface
        interface.vlan =
            interface.vlan ?? sdn.vlan(ofVNet: bridge) ?? networks[node]?.uplinkVLANs[bridge]
        let zone = sdn.vnets[bridge]?.zone
        interface.routingDomain =
            routingDomains[bridge] ?? zone.flatMap { routingDomains[$0] } ?? .global
        return interface
    }

    /// The hosts of a cluster, sorted. Each has the address that its name stands for, and what the
    /// same interface has of the other family; where Proxmox does not tell the address, those of
    /// the interfaces that lead to the default gateways.
    func hosts(_ status: ClusterStatus) -> [Host] {
        status.nodes.map { name, node in
            Host(name: name, addresses: addresses(of: name, known: node.address))
        }.sorted { $0.name < $1.name }
    }

    private func addresses(of name: String, known: IPAddress?) -> [IPAddress] {
        let network = networks[name]
        guard let known else { return network?.gatewayAddresses ?? [] }
        let siblings = network?.addresses.values.first { $0.contains(known) } ?? []
        let others = siblings.filter { $0.bitWidth != known.bitWidth }
        return Set([known] + others).sorted()
    }
}
