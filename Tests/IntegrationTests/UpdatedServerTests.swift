import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// A whole agent that keeps a server in step by dynamic updates (RFC 2136).
    @Suite struct UpdatedServer {
        private static let zone = "example.net."

        private struct Lab {
            let server: UpdateServer
            let cluster: TestServer
            let agent: RunningAgent
            /// What was there before us.
            let byHand: [String]

            init(_ kind: UpdateServer.Kind, isApproved: Bool = true) async throws {
                server = try await UpdateServer(kind)
                byHand = try server.records(zone)
                cluster = try await PublishingLab.cluster(
                    (1...3).map { SampleGuest(100 + $0, address: "192.0.2.\(100 + $0)/24") })
                let place = "127.0.0.1:\(server.port)"
                agent = try RunningAgent(cluster: cluster, powerDNS: nil) { settings in
                    settings.collectInterval = 3_600
                    settings.quickInterval = 3_600
                    settings.domain = "example.net"
                    settings.networks = ["192.0.2.0/24"]
                    settings.reverse = ["192.0.2.0/24"]
                    settings.zones = """
                        [nameserver.keys."\(SharedKey.name)"]
                        secret = "\(SharedKey.secret)"
                        [dns.rfc2136]
                        server = "\(place)"
                        key = "\(SharedKey.name)"
                        delay = 0
                        auto_approve = \(isApproved)
                        """
                }
            }

            /// Records that were not there before us, marks apart.
            func ours(_ zone: String = zone) throws -> [String] {
                try server.records(zone).filter { !byHand.contains($0) && !$0.contains(" TXT ") }
            }

            func state() throws -> String {
                try agent.answer("status")["providers"]?.elements?.first?["state"]?.text ?? ""
            }

            func inStep() async throws {
                try await eventually("the server is in step") { try state() == "in_step" }
            }
        }

        @Test func aServerIsApprovedFollowedLostFoundAndLeft() async throws {
            let lab = try await Lab(.bind, isApproved: false)
            let before = try lab.server.serial(of: Self.zone)
            try await lab.agent.start()
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("it waits") { try lab.state() == "awaiting_approval" }
            #expect(try lab.server.serial(of: Self.zone) == before)
            #expect(try lab.agent.control("plan", "apply").status == 0)
            let first = (101...103).map { "vm\($0).example.net. 60 A 192.0.2.\($0)" }
            #expect(try lab.ours() == first)
            // Every name of an address too, and a mark beside each.
            let marks = try lab.server.records("2.0.192.in-addr.arpa.").filter {
                $0.contains("heritage=pipam,cluster=")
            }
            #expect(marks.count == 3)

            // The agent dies, and somebody comes while the server is away.
            lab.agent.kill()
            lab.server.stop()
            try await lab.agent.start()
            try await lab.cluster.command(
                SampleGuest(104, address: "192.0.2.104/24").addition)
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("it is told") { try lab.state() == "failing" }
            try await lab.server.start()
            try await eventually("what was owed is written") {
                try lab.ours() == first + ["vm104.example.net. 60 A 192.0.2.104"]
            }
            try await lab.inStep()

            // Made by hand, at a name that comes to be wanted.
            try lab.server.change("add vm105.example.net. 300 A 203.0.113.5")
            try await lab.cluster.command(
                SampleGuest(105, address: "192.0.2.105/24").addition)
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("it is in conflict") {
                try lab.agent.control("conflicts").output.contains(
                    "a record made by hand stands there")
            }
            #expect(
                try lab.server.records(Self.zone).contains(
                    "vm105.example.net. 300 A 203.0.113.5"))

            // Everything of ours goes, and nothing else.
            #expect(try lab.agent.control("publish", "pause").status == 0)
            #expect(lab.agent.stop() == 0)
            #expect(try lab.agent.outcome(["clean"]).status == 0)
            #expect(
                try lab.server.records(Self.zone)
                    == (lab.byHand + ["vm105.example.net. 300 A 203.0.113.5"]).sorted())
        }
    }
}
