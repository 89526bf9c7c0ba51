import Foundation
import TestServers
import Testing

/// Zones copied from a whole agent.
@Suite(.serialized) struct AgentTransferTests {
    private static let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="

    private func start() async throws -> (TestServer, RunningAgent) {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(SampleGuest.file(SampleGuest.several(60)).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let cluster = try await TestServer("fakepve_cluster.py", [file.path, "--nodes", "3"])
        let agent = try RunningAgent(cluster: cluster, powerDNS: nil) { settings in
            settings.control = """
                [nameserver.transfer]
                keys = ["xfr.example"]
                [nameserver.keys."xfr.example"]
                algorithm = "hmac-sha384"
                """
        }
        agent.environment["PIPAM_TSIG_XFR_EXAMPLE"] = Self.secret
        try await agent.start()
        try await eventually("all guests are published") {
            try agent.addresses("vm160.example.com") == ["10.0.0.160"]
        }
        return (cluster, agent)
    }

    private func transfer(_ agent: RunningAgent, _ type: String) throws -> [String] {
        try agent.dig("-y", "hmac-sha384:xfr.example:\(Self.secret)", "example.com", type)
            .split(separator: "\n").filter { !$0.hasPrefix(";") }.map(String.init)
    }

    private func serial(_ agent: RunningAgent) throws -> String {
        let words = try agent.dig("+short", "example.com", "SOA").split(separator: " ")
        try #require(words.count == 7)
        return String(words[2])
    }

    @Test func changesOutliveARestart() async throws {
        let (cluster, agent) = try await start()
        #expect(try transfer(agent, "AXFR").count { $0.contains("\tA\t") } >= 60)
        #expect(try agent.dig("example.com", "AXFR").contains("10.0.0.101") == false)
        let before = try serial(agent)
        try await cluster.command(SampleGuest(300).addition)
        try await eventually("the guest is published") {
            try !agent.addresses("vm300.example.com").isEmpty
        }
        let changes = try transfer(agent, "IXFR=\(before)")
        // Four serials, one address.
        #expect(changes.count { $0.contains("\tSOA\t") } == 4, "\(changes)")
        #expect(changes.count { $0.contains("\tA\t") } == 1 && changes.count == 5)
        #expect(agent.stop() == 0)
        try await agent.start()
        #expect(try transfer(agent, "IXFR=\(before)") == changes)
        #expect(!agent.log.contains(Self.secret))
    }
}
