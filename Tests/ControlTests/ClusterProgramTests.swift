import Control
import Foundation
import HTTPClient
import Logging
import Synchronization
import Testing
import control_fixture

/// The verbs of `pipamctl` for clusters, settings and addresses.
@Suite struct ClusterProgramTests {
    private func pipamctl(
        _ arguments: String, at server: RunningServer, input: String? = nil
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await Program.run(
            Program.directory.appendingPathComponent("pipamctl"),
            arguments.split(separator: " ").map(String.init),
            environment: ["PIPAM_SOCKET": server.settings.socketPath], input: input)
    }

    private func check(
        _ cases: [(String, Int32)], _ service: FakeService = FakeService()
    ) async throws {
        try await RunningServer.with(service) { server in
            for (arguments, expected) in cases {
                let result = try await pipamctl(arguments, at: server)
                #expect(result.status == expected, "\(arguments): \(result.errors)")
                let isFailure = ![0, 2].contains(expected) && !result.output.hasPrefix("Refused")
                #expect(isFailure == !result.errors.isEmpty, "\(arguments)")
            }
        }
    }

    @Test func eachVerbOfTheClusterEndsWithItsStatus() async throws {
        try await check([
            ("cluster status", 0), ("cluster status --exit-code", 2),
            ("cluster status --consistent", 0), ("cluster members", 0),
            ("cluster members --stale", 0), ("cluster members --stale --consistent", 64),
            ("cluster token", 0), ("cluster token --expires 1m --witness", 0),
            ("cluster token --expires 86400", 0), ("cluster token --expires 1d", 0),
            ("cluster token --expires 59s", 64), ("cluster token --expires 25h", 64),
            ("cluster token --expires 15x", 64), ("cluster token --expires m", 64),
            ("cluster token --expires 99999999999999999999d", 64),
            ("cluster join", 64), ("cluster join a --token-file b", 64),
            ("cluster join \(FakeService.token)", 0), ("cluster join void", 1),
            ("cluster join --token-file /nowhere", 1), ("cluster join -", 1),
            ("cluster leave", 1), ("cluster leave --force", 0), ("cluster remove", 64),
            ("cluster remove pve3", 0), ("cluster remove pve2", 1),
            ("cluster remove pve2 --force", 0), ("cluster remove pve9", 1),
            ("cluster replace pve3", 0), ("cluster replace pve9", 1), ("cluster transfer", 0),
            ("cluster transfer pve2", 0), ("cluster transfer pve9", 1), ("cluster recover", 64),
            ("cluster recover --yes-i-lost-the-majority", 1),
        ])
    }

    @Test func eachVerbOfSettingsAndAddressesEndsWithItsStatus() async throws {
        let place = "10.0.0.0/24 --key"
        try await check([
            ("config diff", 0), ("config diff --exit-code", 2), ("config apply", 2),
            ("config withdraw", 0), ("plan show --provider settings", 0),
            ("plan show --provider settings --exit-code", 2),
            ("plan apply --provider settings", 0),
            ("address claim \(place) a", 0), ("address claim 10.0.0.0/24", 64),
            ("address claim \(place) a --address 10.0.0.9 --ttl 60", 0),
            ("address claim \(place) a --strategy exact --address 10.0.0.9", 0),
            ("address claim \(place) a --strategy exact", 1),
            ("address claim \(place) a --strategy best", 64),
            ("address claim \(place) a --address 10.0.0.1", 1),
            ("address claim \(place) a --range 10.0.0.2-10.0.0.9 --routing-domain dmz", 0),
            ("address claim \(place) a --range 10.0.0.2", 64),
            ("address claim \(place) a --range 10.0.0.9-10.0.0.2", 1),
            ("address claim 10.1.0.0/24 --key a", 1),
            ("address confirm \(place) order-4711 --fence 41", 0),
            ("address confirm \(place) order-4711 --fence 40", 1),
            ("address confirm \(place) nobody", 1),
            ("address release \(place) order-4711 --address 10.0.0.11", 0),
            ("address release \(place) order-4711 --address 10.0.0.12", 1),
            ("address list", 0), ("address list 10.0.0.0/24 --stale", 0),
            ("address list 10.1.0.0/24", 1), ("address list 10.0.0.0", 1),
        ])
    }

    @Test func whatIsNotKnownHasAStatusOfItsOwn() async throws {
        var faults = FakeService.Faults()
        faults.isSilent = true
        faults.isFileOutdated = true
        try await check(
            [
                ("address claim 10.0.0.0/24 --key a", 3),
                ("address confirm 10.0.0.0/24 --key a", 3),
                ("address release 10.0.0.0/24 --key a", 3), ("address list", 0),
                ("config apply", 1),
            ], FakeService(faults: faults))
    }

    @Test func withoutAQuorumReadsCanBeStale() async throws {
        var faults = FakeService.Faults()
        faults.isCutOff = true
        try await check(
            [
                ("status", 0), ("status --consistent", 1), ("cluster status --exit-code", 2),
                ("cluster members", 1), ("cluster members --stale", 0), ("address list", 1),
                ("address list --stale", 0), ("zone list", 0), ("zone list --consistent", 1),
                ("guest list --consistent", 1), ("guest show 101 --consistent", 1),
                ("zone show example.com --consistent", 1), ("record list --consistent", 1),
                ("config diff", 0), ("cluster recover --yes-i-lost-the-majority", 0),
            ], FakeService(faults: faults))
    }

    @Test func jsonIsWhatTheAgentSent() async throws {
        try await RunningServer.with { server in
            for (arguments, target) in [
                ("cluster status --json", "/v1/cluster"),
                ("cluster members --json", "/v1/cluster/members"),
                ("config diff --json", "/v1/config/difference"),
                ("address list --json 10.0.0.0/24", "/v1/addresses?subnet=10.0.0.0/24"),
            ] {
                let result = try await pipamctl(arguments, at: server)
                let sent = try await server.send(.get, target).response.body
                #expect(Array(result.output.utf8) == sent, "\(arguments)")
            }
        }
    }

    // MARK: Tokens

    /// What the first host prints can be handed to the second as it is.
    @Test(arguments: [
        "", "\n", "\n  \n", "\r\n", "\n\nOne host can join by it, once.\n",
    ])
    func theTokenIsReadFromStandardInput(behind: String) async throws {
        try await RunningServer.with { server in
            let result = try await pipamctl(
                "cluster join -", at: server, input: FakeService.token + behind)
            #expect(result.status == 0, "\(result.errors)")
            #expect(
                server.service.joins.withLock { $0 } == [
                    ClusterJoinRequest(token: FakeService.token)
                ])
            #expect(!result.output.contains(FakeService.token))
        }
    }

    @Test func theTokenIsReadFromAFile() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("token")
        try Data("\n\(FakeService.token)\n".utf8).write(to: URL(fileURLWithPath: path))
        try await RunningServer.with { server in
            let result = try await pipamctl(
                "cluster join --token-file \(path) --address pve1:8553", at: server)
            #expect(result.status == 0, "\(result.errors)")
            #expect(
                server.service.joins.withLock { $0 } == [
                    ClusterJoinRequest(token: FakeService.token, address: "pve1:8553")
                ])
        }
    }

    @Test(arguments: [
        "", "\n \n", String(repeating: "a", count: 1025), String(repeating: "a", count: 1 << 16),
        "\u{0}\u{1}\n",
    ])
    func whatIsNoTokenIsRefused(input: String) async throws {
        try await RunningServer.with { server in
            let result = try await pipamctl("cluster join -", at: server, input: input)
            #expect(result.status == 1)
            #expect(result.errors.utf8.count < 300)
            #expect(server.service.joins.withLock { $0.isEmpty })
        }
    }

    /// Neither the agent's log nor an error holds what was read.
    @Test func noTokenIsLoggedOrEchoed() async throws {
        let log = LogText()
        let logger = Logger(label: "test") { _ in log }
        let secrets = ["pipam1.not-the-right-one", "with space in it", "ümlaut"]
        try await RunningServer.with(logger: logger) { server in
            for secret in secrets + [FakeService.token] {
                let result = try await pipamctl("cluster join -", at: server, input: secret + "\n")
                #expect(!result.errors.contains(secret), "\(result.errors)")
                #expect(!result.output.contains(secret))
            }
            let made = try await pipamctl("cluster token", at: server)
            #expect(made.output.hasPrefix(FakeService.token + "\n"))
        }
        let text = log.text
        #expect(text.contains("/v1/cluster/join"))
        #expect(text.contains("/v1/cluster/token"))
        for secret in secrets + [FakeService.token] { #expect(!text.contains(secret)) }
    }
}

/// Keeps every line.
private final class LogText: LogHandler, Sendable {
    private let lines = Mutex("")

    var text: String { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0 += "\(event.message) \(event.metadata ?? [:])\n" }
    }
}
