import Foundation
import TestServers
import Testing

/// What goes wrong in real clusters, done to a whole agent: nothing may be removed wrongly, and
/// everything comes right in the end.
@Suite(.serialized) struct AgentFaultTests {
    private static let guests = """
        {"guests": [
        {"vmid": 100, "name": "web1", "node": "pve1", "config": {"agent": "1",
            "net0": "virtio=BC:24:11:AA:BB:01,bridge=vmbr0", "smbios1": "uuid=aaaa"},
         "agent": {"get-host-name": {"host-name": "web1"}, "interfaces": [
            {"name": "eth0", "hardware-address": "bc:24:11:aa:bb:01", "ip-addresses": [
                {"ip-address": "10.0.5.10", "ip-address-type": "ipv4", "prefix": 24}]}]}},
        {"vmid": 200, "type": "lxc", "name": "ct2", "node": "pve2", "config": {
            "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:02,ip=10.0.5.20/24"}},
        {"vmid": 300, "type": "lxc", "name": "ct3", "node": "pve3", "config": {
            "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:03,ip=10.0.5.30/24"}}
        ]}
        """

    private func makeCluster() async throws -> TestServer {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(Self.guests.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await TestServer("fakepve_cluster.py", [file.path, "--nodes", "3"])
    }

    /// A cluster and an agent that has published all three guests.
    private func start(extra: String = "") async throws -> (TestServer, RunningAgent) {
        let cluster = try await makeCluster()
        let agent = try RunningAgent(cluster: cluster, extra: extra)
        try await agent.start()
        try await eventually("all guests are published") { try hasAll(agent) }
        return (cluster, agent)
    }

    private func hasAll(_ agent: RunningAgent) throws -> Bool {
        try agent.addresses("web1.example.com") == ["10.0.5.10"]
            && agent.addresses("ct2.example.com") == ["10.0.5.20"]
            && agent.addresses("ct3.example.com") == ["10.0.5.30"]
    }

    /// Long enough for several collections of both depths.
    private func severalCollections() async throws {
        try await Task.sleep(for: .seconds(5))
    }

    @Test func theAPIGoesDownInTheMiddleOfACollection() async throws {
        let (cluster, agent) = try await start()
        try await cluster.command(#"{"do": "down_after", "requests": 2}"#)
        try await severalCollections()
        #expect(try hasAll(agent))
        #expect(agent.log.contains("keeping what is known") || agent.log.contains("warning"))
        try await cluster.command(#"{"do": "heal"}"#)
        try await cluster.command(#"{"do": "set", "vmid": 200, "config": {"hostname": "new2"}}"#)
        try await eventually("the change is seen") {
            try agent.addresses("new2.example.com") == ["10.0.5.20"]
                && agent.addresses("ct2.example.com").isEmpty
        }
        #expect(agent.stop() == 0)
    }

    @Test func oneNodeOfThreeAnswers595() async throws {
        let (cluster, agent) = try await start()
        try await cluster.command(#"{"do": "answer595", "node": "pve2"}"#)
        try await severalCollections()
        #expect(try hasAll(agent))
        // What happens on the others is still seen.
        try await cluster.command(#"{"do": "destroy", "vmid": 300}"#)
        try await cluster.command(
            """
            {"do": "add", "guest": {"vmid": 301, "type": "lxc", "name": "ct4", "node": "pve3",
             "config": {"net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:04,ip=10.0.5.40/24"}}}
            """)
        try await eventually("a new guest is published") {
            try agent.addresses("ct4.example.com") == ["10.0.5.40"]
        }
        // Destroyed, but within its grace time.
        #expect(try agent.addresses("ct3.example.com") == ["10.0.5.30"])
    }

    @Test func theTokenIsRevoked() async throws {
        let (cluster, agent) = try await start()
        try await cluster.command(#"{"do": "revoke"}"#)
        try await eventually("the agent says so") { agent.log.contains("refuses the token") }
        try await severalCollections()
        #expect(try hasAll(agent))
        #expect(agent.log.components(separatedBy: "refuses the token").count == 2)
        #expect(!agent.log.contains(try cluster.text("secret")))
        try await cluster.command(#"{"do": "heal"}"#)
        try await eventually("the agent recovers") { agent.log.contains("answers again") }
    }

    @Test func aNodeAnswersEmptyLists() async throws {
        let (cluster, agent) = try await start()
        try await cluster.command(#"{"do": "empty", "node": "pve2"}"#)
        try await severalCollections()
        #expect(try hasAll(agent))
        #expect(!agent.log.contains("gone=1"))
    }

    @Test func theListIsFilteredByPermission() async throws {
        let (cluster, agent) = try await start()
        try await cluster.command(#"{"do": "filter", "vmids": [100]}"#)
        try await severalCollections()
        #expect(try hasAll(agent))
        #expect(!agent.log.contains("gone=1") && !agent.log.contains("gone=2"))
    }

    @Test func killedAgainAndAgainWhileWriting() async throws {
        let (cluster, agent) = try await start()
        for round in 1...5 {
            // Every round changes an address and kills the agent around the time it is kept.
            try await cluster.command(
                """
                {"do": "set", "vmid": 200, "config": {"net0":
                 "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:02,ip=10.0.5.2\(round)/24"}}
                """)
            try await Task.sleep(for: .milliseconds(300 * round))
            agent.kill()
            try await agent.start()
            // Whatever was kept is served at once, before anything is collected.
            #expect(try agent.addresses("web1.example.com") == ["10.0.5.10"])
            #expect(try agent.addresses("ct2.example.com").count == 1)
        }
        try await eventually("the last address is published") {
            try agent.addresses("ct2.example.com") == ["10.0.5.25"]
        }
    }

    @Test func restartedWithoutTheAPI() async throws {
        let (cluster, agent) = try await start()
        let soa = try agent.dig("+short", "example.com", "SOA")
        #expect(agent.stop() == 0)
        try await cluster.command(#"{"do": "down"}"#)
        try await agent.start()
        #expect(try hasAll(agent))
        #expect(try agent.dig("+short", "example.com", "SOA") == soa)
        try await cluster.command(#"{"do": "up"}"#)
        try await severalCollections()
        // Nothing changed, so neither does the serial.
        #expect(try agent.dig("+short", "example.com", "SOA") == soa)
    }

    @Test func reloadTakesAGoodConfigurationAndKeepsItBeforeABadOne() async throws {
        let (_, agent) = try await start()
        try Data("nonsense = [".utf8).write(to: agent.configuration)
        agent.reload()
        try await eventually("the mistake is told") {
            agent.log.contains("keeping the configuration before it")
        }
        #expect(try hasAll(agent))
        try agent.configure(networks: "10.0.5.0/27")
        agent.reload()
        try await eventually("the new mapping holds") {
            try agent.addresses("ct3.example.com") == ["10.0.5.30"]
                && agent.log.contains("configuration read again")
        }
        try agent.configure(networks: "10.0.5.0/28")
        agent.reload()
        try await eventually("what would go waits for a person") {
            agent.log.contains("would go with the new settings")
        }
        #expect(try agent.addresses("ct3.example.com") == ["10.0.5.30"])
        #expect(try agent.control("plan", "apply", "--provider", "settings").status == 0)
        try await eventually("what is no longer mapped goes") {
            try agent.addresses("ct3.example.com").isEmpty
                && agent.addresses("web1.example.com") == ["10.0.5.10"]
        }
    }

    @Test func whatIsNotPublishedIsToldOnceAndOutputAgreesWithTheAgent() async throws {
        let (cluster, agent) = try await start()
        try await cluster.command(
            """
            {"do": "add", "guest": {"vmid": 150, "type": "lxc", "name": "ct2", "node": "pve1",
             "config": {"net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:99,ip=10.0.5.99/24"}}}
            """)
        try await eventually("the newcomer is told of") {
            agent.log.contains("ct2.example.com. is held by guest 200")
        }
        try await severalCollections()
        #expect(agent.log.components(separatedBy: "is held by guest 200").count == 2)
        #expect(try agent.addresses("ct2.example.com") == ["10.0.5.20"])
        // A lower number does not win against a name that is held.
        let output = try agent.run("output")
        #expect(output.contains("150 10.0.5.99: ct2.example.com. is held by guest 200"))
    }

    @Test func twoAgentsOnOneDirectory() async throws {
        let (_, agent) = try await start()
        let second = Process()
        second.executableURL = RunningAgent.program
        second.arguments = ["run", "--config", agent.configuration.path]
        second.environment = ["PIPAM_PROXMOX_TOKEN_UUID": "x"]
        let errors = Pipe()
        second.standardError = errors
        try second.run()
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        second.waitUntilExit()
        #expect(second.terminationStatus == 1)
        #expect(text.contains("another pipam runs on"))
    }
}
