import Inventory
import Testing

/// One guest against one policy: what it claims, and what is said of the rest.
@Suite struct NamingTests {
    private let policy: NamingPolicy
    private var guest: Guest

    init() throws {
        var policy = NamingPolicy()
        policy.zones = try ["example.com", "lab.example.net", "public.example"].map(Self.name)
        var mapping = NamingPolicy.Mapping(
            domain: try Self.name("example.com"), networks: try ["10.0.5.0/24"].map(Self.network))
        mapping.trustedPools = ["infra"]
        mapping.services = [try #require(HostLabel("www"))]
        var lab = NamingPolicy.Mapping(
            domain: try Self.name("lab.example.net"),
            networks: try ["10.0.5.128/25", "fd00:5::/64"].map(Self.network))
        lab.trustsAll = true
        var open = NamingPolicy.Mapping(
            domain: try Self.name("public.example"),
            networks: try ["192.0.2.0/24", "10.9.0.0/16"].map(Self.network))
        open.isPublic = true
        policy.mappings = [mapping, lab, open]
        self.policy = policy

        guest = Guest(
            id: GuestID(cluster: ClusterID(high: 0, low: 1), vmid: 103, incarnation: ""),
            kind: .qemu, node: "pve1")
        guest.name = "web1"
        guest.runState = .running
        guest.interfaces = [try Self.interface(["10.0.5.10/24"])]
    }

    private static func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    private static func network(_ text: String) throws -> CIDR { try #require(CIDR(text)) }

    private static func interface(
        _ addresses: [String], origin: GuestAddress.Origin = .agent, key: String = "net0",
        deviceMAC: MACAddress? = nil
    ) throws -> GuestInterface {
        var interface = GuestInterface(key: key)
        interface.mac = MACAddress("bc:24:11:aa:bb:01")
        interface.bridge = "vmbr0"
        interface.addresses = try addresses.map {
            GuestAddress(
                try #require(InterfaceAddress($0)), origin: origin, deviceMAC: deviceMAC)
        }
        return interface
    }

    private func publication(
        of guest: Guest, now: UInt64 = 1_000_000, since: UInt64 = 1_000_000
    ) -> Publication {
        Naming.publication(of: guest, under: policy, nowSeconds: now) { _ in since }
    }

    /// The claims as "name kind value", and the findings as "subject: reason".
    private func lines(_ publication: Publication) -> [String] {
        publication.claims.map { claim in
            switch claim {
            case .host(let name, let address, _, _): "\(name) host \(address)"
            case .alias(let name, let target): "\(name) alias \(target)"
            case .service(let name, let address): "\(name) service \(address)"
            }
        } + publication.findings.map { "\($0.subject): \($0.reason)" }
    }

    @Test func proxmoxNameAndMappedDomainMakeTheName() {
        #expect(lines(publication(of: guest)) == ["web1.example.com. host 10.0.5.10"])
    }

    @Test func longestPrefixDecidesTheDomain() throws {
        var guest = guest
        guest.interfaces = [try Self.interface(["10.0.5.200/24"])]
        #expect(lines(publication(of: guest)) == ["web1.lab.example.net. host 10.0.5.200"])
    }

    @Test(arguments: [
        ("VM 103", "guest: it has no name of its own (\"VM 103\" is made up by Proxmox); set one"),
        ("vm 103", "guest: it has no name of its own (\"VM 103\" is made up by Proxmox); set one"),
        ("web_1", "guest: \"web_1\" is no legal host name; \"web-1\" would be"),
        ("🐧", "guest: \"🐧\" is no legal host name"),
        ("a\u{7}b", "guest: \"a\\u{07}b\" is no legal host name; \"a-b\" would be"),
        (
            "mail.example.org",
            "10.0.5.10: mail.example.org. lies outside every zone"
        ),
        (
            "db.sub.example.com",
            "10.0.5.10: db.sub.example.com. was chosen by the guest, and example.com. "
                + "does not trust its pool or tags"
        ),
        ("example.com", "10.0.5.10: example.com. is reserved"),
    ])
    func namesThatCannotBePublishedAreReported(proxmoxName: String, finding: String) {
        var guest = guest
        guest.name = proxmoxName
        #expect(lines(publication(of: guest)) == [finding])
    }

    @Test func anOverlongLabelIsReportedWithAShorterOne() {
        var guest = guest
        guest.name = String(repeating: "a", count: 64)
        let publication = publication(of: guest)
        #expect(publication.claims.isEmpty)
        #expect(
            publication.findings.map(\.reason) == [
                .illegalName(guest.name ?? "", suggestion: String(repeating: "a", count: 63))
            ])
    }

    @Test func syntheticContainerNameIsNeverPublished() {
        var guest = guest
        guest.kind = .lxc
        guest.name = "CT103"
        #expect(publication(of: guest).claims.isEmpty)
    }

    @Test func aNameInTheMappedDomainNeedsNoTrust() {
        var guest = guest
        guest.name = "Web1.Example.com"
        #expect(lines(publication(of: guest)) == ["web1.example.com. host 10.0.5.10"])
    }

    @Test func dottedHostNameIsUsedWhereTheZoneTrustsThePool() {
        var guest = guest
        guest.hostName = "db.sub.example.com"
        #expect(publication(of: guest).claims.map(\.name.description) == ["web1.example.com."])
        guest.pool = "infra"
        #expect(lines(publication(of: guest)) == ["db.sub.example.com. host 10.0.5.10"])
    }

    @Test(arguments: ["localhost", "debian", "localhost.localdomain", "WIN-ABCDEFGHIJK"])
    func imageDefaultsFallBackToTheProxmoxName(hostName: String) {
        var guest = guest
        guest.pool = "infra"
        guest.hostName = hostName
        #expect(lines(publication(of: guest)) == ["web1.example.com. host 10.0.5.10"])
    }

    @Test func windowsNameCutTo15CharactersYieldsToTheProxmoxName() {
        var guest = guest
        guest.name = "accounting-server-2"
        guest.hostName = "ACCOUNTING-SERV"
        guest.pool = "infra"
        #expect(
            publication(of: guest).claims.map(\.name.description)
                == ["accounting-server-2.example.com."])
    }

    @Test func ipv6InheritsTheNameOfIPv4() throws {
        var guest = guest
        guest.interfaces = [
            try Self.interface(["10.0.5.10/24", "2001:db8:7::10/64", "fd00:9::10/64"])
        ]
        #expect(
            lines(publication(of: guest)) == [
                "web1.example.com. host 10.0.5.10", "web1.example.com. host 2001:db8:7::10",
                "fd00:9::10: inside no network of [mapping]",
            ])
    }

    @Test func mappedUniqueLocalAddressIsPublished() throws {
        var guest = guest
        guest.interfaces = [try Self.interface(["fd00:5::10/64"])]
        #expect(lines(publication(of: guest)) == ["web1.lab.example.net. host fd00:5::10"])
    }

    @Test func privateAddressIsRefusedInAPublicZone() throws {
        var guest = guest
        guest.interfaces = [try Self.interface(["192.0.2.7/24", "10.9.0.1/16"])]
        #expect(
            lines(publication(of: guest)) == [
                "web1.public.example. host 192.0.2.7",
                "10.9.0.1: private address, and public.example. is marked public",
            ])
    }

    @Test func notesNeedTheZonesTrust() throws {
        var guest = guest
        guest.settings.aliases = ["alias"]
        guest.settings.service = "ntp"
        #expect(publication(of: guest).claims.map(\.name.description) == ["web1.example.com."])
        #expect(publication(of: guest).findings.count == 2)
        guest.pool = "infra"
        #expect(
            lines(publication(of: guest)) == [
                "web1.example.com. host 10.0.5.10", "ntp.example.com. service 10.0.5.10",
                "alias.example.com. alias web1.example.com.",
            ])
    }

    @Test func declaredServiceNeedsNoTrust() {
        var guest = guest
        guest.settings.service = "www"
        #expect(
            lines(publication(of: guest)) == [
                "web1.example.com. host 10.0.5.10", "www.example.com. service 10.0.5.10",
            ])
    }

    @Test func aDeclaredServiceIsNoHostsName() {
        var guest = guest
        guest.name = "www"
        #expect(lines(publication(of: guest)) == ["10.0.5.10: www.example.com. is reserved"])
    }

    @Test func anAliasOfTheGuestsOwnNameIsNone() {
        var guest = guest
        guest.pool = "infra"
        guest.settings.aliases = ["web1", "WEB1.example.com."]
        #expect(lines(publication(of: guest)) == ["web1.example.com. host 10.0.5.10"])
    }

    @Test func mappingOfTheNotesWinsWhereTrusted() throws {
        var guest = guest
        let override = GuestSettings.MappingOverride(
            network: try Self.network("10.0.5.0/24"), domain: try Self.name("lab.example.net"))
        guest.settings.mapping = [override]
        #expect(lines(publication(of: guest)) == ["web1.lab.example.net. host 10.0.5.10"])
    }

    @Test func aTrustlessHostNameThatIsTheOrdinaryNameIsNoFinding() {
        var guest = guest
        guest.hostName = "web1.example.com"
        #expect(lines(publication(of: guest)) == ["web1.example.com. host 10.0.5.10"])
    }

    @Test func virtualRouterAndHostRoutesGoToAServiceOnly() throws {
        var guest = guest
        guest.interfaces = [
            try Self.interface(["10.0.5.10/24", "10.0.5.100/32"]),
            try Self.interface(
                ["10.0.5.101/24"], key: "net1", deviceMAC: MACAddress("00:00:5e:00:01:07")),
        ]
        let claims = publication(of: guest).claims
        #expect(claims.compactMap(\.address?.description) == ["10.0.5.10"])
        #expect(publication(of: guest).findings.count == 2)
        guest.settings.service = "www"
        #expect(
            lines(publication(of: guest)) == [
                "web1.example.com. host 10.0.5.10", "www.example.com. service 10.0.5.10",
                "www.example.com. service 10.0.5.100", "www.example.com. service 10.0.5.101",
            ])
    }

    @Test func aLoneHostRouteIsTheGuestsOwn() throws {
        var guest = guest
        guest.interfaces = [try Self.interface(["10.0.5.10/32"])]
        #expect(lines(publication(of: guest)) == ["web1.example.com. host 10.0.5.10"])
    }

    @Test func grownIPv6WaitsForADayAndOnlyOneStandsPerPrefix() throws {
        var guest = guest
        let random = [
            "10.0.5.10/24", "2001:db8:5::a1b2:c3d4:e5f6:1/64", "2001:db8:5::bbb2:1:2:3/64",
        ]
        guest.interfaces = [try Self.interface(random)]
        let young = publication(of: guest)
        #expect(young.claims.count == 1)
        #expect(young.reviewAtSeconds == 1_000_000 + 25 * 3600)
        let old = publication(of: guest, now: 1_000_000 + 25 * 3600)
        #expect(old.claims.count == 2 && old.reviewAtSeconds == nil)
        // The address formed from the MAC explains itself, and stands for the prefix.
        guest.interfaces = [try Self.interface(random + ["2001:db8:5::be24:11ff:feaa:bb01/64"])]
        #expect(
            publication(of: guest, now: 9_000_000).claims.compactMap(\.address?.description)
                == ["10.0.5.10", "2001:db8:5:0:be24:11ff:feaa:bb01"])
    }

    @Test func observedAddressesOutrankConfiguredOnes() throws {
        var guest = guest
        guest.interfaces = [try Self.interface(["10.0.5.20/24"], origin: .cloudInit)]
        #expect(lines(publication(of: guest)) == ["web1.example.com. host 10.0.5.20"])
        guest.hasBeenObserved = true
        guest.interfaces[0].addresses += try Self.interface(["10.0.5.21/24"]).addresses
        #expect(
            lines(publication(of: guest)) == [
                "web1.example.com. host 10.0.5.21",
                "10.0.5.20: configured, but not seen in use on the guest",
            ])
    }

    @Test func primaryMACSilencesTheOtherInterfaces() throws {
        var guest = guest
        var second = try Self.interface(["10.0.5.11/24"], key: "net1")
        second.mac = MACAddress("bc:24:11:aa:bb:02")
        guest.interfaces.append(second)
        guest.settings.primaryMAC = second.mac
        #expect(publication(of: guest).claims.compactMap(\.address?.description) == ["10.0.5.11"])
    }

    @Test func wholeGuestsStayOut() {
        for change in [
            { (guest: inout Guest) in guest.isTemplate = true },
            { $0.settings.isIgnored = true }, { $0.lock = "clone" }, { $0.interfaces = [] },
        ] {
            var guest = guest
            change(&guest)
            #expect(publication(of: guest).claims.isEmpty)
            #expect(publication(of: guest).findings.count == 1)
        }
        var stopped = guest
        stopped.runState = .stopped
        stopped.lock = "backup"
        #expect(publication(of: stopped).claims.count == 1)
    }

    @Test(arguments: [
        "10.0.5.0/24", "10.0.5.255/24", "127.0.0.1/8", "0.0.0.0/8", "224.0.0.1/4",
        "255.255.255.255/32", "169.254.1.1/16",
        "::1/128",
        "fe80::1/64", "ff02::1/16", "2001:0:1::1/32", "::ffff:10.0.5.1/96",
    ])
    func addressesThatNeverCount(address: String) throws {
        var guest = guest
        guest.interfaces = [try Self.interface([address])]
        #expect(publication(of: guest).claims.isEmpty)
        #expect(publication(of: guest).findings.count == 1)
    }

    @Test func translationKeepsTheHostPart() throws {
        var policy = policy
        policy.selection.translations = [
            try #require(
                SelectionRules.Translation(
                    seen: try Self.network("10.77.0.0/24"),
                    published: try Self.network("192.0.2.0/24")))
        ]
        var guest = guest
        guest.interfaces = [try Self.interface(["10.77.0.9/24"])]
        let publication = Naming.publication(of: guest, under: policy, nowSeconds: 0) { _ in 0 }
        #expect(lines(publication) == ["web1.public.example. host 192.0.2.9"])
    }
}
