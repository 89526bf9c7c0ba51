import DNSWire
import Inventory
import Nameserver
import PipamAgent
import Testing

/// Who may copy zones, as the configuration says it.
@Suite struct TransferConfigurationTests {
    private let sample = ConfigurationSample(
        more: """
            [nameserver]
            listen = ["192.0.2.1"]

            """)

    @Test func nobodyIsAllowedByDefault() throws {
        let settings = try #require(try NameserverSettings(sample.load("").configuration)).transfer
        #expect(settings.networks.isEmpty && settings.allowedKeys.isEmpty)
        #expect(settings.keys.isEmpty && settings.secondaries.isEmpty)
    }

    @Test func keysAndSecondariesAreTranslated() throws {
        let text = """
            [nameserver.transfer]
            allow = ["192.0.2.0/24", "2001:db8::53"]
            keys = ["backup.example."]
            limit = 3
            [nameserver.keys."xfr.example"]
            secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
            algorithm = "HMAC-SHA512"
            [nameserver.keys."Backup.example"]
            [nameserver.secondaries.ns2]
            address = "192.0.2.53"
            key = "xfr.example"
            [nameserver.secondaries.ns3]
            address = "[2001:db8::53]:5353"
            """
        let loaded = try sample.load(
            text,
            environment: ["PIPAM_TSIG_BACKUP_EXAMPLE": "YW5vdGhlciBzZWNyZXQsIGFub3RoZXIgZGF5Lg=="])
        #expect(loaded.warnings.isEmpty)
        let settings = try #require(try NameserverSettings(loaded.configuration)).transfer
        let (xfr, backup) = (
            try #require(DomainName("xfr.example")), try #require(DomainName("backup.example"))
        )
        #expect(
            settings.keys == [
                TSIGKey(
                    name: backup.wire, algorithm: .sha256,
                    secret: Array("another secret, another day.".utf8)),
                TSIGKey(
                    name: xfr.wire, algorithm: .sha512,
                    secret: Array("secret secret secret secret!".utf8)),
            ])
        #expect(settings.allowedKeys == [backup.wire])
        #expect(settings.networks.map(\.description) == ["192.0.2.0/24", "2001:db8::53/128"])
        #expect(
            settings.secondaries.map { "\($0.endpoint)" }
                == ["192.0.2.53:53", "[2001:db8::53]:5353"])
        #expect(settings.secondaries.map(\.key) == [xfr.wire, nil])
        #expect(settings.transfers == 3)
        // Nothing that is printed has a secret in it.
        var dumped = ""
        dump(loaded.configuration, to: &dumped)
        #expect(!dumped.contains("c2Vj") && !dumped.contains("YW5v"))
    }

    @Test(arguments: [
        ("[nameserver.transfer]\nkeys = [\"other\"]", "there is no [nameserver.keys.\"other\"]"),
        ("[nameserver.transfer]\nallow = [\"x\"]", "found \"x\", wanted a network or address"),
        ("[nameserver.keys.a]\nsecret = \"no base64!\"", "characters other than printable ASCII"),
        ("[nameserver.keys.a]\nsecret = \"nobase64!\"", "the secret is not base64"),
        ("[nameserver.keys.a]\nsecret = \"QUJ=D\"", "the secret is not base64"),
        (
            "[nameserver.keys.a]\n",
            "missing; give secret_file, the environment variable PIPAM_TSIG_A"
        ),
        ("[nameserver.keys.a]\nsecret = \"AAAA\"\nalgorithm = \"hmac-md5\"", "algorithm"),
        ("[nameserver.keys.\".\"]\nsecret = \"AAAA\"", "the name of a key is that of a domain"),
        (
            "[nameserver.keys.a]\nsecret = \"AAAA\"\n"
                + "[nameserver.keys.\"a.\"]\nsecret = \"AAAA\"",
            "the key stands here twice"
        ),
        ("[nameserver.secondaries.a]\nkey = \"x\"", "missing; give the server's address"),
        ("[nameserver.secondaries.a]\naddress = \"ns2\"", "found \"ns2\", wanted an address"),
        ("[nameserver.secondaries.a]\naddress = \"0.0.0.0\"", "found \"0.0.0.0\", wanted an"),
        (
            "[nameserver.secondaries.a]\naddress = \"192.0.2.1\"\nkey = \"x\"",
            "there is no [nameserver.keys.\"x\"]"
        ),
    ]) func mistakesAreTold(text: String, message: String) {
        let found = sample.problems(text)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func whatIsWeakGivesAWarning() throws {
        let short = try sample.load("[nameserver.keys.a]\nsecret = \"QUJD\"")
        #expect(short.warnings.map { "\($0)" }.contains { $0.contains("24 bits can be guessed") })
        let open = try sample.load("[nameserver.transfer]\nallow = [\"0.0.0.0/0\"]")
        #expect(open.warnings.map { "\($0)" }.contains { $0.contains("anybody may copy") })
    }
}
