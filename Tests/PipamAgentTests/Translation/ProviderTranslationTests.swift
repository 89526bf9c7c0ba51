import ClusterState
import DNSWire
import DynamicUpdate
import HTTPClient
import Inventory
import Planning
import PowerDNS
import Testing

@testable import PipamAgent

/// The settings of providers, and of what stops them, arrive where they count.
@Suite struct ProviderTranslationTests {
    private let cluster = ClusterID(high: 7, low: 7)

    private func configuration(_ text: String) throws -> Configuration {
        let required = """
            proxmox.url = "https://pve1:8006"
            proxmox.token_id = "pipam@pve!agent"
            proxmox.token_uuid = "1234-5678"
            dns.zones = ["example.com", "example.net"]

            """
        return try ConfigurationFile.decode(
            Array((required + text).utf8), format: .toml, path: "config.toml"
        ).configuration
    }

    private let server = """
        dns.powerdns.url = "http://127.0.0.1:8081"
        dns.powerdns.api_key = "key"

        """

    private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    // MARK: What all nodes have to know

    @Test func theBrakeArrives() throws {
        let settings = ClusterSettings(
            try configuration("brake = { count = 50, percent = 20 }"))
        var expected = Brake()
        expected.count = 50
        expected.percent = 20
        #expect(settings.brake == expected)
    }

    @Test func providersArrive() throws {
        #expect(ClusterSettings(try configuration("")).providers.isEmpty)
        for (line, isApproved) in [("", false), ("dns.powerdns.auto_approve = true", true)] {
            let expected = ProviderSettings(
                isAutomaticallyApproved: isApproved, address: "http://127.0.0.1:8081")
            #expect(
                ClusterSettings(try configuration(server + line)).providers
                    == ["powerdns": expected])
        }
    }

    // MARK: PowerDNS

    @Test func withoutAServerThereAreNoSettings() throws {
        #expect(PowerDNSSettings(try configuration(""), cluster: cluster) == nil)
    }

    @Test func theDefaultsOfBothSidesAgree() throws {
        let settings = try #require(
            PowerDNSSettings(try configuration(server), cluster: cluster))
        let zones = [try name("example.com"), try name("example.net")]
        let expected = PowerDNSSettings(
            baseURL: "http://127.0.0.1:8081", apiKey: try #require(APIKey("key")),
            cluster: cluster, zones: zones)
        #expect(settings.baseURL == expected.baseURL)
        #expect(settings.apiKey == expected.apiKey)
        #expect(settings.cluster == cluster)
        #expect(settings.zones == zones)
        #expect(settings.trust == expected.trust)
        #expect(settings.server == expected.server)
        #expect(settings.marking == expected.marking)
        #expect(settings.createsZones == expected.createsZones)
        #expect(settings.nameservers.isEmpty)
        #expect(settings.writeDeadline == expected.writeDeadline)
        #expect(settings.readDeadline == expected.readDeadline)
    }

    @Test func everythingElseArrives() throws {
        let settings = try #require(
            PowerDNSSettings(
                try configuration(
                    server + """
                        dns.powerdns.server_id = "other"
                        dns.powerdns.create_zones = true
                        dns.powerdns.timeout = 3
                        dns.name_servers.ns1 = ["192.0.2.1"]
                        dns.name_servers."ns.example.org" = []
                        """), cluster: cluster))
        #expect(settings.server == "other")
        #expect(settings.createsZones)
        #expect(settings.writeDeadline == .seconds(3))
        #expect(
            Set(settings.nameservers) == [try name("ns1.example.com"), try name("ns.example.org")])
    }

    private func trust(_ text: String) throws -> HTTPTrust {
        let text = """
            dns.powerdns.url = "https://pdns:8443"
            dns.powerdns.api_key = "key"
            \(text)
            """
        return try #require(
            PowerDNSSettings(try configuration(text), cluster: cluster)
        ).trust
    }

    /// What is given is all that counts: the system's authorities would make a pin pointless.
    @Test func trustIsNarrowedByWhatIsGiven() throws {
        let pin = String(repeating: "ab", count: 32)
        #expect(try trust("") == HTTPTrust())
        #expect(
            try trust("dns.powerdns.ca_file = \"/etc/ssl/ca.pem\"")
                == HTTPTrust(authorityFile: "/etc/ssl/ca.pem", includesSystemRoots: false))
        #expect(
            try trust("dns.powerdns.fingerprint = \"\(pin)\"")
                == HTTPTrust(includesSystemRoots: false, fingerprints: [pin]))
        #expect(
            try trust("dns.powerdns.insecure = true") == HTTPTrust(acceptsAnyServer: true))
    }

    // MARK: Dynamic updates

    private let updated = """
        dns.rfc2136.server = "192.0.2.53"
        dns.rfc2136.key = "k.example"
        nameserver.keys."k.example".secret = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        nameserver.keys."k.example".algorithm = "hmac-sha512"

        """

    @Test func aServerOfDynamicUpdatesArrives() throws {
        #expect(DynamicUpdateSettings(try configuration(""), cluster: cluster) == nil)
        let configuration = try configuration(updated + "dns.rfc2136.timeout = 7")
        let settings = try #require(DynamicUpdateSettings(configuration, cluster: cluster))
        #expect(settings.host == "192.0.2.53" && settings.port == 53)
        #expect(settings.cluster == cluster)
        #expect(settings.zones == [try name("example.com"), try name("example.net")])
        #expect(settings.key?.name == (try name("k.example")).wire)
        #expect(settings.key?.algorithm == .sha512)
        #expect(settings.writeDeadline == .seconds(7))
        let address = ProviderSettings(
            isAutomaticallyApproved: false, address: "192.0.2.53:53")
        #expect(ClusterSettings(configuration).providers == ["rfc2136": address])
    }

    @Test func eachProviderHasAPublisher() async throws {
        let keeper = try await StateKeeper.alone(nowSeconds: 1).keeper
        let publishers = try configuration(server + updated + "dns.rfc2136.delay = 9")
            .makePublishers(cluster: cluster, keeper: keeper) { _, _ in }
        #expect(publishers.map(\.0.name) == ["powerdns", "rfc2136"])
        #expect(publishers.map(\.1.delay) == [.seconds(5), .seconds(9)])
    }

    // MARK: When

    @Test func theScheduleArrives() async throws {
        let keeper = try await StateKeeper.alone(nowSeconds: 1).keeper
        let none = try configuration("").makePublishers(cluster: cluster, keeper: keeper) { _, _ in
        }
        #expect(none.isEmpty)
        let publishers = try configuration(
            server + """
                dns.powerdns.delay = 7
                drift_check_interval = 600
                full_reconcile_interval = 900
                """
        ).makePublishers(cluster: cluster, keeper: keeper) { _, _ in }
        let (publisher, schedule) = try #require(publishers.first)
        #expect(publishers.count == 1 && publisher.name == "powerdns")
        #expect(schedule.delay == .seconds(7))
        #expect(schedule.driftCheck == .seconds(600))
        #expect(schedule.fullReconcile == .seconds(900))
    }
}
