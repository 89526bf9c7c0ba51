import HTTPClient
import Inventory
import Testing

@testable import Proxmox

@Suite struct ConfiguredAddressTests {
    private static func addresses(_ text: String, _ kind: Guest.Kind = .qemu) throws -> [String] {
        let configuration = try #require(
            GuestConfiguration(try Fixture.json(text), kind: kind))
        return configuration.interfaces.flatMap(\.addresses).map(\.description)
    }

    private static func cloudInit(_ value: String, drive: String? = "ide2") throws -> [String] {
        let volume = "local:vm-100-cloudinit,media=cdrom"
        let entry = drive.map { "\"\($0)\": \"\(volume)\"," } ?? ""
        return try addresses(
            "{\(entry) \"digest\": \"1\", \"net0\": \"virtio\", \"ipconfig0\": \"\(value)\"}")
    }

    @Test(arguments: [
        ("ip=10.0.5.10/24,gw=10.0.5.1,ip6=auto", ["10.0.5.10/24 cloudInit"]),
        ("ip=dhcp", []), ("ip6=dhcp", []),
        (
            "ip=10.0.5.10/24,ip6=2001:db8::5/64,gw6=fe80::1",
            ["10.0.5.10/24 cloudInit", "2001:db8::5/64 cloudInit"]
        ),
        ("gw=10.0.5.1,ip6=2001:db8::5/64", []), ("ip=dhcp,gw=10.0.5.1", []),
        ("ip=10.0.5.10/24,ip6=auto,gw6=fe80::1", []), ("ip=10.0.5.10", []),
        ("ip=10.0.5.10/24,ip6=2001:db8::5", []), ("", []), ("ip=2001:db8::5/64", []),
    ])
    func cloudInitIsAWishThatMustBeWellFormed(value: String, expected: [String]) throws {
        #expect(try Self.cloudInit(value) == expected)
    }

    @Test func cloudInitNeedsItsDrive() throws {
        let value = "ip=10.0.5.10/24"
        for drive in ["ide0", "scsi30", "sata5"] {
            #expect(try Self.cloudInit(value, drive: drive) == ["10.0.5.10/24 cloudInit"])
        }
        for drive in ["unused0", "idea", "virtio0", nil] {
            #expect(try Self.cloudInit(value, drive: drive) == [])
        }
    }

    @Test func aContainersAddressesAreConfigured() throws {
        let fixture = try Fixture.data("lxc_200_config")
        let configuration = try #require(GuestConfiguration(fixture, kind: .lxc))
        #expect(configuration.interfaces.map(\.guestName) == ["eth0", "eth1"])
        #expect(
            configuration.interfaces.map { $0.addresses.map(\.description) }
                == [["10.0.7.20/24 configured"], []])
        #expect(
            try Self.addresses(
                #"{"digest": "1", "net0": "name=eth0,ip=manual,ip6=2001:db8::7/64"}"#, .lxc)
                == ["2001:db8::7/64 configured"])
    }

    @Test func aMachinesInterfacesAreRead() throws {
        let fixture = try Fixture.data("qemu_100_config_current1")
        let configuration = try #require(GuestConfiguration(fixture, kind: .qemu))
        #expect(configuration.incarnation == "0b7f0f2a-6b5c-4e1c-9a67-0123456789ab")
        #expect(configuration.interfaces.map(\.bridge) == ["vmbr0", "vmbr1", "vnet1"])
        #expect(configuration.interfaces.map(\.isLinkDown) == [false, true, false])
        #expect(configuration.interfaces.map(\.vlan) == [VLANID(5), nil, nil])
        #expect(configuration.interfaces.allSatisfy { $0.mac != nil })
        // The fixture has no cloud-init drive.
        #expect(configuration.interfaces.allSatisfy { $0.addresses.isEmpty })
    }

    @Test func withoutUUIDTheCreationTimeTellsGuestsApart() throws {
        let text = #"{"digest": "1", "meta": "creation-qemu=10.0.2,ctime=1750000000"}"#
        let configuration = GuestConfiguration(try Fixture.json(text), kind: .qemu)
        #expect(configuration?.incarnation == "1750000000")
        let bare = GuestConfiguration(try Fixture.json(#"{"digest": "1"}"#), kind: .qemu)
        #expect(bare?.incarnation == "")
    }
}

@Suite struct AddressMatchTests {
    private static func interface(_ key: String, _ mac: String) -> GuestInterface {
        var interface = GuestInterface(key: key)
        interface.mac = MACAddress(mac)
        return interface
    }

    private static func seen(_ name: String, _ mac: String?, _ addresses: String...)
        -> ObservedInterface
    {
        ObservedInterface(
            name: name, mac: mac.flatMap { MACAddress($0) },
            addresses: addresses.compactMap { InterfaceAddress($0) })
    }

    private let net0 = interface("net0", "bc:24:11:00:00:01")
    private let net1 = interface("net1", "bc:24:11:00:00:02")

    @Test func caseAndFormOfTheMACDoNotMatter() {
        let seen = [Self.seen("eth0", "BC-24-11-00-00-01", "10.0.0.1/24")]
        let matched = AddressMatch.attach(seen, to: [net0, net1], origin: .host)
        #expect(matched.map { $0.addresses.count } == [1, 0])
        #expect(matched[0].addresses[0].origin == .host)
    }

    @Test(arguments: [
        "docker0", "br-1a2b3c", "cni0", "cali123", "virbr0", "tun0", "wg0", "veth1a", "lo", "lo0",
        "vEthernet (Default Switch)", "tap0", "flannel.1", "zt0",
    ])
    func aCopiedMACDoesNotMakeAnInnerInterfaceTheGuests(name: String) {
        let seen = [Self.seen(name, "bc:24:11:00:00:01", "172.17.0.1/16")]
        #expect(AddressMatch.attach(seen, to: [net0], origin: .agent)[0].addresses == [])
    }

    @Test(arguments: ["br0", "bond0", "ens18.30", "vmbr0", "Ethernet 2", "lan", "local0"])
    func bridgesBondsAndVLANsOfTheGuestCount(name: String) {
        let seen = [Self.seen(name, "bc:24:11:00:00:01", "10.0.0.1/24")]
        let matched = AddressMatch.attach(seen, to: [net0], origin: .agent)
        #expect(matched[0].addresses.map(\.device) == [name])
    }

    @Test func anInterfaceWithoutMACNeverMatches() {
        let seen = [Self.seen("tailscale0", nil, "100.64.0.7/32")]
        #expect(AddressMatch.attach(seen, to: [net0], origin: .agent)[0].addresses == [])
        var bare = GuestInterface(key: "net0")
        bare.mac = nil
        #expect(AddressMatch.attach(seen, to: [bare], origin: .agent)[0].addresses == [])
    }

    @Test func aVirtualRouterSitsOnTheInterfaceOfItsNetwork() {
        let virtual = "00:00:5e:00:01:33"
        let seen = [
            Self.seen("vrrp.51", virtual, "10.0.2.100/32"),
            Self.seen("eth0", "bc:24:11:00:00:01", "10.0.1.5/24"),
            Self.seen("eth1", "bc:24:11:00:00:02", "10.0.2.5/24"),
        ]
        let matched = AddressMatch.attach(seen, to: [net0, net1], origin: .agent)
        #expect(matched[0].addresses.map(\.deviceMAC) == [nil])
        #expect(matched[1].addresses.map(\.deviceMAC) == [nil, MACAddress(virtual)])
        #expect(matched[1].addresses.last?.device == "vrrp.51")
    }

    @Test func aVirtualRouterOfNoNetworkIsNobodys() {
        let seen = [Self.seen("vrrp.51", "00:00:5e:00:02:33", "2001:db8::1/128")]
        let matched = AddressMatch.attach(seen, to: [net0, net1], origin: .agent)
        #expect(matched.allSatisfy { $0.addresses.isEmpty })
        let single = AddressMatch.attach(seen, to: [net0], origin: .agent)
        #expect(single[0].addresses.count == 1)
    }

    @Test func whatIsSeenReplacesTheSameWish() throws {
        var wished = net0
        wished.addresses = try ["10.0.0.1/24", "10.0.0.2/24"].map {
            GuestAddress(try #require(InterfaceAddress($0)), origin: .cloudInit)
        }
        let seen = [Self.seen("eth0", "bc:24:11:00:00:01", "10.0.0.1/24", "10.0.0.1/24")]
        let matched = AddressMatch.attach(seen, to: [wished], origin: .agent)
        #expect(
            matched[0].addresses.map(\.description) == [
                "10.0.0.1/24 agent", "10.0.0.2/24 cloudInit",
            ])
    }

    @Test func answersAreBounded() throws {
        let address = #"{"ip-address": "10.0.0.1", "prefix": 24}"#
        let list = Array(repeating: address, count: Bounds.observedAddresses + 1)
        let item = #"{"name": "eth0", "ip-addresses": [\#(list.joined(separator: ","))]}"#
        let answer = Observation(agentAnswer: try Fixture.json(#"{"result": [\#(item)]}"#))
        guard case .unknown = answer else {
            Issue.record("taken as complete")
            return
        }
    }

    @Test(arguments: [
        ("web1", "web1"), (" web1.example.com\\n", "web1.example.com"), ("", nil), ("a b", nil),
        ("a\\u0007b", nil), (String(repeating: "a", count: 256), nil),
    ])
    func aHostNameIsBounded(text: String, expected: String?) throws {
        let data = try Fixture.json(#"{"result": {"host-name": "\#(text)"}}"#)
        #expect(ReportedHostName.read(data) == expected)
    }
}

@Suite struct TopologyTests {
    private static func topology(domains: [String: RoutingDomain] = [:]) throws -> Topology {
        var topology = Topology(routingDomains: domains)
        topology.networks["pve1"] = NodeNetwork(
            try Fixture.json(
                """
                [{"iface": "eno2.50", "type": "vlan", "vlan-raw-device": "eno2"},
                 {"iface": "uplink", "type": "vlan", "vlan-id": "60", "vlan-raw-device": "bond0"},
                 {"iface": "vmbr0", "type": "bridge", "bridge_ports": "eno1"},
                 {"iface": "vmbr1", "type": "bridge", "bridge_ports": "eno2.50"},
                 {"iface": "vmbr2", "type": "bridge", "bridge_ports": "uplink"},
                 {"iface": "vmbr3", "type": "bridge", "bridge_ports": "bond1.70"},
                 {"iface": "vmbr4", "type": "bridge", "bridge_ports": "eno3.1 eno4.2"},
                 {"iface": "vmbr5", "type": "bridge", "bridge_ports": ""}]
                """))
        _ = topology.sdn.takeVNets(
            try Fixture.json(
                """
                [{"vnet": "vnet1", "zone": "vlanz", "tag": 100},
                 {"vnet": "vnet2", "zone": "simplez"},
                 {"vnet": "vnet3", "zone": "evpnz", "tag": "200"}]
                """))
        _ = topology.sdn.takeZones(
            try Fixture.json(
                """
                [{"zone": "vlanz", "type": "vlan"}, {"zone": "simplez", "type": "simple"},
                 {"zone": "evpnz", "type": "evpn"}]
                """))
        return topology
    }

    @Test(arguments: [
        ("vmbr0", nil), ("vmbr1", 50), ("vmbr2", 60), ("vmbr3", 70), ("vmbr4", nil), ("vmbr5", nil),
        ("vnet1", 100), ("vnet2", nil), ("vnet3", nil), ("unknown", nil),
    ])
    func theVLANFollowsFromTheBridge(bridge: String, expected: Int?) throws {
        var interface = GuestInterface(key: "net0")
        interface.bridge = bridge
        let topology = try Self.topology()
        #expect(topology.placed(interface, on: "pve1").vlan == expected.flatMap { VLANID($0) })
        interface.vlan = VLANID(7)
        #expect(topology.placed(interface, on: "pve1").vlan == VLANID(7))
    }

    @Test func theRoutingDomainFollowsFromBridgeVNetAndZone() throws {
        let one = try #require(RoutingDomain("one"))
        let two = try #require(RoutingDomain("two"))
        let topology = try Self.topology(domains: ["vmbr0": one, "evpnz": two, "vnet1": one])
        let domains = ["vmbr0", "vmbr1", "vnet1", "vnet3"].map { bridge in
            var interface = GuestInterface(key: "net0")
            interface.bridge = bridge
            return topology.placed(interface, on: "pve1").routingDomain
        }
        #expect(domains == [one, .global, one, two])
    }

    @Test func hostsHaveBothFamilies() throws {
        var topology = Topology(routingDomains: [:])
        topology.networks["pve1"] = NodeNetwork(try Fixture.data("nodes_network"))
        topology.networks["pve3"] = NodeNetwork(try Fixture.data("nodes_network"))
        let status = try #require(ClusterStatus(try Fixture.data("cluster_status")))
        let hosts = topology.hosts(status)
        #expect(hosts.map(\.name) == ["pve1", "pve2", "pve3"])
        let both = ["10.0.1.11", "2001:db8:1::11"].compactMap { IPAddress($0) }
        #expect(hosts[0].addresses == both)
        #expect(hosts[1].addresses == [IPAddress("10.0.1.12")])
        // Its status has no address: the interface that leads to the gateway tells.
        #expect(hosts[2].addresses == both)
    }

    @Test func zonesWithADNSPluginAreToldOf() throws {
        var sdn = SDN()
        #expect(sdn.publishing == nil)
        _ = sdn.takeZones(.null)
        #expect(sdn.publishing == nil, "no answer is not the answer that there are none")
        _ = sdn.takeZones(try Fixture.data("sdn_zones"))
        let zone = try #require(DomainName("lab.example.com"))
        #expect(sdn.publishing == SDNPublishing(zones: [zone], hasReverse: true))
        _ = sdn.takeZones(.array([]))
        #expect(sdn.publishing == SDNPublishing())
    }
}
