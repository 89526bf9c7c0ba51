package import Inventory

/// Guests, settings and addresses as a busy cluster might have them, with more clashes than any
/// real one: few names, few addresses, many guests.
package struct RandomInventory {
    /// The cluster that all guests belong to.
    package static let cluster = ClusterID(high: 1, low: 2)

    private static let names = [
        "web1", "web2", "db", "web_1", "VM 103", "CT201", "-bad-", "mail.example.com",
        "db.lab.example.net", "x.elsewhere.org", "www", "pve1", "🐧",
        String(repeating: "a", count: 64), "UPPER",
    ]

    private var random: SeededRandom

    /// Equal seeds give equal guests.
    package init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// True once in `count` times.
    package mutating func oneIn(_ count: Int) -> Bool { random.oneIn(count) }

    /// A number of a range.
    package mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    /// One of 30 guests; some numbers are used again by another guest.
    package mutating func id() -> GuestID {
        GuestID(
            cluster: Self.cluster, vmid: UInt32(number(in: 100...129)),
            incarnation: oneIn(12) ? "second" : "")
    }

    /// Any address, of any kind there is.
    package mutating func address() -> IPAddress {
        switch number(in: 0...9) {
        case 0: .v4(IPv4Address(bits: random.pick([0x7F00_0001, 0xA9FE_0001, 0xE000_0001, 0])))
        case 1: .v6(IPv6Address(high: 0xFE80 << 48, low: random.next()))
        case 2: .v6(IPv6Address(high: 0xFD00 << 48, low: UInt64(number(in: 1...9))))
        case 3: .v6(IPv6Address(high: 0x2001_0DB8_0000_0005, low: random.next() % 3 << 40))
        case 4: .v6(IPv6Address(high: 0x2001_0DB8_0000_0005, low: UInt64(number(in: 1...20))))
        default: .v4(IPv4Address(bits: 0x0A00_0500 | UInt32(number(in: 1...40))))
        }
    }

    /// Any bits at all.
    package mutating func anyAddress() -> IPAddress {
        oneIn(2)
            ? .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: random.next())))
            : .v6(sparseIPv6())
    }

    /// An IPv6 address with groups of zeros in every place.
    private mutating func sparseIPv6() -> IPv6Address {
        let octets = (0..<8).flatMap { _ -> [UInt8] in
            let group = oneIn(2) ? 0 : UInt16(truncatingIfNeeded: random.next())
            return [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return IPv6Address(octets: octets) ?? IPv6Address(high: 0, low: 0)
    }

    /// Any hardware address.
    package mutating func mac() -> MACAddress? {
        MACAddress(bits: random.next() >> 16)
    }

    /// Octets of any value.
    package mutating func octets(_ count: ClosedRange<Int>) -> [UInt8] {
        (0..<number(in: count)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// What a look at a guest might bring.
    package mutating func report() -> GuestReport {
        let id = id()
        var guest = Guest(
            id: id, kind: oneIn(2) ? .qemu : .lxc, node: random.pick(["pve1", "pve2"]))
        guest.name = oneIn(8) ? nil : random.pick(Self.names)
        guest.hostName = oneIn(3) ? random.pick(Self.names + ["localhost"]) : nil
        guest.runState = random.pick([.running, .running, .stopped, .unknown])
        guest.isTemplate = oneIn(15)
        guest.lock = oneIn(10) ? random.pick(["backup", "clone"]) : nil
        guest.tags = oneIn(3) ? ["trusted"] : []
        guest.interfaces = (0..<number(in: 0...2)).map { interface($0, of: id) }
        guest.settings = settings()
        return GuestReport(
            guest: guest, addresses: oneIn(3) ? .unknown(reason: "agent off") : .observed)
    }

    private mutating func interface(_ number: Int, of id: GuestID) -> GuestInterface {
        var interface = GuestInterface(key: "net\(number)")
        interface.mac =
            oneIn(10) ? MACAddress(bits: 5) : MACAddress(bits: UInt64(id.vmid) << 8 + 1)
        interface.bridge = oneIn(10) ? nil : "vmbr0"
        interface.vlan = oneIn(2) ? VLANID(5) : nil
        interface.routingDomain = oneIn(8) ? RoutingDomain("blue") ?? .global : .global
        var addresses: Set<GuestAddress> = []
        for _ in 0..<self.number(in: 0...3) {
            let address = address()
            let length = oneIn(5) ? address.bitWidth : address.bitWidth / 2
            if let address = InterfaceAddress(address, prefixLength: length) {
                addresses.insert(
                    GuestAddress(
                        address, origin: random.pick([.cloudInit, .configured, .agent, .host]),
                        device: oneIn(4) ? "eth0.30" : ""))
            }
        }
        interface.addresses = addresses.sorted()
        return interface
    }

    private mutating func settings() -> GuestSettings {
        var settings = GuestSettings()
        guard oneIn(3) else { return settings }
        settings.isIgnored = oneIn(10)
        settings.name = oneIn(3) ? random.pick(Self.names) : nil
        settings.aliases = oneIn(2) ? [random.pick(Self.names), "alias"] : []
        settings.service = oneIn(2) ? random.pick(["www", "ntp", "pve1"]) : nil
        settings.primaryMAC = oneIn(6) ? MACAddress(bits: 5) : nil
        if oneIn(4), let network = CIDR("10.0.5.0/28"), let domain = DomainName("lab.example.net") {
            settings.mapping = [.init(network: network, domain: domain)]
        }
        return settings
    }

    /// Two zones, one inside the other's neighbourhood, with and without trust.
    package mutating func policy() -> NamingPolicy {
        var policy = NamingPolicy()
        policy.zones = ["example.com", "lab.example.net"].compactMap { DomainName($0) }.sorted()
        policy.mappings = [
            mapping("example.com", ["10.0.5.0/24", "2001:db8:0:5::/64"]),
            mapping("lab.example.net", ["10.0.5.32/27", "fd00::/8"]),
        ].compactMap(\.self)
        policy.withdrawsStopped = oneIn(3)
        policy.selection.skipped = oneIn(3) ? [CIDR("10.0.5.4/30")].compactMap(\.self) : []
        return policy
    }

    private mutating func mapping(_ domain: String, _ networks: [String]) -> NamingPolicy.Mapping? {
        guard let domain = DomainName(domain) else { return nil }
        var mapping = NamingPolicy.Mapping(
            domain: domain, networks: networks.compactMap { CIDR($0) })
        mapping.trustsAll = oneIn(2)
        mapping.trustedTags = ["trusted"]
        mapping.services = Set([HostLabel("www")].compactMap(\.self))
        mapping.isPublic = oneIn(6)
        return mapping
    }
}
