import Control
import Foundation
import TestServers
import Testing

/// Every operation of the OpenAPI document with made-up values, good and bad, by schemathesis. The
/// answers must be those that the document promises.
@Suite struct SchemathesisTests {
    /// For each operation and phase.
    private static let examples = 25

    @Test func theServerKeepsWhatTheDocumentPromises() async throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let root = tests.deletingLastPathComponent()
        try await RunningServer.with { server in
            let relay = try await TestServer("control_relay.py", [server.settings.socketPath])
            let result = try await Program.run(
                root.appendingPathComponent(".build/servers/bin/schemathesis"),
                [
                    "--config-file", tests.appendingPathComponent("Servers/control_api.toml").path,
                    "run", root.appendingPathComponent("Sources/Serve/Control/openapi.yaml").path,
                    "--url", try relay.text("url"), "--checks", "all",
                    "--max-examples", "\(Self.examples)", "--seed", "1",
                ],
                environment: [
                    "SCHEMATHESIS_HOOKS": tests.appendingPathComponent(
                        "Servers/control_hooks.py"
                    ).path
                ])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
        }
    }
}
