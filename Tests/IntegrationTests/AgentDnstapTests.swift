import Foundation
import TestServers
import Testing

/// dnstap from a whole agent, which starts without a reader.
@Suite(.serialized) struct AgentDnstapTests {
    private func metric(_ agent: RunningAgent, _ name: String) throws -> String? {
        let text = try Command.run(
            "curl", ["-s", "http://127.0.0.1:\(agent.metricsPort)/metrics"])
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.map { String($0.dropFirst(name.count + 1)) }
    }

    @Test func aReaderMayComeAfterTheAgent() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(SampleGuest.file(SampleGuest.several(3)).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let cluster = try await TestServer("fakepve_cluster.py", [file.path, "--nodes", "3"])
        let place = "/tmp/pipam-tap-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let agent = try RunningAgent(cluster: cluster, powerDNS: nil) { settings in
            settings.nameserver = """
                identity = "pve1"
                [nameserver.dnstap]
                socket = "\(place)/s"
                """
        }
        try await agent.start()
        try await eventually("a guest is published") {
            try agent.addresses("vm101.example.com").count == 1
        }
        try await eventually("nobody reads, and the log says so") {
            agent.log.contains("dnstap is not read: \(place)/s: No such file")
        }
        #expect(try metric(agent, "pipam_dns_dnstap_read") == "0")
        #expect(try metric(agent, "pipam_dns_dnstap_messages_total{outcome=\"lost\"}") != "0")

        let reader = try reader(place)
        defer { reader.terminate() }
        try await eventually("it is read") {
            try metric(agent, "pipam_dns_dnstap_read") == "1"
        }
        _ = try agent.addresses("vm102.example.com")
        try await eventually("it is told") {
            try metric(agent, "pipam_dns_dnstap_messages_total{outcome=\"written\"}") == "2"
        }
        #expect(agent.stop() == 0)
        // At its end the reader writes what it has.
        reader.terminate()
        reader.waitUntilExit()
        let told = try Command.run("dnstap-read", ["-y", "\(place)/frames"])
        for words in [
            "AUTH_QUERY", "AUTH_RESPONSE", "identity: pve1", "query_zone: example.com.",
            "vm102.example.com. IN A",
        ] {
            #expect(told.contains(words), "\(words) in \(told)")
        }
    }

    private func reader(_ place: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // Threads of ours block signals, which is inherited.
        process.arguments = [
            "python3", "-c",
            "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); "
                + "os.execvp(sys.argv[1], sys.argv[1:])",
            "fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", "\(place)/s",
            "-w", "\(place)/frames",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
