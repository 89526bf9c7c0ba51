import Foundation
import TestServers
import Testing

/// `pipam enroll` as a process, on hosts that share a directory.
@Suite struct EnrolTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-enrol-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: directory.path)
    }

    /// The options that enrol a host; its configuration is written on the way.
    private func arguments(_ host: String, _ more: [String] = []) throws -> [String] {
        let file = directory.appendingPathComponent("\(host).toml")
        let text = """
            data_dir = "\(directory.path)/\(host)"
            [cluster]
            directory = "\(directory.path)/common"
            role = "witness"
            node = "\(host)"
            advertise = ["\(host).example.com"]
            """
        try Data(text.utf8).write(to: file)
        return ["enroll", "--config", file.path] + more
    }

    private func enroll(_ host: String, _ more: String...) throws -> Command.Outcome {
        try Command.outcome(RunningAgent.program.path, arguments(host, more))
    }

    /// The fields of a document.
    private func document(_ name: String) throws -> JSONFields {
        let data = try Data(contentsOf: directory.appendingPathComponent(name))
        return try JSONDecoder().decode(JSONFields.self, from: data)
    }

    private struct JSONFields: Decodable {
        var cluster: String?
        var bootstrap_node: String?
        var node: String?
    }

    private func remove() { try? FileManager.default.removeItem(at: directory) }

    @Test func aHostIsEnrolledOnce() throws {
        defer { remove() }
        let dry = try enroll("a", "--dry-run")
        #expect(dry.status == 0)
        #expect(dry.output.contains("would have: founded a cluster"))
        let first = try enroll("a")
        #expect(first.status == 0, "\(first)")
        #expect(first.output.contains("founded a cluster"))
        let second = try enroll("a")
        #expect(second.status == 0)
        #expect(second.output == "nothing to do\n")
        let rotated = try enroll("a", "--rotate-ca")
        #expect(rotated.status == 0)
        #expect(rotated.output.contains("made a new authority"))
        #expect(try enroll("a", "--new-cluster").status == 1)
        #expect(try enroll("a", "--forget", "nobody").status == 1)
    }

    /// A timer's unit has no credentials of the agent's.
    @Test func theAgentsSecretsAreNotNeeded() throws {
        defer { remove() }
        let file = directory.appendingPathComponent("full.toml")
        let text = """
            data_dir = "\(directory.path)/full"
            proxmox = { url = "https://pve1:8006", token_id = "pipam@pve!agent" }
            mapping = { lan = { networks = ["10.0.0.0/8"] } }
            [cluster]
            directory = "\(directory.path)/common"
            node = "full"
            advertise = ["full.example.com"]
            """
        try Data(text.utf8).write(to: file)
        let outcome = try Command.outcome(
            RunningAgent.program.path, ["enroll", "--config", file.path], environment: [:])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors.isEmpty)
    }

    @Test func processesThatRaceFoundOneCluster() throws {
        defer { remove() }
        let hosts = (1...6).map { "host\($0)" }
        let processes = try hosts.map { host in
            let process = Process()
            process.executableURL = RunningAgent.program
            process.arguments = try arguments(host)
            process.standardOutput = FileHandle.nullDevice
            return process
        }
        for process in processes { try process.run() }
        for process in processes {
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        let cluster = try document("common/cluster.json")
        let nodes = try hosts.map { try document("\($0)/node.json") }
        #expect(nodes.allSatisfy { $0.cluster != nil && $0.cluster == cluster.cluster })
        #expect(nodes.filter { $0.node == cluster.bootstrap_node }.count == 1)
    }

    /// Killed at moments that nobody chose, and started again until it comes through.
    @Test func aKilledProcessLeavesNothingThatTheNextCannotUse() throws {
        defer { remove() }
        var kills = 0
        for round in 0..<40 {
            let process = Process()
            process.executableURL = RunningAgent.program
            process.arguments = try arguments("a")
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            usleep(UInt32(round * 1_500))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal { kills += 1 }
            // Nobody waits two minutes for a lock whose holder is known to be dead.
            try? FileManager.default.removeItem(
                at: directory.appendingPathComponent("common/lock"))
        }
        #expect(kills > 5)
        let last = try enroll("a")
        #expect(last.status == 0, "\(last)")
        let cluster = try document("common/cluster.json")
        #expect(try document("a/node.json").node == cluster.bootstrap_node)
        #expect(try enroll("a").output == "nothing to do\n")
        #expect(try enroll("b").status == 0)
    }

    /// Root writes for the user whose the data directory is, and that user reads it.
    @Test func rootEnrolsForTheAgentsUser() throws {
        defer { remove() }
        try #require(geteuid() == 0, "this test changes owners and needs root")
        let data = directory.appendingPathComponent("a")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700, .ownerAccountID: 65_534, .groupOwnerAccountID: 65_534],
            ofItemAtPath: data.path)
        #expect(try enroll("a").status == 0)
        for name in ["node.json", "cluster.json", "tls", "tls/node.pem", "tls/ca.crt"] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: data.appendingPathComponent(name).path)
            #expect(attributes[.ownerAccountID] as? Int == 65_534, "\(name)")
        }
        // What the hosts share is root's: the user runs with what root gave it, and no further.
        let asUser = { (host: String) throws in
            try Command.outcome(
                "setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", RunningAgent.program.path]
                    + arguments(host))
        }
        let known = try asUser("a")
        #expect(known.status == 0, "\(known)")
        #expect(known.errors.contains("put off, this node runs with what it has"))
        #expect(try asUser("b").status == 75)
        // A key that is not the agent's is replaced.
        try FileManager.default.setAttributes(
            [.ownerAccountID: 0], ofItemAtPath: data.appendingPathComponent("tls/node.pem").path)
        #expect(try enroll("a").output.contains("the key is not the agent's"))
    }

    @Test func aDirectoryThatCannotBeWrittenIsForLater() throws {
        defer { remove() }
        try #require(geteuid() == 0, "this test mounts and needs root")
        let common = directory.appendingPathComponent("common")
        try FileManager.default.createDirectory(at: common, withIntermediateDirectories: true)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700], ofItemAtPath: common.path)
        let script = """
            mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"
            """
        let readOnly = { (host: String) throws in
            try Command.outcome(
                "unshare",
                ["-m", "sh", "-c", script, "_", common.path, RunningAgent.program.path]
                    + arguments(host))
        }
        let first = try readOnly("a")
        #expect(first.status == 75, "\(first)")
        #expect(first.errors.contains("cannot be used now"))
        #expect(try enroll("a").status == 0)
        #expect(try readOnly("a").output == "nothing to do\n")
        try FileManager.default.removeItem(at: directory.appendingPathComponent("a/cluster.json"))
        #expect(try readOnly("a").status == 75)
    }
}
