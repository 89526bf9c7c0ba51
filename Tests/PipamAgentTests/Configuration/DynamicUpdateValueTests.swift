import Inventory
import PipamAgent
import Testing

/// What the keys of dynamic updates take and refuse.
@Suite struct DynamicUpdateValueTests {
    private let sample = ConfigurationSample(
        more: """
            nameserver.keys."pipam.example".secret = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

            """)
    private static let server = "dns.rfc2136.server = \"192.0.2.53\"\n"
    private static let key = "dns.rfc2136.key = \"pipam.example\"\n"

    @Test func nothingIsUpdatedWithoutAServer() throws {
        #expect(try sample.load("").configuration.dynamicUpdate == nil)
        #expect(try sample.load(Self.server + Self.key).configuration.powerDNS == nil)
    }

    @Test func everyKeyArrives() throws {
        let text = """
            [dns]
            provider = "rfc2136"
            [dns.rfc2136]
            server = "[2001:db8::53]:5353"
            key = "PIPAM.example."
            auto_approve = true
            timeout = 3
            delay = 0
            """
        var expected = Configuration.DynamicUpdate(host: "2001:db8::53")
        expected.port = 5_353
        expected.key = DomainName("pipam.example")
        expected.isAutomaticallyApproved = true
        expected.timeout = .seconds(3)
        expected.delay = .zero
        let loaded = try sample.load(text)
        #expect(loaded.configuration.dynamicUpdate == expected)
        #expect(loaded.warnings.isEmpty)
    }

    private static let servers: [(text: String, host: String, port: UInt16)] = [
        ("192.0.2.53", "192.0.2.53", 53), ("192.0.2.53:5353", "192.0.2.53", 5_353),
        ("2001:db8::53", "2001:db8::53", 53), ("[2001:db8::53]:53", "2001:db8::53", 53),
        ("ns1.example.com", "ns1.example.com", 53), ("ns1:5300", "ns1", 5_300),
    ]

    @Test(arguments: servers)
    func theServerIsAnAddressOrAName(text: String, host: String, port: UInt16) throws {
        let loaded = try sample.load(Self.key + "dns.rfc2136.server = \"\(text)\"")
        #expect(loaded.configuration.dynamicUpdate?.host == host)
        #expect(loaded.configuration.dynamicUpdate?.port == port)
    }

    @Test func bothProvidersMayStandTogether() throws {
        let loaded = try sample.load(
            Self.server + Self.key + """
                dns.provider = "powerdns"
                dns.powerdns.url = "http://127.0.0.1:8081"
                dns.powerdns.api_key = "key"
                """)
        #expect(loaded.configuration.powerDNS != nil)
        #expect(loaded.configuration.dynamicUpdate != nil)
    }

    @Test func withoutAKeyAWarningIsGiven() throws {
        let loaded = try sample.load(Self.server)
        #expect(loaded.configuration.dynamicUpdate?.key == nil)
        #expect(
            loaded.warnings.map(\.description) == [
                "c:6: dns.rfc2136.key: missing, so anybody on the way can change updates and their "
                    + "answers; give the name of a key of [nameserver.keys]"
            ])
    }

    private static let mistakes: [(text: String, start: String)] = [
        (
            "dns.provider = \"rfc2136\"",
            "dns.rfc2136.server: missing; give the primary's address, such as 192.0.2.53"
        ),
        (key, "dns.rfc2136.server: missing; give the primary's address, such as 192.0.2.53"),
        (
            "\(key)dns.rfc2136.server = \"0.0.0.0\"",
            "dns.rfc2136.server: found \"0.0.0.0\", wanted an address or a name"
        ),
        ("\(key)dns.rfc2136.server = \"a b\"", "dns.rfc2136.server: found \"a b\", wanted an"),
        ("\(key)dns.rfc2136.server = \"ns1:0\"", "dns.rfc2136.server: found \"ns1:0\", wanted"),
        (
            "\(key)dns.rfc2136.server = \"ns1:65536\"",
            "dns.rfc2136.server: found \"ns1:65536\", wanted"
        ),
        (
            "\(server)dns.rfc2136.key = \"other\"",
            "dns.rfc2136.key: there is no [nameserver.keys.\"other\"]"
        ),
        ("\(server)\(key)dns.rfc2136.timeout = 0", "dns.rfc2136.timeout: found the number 0"),
        ("\(server)\(key)dns.rfc2136.delay = 301", "dns.rfc2136.delay: found the number 301"),
        ("\(server)\(key)dns.rfc2136.auto_approve = 1", "dns.rfc2136.auto_approve: found"),
        ("\(server)\(key)dns.rfc2136.secret = \"a\"", "dns.rfc2136.secret: unknown key"),
    ]

    @Test(arguments: mistakes)
    func aWrongValueIsRefused(text: String, start: String) {
        let found = sample.problems(text)
        #expect(found.contains { $0.hasPrefix(start) }, "\(found)")
    }
}
