import Inventory
import PipamAgent
import Testing

/// What single keys take and refuse.
@Suite struct ConfigurationValueTests {
    private let sample = ConfigurationSample()

    /// Each key with a value that is not its default.
    private static let samples = [
        "collect_interval = 60", "quick_interval = 3", "agent_interval = 600",
        "data_dir = \"/srv/pipam\"", "skip_cidrs = [\"100.64.0.0/10\"]",
        "ip_map = { \"10.0.0.0/24\" = \"192.0.2.0/24\" }", "stopped = \"withdraw\"",
        "log.level = \"debug\"", "proxmox.ca_file = \"/etc/ca.pem\"",
        "proxmox.fingerprint = \"\(String(repeating: "AB:", count: 31))AB\"",
        "proxmox.insecure = true", "proxmox.timeout = 20", "proxmox.concurrency = 16",
        "proxmox.routing_domains.vmbr1 = \"lab\"",
        "mapping.\"example.com\".trust = \"all\"",
        "mapping.\"example.com\".trusted_pools = [\"web\"]",
        "mapping.\"example.com\".trusted_tags = [\"web\"]",
        "mapping.\"example.com\".routing_domain = \"lab\"",
        "mapping.\"example.com\".services = [\"www\"]",
        "mapping.\"example.com\".reverse = false",
        "dns.catalog = \"catalog.invalid\"", "dns.zones = [\"com\"]",
        "dns.reverse_zones = [\"10.0.0.0/8\"]", "dns.rfc2317 = true",
        "dns.ttl_guest = 61", "dns.ttl_static = 301", "dns.ttl_ns = 3601",
        "dns.soa_refresh = 301", "dns.soa_retry = 61", "dns.soa_expire = 1209601",
        "dns.soa_minimum = 11", "dns.contact = \"admin@example.com\"",
        "dns.name_servers.ns1 = [\"192.0.2.1\"]", "dns.reserved_names = [\"www\"]",
        "nameserver.enabled = false", "nameserver.listen = [\"192.0.2.1:5353\"]",
        "nameserver.workers = 2", "nameserver.udp_size = 1400",
        "nameserver.tcp_connections = 10", "nameserver.tcp_connections_per_client = 2",
        "nameserver.tcp_idle_timeout = 5", "nameserver.cookies = false",
        "nameserver.response_rate = 50", "nameserver.response_slip = 1",
        "nameserver.response_rate_private = true", "nameserver.private_reverse = false",
        "nameserver.identity = \"pve1\"", "nameserver.version = \"1\"",
        "nameserver.query_log = 1000",
        "nameserver.transfer.allow = [\"192.0.2.0/24\", \"2001:db8::1\"]",
        "nameserver.transfer.limit = 2", "nameserver.transfer.timeout = 5",
        "nameserver.transfer.notify_delay = 0", "full_reconcile_interval = 3600",
        "drift_check_interval = 60", "brake.count = 50", "brake.percent = 20",
        "control.socket = \"/tmp/pipam.sock\"", "control.group = \"adm\"",
        "metrics.enabled = false", "metrics.listen = \"[::1]:9553\"",
        "ipam.netbox.url = \"https://netbox\"",
    ]

    @Test(arguments: samples) func theKeyMakesADifference(line: String) throws {
        #expect(try sample.load(line).configuration != sample.load("").configuration)
    }

    @Test func everyWorkingKeyHasASample() {
        let elsewhere = [
            // Those of PowerDNS in `PowerDNSValueTests`.
            "dns.provider", "dns.powerdns.url", "dns.powerdns.api_key",
            "dns.powerdns.api_key_file", "dns.powerdns.server_id", "dns.powerdns.ca_file",
            "dns.powerdns.fingerprint", "dns.powerdns.insecure", "dns.powerdns.auto_approve",
            "dns.powerdns.create_zones", "dns.powerdns.timeout", "dns.powerdns.delay",
            "proxmox.url", "proxmox.user", "proxmox.realm", "proxmox.token_id",
            "proxmox.token_uuid", "proxmox.token_uuid_file", "mapping.<domain>.networks",
            "mapping.<domain>.public",
            // Those of the cluster in `ClusterConfigurationTests`.
            "cluster.directory", "cluster.listen", "cluster.advertise", "cluster.role",
            "cluster.node", "cluster.heartbeat_interval", "cluster.election_timeout",
            "cluster.voters", "cluster.settings_file",
            // DnstapConfigurationTests
            "nameserver.dnstap.socket", "nameserver.dnstap.sample", "nameserver.dnstap.messages",
            // TLSConfigurationTests
            "nameserver.tls.certificate_file", "nameserver.tls.key_file",
            "nameserver.tls.listen", "nameserver.tls.connections",
            "nameserver.tls.handshake_timeout", "nameserver.transfer.tls",
            "nameserver.secondaries.<name>.tls", "nameserver.secondaries.<name>.tls_keys",
            // DynamicUpdateValueTests
            "dns.rfc2136.server", "dns.rfc2136.key", "dns.rfc2136.auto_approve",
            "dns.rfc2136.timeout", "dns.rfc2136.delay",
            // TransferConfigurationTests
            "nameserver.transfer.keys", "nameserver.secondaries.<name>.address",
            "nameserver.secondaries.<name>.key", "nameserver.keys.<name>.algorithm",
            "nameserver.keys.<name>.secret", "nameserver.keys.<name>.secret_file",
        ]
        for key in ConfigurationKey.all where key.standing != .waiting {
            let prefix = key.name.replacing("<domain>", with: "\"example.com\"")
                .replacing("<name>", with: "")
            let isSampled = Self.samples.contains { $0.hasPrefix(prefix) }
            #expect(isSampled || elsewhere.contains(key.name), "\(key.name)")
        }
    }

    @Test(arguments: [
        ("data_dir = \"var\"", "data_dir: found \"var\", wanted an absolute path"),
        ("collect_interval = 0", "collect_interval: found the number 0, wanted a whole number"),
        ("collect_interval = 1.5", ": collect_interval: found neither true nor false nor a whole"),
        ("quick_interval = 31", "quick_interval: is longer than collect_interval"),
        ("skip_cidrs = [\"10.0.0.1\"]", "skip_cidrs: found \"10.0.0.1\", wanted a network"),
        ("ip_map = { a = \"10.0.0.1\" }", "ip_map: found \"a\" and \"10.0.0.1\", wanted two"),
        (
            "ip_map = { \"10.0.0.0/24\" = \"192.0.2.0/25\" }",
            "ip_map: 10.0.0.0/24 and 192.0.2.0/25 are not of the same family and size"
        ),
        (
            "ip_map = { \"10.0.0.0/32\" = \"2001:db8::/32\" }",
            "ip_map: 10.0.0.0/32 and 2001:db8::/32 are not of the same family and size"
        ),
        (
            "ip_map = { \"10.0.0.1\" = \"192.0.2.1\", \"10.0.0.1/32\" = \"192.0.2.2\" }",
            "ip_map: 10.0.0.1/32 stands here twice"
        ),
        ("ip_map = [{ from = \"10.0.0.1\" }]", "ip_map: element 1 has no to"),
        (
            "ip_map = [{ fro = \"10.0.0.1\", to = \"10.0.0.2\" }]",
            "ip_map.fro: unknown key; did you mean from?"
        ),
        ("ip_map = [3]", "ip_map: found the number 3 as element 1, wanted a table"),
        (
            "mapping.a.networks = [{ cird = \"10.0.0.0/9\" }]",
            "mapping.a.networks.cird: unknown key; did you mean cidr?"
        ),
        (
            "mapping.a.networks = [{ cidr = \"10.0.0.0/9\", CIDR = \"10.0.0.0/9\" }]",
            "mapping.a.networks.cidr: given twice"
        ),
        (
            "mapping.a.networks = [{ cidr = 1 }]",
            "mapping.a.networks.cidr: found the number 1, wanted a text"
        ),
        (
            "skip_cidrs = [\"10.0.0.0/8\", 1]",
            "skip_cidrs: found the number 1 as element 2, wanted a list of texts"
        ),
        ("mapping = 3", ": mapping: given twice; remove one"),
        (
            "mapping.a.networks = [\"8.0.0.0/7\"]",
            "mapping.a.networks: 8.0.0.0/7 would take over other people's reverse zones; set "
                + "dns.reverse_zones to the networks you own, or reverse = false here"
        ),
        ("mapping.a.networks = [\"2000::/15\"]", "mapping.a.networks: 2000::/15 would take over"),
        (
            "mapping.a.networks = [\"172.0.0.0/9\", \"11.0.0.0/9\", \"12.0.0.0/9\"]",
            "mapping.a.networks: the networks need 385 reverse zones"
        ),
        (
            "dns.reverse_zones = [\"172.0.0.0/9\", \"11.0.0.0/9\", \"12.0.0.0/9\"]",
            "dns.reverse_zones: the networks need 384 reverse zones"
        ),
        ("stopped = \"drop\"", "stopped: found the text \"drop\", wanted \"keep\" or \"withdraw\""),
        ("proxmox.fingerprint = \"AB\"", "proxmox.fingerprint: wanted the SHA-256"),
        ("proxmox.routing_domains.a = \"b c\"", "proxmox.routing_domains.a: found \"b c\", wanted"),
        ("proxmox.user = \"other\"", "proxmox.token_id: is of another user"),
        (
            "mapping.\"x_y\".networks = [\"10.0.0.0/9\"]",
            "mapping.x_y: found \"x_y\", wanted a domain"
        ),
        ("mapping.a.networks = []", "mapping.a.networks: missing; list at least one network"),
        ("mapping.a.trust = \"all\"", "mapping.a.networks: missing; list at least one network"),
        (
            "mapping.a.networks = [\"10.0.0.0/8\"]",
            "mapping.a: 10.0.0.0/8 is mapped to example.com. already"
        ),
        (
            "mapping.\"EXAMPLE.com.\".networks = [\"10.0.0.0/9\"]",
            "mapping.\"EXAMPLE.com.\": the domain stands here twice"
        ),
        (
            "mapping.\"example.com\".public = true",
            "mapping.\"example.com\".networks: 10.0.0.0/8 is private and example.com. is public"
        ),
        (
            "mapping.\"example.com\".services = [\"a.b\"]",
            "mapping.\"example.com\".services: found \"a.b\", wanted one label"
        ),
        ("dns.zones = [\"..\"]", "dns.zones: found \"..\", wanted a domain name"),
        (
            "dns.zones = [\"example.org.\"]",
            "mapping.\"example.com\": lies in none of the zones of dns.zones"
        ),
        ("dns.reverse_zones = [\"0.0.0.0/0\"]", "dns.reverse_zones: 0.0.0.0/0 would take over"),
        ("dns.contact = \"a@b@c\"", "dns.contact: found \"a@b@c\", wanted a name"),
        ("dns.name_servers.ns1 = []", "dns.name_servers.ns1: stands in our own zones"),
        ("dns.name_servers.ns1 = [\"x\"]", "dns.name_servers.ns1: found \"x\", wanted an IPv4"),
        ("dns.soa_expire = 10", "dns.soa_expire: must be longer than soa_refresh"),
        ("nameserver.listen = []", "nameserver.listen: found an empty list"),
        ("nameserver.listen = [\"a:53\"]", "nameserver.listen: found \"a:53\", wanted an address"),
        ("nameserver.listen = [\"192.0.2.1:0\"]", "nameserver.listen: found \"192.0.2.1:0\""),
        ("nameserver.listen = [\"192.0.2.1:+1\"]", "nameserver.listen: found \"192.0.2.1:+1\""),
        ("drift_check_interval = 0", "drift_check_interval: found the number 0, wanted a whole"),
        ("full_reconcile_interval = -1", "full_reconcile_interval: found the number -1, wanted"),
        ("brake.count = 4", "brake.count: found the number 4, wanted a whole number, 5...1000000"),
        ("brake.percent = 0", "brake.percent: found the number 0, wanted a whole number, 1...100"),
        ("brake.percent = 101", "brake.percent: found the number 101, wanted a whole number"),
        ("brake = 3", "brake: found a number, wanted a table with count, percent"),
        ("brake.off = true", "brake.off: unknown key"),
        ("control.socket = \"c.sock\"", "control.socket: found \"c.sock\", wanted an absolute"),
        (
            "control.socket = \"/\(String(repeating: "s", count: 107))\"",
            "control.socket: /\(String(repeating: "s", count: 107)) is longer than the 107 octets"
        ),
        ("control.group = 0", "control.group: found the number 0, wanted a text"),
        ("metrics.enabled = \"no\"", "metrics.enabled: found the text \"no\", wanted true or"),
        (
            "metrics.listen = \"pve1:9553\"",
            "metrics.listen: found \"pve1:9553\", wanted an address such as 127.0.0.1:9553"
        ),
        ("metrics.listen = \"127.0.0.1:0\"", "metrics.listen: found \"127.0.0.1:0\", wanted"),
        ("metrics.listen = \":9553\"", "metrics.listen: found \":9553\", wanted"),
        ("raft.peers.a = \"http://n1:7000\"", "raft.peers.a: wanted a node number above 0"),
        ("cluster.directory = \"shared\"", "cluster.directory: found \"shared\", wanted an abs"),
        ("cluster.directory = \"/\"", "cluster.directory: found \"/\", wanted an absolute"),
        ("cluster.directory = 3", "cluster.directory: found the number 3, wanted a text"),
        ("cluster.listen = \"pve1:8553\"", "cluster.listen: found \"pve1:8553\", wanted an addr"),
        ("cluster.listen = []", "cluster.listen: found 0 addresses, wanted 1...8"),
        ("cluster.listen = [\"10.0.0.1\", \"10.0.0.1:8553\"]", "cluster.listen: 10.0.0.1:8553"),
        ("cluster.listen = \"0.0.0.0\"", "cluster.listen: every address of this host is no addr"),
        ("cluster.advertise = \"pve 1\"", "cluster.advertise: found \"pve 1\", wanted host:port"),
        ("cluster.advertise = \"pve1:0\"", "cluster.advertise: found \"pve1:0\", wanted host:p"),
        ("cluster.role = \"arbiter\"", "cluster.role: found the text \"arbiter\", wanted"),
        ("cluster.node = \"pve1.lan\"", "cluster.node: found \"pve1.lan\", wanted a name"),
        ("cluster.voters = 4", "cluster.voters: found 4, wanted an odd number"),
        ("cluster.voters = 9", "cluster.voters: found the number 9, wanted a whole number, 1...7"),
        ("cluster.election_timeout = 1999", "cluster.election_timeout: is less than four times"),
        ("cluster.heartbeat_interval = 9", "cluster.heartbeat_interval: found the number 9"),
    ])
    func aWrongValueIsRefused(line: String, start: String) {
        let found = sample.problems(line)
        #expect(found.contains { $0.hasPrefix(start) }, "\(found)")
    }

    @Test(arguments: [
        ("proxmox.insecure = true", "proxmox.insecure"),
        ("nameserver.listen = [\"0.0.0.0:53\"]", "nameserver.listen"),
        ("nameserver.listen = \"::\"", "nameserver.listen"),
        ("skip_cidrs = [\"10.0.0.0/7\"]", "skip_cidrs"),
        ("mapping.\"example.com\".routing_domain = \"lab\"", "mapping"),
        ("ipam.provider = \"netbox\"", "ipam"),
        ("dns.zones = [\"com\"]", "dns.zones"),
        ("mapping.uk.networks = [\"10.0.0.0/9\"]", "mapping.uk"),
        (
            "dns.name_servers.\"ns.example.org\" = [\"192.0.2.1\"]",
            "dns.name_servers.\"ns.example.org\""
        ),
        ("raft = { node_id = 1, listen_addr = \":7000\", tick_interval = 100 }", "raft"),
    ])
    func whatWorksButShouldBeKnownGivesOneWarning(line: String, key: String) throws {
        #expect(try sample.load(line).warnings.map(\.key) == [key])
    }

    @Test(arguments: [
        "mapping.lan.networks = [\"10.0.0.0/9\"]",
        "dns.name_servers.\"ns.example.org\" = []",
        "dns.name_servers.\"ns.example.com\" = [\"192.0.2.1\"]",
        "mapping.\"a.b\" = { networks = [\"8.0.0.0/7\"], reverse = false }",
        "mapping.\"a.b\".networks = [\"8.0.0.0/7\"]\ndns.reverse_zones = [\"10.0.0.0/8\"]",
    ])
    func whatIsRightGivesNoWarning(text: String) throws {
        #expect(try sample.load(text).warnings.isEmpty)
    }

    @Test func aDomainGivenTwiceIsToldOnce() {
        let found = sample.problems("mapping.\"EXAMPLE.com\".networks = [\"10.0.0.0/9\"]")
        #expect(found == ["mapping.\"EXAMPLE.com\": the domain stands here twice; join the two"])
    }

    @Test func aConfigurationWithoutMappingWarns() throws {
        let lines = ConfigurationSample.required.split(separator: "\n")
        let text = lines.dropLast().joined(separator: "\n")
        let loaded = try ConfigurationFile.decode(Array(text.utf8), format: .toml, path: "c")
        #expect(loaded.warnings.map(\.key) == ["mapping"])
    }

    @Test(arguments: [
        ("https://pve1:8006", "https://pve1:8006"), ("HTTPS://PVE1/", "https://pve1"),
        ("https://pve1:8006/api2/json/", "https://pve1:8006"),
        ("https://[2001:db8::1]:8006", "https://[2001:db8::1]:8006"),
        ("http://127.0.0.1:8006", "http://127.0.0.1:8006"), ("http://[::1]", "http://[::1]"),
        ("http://LOCALHOST:8006", "http://localhost:8006"), ("http://127.example.com", nil),
        ("http://pve1:8006", nil), ("https://user@pve1", nil), ("https://", nil),
        ("https://pve1:99999", nil), ("https://pve1/path", nil), ("https://[::1", nil),
        ("pve1", nil), ("https://2001:db8::1", nil), ("https://pve1\\n", nil),
    ])
    func baseURLs(text: String, expected: String?) throws {
        let document = """
            proxmox = { url = "\(text)", token_id = "a@b!c", token_uuid = "d" }
            """
        let loaded = try? ConfigurationFile.decode(
            Array(document.utf8), format: .toml, path: "c")
        #expect(loaded?.configuration.proxmox.urls == expected.map { [$0] })
    }

    @Test(arguments: [
        ("127.0.0.1:9100", "127.0.0.1:9100"), ("127.0.0.1", "127.0.0.1:9553"),
        ("::1", "[::1]:9553"), ("[2001:db8::1]:9100", "[2001:db8::1]:9100"),
    ])
    func metricsAddresses(text: String, expected: String) throws {
        let metrics = try sample.load("metrics.listen = \"\(text)\"").configuration.metrics
        #expect(metrics?.description == expected)
    }

    @Test func aReconciliationEveryZeroSecondsIsNone() throws {
        let never = try sample.load("full_reconcile_interval = 0").configuration
        #expect(never.fullReconcileInterval == nil)
        let hourly = try sample.load("full_reconcile_interval = 3600").configuration
        #expect(hourly.fullReconcileInterval == .seconds(3_600))
        #expect(hourly.driftCheckInterval == .seconds(3_600))
    }

    /// Under systemd, the socket stands in the directory that the unit makes.
    @Test(arguments: [
        ("/run/other", "", "/run/other/control.sock"), ("/run/a:/run/b", "", nil),
        ("run", "", nil), ("/run/other", "control.socket = \"/srv/s\"", "/srv/s"),
    ])
    func theSocketsPlace(directory: String, line: String, expected: String?) throws {
        let loaded = try sample.load(line, environment: ["RUNTIME_DIRECTORY": directory])
        #expect(
            loaded.configuration.control.socket == expected ?? "/run/pipam/control.sock")
    }

    @Test func aTopmostDomainIsTheZone() throws {
        let text = """
            mapping."lab.example.com".networks = ["10.1.0.0/16"]
            mapping."notexample.com".networks = ["10.2.0.0/16"]
            """
        let names = try sample.load(text).configuration.zones.apexes.map(\.description)
        #expect(names == ["example.com.", "notexample.com."])
    }
}
