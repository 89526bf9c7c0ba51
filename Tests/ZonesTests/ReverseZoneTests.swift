import Inventory
import Testing
import Zones

@Suite struct ReverseZoneTests {
    private func apexes(_ networks: [String], isClassless: Bool = false) throws -> [String] {
        let networks = try networks.map { try #require(CIDR($0)) }
        return try ReverseZone.covering(networks, isClassless: isClassless)
            .map(\.apex.description)
    }

    @Test(arguments: [
        ("10.0.0.0/8", ["10.in-addr.arpa."]), ("192.168.0.0/16", ["168.192.in-addr.arpa."]),
        ("10.0.5.0/24", ["5.0.10.in-addr.arpa."]), ("192.0.2.64/26", ["2.0.192.in-addr.arpa."]),
        ("192.0.2.7/32", ["2.0.192.in-addr.arpa."]),
        ("10.0.4.0/23", ["4.0.10.in-addr.arpa.", "5.0.10.in-addr.arpa."]),
        ("2001:db8::/32", ["8.b.d.0.1.0.0.2.ip6.arpa."]),
        (
            "2001:db8:0:4::/63",
            [
                "4.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
                "5.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
            ]
        ),
    ])
    func zonesEndAtTheNextLabel(network: String, zones: [String]) throws {
        #expect(try apexes([network]) == zones)
    }

    @Test func the172Block() throws {
        let zones = try apexes(["172.16.0.0/12"])
        let expected = Set((16...31).map { "\($0).172.in-addr.arpa." })
        #expect(zones.count == 16 && Set(zones) == expected)
    }

    @Test func lastNetworkOfIPv6KeepsOneLabel() throws {
        let zones = try apexes(["2001:db8::1/128"])
        let owner = DomainName(reverseOf: try #require(IPAddress("2001:db8::1")))
        #expect(zones.count == 1 && zones.first == owner.parent?.description)
    }

    @Test func classlessZonesAreNamedAsInRFC2317Section4() throws {
        #expect(
            try apexes(["192.0.2.64/26"], isClassless: true) == ["64/26.2.0.192.in-addr.arpa."])
        let network = try #require(CIDR("192.0.2.64/26"))
        let zones = try ReverseZone.covering([network], isClassless: true)
        let zone = try #require(zones.first)
        let address = try #require(IPAddress("192.0.2.70"))
        #expect(zone.owner(of: address).description == "70.64/26.2.0.192.in-addr.arpa.")
    }

    @Test func zonesInsideOthersAreLeftOut() throws {
        #expect(
            try apexes(["10.0.5.0/24", "10.0.0.0/8", "10.1.0.0/15"]) == ["10.in-addr.arpa."])
    }

    @Test func tooManyZonesAreRefused() throws {
        let networks = (0..<3).map { "\(10 + $0).0.0.0/9" }
        #expect(throws: ReverseZoneError.self) { try apexes(networks) }
        #expect(try apexes(Array(networks.prefix(2))).count == 256)
        for network in ["0.0.0.0/0", "16.0.0.0/7", "2000::/15"] {
            #expect(throws: ReverseZoneError.self) { try apexes([network]) }
        }
    }

    @Test func aFloodOfNetworksIsRefusedBeforeItIsCompared() {
        let networks = (0..<20_000).map { "10.\($0 / 256).\($0 % 256).0/24" }
        #expect(throws: ReverseZoneError.self) { try apexes(networks) }
    }

    @Test func namesOfAddresses() throws {
        let v4 = try #require(IPAddress("192.0.2.1"))
        #expect(DomainName(reverseOf: v4).description == "1.2.0.192.in-addr.arpa.")
        let v6 = try #require(IPAddress("4321:0:1:2:3:4:567:89ab"))
        #expect(
            DomainName(reverseOf: v6).description
                == "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa.")
    }
}

@Suite struct SerialNumberTests {
    @Test func aSerialIsTheTimeOrOneMore() {
        #expect(SerialNumber(5).next(atSeconds: 1_700_000_000).number == 1_700_000_000)
        #expect(SerialNumber(1_700_000_000).next(atSeconds: 1_700_000_000).number == 1_700_000_001)
        #expect(SerialNumber(1_700_000_009).next(atSeconds: 1_700_000_000).number == 1_700_000_010)
    }

    @Test func neverZero() {
        #expect(SerialNumber(0).number == 1)
        #expect(SerialNumber(.max).next(atSeconds: 0xFFFF_FFFF).number == 1)
    }

    @Test func orderOfRFC1982Section3_2() {
        #expect(SerialNumber(1).isLater(than: SerialNumber(.max)))
        #expect(!SerialNumber(.max).isLater(than: SerialNumber(1)))
        #expect(!SerialNumber(7).isLater(than: SerialNumber(7)))
        #expect(!SerialNumber(1 << 31 | 7).isLater(than: SerialNumber(7)))
    }
}
