import Control
import Foundation
import HTTPClient
import Testing
import control_fixture

/// `pipamctl` as a program, against a server in this process.
@Suite struct ProgramTests {
    private func pipamctl(
        _ arguments: String, at path: String
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await Program.run(
            Program.directory.appendingPathComponent("pipamctl"),
            arguments.split(separator: " ").map(String.init), environment: ["PIPAM_SOCKET": path])
    }

    @Test func eachVerbEndsWithItsStatus() async throws {
        let cases: [(String, Int32)] = [
            ("status", 0), ("status --exit-code", 2), ("guest list", 0), ("guest show 101", 0),
            ("guest show web1", 0), ("guest show WWW.example.com", 0), ("guest show twin", 1),
            ("guest show nobody", 1), ("guest show 7", 1), ("zone list", 0),
            ("zone show example.com", 0), ("zone show other.example", 1),
            ("zone show example.com --zonefile", 0), ("record list", 0),
            ("record list --zone example.com --name web1.example.com --type A", 0),
            ("plan show", 0), ("plan show --exit-code", 2),
            ("plan show --provider netbox --exit-code", 0), ("plan apply", 2),
            ("plan apply --force --provider powerdns --zone example.com", 0),
            ("adopt example.com --dry-run", 0), ("adopt busy.example", 1), ("conflicts", 0),
            ("conflicts --exit-code", 2), ("collect", 2), ("publish pause", 0),
            ("publish resume", 0), ("events", 0), ("events --from 2", 0), ("events --from 9", 1),
            ("", 0), ("nonsense", 64), ("guest show", 64), ("zone show a --zonefile --json", 64),
            ("events --from x", 64),
        ]
        try await RunningServer.with { server in
            for (arguments, expected) in cases {
                let result = try await pipamctl(arguments, at: server.settings.socketPath)
                #expect(result.status == expected, "\(arguments): \(result.errors)")
                #expect((expected == 1 || expected == 64) == !result.errors.isEmpty, "\(arguments)")
            }
        }
    }

    @Test func jsonIsWhatTheAgentSent() async throws {
        try await RunningServer.with { server in
            for (arguments, target) in [
                ("status --json", "/v1/status"), ("guest show web1 --json", "/v1/guests/101"),
                ("plan show --json", "/v1/plan"), ("events --json", "/v1/events"),
                ("zone show example.com --zonefile", "/v1/zones/example.com/file"),
            ] {
                let result = try await pipamctl(arguments, at: server.settings.socketPath)
                let sent = try await server.send(.get, target).response.body
                #expect(Array(result.output.utf8) == sent, "\(arguments)")
            }
        }
    }

    @Test func tablesAreThoseOfTheAnswers() async throws {
        try await RunningServer.with { server in
            let result = try await pipamctl("guest show 101", at: server.settings.socketPath)
            let guest = try await server.service.guest(101)
            #expect(result.output == guest.text)
        }
    }

    @Test func withoutAnAgentTheRemedyIsNamed() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("none.sock")
        let result = try await pipamctl("status", at: path)
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(
            result.errors == "pipamctl: no agent listens at \(path); start it (systemctl start "
                + "pipam), or name its socket with --socket\n")
    }

    @Test func theSocketCanBeNamedOnTheCommandLine() async throws {
        try await RunningServer.with { server in
            let result = try await pipamctl(
                "status --socket \(server.settings.socketPath)", at: "/nowhere")
            #expect(result.status == 0)
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func thereAreCompletions(shell: String) async throws {
        let result = try await pipamctl("--generate-completion-script \(shell)", at: "/nowhere")
        #expect(result.status == 0)
        #expect(result.output.contains("pipamctl"))
        #expect(result.output.contains("zonefile"))
    }

    /// The server in a process of its own.
    @Test func anotherProcessIsServed() async throws {
        let directory = try TemporaryDirectory()
        let process = Process()
        process.executableURL = Program.directory.appendingPathComponent("control-fixture")
        process.arguments = [directory.path("s"), "-"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // The end of its input ends it, also when this test fails.
        defer { try? input.fileHandleForWriting.close() }
        // Waits for the one line, which comes at once.
        let line = output.fileHandleForReading.availableData
        #expect(String(decoding: line, as: UTF8.self) == "listening\n")
        let result = try await pipamctl("zone list", at: directory.path("s"))
        #expect(result.status == 0)
        #expect(result.output.contains("example.com.  2025112201"))
    }
}
