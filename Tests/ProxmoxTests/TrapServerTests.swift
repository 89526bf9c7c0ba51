import Foundation
import HTTPClient
import Inventory
import TestServers
import Testing

@testable import Proxmox

/// The traps that need a server to be seen.
@Suite(.serialized) struct TrapServerTests {
    private static func server() async throws -> TestServer {
        try await TestServer("pve_traps.py", [Fixture.folder.path])
    }

    @Test func recordedAnswersMakeACollection() async throws {
        let server = try await Self.server()
        let source = try FakeCluster.source(server)
        #expect(try await source.selfTest().version == "9.2.11")
        let collection = try await source.collect(.full)
        #expect(collection.hosts.map(\.name) == ["pve1", "pve2", "pve3"])
        #expect(collection.reports.map(\.guest.id.vmid) == [100, 200])
        let web = try #require(collection.reports.first)
        #expect(web.guest.name == "web1")
        #expect(web.guest.interfaces.map(\.vlan) == [VLANID(5), nil, VLANID(100)])
        #expect(web.addresses == .observed)
        // 101 is on a node that answers 595, 9000 has no recorded configuration.
        #expect(
            collection.problems.map(\.scope)
                == [.node("pve3"), .node("pve3"), .guest(9000)])
    }

    @Test func trap29TheReasonPhraseIsReadFromTheWire() async throws {
        let server = try await Self.server()
        let path = "/api2/json/nodes/pve1/qemu/100/agent/network-get-interfaces"
        try await server.command(
            """
            {"do": "answer", "path": "\(path)", "status": 500,
             "reason": "QEMU guest agent is not running"}
            """)
        let source = try FakeCluster.source(server)
        let collection = try await source.collect(.full)
        #expect(
            collection.reports.first?.addresses
                == .unknown(reason: "QEMU guest agent is not running"))
    }

    @Test(arguments: [
        ("agent_error_500_not_configured", "No QEMU guest agent configured"),
        ("agent_error_500_not_running", "QEMU guest agent is not running"),
        (
            "agent_error_500_timeout",
            "VM 100 qga command 'guest-network-get-interfaces' failed - got timeout"
        ), ("agent_error_500_vm_stopped", "VM 102 is not running"),
    ])
    func agentErrorsAreReasons(name: String, reason: String) async throws {
        let server = try await Self.server()
        let path = "/api2/json/nodes/pve1/qemu/100/agent/network-get-interfaces"
        try await server.command(
            #"{"do": "file", "path": "\#(path)", "name": "\#(name).json", "status": 500}"#)
        let collection = try await FakeCluster.source(server).collect(.full)
        let report = try #require(collection.reports.first)
        #expect(report.addresses == .unknown(reason: reason))
        #expect(report.guest.interfaces.count == 3)
    }

    @Test func trap30ARevokedTokenIsToldOnceAfterThreeSeconds() async throws {
        let server = try await Self.server()
        let source = try FakeCluster.source(server)
        _ = try await source.selfTest()
        try await server.command(#"{"do": "revoke"}"#)
        try await server.command(#"{"do": "requests"}"#)
        let start = ContinuousClock.now
        await #expect(throws: ProxmoxError.tokenRefused(token: "pipam@pve!test")) {
            try await source.collect(.full)
        }
        #expect(ContinuousClock.now - start >= .seconds(3))
        let seen = try await server.command(#"{"do": "requests"}"#)["requests"]?.elements
        #expect(seen?.count == 1)
    }
}
