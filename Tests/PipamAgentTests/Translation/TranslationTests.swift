import ClusterState
import HTTPClient
import Inventory
import Nameserver
import PipamAgent
import Proxmox
import Testing
import Zones

/// Each setting of the configuration arrives where it counts.
@Suite struct TranslationTests {
    /// The configuration of a TOML text.
    private func configuration(_ text: String) throws -> Configuration {
        let required = """
            proxmox.url = ["https://pve1:8006", "https://pve2:8006"]
            proxmox.token_id = "pipam@pve!agent"
            proxmox.token_uuid = "1234-5678"

            """
        return try ConfigurationFile.decode(
            Array((required + text).utf8), format: .toml, path: "config.toml"
        ).configuration
    }

    private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    private func cidr(_ text: String) throws -> CIDR { try #require(CIDR(text)) }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    // MARK: The cluster's settings

    private let clusterText = """
        skip_cidrs = ["10.9.0.0/16"]
        stopped = "withdraw"
        ip_map = { "10.1.0.0/24" = "192.0.2.0/24" }
        [dns]
        zones = ["example.com", "example.net"]
        reverse_zones = ["10.0.0.0/16"]
        rfc2317 = true
        ttl_guest = 61
        ttl_static = 301
        ttl_ns = 3601
        soa_refresh = 302
        soa_retry = 62
        soa_expire = 1209601
        soa_minimum = 11
        contact = "admin"
        reserved_names = ["wpad", "vpn.example.net"]
        [dns.name_servers]
        ns1 = ["192.0.2.1", "2001:db8::1"]
        "ns.example.org" = []
        [mapping."lab.example.com"]
        networks = ["8.8.8.0/24", "8.8.4.0/24"]
        trust = "all"
        trusted_pools = ["infra"]
        trusted_tags = ["dns"]
        services = ["www"]
        public = true
        [mapping."example.net"]
        networks = ["10.3.0.0/16"]
        routing_domain = "blue"
        """

    @Test func namingArrives() throws {
        let naming = ClusterSettings(try configuration(clusterText)).naming
        #expect(naming.zones == [try name("example.com"), try name("example.net")])
        #expect(naming.withdrawsStopped)
        #expect(naming.selection.skipped == [try cidr("10.9.0.0/16")])
        #expect(
            naming.selection.published(for: try address("10.1.0.7"))
                == (try address("192.0.2.7")))
        #expect(
            naming.reservedNames == [
                try name("wpad.example.com"), try name("wpad.example.net"),
                try name("vpn.example.net"),
            ])
    }

    @Test func mappingsArrive() throws {
        let mappings = ClusterSettings(try configuration(clusterText)).naming.mappings
        var lab = NamingPolicy.Mapping(
            domain: try name("lab.example.com"),
            networks: [try cidr("8.8.4.0/24"), try cidr("8.8.8.0/24")])
        lab.trustsAll = true
        lab.trustedPools = ["infra"]
        lab.trustedTags = ["dns"]
        lab.services = [try #require(HostLabel("www"))]
        lab.isPublic = true
        var blue = NamingPolicy.Mapping(
            domain: try name("example.net"), networks: [try cidr("10.3.0.0/16")])
        blue.routingDomain = try #require(RoutingDomain("blue"))
        blue.hasReverse = false
        #expect(Set(mappings) == [lab, blue])
        #expect(mappings.count == 2)
    }

    @Test func zonesArrive() throws {
        let settings = ClusterSettings(try configuration(clusterText))
        var times = ZoneSettings.Times()
        times.guest = 61
        times.fixed = 301
        times.nameServer = 3_601
        times.refresh = 302
        times.retry = 62
        times.expire = 1_209_601
        times.negative = 11
        #expect(settings.zones.times == times)
        #expect(settings.zones.contact == HostLabel("admin").map(ZoneSettings.Mailbox.inEachZone))
        #expect(settings.isClassless)
        #expect(settings.reverseNetworks == [try cidr("10.0.0.0/16")])
        #expect(
            settings.zones.nameServers == [
                .init(name: try name("ns.example.org"), addresses: []),
                .init(
                    name: try name("ns1.example.com"),
                    addresses: [try address("192.0.2.1"), try address("2001:db8::1")]),
            ])
    }

    @Test func theDefaultsOfBothSidesAgree() throws {
        let bare = ClusterSettings(Configuration())
        var expected = ClusterSettings()
        expected.zones.contact = HostLabel("hostmaster").map(ZoneSettings.Mailbox.inEachZone)
        #expect(bare == expected)
    }

    @Test func aMailboxElsewhereIsOneForAll() throws {
        let settings = ClusterSettings(try configuration("dns.contact = \"a.example.org\""))
        #expect(settings.zones.contact == .name(try name("a.example.org")))
    }

    @Test func reverseNetworksComeFromGlobalMappings() throws {
        let settings = ClusterSettings(
            try configuration(
                """
                [mapping."a.example"]
                networks = ["10.2.0.0/16", "10.1.0.0/16"]
                [mapping."b.example"]
                networks = ["10.0.0.0/16"]
                [mapping."c.example"]
                networks = ["10.3.0.0/16"]
                routing_domain = "blue"
                """))
        #expect(
            settings.reverseNetworks == [
                try cidr("10.0.0.0/16"), try cidr("10.1.0.0/16"), try cidr("10.2.0.0/16"),
            ])
        #expect(!settings.isClassless)
    }

    // MARK: Proxmox

    @Test func proxmoxSettingsArrive() throws {
        let settings = try ProxmoxSettings(
            try configuration(
                """
                quick_interval = 3
                collect_interval = 31
                agent_interval = 301
                proxmox.ca_file = "/etc/ssl/ca.pem"
                proxmox.timeout = 11
                proxmox.concurrency = 9
                proxmox.routing_domains.vmbr9 = "blue"
                """))
        #expect(settings.baseURLs == ["https://pve1:8006", "https://pve2:8006"])
        #expect(settings.token == APIToken(id: "pipam@pve!agent", secret: "1234-5678"))
        #expect(settings.quickPoll == .seconds(3))
        #expect(settings.collectInterval == .seconds(31))
        #expect(settings.agentInterval == .seconds(301))
        #expect(settings.callTimeout == .seconds(11))
        #expect(settings.maximumCalls == 9)
        #expect(settings.routingDomains == ["vmbr9": try #require(RoutingDomain("blue"))])
        #expect(
            settings.trust
                == HTTPTrust(authorityFile: "/etc/ssl/ca.pem", includesSystemRoots: false))
    }

    @Test func aFingerprintIsTheOnlyTrust() throws {
        let digits = (0..<32).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let trust = try ProxmoxSettings(
            try configuration("proxmox.fingerprint = \"\(digits.joined(separator: ":"))\"")
        ).trust
        #expect(
            trust == HTTPTrust(includesSystemRoots: false, fingerprints: [digits.joined()]))
    }

    @Test func insecureIsSaidAloud() throws {
        let trust = try ProxmoxSettings(try configuration("proxmox.insecure = true")).trust
        #expect(trust == HTTPTrust(acceptsAnyServer: true))
        #expect(try !ProxmoxSettings(try configuration("")).trust.acceptsAnyServer)
    }

    @Test func aTokenWithoutSecretIsRefused() throws {
        var configuration = try configuration("")
        configuration.proxmox.tokenSecret = nil
        let error = #expect(throws: ProxmoxError.self) { try ProxmoxSettings(configuration) }
        #expect(error?.description.contains("pipam@pve!agent") == true)
        #expect(error?.description.contains("1234") == false)
    }

    // MARK: The name server

    @Test func nameserverSettingsArrive() throws {
        let settings = try #require(
            try NameserverSettings(
                try configuration(
                    """
                    [nameserver]
                    listen = ["192.0.2.1:5353", "[2001:db8::1]"]
                    workers = 3
                    udp_size = 1400
                    tcp_connections = 257
                    tcp_connections_per_client = 17
                    tcp_idle_timeout = 12
                    cookies = false
                    response_rate = 50
                    response_slip = 3
                    response_rate_private = true
                    identity = "pve1"
                    version = "none"
                    query_log = 100
                    """)))
        #expect(
            Set(settings.endpoints) == [
                Endpoint(address: try address("192.0.2.1"), port: 5_353),
                Endpoint(address: try address("2001:db8::1"), port: 53),
            ])
        #expect(settings.workersPerEndpoint == 3)
        #expect(settings.payloadOctets == 1_400)
        #expect(settings.tcp.connections == 257)
        #expect(settings.tcp.connectionsPerClient == 17)
        #expect(settings.tcp.idleTimeout == .seconds(12))
        #expect(!settings.answers.usesCookies)
        #expect(settings.answers.rateLimit.answersPerSecond == 50)
        #expect(settings.answers.rateLimit.slip == 3)
        #expect(settings.answers.rateLimit.limitsPrivateClients)
        #expect(settings.answers.identity == Array("pve1".utf8))
        #expect(settings.answers.version == Array("none".utf8))
        #expect(settings.answers.sampleInterval == 100)
    }

    @Test func aNameserverThatIsOffHasNoSettings() throws {
        let settings = try NameserverSettings(try configuration("nameserver.enabled = false"))
        #expect(settings == nil)
    }
}
