import Foundation
import TestServers
import Testing

/// A `pipam run` as a process of its own, in a directory of its own, on ports of its own.
final class RunningAgent {
    /// Where configuration and state lie.
    let directory: URL
    /// The port of 127.0.0.1 that it answers DNS on.
    let port: Int
    /// The port of 127.0.0.1 that its metrics are read at.
    let metricsPort: Int
    private let environment: [String: String]
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
    init(cluster: TestServer, extra: String = "") throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-agent-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        port = try FreePort.choose()
        metricsPort = try FreePort.choose()
        environment = ["PIPAM_PROXMOX_TOKEN_UUID": try cluster.text("secret")]
        try configure(cluster: cluster, extra: extra)
    }

    deinit {
        process?.terminate()
        try? FileManager.default.removeItem(at: directory)
    }

    /// The configuration file.
    var configuration: URL { directory.appendingPathComponent("config.toml") }

    /// The control socket; short, since a socket's path has little room.
    var socket: URL { directory.appendingPathComponent("s") }

    /// Writes the configuration anew.
    func configure(
        cluster: TestServer, extra: String = "", networks: String = "10.0.0.0/8"
    ) throws {
        let text = """
            data_dir = "\(directory.path)/state"
            collect_interval = 2
            quick_interval = 1
            \(extra)
            [proxmox]
            url = "\(try cluster.text("url"))"
            token_id = "\(try cluster.text("token"))"
            fingerprint = "\(try cluster.text("fingerprint"))"
            timeout = 5
            [nameserver]
            listen = ["127.0.0.1:\(port)"]
            [control]
            socket = "\(socket.path)"
            [metrics]
            listen = "127.0.0.1:\(metricsPort)"
            [mapping."example.com"]
            networks = ["\(networks)"]
            [dns]
            reverse_zones = ["10.0.0.0/8"]
            """
        try Data(text.utf8).write(to: configuration)
    }

    /// Starts it and waits until it answers.
    func start() async throws {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = ["run", "--config", configuration.path]
        process.environment = environment
        let log = directory.appendingPathComponent("log")
        if !FileManager.default.fileExists(atPath: log.path) {
            try Data().write(to: log)
        }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardError = handle
        try process.run()
        self.process = process
        try await eventually("the agent answers") { [self] in
            try dig("example.com", "SOA", "+norec").contains("SOA")
        }
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

    /// Another verb with the same configuration, run to its end.
    func run(_ verb: String...) throws -> String {
        try Command.run(
            Self.program.path, verb + ["--config", configuration.path], environment: environment)
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

/// A program run to its end.
enum Command {
    /// What it printed on standard output.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil
    ) throws -> String {
        let process = Process()
        process.environment = environment ?? ProcessInfo.processInfo.environment
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }
}

/// Waits for something that takes its time, up to 20 s.
func eventually(
    _ what: Comment, _ condition: () throws -> Bool,
    at location: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record(what, sourceLocation: location)
}

/// A port that nobody listens on, for UDP and TCP.
enum FreePort {
    static func choose() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard status == 0 else { throw TestServer.Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
