import Inventory
import TestSupport
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::A", "2001:db8::a"),
        ("0:0:0:0:0:0:0:0", "::"), ("1:0:0:0:0:0:0:0", "1::"), ("::1", "::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::FFFF:C000:0201", "::ffff:192.0.2.1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
    func ipv6IsPrintedAsRFC5952Says(text: String, canonical: String) {
        #expect(IPv6Address(text)?.description == canonical)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1::", "12345::", "g::",
        "1:2:3:4:5:6:7:8::", "fe80::1%eth0", "::192.0.2", "192.0.2.1::", "::192.0.2.1:1", "1:",
        ":1", " ::1", "::1 ", "１::", "::+1", "::-1",
    ])
    func malformedIPv6IsRefused(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.", ".1.2.3", "1..2.3",
        "1.2.3.4 ", "a.b.c.d", "1.2.3.-4", "0x1.2.3.4", "1.2.3.٤",
    ])
    func malformedIPv4IsRefused(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test func addressesReadBackAsTheyPrint() {
        var random = RandomInventory(seed: 1)
        for _ in 0..<2_000 {
            let address = random.anyAddress()
            #expect(IPAddress(address.description) == address)
            #expect(IPAddress(octets: address.octets) == address)
        }
    }

    @Test func networksReadBackAsTheyPrint() {
        var random = RandomInventory(seed: 2)
        for _ in 0..<2_000 {
            let address = random.anyAddress()
            let length = random.number(in: 0...address.bitWidth)
            let network = CIDR(address, prefixLength: length)
            let interface = InterfaceAddress(address, prefixLength: length)
            #expect(network != nil && CIDR(network?.description ?? "") == network)
            #expect(interface != nil && InterfaceAddress(interface?.description ?? "") == interface)
            #expect(network?.contains(address) ?? false)
        }
    }

    @Test(arguments: [
        ("10.0.5.7/24", "10.0.5.0/24"), ("10.1.2.3/0", "0.0.0.0/0"), ("10.1.2.3/32", "10.1.2.3/32"),
        ("2001:db8:0:5:1::/64", "2001:db8:0:5::/64"), ("2001:db8::1/128", "2001:db8::1/128"),
        ("ffff::/1", "8000::/1"), ("::1/0", "::/0"), ("2001:db8:ffff::/35", "2001:db8:e000::/35"),
    ])
    func hostBitsAreDropped(text: String, network: String) {
        #expect(CIDR(text)?.description == network)
    }

    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/08", "/8", "a/8",
    ])
    func malformedNetworksAreRefused(text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test func prefixMatchKeepsFamiliesApart() throws {
        let all = try #require(CIDR("0.0.0.0/0"))
        let mapped = try #require(IPAddress("::ffff:10.0.0.1"))
        #expect(!all.contains(mapped))
        let network = try #require(CIDR("10.0.4.0/22"))
        let inside = try #require(IPAddress("10.0.7.255"))
        let outside = try #require(IPAddress("10.0.8.0"))
        #expect(network.contains(inside) && !network.contains(outside))
    }

    @Test(arguments: [
        "bc:24:11:aa:bb:01", "BC:24:11:AA:BB:01", "bc-24-11-aa-bb-01", "bc24.11aa.bb01",
        "bc2411aabb01",
    ])
    func everyFormOfMACIsRead(text: String) {
        #expect(MACAddress(text)?.description == "bc:24:11:aa:bb:01")
    }

    @Test(arguments: [
        "", "bc:24:11:aa:bb", "bc:24:11:aa:bb:01:02", "bc:24-11:aa:bb:01", "bc:24:11:aa:bb:0g",
        "bc2:4:11:aa:bb:01", "bc24.11aa.bb0", "+c:24:11:aa:bb:01", "bc:24:11:aa:bb:٠١",
    ])
    func malformedMACsAreRefused(text: String) {
        #expect(MACAddress(text) == nil)
    }

    @Test func macsReadBackAsTheyPrint() throws {
        var random = RandomInventory(seed: 3)
        for _ in 0..<500 {
            let drawn = random.mac()
            let mac = try #require(drawn)
            #expect(MACAddress(mac.description) == mac)
        }
    }

    @Test func identifiersReadBackAsTheyPrint() throws {
        var random = RandomInventory(seed: 5)
        for number in 1...4094 {
            let vlan = try #require(VLANID(number))
            #expect(Int(vlan.description).flatMap { VLANID($0) } == vlan)
        }
        for _ in 0..<500 {
            let octets = random.octets(16...16)
            let halves = [octets.prefix(8), octets.suffix(8)].map { half in
                half.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            let cluster = ClusterID(high: halves[0] >> 40, low: halves[1])
            #expect(ClusterID(cluster.description) == cluster)
            let domain = RoutingDomain("vrf-\(halves[0])_a.b")
            #expect(domain != nil && RoutingDomain(domain?.description ?? "") == domain)
        }
        #expect(ClusterID("0123") == nil && ClusterID(String(repeating: "g", count: 32)) == nil)
        #expect(RoutingDomain("") == nil && RoutingDomain("a b") == nil)
        #expect(RoutingDomain(String(repeating: "a", count: 65)) == nil)
    }

    @Test func eui64FollowsRFC4291AppendixA() throws {
        let mac = try #require(MACAddress("bc:24:11:aa:bb:01"))
        let address = try #require(IPv6Address("2001:db8:5:0:be24:11ff:feaa:bb01"))
        #expect(address.isEUI64(of: mac))
        let other = try #require(MACAddress("bc:24:11:aa:bb:02"))
        #expect(!address.isEUI64(of: other))
    }

    @Test func vlanIDsAre1To4094() {
        #expect(VLANID(0) == nil && VLANID(4095) == nil && VLANID(-1) == nil)
        #expect(VLANID(1)?.description == "1" && VLANID(4094)?.number == 4094)
    }
}
