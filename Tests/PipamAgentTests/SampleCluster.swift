import ClusterState
import Inventory
import Testing

/// A small cluster: one zone, one mapping, and guests to report.
struct SampleCluster {
    /// The cluster that its guests belong to.
    let id = ClusterID(high: 7, low: 7)
    /// The time of all commands, unless they have to follow one another.
    let seconds: UInt64 = 1_700_000_000

    /// `example.com` with all addresses of 10.0.0.0/8, whose guests may not ask for more.
    func settings() throws -> ClusterSettings {
        let domain = try #require(DomainName("example.com"))
        let networks = [try #require(CIDR("10.0.0.0/8"))]
        var settings = ClusterSettings()
        settings.naming.zones = [domain]
        settings.naming.mappings = [NamingPolicy.Mapping(domain: domain, networks: networks)]
        settings.reverseNetworks = [try #require(CIDR("10.0.0.0/24"))]
        return settings
    }

    /// A running guest with one interface, as a collection shows it.
    func report(
        _ vmid: UInt32, _ name: String, _ addresses: [String]
    ) throws -> GuestReport {
        var guest = Guest(
            id: GuestID(cluster: id, vmid: vmid, incarnation: ""), kind: .qemu, node: "pve1")
        guest.name = name
        guest.runState = .running
        var interface = GuestInterface(key: "net0")
        interface.mac = MACAddress(bits: 0xBC24_1100_0000 + UInt64(vmid))
        interface.bridge = "vmbr0"
        interface.addresses = try addresses.map {
            GuestAddress(try #require(InterfaceAddress($0)), origin: .agent, device: "ens18")
        }
        guest.interfaces = [interface]
        return GuestReport(guest: guest, addresses: .observed)
    }
}
