import HTTPClient
import TestServers
import Testing

@testable import DynamicUpdate

/// A server, and a provider that reaches it through a relay that fails as it is told to.
struct RelayedRig {
    let rig: UpdateRig
    private let relay: TestServer

    init(
        _ kind: UpdateServer.Kind = .bind, _ options: UpdateServer.Options = .init(),
        adjust: (inout DynamicUpdateSettings) -> Void = { _ in }
    ) async throws {
        let server = try await UpdateServer(kind, options)
        let relay = try await TestServer(
            "dns_relay.py",
            [
                "--upstream", "\(server.port)", "--key", SharedKey.name, "--secret",
                SharedKey.secret,
            ])
        let port = UInt16(clamping: relay.ready["port"]?.integer ?? 0)
        let provider = try UpdateRig.provider(server) {
            $0.port = port
            adjust(&$0)
        }
        rig = UpdateRig(server: server, provider: provider)
        self.relay = relay
    }

    /// Does something to what is relayed from now on: dns_relay.py's words.
    func fault(_ words: String) async throws {
        try await relay.command("{\"do\": \"fault\", \(words)}")
    }

    /// Requests of a kind since the last call: "update", "axfr", "ixfr", "query".
    func counts() async throws -> [String: Int] {
        (try await relay.command("{\"do\": \"counts\"}").members ?? [:]).compactMapValues(\.integer)
    }
}
