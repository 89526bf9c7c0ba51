import Inventory
import Nameserver
import PipamAgent
import Testing

/// DNS over TLS as the configuration says it.
@Suite struct TLSConfigurationTests {
    private let sample = ConfigurationSample(
        more: """
            [nameserver]
            listen = ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1"]

            """,
        path: "/etc/pipam/config.toml")
    private static let files = """
        [nameserver.tls]
        certificate_file = "tls/ns.pem"
        key_file = "/etc/ssl/ns.key"

        """
    /// 32 octets.
    private static let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    @Test func thereIsNoneUnlessToldSo() throws {
        let loaded = try sample.load("")
        #expect(loaded.configuration.nameserver.tls == nil)
        #expect(try NameserverSettings(loaded.configuration)?.tls == nil)
        #expect(ServerCertificateFiles(loaded.configuration) == nil)
    }

    @Test func filesAreEnough() throws {
        let loaded = try sample.load(Self.files)
        #expect(loaded.warnings.isEmpty)
        let tls = try #require(try NameserverSettings(loaded.configuration)?.tls)
        #expect(tls.endpoints.map(\.description) == ["192.0.2.1:853", "[2001:db8::1]:853"])
        #expect(tls.connections == 256 && tls.handshakeTimeout == .seconds(5))
        #expect(loaded.configuration.nameserver.tls?.certificateFile == "/etc/pipam/tls/ns.pem")
        #expect(loaded.configuration.nameserver.tls?.keyFile == "/etc/ssl/ns.key")
    }

    @Test func everythingMayBeSaid() throws {
        let loaded = try sample.load(
            Self.files + """
                listen = ["192.0.2.2", "[2001:db8::2]:8853"]
                connections = 9
                handshake_timeout = 2
                """)
        let tls = try #require(try NameserverSettings(loaded.configuration)?.tls)
        #expect(tls.endpoints.map(\.description) == ["192.0.2.2:853", "[2001:db8::2]:8853"])
        #expect(tls.connections == 9 && tls.handshakeTimeout == .seconds(2))
    }

    @Test func whatIsAskedOfSecondariesIsTranslated() throws {
        let hex =
            "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
            + "10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:1f"
        let loaded = try sample.load(
            Self.files + """
                [nameserver.transfer]
                tls = true
                [nameserver.secondaries.a]
                address = "192.0.2.53"
                tls = true
                [nameserver.secondaries.b]
                address = "192.0.2.54"
                tls_keys = ["\(Self.base64)", "\(hex)"]
                [nameserver.secondaries.c]
                address = "192.0.2.55"
                """)
        let settings = try #require(try NameserverSettings(loaded.configuration)).transfer
        #expect(settings.isOverTLSOnly && settings.asksForCertificates)
        #expect(
            settings.secondaries.map(\.demand)
                == [.tls, .publicKeys([Array(0..<32)]), .none])
    }

    @Test(arguments: [
        ("[nameserver.tls]\nkey_file = \"k\"", "certificate_file: missing"),
        ("[nameserver.tls]\ncertificate_file = \"k\"", "key_file: missing"),
        (files + "listen = [\"192.0.2.1:5353\"]", "TLS needs a port of its own"),
        (files + "listen = [\"x\"]", "wanted an address such as 192.0.2.1:853"),
        (files + "handshake_timeout = 0", "1...60"),
        ("[nameserver.transfer]\ntls = true", "there is no [nameserver.tls]"),
        (
            "[nameserver.secondaries.a]\naddress = \"192.0.2.5\"\ntls = true",
            "there is no [nameserver.tls]"
        ),
        (
            files + "[nameserver.secondaries.a]\naddress = \"192.0.2.5\"\ntls_keys = [\"AAAA\"]",
            "wanted the SHA-256 of a public key"
        ),
        (
            files + "[nameserver.secondaries.a]\naddress = \"192.0.2.5\"\ntls = false\n"
                + "tls_keys = [\"\(base64)\"]",
            "of no use without TLS"
        ),
        (
            files + """
                [nameserver.keys.k]
                secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
                [nameserver.secondaries.a]
                address = "192.0.2.5"
                key = "k"
                tls = true
                [nameserver.secondaries.b]
                address = "192.0.2.6"
                key = "k"
                """, "give each its own"
        ),
        (
            files + """
                [nameserver.keys.k]
                secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
                [nameserver.transfer]
                keys = ["k"]
                [nameserver.secondaries.a]
                address = "192.0.2.5"
                key = "k"
                tls = true
                """, "take it out here"
        ),
    ]) func mistakesAreTold(text: String, message: String) {
        let found = sample.problems(text)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }
}
