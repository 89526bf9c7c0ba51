import PipamAgent
import Testing

/// What the keys of PowerDNS take and refuse.
@Suite struct PowerDNSValueTests {
    private let sample = ConfigurationSample()
    private static let local = "dns.powerdns.url = \"http://127.0.0.1:8081\"\n"
    private static let key = "dns.powerdns.api_key = \"very-secret\"\n"
    private static let digits = [String](repeating: "AB", count: 32).joined(separator: ":")

    @Test func nothingIsWrittenWithoutAServer() throws {
        #expect(try sample.load("").configuration.powerDNS == nil)
    }

    @Test func everyKeyArrives() throws {
        let text = """
            [dns]
            provider = "powerdns"
            [dns.powerdns]
            url = "https://PDNS.example.com:8443/"
            api_key = "very-secret"
            server_id = "other"
            ca_file = "ca.pem"
            fingerprint = "\(Self.digits)"
            auto_approve = true
            create_zones = true
            timeout = 3
            delay = 0
            """
        var expected = Configuration.PowerDNS(
            url: "https://pdns.example.com:8443", key: Secret("very-secret"))
        expected.serverID = "other"
        expected.certificateAuthorityFile = "ca.pem"
        expected.fingerprint = [UInt8](repeating: 0xAB, count: 32)
        expected.isAutomaticallyApproved = true
        expected.createsZones = true
        expected.timeout = .seconds(3)
        expected.delay = .zero
        let loaded = try sample.load(text)
        #expect(loaded.configuration.powerDNS == expected)
        #expect(loaded.warnings.isEmpty)
    }

    /// The ancestor needs `dns.provider`; here the section says enough.
    @Test func theSectionIsEnough() throws {
        let loaded = try sample.load(Self.local + Self.key)
        #expect(loaded.configuration.powerDNS?.url == "http://127.0.0.1:8081")
        #expect(loaded.warnings.isEmpty)
        let both = try sample.load("dns.provider = \"PowerDNS\"\n" + Self.local + Self.key)
        #expect(both.configuration == loaded.configuration)
    }

    @Test func theKeyComesFromTheEnvironmentFirst() throws {
        let environment = ["PIPAM_POWERDNS_API_KEY": "from-environment"]
        for text in [Self.local, Self.local + Self.key] {
            let loaded = try sample.load(text, environment: environment)
            #expect(loaded.configuration.powerDNS?.key?.exposed == "from-environment")
        }
    }

    @Test(arguments: [
        (
            "dns.provider = \"powerdns\"",
            "dns.powerdns.url: missing; give the API's base URL, such as http://127.0.0.1:8081"
        ),
        (
            local,
            "dns.powerdns.api_key: missing; give api_key_file, the environment variable "
                + "PIPAM_POWERDNS_API_KEY or the systemd credential powerdns-api-key"
        ),
        (
            "dns.provider = \"bind\"",
            "dns.provider: found the text \"bind\", wanted \"powerdns\" or \"rfc2136\""
        ),
        (key + "dns.powerdns.url = \"pdns\"", "dns.powerdns.url: found \"pdns\", wanted a base"),
        (
            key + "dns.powerdns.url = \"http://pdns:8081/api/v1\"",
            "dns.powerdns.url: found \"http://pdns:8081/api/v1\", wanted a base URL such as"
        ),
        (local + "dns.powerdns.api_key = \"a b\"", "dns.powerdns.api_key: the secret here is"),
        (
            local + key + "dns.powerdns.fingerprint = \"AB\"",
            "dns.powerdns.fingerprint: wanted the SHA-256 of a certificate, 32 octets such as "
                + "AB:CD:...; openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE shows it"
        ),
        (
            local + key + "dns.powerdns.fingerprint = \"\(digits)\"\ndns.powerdns.insecure = true",
            "dns.powerdns.fingerprint: means nothing with insecure = true; remove one"
        ),
        (local + key + "dns.powerdns.insecure = 1", "dns.powerdns.insecure: found the number 1"),
        (local + key + "dns.powerdns.auto_approve = \"yes\"", "dns.powerdns.auto_approve: found"),
        (local + key + "dns.powerdns.create_zones = 1", "dns.powerdns.create_zones: found"),
        (local + key + "dns.powerdns.timeout = 0", "dns.powerdns.timeout: found the number 0"),
        (local + key + "dns.powerdns.timeout = 61", "dns.powerdns.timeout: found the number 61"),
        (local + key + "dns.powerdns.delay = 301", "dns.powerdns.delay: found the number 301"),
        (local + key + "dns.powerdns.server_id = \"\"", "dns.powerdns.server_id: found"),
        (local + key + "dns.powerdns.server = \"a\"", "dns.powerdns.server: unknown key"),
    ])
    func aWrongValueIsRefused(text: String, start: String) {
        let found = sample.problems(text)
        #expect(found.contains { $0.hasPrefix(start) }, "\(found)")
        #expect(!found.joined().contains("very-secret"))
    }

    @Test(arguments: [
        (
            "dns.powerdns.url = \"http://pdns:8081\"",
            "c:5: dns.powerdns.url: http://pdns:8081 carries the key in the clear; put TLS before "
                + "it and write https://, or set insecure = true if the network is yours alone"
        ),
        (
            "dns.powerdns.url = \"http://127.example.com:8081\"",
            "c:5: dns.powerdns.url: http://127.example.com:8081 carries the key in the clear;"
        ),
        (
            "dns.powerdns = { url = \"https://pdns\", api_key = \"very-secret\", insecure = true }",
            "c:5: dns.powerdns.insecure: the server's certificate is not checked, so anybody on "
                + "the way can read the key; give fingerprint or ca_file instead"
        ),
    ])
    func whatWorksButShouldBeKnownGivesOneWarning(text: String, start: String) throws {
        let rest = text.contains("api_key") ? "" : "\n" + Self.key
        let warnings = try sample.load(text + rest).warnings.map(\.description)
        #expect(warnings.count == 1 && warnings[0].hasPrefix(start), "\(warnings)")
        #expect(!warnings.joined().contains("very-secret"))
    }

    @Test(arguments: [
        "http://127.0.0.1:8081", "http://127.1.2.3", "http://[::1]:8081", "http://localhost:8081",
        "https://pdns.example.com",
    ])
    func whatOthersCannotReadGivesNoWarning(url: String) throws {
        #expect(try sample.load("dns.powerdns.url = \"\(url)\"\n" + Self.key).warnings.isEmpty)
    }

    @Test func aKeyInTheClearThatIsWantedGivesNoWarning() throws {
        let text = "dns.powerdns.url = \"http://pdns:8081\"\ndns.powerdns.insecure = true\n"
        #expect(try sample.load(text + Self.key).warnings.isEmpty)
    }
}
