import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

/// A server that answers something else: an error that names the place, never a crash.
@Suite struct HostileServerTests {
    private static let base = "/api/v1/servers/localhost"

    private static func provider(
        _ answers: [String: String]
    ) async throws -> (TestServer, PowerDNSProvider) {
        let server = try await TestServer("http_server.py")
        for (path, body) in answers {
            let text = body.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            try await server.command(
                "{\"do\": \"answer\", \"path\": \"\(base)\(path)\", \"body\": \"\(text)\"}")
        }
        let settings = PowerDNSSettings(
            baseURL: try server.text("url"), apiKey: try #require(APIKey("k")),
            cluster: Rig.cluster, zones: [try Rig.name("example.net.")])
        return (server, try PowerDNSProvider(settings))
    }

    private static let sane = [
        "": #"{"version": "4.7.3", "daemon_type": "authoritative"}"#,
        "/zones": #"[{"name": "example.net.", "id": "example.net.", "kind": "Native"}]"#,
        "/zones/example.net.": #"{"dnssec": false, "soa_edit_api": "DEFAULT", "rrsets": []}"#,
    ]

    @Test(arguments: [
        ("", "<html>", "not understood"), ("", "[]", ".version"), ("", "{}", ".version"),
        ("", #"{"version": "5", "daemon_type": "recursor"}"#, "recursor"),
        ("/zones", "{}", "no list"), ("/zones", "[1]", "[0]"), ("/zones", "[{}]", "[0]"),
        ("/zones", #"[{"name": [], "id": "x", "kind": "Native"}]"#, "[0]"),
        ("/zones", "[", "not understood"),
    ])
    func wrongSurveysAreNamed(path: String, body: String, place: String) async throws {
        let (server, provider) = try await Self.provider(Self.sane.merging([path: body]) { $1 })
        let error = await #expect(throws: ProviderError.self) { try await provider.survey([]) }
        #expect(error.map { "\($0)".contains(place) } == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.kind == .permanent)
        withExtendedLifetime(server) {}
    }

    @Test(arguments: [
        ("{}", ".rrsets"), (#"{"rrsets": {}}"#, ".rrsets"), (#"{"rrsets": [5]}"#, ".rrsets[0]"),
        (#"{"rrsets": [{"name": "a.", "type": "A", "ttl": 1}]}"#, ".rrsets[0].records"),
        (#"{"rrsets": [{"name": 5, "type": "A", "ttl": 1, "records": []}]}"#, ".rrsets[0].name"),
        (#"{"rrsets": [{"name": "a.", "type": 1, "ttl": 1, "records": []}]}"#, ".rrsets[0].type"),
        (#"{"rrsets": [{"name": "a.", "type": "A", "ttl": [], "records": []}]}"#, ".rrsets[0].ttl"),
    ])
    func wrongZonesAreNamed(body: String, place: String) async throws {
        let (server, provider) = try await Self.provider(Self.sane)
        _ = try await provider.survey([])
        let escaped = body.replacing("\"", with: "\\\"")
        try await server.command(
            """
            {"do": "answer", "path": "\(Self.base)/zones/example.net.", "body": "\(escaped)"}
            """)
        let error = await #expect(throws: ProviderError.self) {
            try await provider.read("example.net.", places: nil)
        }
        #expect(error?.reason.contains(place) == true, "\(error?.reason ?? "")")
    }

    @Test func oddSetsAreFoundAndNotOurs() async throws {
        let body = #"""
            {"rrsets": [
            {"name": "a.example.net.", "type": "A", "ttl": -1,
             "records": [{"content": "192.0.2.1"}]},
            {"name": "b.example.net.", "type": "A", "ttl": 60, "records": [{"content": 7}]},
            {"name": "c.example.net.", "type": "A", "ttl": 60, "records": [5]},
            {"name": "d.example.net.", "type": "AAAA", "ttl": 60, "records": [{"content": ""}]},
            {"name": "..", "type": "A", "ttl": 60, "records": [{"content": "192.0.2.1"}]},
            {"name": "e.example.net.", "type": "NONSENSE", "ttl": 60, "records": [{"content": "x"}],
             "comments": [5, {"account": "pipam/x", "content": "c"}]}
            ]}
            """#
        let (server, provider) = try await Self.provider(Self.sane)
        _ = try await provider.survey([])
        let escaped = body.replacing("\"", with: "\\\"").replacing("\n", with: " ")
        try await server.command(
            """
            {"do": "answer", "path": "\(Self.base)/zones/example.net.", "body": "\(escaped)"}
            """)
        let entries = try await provider.read("example.net.", places: nil).entries
        #expect(entries.count == 5)
        #expect(entries.values.allSatisfy { $0 == FoundEntry(nil, .unmarked) })
    }

    @Test func aServerWithoutTheFilterIsReadAllTheSame() async throws {
        let sets = (0..<3).map {
            #"{"name": "h\#($0).example.net.", "type": "A", "ttl": 60, "#
                + #""records": [{"content": "192.0.2.\#($0)"}]}"#
        }
        let zone =
            "{\"dnssec\": false, \"soa_edit_api\": \"DEFAULT\", "
            + "\"rrsets\": [\(sets.joined(separator: ","))]}"
        let (server, provider) = try await Self.provider(
            Self.sane.merging(["/zones/example.net.": zone]) { $1 })
        _ = try await provider.survey([])
        let places: Set = [try Rig.name("h1.example.net."), try Rig.name("h9.example.net.")]
        let entries = try await provider.read("example.net.", places: places).entries
        #expect(
            entries == [
                try Rig.key("h1.example.net.", .a): FoundEntry(
                    try Rig.set("h1.example.net.", .a, "192.0.2.1"), .unmarked)
            ])
        withExtendedLifetime(server) {}
    }

    @Test func anUntrustedServerIsPermanent() async throws {
        let server = try await TestServer("http_server.py", ["--tls"])
        let settings = PowerDNSSettings(
            baseURL: try server.text("url"), apiKey: try #require(APIKey("k")),
            cluster: Rig.cluster, zones: [])
        let error = await #expect(throws: ProviderError.self) {
            try await PowerDNSProvider(settings).survey([])
        }
        #expect(error?.kind == .permanent)
        #expect(error?.reason.contains(try server.text("fingerprint")) == true)
    }

    @Test func secretsAreNotPrinted() throws {
        let key = try #require(APIKey("hunter2"))
        let settings = PowerDNSSettings(
            baseURL: "http://x", apiKey: key, cluster: Rig.cluster, zones: [])
        #expect(!"\(key) \(settings)".contains("hunter2"))
        #expect(!String(reflecting: settings).contains("hunter2"))
        for text in ["", "a b", "a\n", "\u{E4}"] { #expect(APIKey(text) == nil) }
    }

    @Test(arguments: ["", "example.net", "ftp://x"])
    func wrongURLsAreNamed(url: String) throws {
        let settings = PowerDNSSettings(
            baseURL: url, apiKey: try #require(APIKey("k")), cluster: Rig.cluster, zones: [])
        let error = #expect(throws: ProviderError.self) { try PowerDNSProvider(settings) }
        #expect(error?.remedy.contains("dns.powerdns.url") == true)
    }
}
