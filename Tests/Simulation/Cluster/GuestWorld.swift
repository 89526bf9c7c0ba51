import ClusterState
import Inventory
import TestSupport
import Zones

/// Guests that come, change and go on the hosts of a cluster, and the settings that name them.
struct GuestWorld {
    static let cluster = ClusterID(high: 7, low: 7)
    private static let names = ["web", "db", "mail", "www", "cache"]

    private let zone: DomainName
    private let network: CIDR

    init() {
        guard let zone = DomainName("example.com"), let network = CIDR("10.0.0.0/16") else {
            preconditionFailure("a zone and a network")
        }
        self.zone = zone
        self.network = network
    }

    /// Settings of one of a few kinds.
    func settings(_ random: inout SeededRandom) -> ClusterSettings {
        var settings = ClusterSettings()
        settings.naming.zones = [zone]
        var mapping = NamingPolicy.Mapping(domain: zone, networks: [network])
        mapping.trustsAll = true
        mapping.services = Set([HostLabel("www")].compactMap(\.self))
        settings.naming.mappings = [mapping]
        settings.reverseNetworks = [network]
        settings.graceSeconds = UInt64(random.pick([0, 3]))
        settings.zones.times.guest = random.pick([60, 120])
        return settings
    }

    /// What a look at a guest of a host brings. A few names and addresses only, so that guests get
    /// in each other's way.
    func report(host: Int, name hostName: String, _ random: inout SeededRandom) -> GuestReport {
        let vmid = UInt32(100 * (host + 1) + random.number(0...4))
        var guest = Guest(
            id: GuestID(cluster: Self.cluster, vmid: vmid, incarnation: ""), kind: .qemu,
            node: hostName)
        guest.name = random.pick(Self.names) + (random.oneIn(3) ? "" : "\(vmid)")
        guest.runState = random.oneIn(6) ? .stopped : .running
        var interface = GuestInterface(key: "net0")
        interface.mac = MACAddress(bits: 0xBC24_1200_0000 + UInt64(vmid))
        interface.bridge = "vmbr0"
        let text = "10.0.\(host).\(random.number(1...9))/16"
        interface.addresses =
            InterfaceAddress(text).map {
                [GuestAddress($0, origin: .agent)]
            } ?? []
        guest.interfaces = [interface]
        return GuestReport(guest: guest, addresses: .observed)
    }
}
