import Nameserver
import PipamAgent
import Testing

/// dnstap as the configuration says it.
@Suite struct DnstapConfigurationTests {
    private static let base = """
        [proxmox]
        url = "https://pve1:8006"
        token_id = "agent@pve!pipam"
        token_uuid = "secret"
        [mapping."example.com"]
        networks = ["10.0.0.0/8"]
        [nameserver]
        listen = ["192.0.2.1"]

        """

    private func decode(_ text: String) throws -> Configuration {
        try ConfigurationFile.decode(
            Array((Self.base + text).utf8), format: .toml, path: "/etc/pipam/config.toml"
        ).configuration
    }

    private func settings(_ text: String) throws -> DnstapSettings? {
        try NameserverSettings(try decode(text))?.dnstap
    }

    @Test func thereIsNoneUnlessToldSo() throws {
        #expect(try settings("") == nil)
    }

    @Test func aSocketIsEnough() throws {
        let settings = try settings("dnstap.socket = \"/run/reader/socket\"")
        #expect(settings == DnstapSettings(socketPath: "/run/reader/socket"))
        #expect(settings?.sampleInterval == 1)
        #expect(settings?.messages == [.query, .response])
    }

    @Test func everythingMayBeSaid() throws {
        let settings = try settings(
            """
            [nameserver.dnstap]
            socket = "/run/reader/socket"
            sample = 1000
            messages = ["response"]
            """)
        #expect(settings?.sampleInterval == 1_000)
        #expect(settings?.messages == [.response])
    }

    @Test(arguments: [
        ("sample = 2", "nameserver.dnstap.socket: missing"),
        ("socket = \"reader\"", "nameserver.dnstap.socket: found \"reader\", wanted an absolute"),
        ("socket = \"/s\"\nsample = 0", "nameserver.dnstap.sample: found the number 0"),
        (
            "socket = \"/s\"\nmessages = [\"answer\"]",
            "nameserver.dnstap.messages: found \"answer\", wanted \"query\" or \"response\""
        ),
        ("socket = \"/s\"\nmessages = []", "nameserver.dnstap.messages: found an empty list"),
        (
            "socket = \"/\(String(repeating: "s", count: 107))\"",
            "nameserver.dnstap.socket: found 108 octets, wanted at most 107"
        ),
    ])
    func mistakesAreTold(lines: String, problem: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try decode("[nameserver.dnstap]\n" + lines)
        }
        #expect("\(try #require(error))".contains(problem), "\(String(describing: error))")
    }
}
