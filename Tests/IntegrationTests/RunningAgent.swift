import Foundation
import HTTPClient
import TestServers
import Testing

/// A `pipam run` as a process of its own, in a directory of its own, on ports of its own.
final class RunningAgent {
    /// Where configuration and state lie.
    let directory: URL
    /// What the configuration says; `write` makes it so.
    var settings: AgentConfiguration
    /// What the programs find in their environment.
    var environment: [String: String]
    private var process: Process?

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The built program.
    static var program: URL {
        ProcessInfo.processInfo.environment["PIPAM"].map { URL(fileURLWithPath: $0) }
            ?? root.appendingPathComponent(".build/debug/pipam")
    }

    /// Writes the configuration for a cluster; nothing runs yet.
    ///
    /// - `extra`: TOML to go in front of the sections.
    convenience init(cluster: TestServer, extra: String = "") throws {
        try self.init(cluster: cluster, powerDNS: nil) { $0.head = extra }
    }

    /// Writes the configuration for a cluster and a provider; nothing runs yet.
    init(
        cluster: TestServer, powerDNS: PowerDNSServer?,
        adjust: (inout AgentConfiguration) -> Void = { _ in }
    ) throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-agent-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        settings = try AgentConfiguration(
            directory: directory.path, cluster: cluster, powerDNS: powerDNS)
        environment = ["PIPAM_PROXMOX_TOKEN_UUID": try cluster.text("secret")]
        adjust(&settings)
        try write()
    }

    deinit {
        process?.terminate()
        try? FileManager.default.removeItem(at: directory)
    }

    /// The port of 127.0.0.1 that it answers DNS on.
    var port: Int { settings.port }

    /// The port of 127.0.0.1 that its metrics are read at.
    var metricsPort: Int { settings.metricsPort }

    /// The configuration file.
    var configuration: URL { directory.appendingPathComponent("config.toml") }

    /// The control socket.
    var socket: URL { URL(fileURLWithPath: settings.socket) }

    /// Writes the configuration anew.
    func write() throws {
        try Data(settings.text.utf8).write(to: configuration)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: configuration.path)
    }

    /// Writes the configuration anew, for these networks.
    func configure(networks: String) throws {
        settings.networks = [networks]
        try write()
    }

    /// Starts it and waits until it answers.
    func start() async throws {
        try launch()
        try await eventually("the agent answers") { [self] in
            try dig(settings.domain, "SOA", "+norec").contains("SOA")
        }
    }

    /// Starts it and waits for nothing. `prefix` is a command that starts another with other
    /// rights.
    func launch(prefix: [String] = []) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = prefix + [Self.program.path, "run", "--config", configuration.path]
        process.environment = environment.merging(
            ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { mine, _ in mine }
        let log = directory.appendingPathComponent("log")
        if !FileManager.default.fileExists(atPath: log.path) {
            try Data().write(to: log)
        }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardError = handle
        try process.run()
        self.process = process
    }

    /// SIGTERM, and its exit status.
    func stop() -> Int32 {
        guard let process else { return -1 }
        process.terminate()
        process.waitUntilExit()
        self.process = nil
        return process.terminationStatus
    }

    /// SIGKILL: no chance to tidy up.
    func kill() {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// Its process; `nil` if it does not run.
    var processID: Int32? { process?.processIdentifier }

    /// Another verb with the same configuration, run to its end.
    func run(_ verb: String...) throws -> String { try outcome(verb).output }

    /// The same with everything that can be said of it.
    func outcome(_ verb: [String]) throws -> Command.Outcome {
        try Command.outcome(
            Self.program.path, verb + ["--config", configuration.path], environment: environment)
    }

    /// `pipamctl` with these words, run to its end.
    func control(_ words: String...) throws -> Command.Outcome { try control(words) }

    /// The same with words from a list.
    func control(_ words: [String]) throws -> Command.Outcome {
        try Command.outcome(
            Self.program.path + "ctl", words + ["--socket", socket.path],
            environment: environment)
    }

    /// What `pipamctl` prints with these words and --json.
    func answer(_ words: String...) throws -> JSONValue {
        let outcome = try Command.outcome(
            Self.program.path + "ctl", words + ["--json", "--socket", socket.path],
            environment: environment)
        return try outcome.json
    }

    /// SIGHUP.
    func reload() {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGHUP)
    }

    /// Everything logged so far.
    var log: String {
        (try? String(contentsOf: directory.appendingPathComponent("log"), encoding: .utf8)) ?? ""
    }

    /// The answer section that dig prints.
    func dig(_ words: String...) throws -> String {
        try Command.run(
            "dig",
            ["@127.0.0.1", "-p", "\(port)", "+noall", "+answer", "+time=1", "+tries=1"] + words)
    }

    /// The addresses of a name.
    func addresses(_ name: String) throws -> [String] {
        try dig("+short", name, "A").split(separator: "\n").map(String.init).sorted()
    }
}

/// Waits for something that takes its time, up to a minute: machines that run tests are busy.
func eventually(
    _ what: Comment, _ condition: () async throws -> Bool,
    at location: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record(what, sourceLocation: location)
}
