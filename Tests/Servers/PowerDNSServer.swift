import Foundation
package import HTTPClient

/// A PowerDNS Authoritative Server of its own for one test, behind a proxy that counts requests and
/// fails as it is told to. It ends when this object does.
package struct PowerDNSServer: Sendable {
    /// Which database it has.
    package enum Backend: String, Sendable {
        /// Keeps comments.
        case sqlite = "gsqlite3"
        /// Keeps none.
        case lmdb
    }

    /// Requests since they were last counted.
    package struct Counts: Hashable, Sendable {
        /// By method.
        package let requests: [String: Int]
        /// Octets sent to the server, heads included, by method.
        package let octets: [String: Int]
        /// Octets of the answers.
        package let answeredOctets: Int
    }

    /// Where the proxy listens.
    package let url: String
    /// Where the server itself does.
    package let directURL: String
    /// The key of its API.
    package let key: String
    /// Where it answers DNS, on 127.0.0.1.
    package let dnsPort: Int
    /// Such as "4.7.3".
    package let version: String

    private let server: TestServer
    private let client: HTTPClient

    /// Starts one with an empty database and waits until it answers. `settings` are lines of its
    /// configuration, "name=value".
    package init(_ backend: Backend = .sqlite, settings: [String] = []) async throws {
        // A test's data need not survive a power cut.
        let quick = backend == .sqlite ? ["gsqlite3-pragma-synchronous=0"] : []
        server = try await TestServer(
            "powerdns.py",
            ["--backend", backend.rawValue] + (quick + settings).flatMap { ["--setting", $0] })
        url = try server.text("url")
        directURL = try server.text("direct")
        key = try server.text("key")
        version = try server.text("version")
        dnsPort = server.ready["dns_port"]?.integer ?? 0
        client = try HTTPClient()
    }

    /// Does something to requests from now on: a JSON object of powerdns_proxy.py's words, such as
    /// `"kind": "drop_after", "count": 1`.
    package func fault(_ words: String) async throws {
        try await server.command("{\"do\": \"fault\", \(words)}")
    }

    /// Stops it; its data stay.
    package func stop() async throws { try await server.command("{\"do\": \"stop\"}") }

    /// Starts it again.
    package func start() async throws { try await server.command("{\"do\": \"start\"}") }

    /// What was asked through the proxy since the last call.
    package func counts() async throws -> Counts {
        let counts = try await server.command("{\"do\": \"requests\"}")
        return Counts(
            requests: (counts["requests"]?.members ?? [:]).compactMapValues(\.integer),
            octets: (counts["octets"]?.members ?? [:]).compactMapValues(\.integer),
            answeredOctets: counts["answered_octets"]?.integer ?? 0)
    }

    /// Asks the server itself, past the proxy. `path` is below the server's.
    @discardableResult
    package func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil
    ) async throws -> HTTPResponse {
        let response = try await client.send(
            HTTPRequest(
                method, "\(directURL)/api/v1/servers/localhost\(path)",
                headers: [("X-API-Key", key)], body: body.map { Array($0.utf8) },
                maximumResponseOctets: 256 << 20))
        guard response.isSuccess else {
            throw TestServer.Failure(
                description: "\(method.rawValue) \(path): \(response.status) "
                    + String(decoding: response.body.prefix(500), as: UTF8.self))
        }
        return response
    }
}
