import Inventory
import PipamAgent
import Testing

/// What every configuration of these tests has: the required keys.
private let required = """
    proxmox.url = "https://pve1:8006"
    proxmox.token_id = "pipam@pve!agent"
    proxmox.token_uuid = "1234-5678"

    """

@Suite struct ConfigurationTests {
    private func decode(
        _ text: String, _ format: DocumentFormat = .toml, environment: [String: String] = [:]
    ) throws(ConfigurationError) -> ConfigurationFile.Loaded {
        try ConfigurationFile.decode(
            Array(text.utf8), format: format, path: "config.toml", environment: environment)
    }

    /// What is wrong with a text, one line per problem.
    private func problems(_ text: String) -> [String] {
        do {
            _ = try decode(text)
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    private func warnings(_ text: String) throws -> [String] {
        try decode(text).warnings.map(\.description)
    }

    @Test func theAncestorsMinimalConfigurationWorks() throws {
        let text = """
            collect_interval = 15
            [proxmox]
            url = "https://host:8006/"
            user = "automation-user"
            realm = "pve"
            token_id = "pipam"
            token_uuid = "1234"
            [dns]
            provider = "powerdns"
            zones = ["example.com."]
            [dns.powerdns]
            url = "http://pdns:8081"
            api_key = "key"
            [mapping."example.com"]
            networks = [{ cidr = "10.0.0.0/8" }]
            """
        let loaded = try decode(text)
        let configuration = loaded.configuration
        let domain = try #require(DomainName("example.com"))
        #expect(configuration.collectInterval == .seconds(15))
        #expect(configuration.proxmox.urls == ["https://host:8006"])
        #expect(configuration.proxmox.tokenID == "automation-user@pve!pipam")
        #expect(configuration.proxmox.tokenSecret?.exposed == "1234")
        #expect(configuration.zones.apexes == [domain])
        #expect(configuration.mappings.map(\.domain) == [domain])
        #expect(configuration.mappings.first?.networks.map(\.description) == ["10.0.0.0/8"])
        #expect(configuration.powerDNS?.url == "http://pdns:8081")
        #expect(configuration.powerDNS?.key?.exposed == "key")
        #expect(configuration.powerDNS?.isAutomaticallyApproved == false)
        #expect(loaded.warnings.map(\.key) == ["dns.powerdns.url"])
    }

    @Test func allFormatsSayTheSame() throws {
        let toml = """
            skip_cidrs = ["100.64.0.0/10"]
            [proxmox]
            url = ["https://pve1:8006", "https://pve2:8006"]
            token_id = "pipam@pve!agent"
            token_uuid = "1234-5678"
            [mapping."Example.COM."]
            networks = ["10.0.0.0/8", { cidr = "2001:db8::/32" }]
            public = false
            [dns.name_servers]
            ns1 = ["192.0.2.1"]
            """
        let yaml = """
            skip_cidrs: [100.64.0.0/10]
            proxmox:
              url:
                - https://pve1:8006
                - https://pve2:8006
              token_id: pipam@pve!agent
              token_uuid: "1234-5678"
            mapping:
              Example.COM.:
                networks:
                  - 10.0.0.0/8
                  - cidr: 2001:db8::/32
                public: false
            dns: { name_servers: { ns1: [192.0.2.1] } }
            nameserver:
            """
        let json = """
            {
            \t"skip_cidrs": ["100.64.0.0/10"],
            \t"proxmox": {
            \t\t"url": ["https:\\/\\/pve1:8006", "https://pve2:8006"],
            \t\t"token_id": "pipam@pve!agent", "token_uuid": "1234-5678" },
            \t"mapping": { "Example.COM.": {
            \t\t"networks": ["10.0.0.0/8", { "cidr": "2001:db8::/32" }], "public": false } },
            \t"dns": { "name_servers": { "ns1": ["192.0.2.1"] } },
            \t"nameserver": null
            }
            """
        let expected = try decode(toml).configuration
        #expect(expected.mappings.first?.networks.count == 2)
        #expect(expected.proxmox.urls.count == 2)
        #expect(try decode(yaml, .yaml).configuration == expected)
        #expect(try decode(json, .json).configuration == expected)
    }

    @Test func everyDocumentedDefaultIsTheDefault() throws {
        // A server is configured as soon as one of its keys stands there.
        let server = """
            dns.powerdns.url = "http://127.0.0.1:8081"
            dns.powerdns.api_key = "key"

            """
        let updated = "dns.rfc2136.server = \"192.0.2.53\"\n"
        let secure = """
            nameserver.tls.certificate_file = "a"
            nameserver.tls.key_file = "b"

            """
        let told = "nameserver.dnstap.socket = \"/s\"\n"
        for key in ConfigurationKey.all where !key.defaultText.hasPrefix("(") {
            guard !key.name.contains("<") else { continue }
            let base =
                switch key.path.prefix(2) {
                case ["dns", "powerdns"]: server + required
                case ["dns", "rfc2136"]: updated + required
                case ["nameserver", "tls"]: secure + required
                case ["nameserver", "dnstap"]: told + required
                default: required
                }
            let line = "\(key.name) = \(key.defaultText)\n"
            #expect(
                try decode(line + base).configuration == decode(base).configuration, "\(line)")
        }
    }

    @Test func everyKeyIsRead() throws {
        // A list in place of any value is refused where the value is known, and nowhere else.
        for key in ConfigurationKey.all {
            let name = key.path.map { part in
                part == "<domain>" ? "\"example.com\"" : part == "<id>" ? "1" : part
            }.joined(separator: ".").replacing("<name>", with: "ns1")
            let found = problems("\(name) = [[1]]\n")
            #expect(found.contains { $0.hasPrefix("config.toml:1: \(name): found ") }, "\(found)")
        }
    }

    @Test func allMistakesAreToldAtOnce() {
        let text = """
            colect_interval = 30
            quick_interval = "two"
            timeout = 3
            [proxmox]
            URL = "https://pve1:8006"
            url = "ftp://pve1"
            token_id = "agent"
            insecure = 1
            [mapping.example.com]
            networks = ["10.0.0.0/8"]
            [mapping."a_b.example"]
            networks = ["10.0.0.0/33"]
            """
        #expect(
            problems(text) == [
                "config.toml:1: colect_interval: unknown key; did you mean collect_interval?",
                "config.toml:2: quick_interval: found the text \"two\", wanted a whole number of "
                    + "seconds, 1...3600",
                "config.toml:3: timeout: unknown key; did you mean proxmox.timeout?",
                "config.toml:4: proxmox.token_uuid: missing; give token_uuid_file, the environment "
                    + "variable PIPAM_PROXMOX_TOKEN_UUID or the systemd credential proxmox-token",
                "config.toml:6: proxmox.url: given twice, first in line 5; remove one",
                "config.toml:7: proxmox.token_id: is no token; give it as "
                    + "user@realm!name, or give user and realm too",
                "config.toml:8: proxmox.insecure: found the number 1, wanted true or false",
                "config.toml:9: mapping.example.com: unknown key; a domain with dots is written in "
                    + "quotes, [mapping.\"example.com\"]",
                "config.toml:11: mapping.\"a_b.example\": found \"a_b.example\", wanted a domain "
                    + "name such as example.com",
            ])
    }
}
