import Foundation
import HTTPClient
import Inventory
import TestServers

@testable import Proxmox

/// A small cluster made of fakepve: 100 with agent and 101 without on pve1, container 200 on pve2,
/// 300 with agent on pve3.
enum FakeCluster {
    static let guests = """
        {"guests": [
        {"vmid": 100, "name": "web1", "node": "pve1",
         "config": {"name": "web1", "agent": "enabled=1", "smbios1": "uuid=aaaa",
                    "net0": "virtio=BC:24:11:AA:BB:01,bridge=vmbr0,tag=5"},
         "agent": {"get-host-name": {"host-name": "web1"}, "interfaces": [
            {"name": "eth0", "hardware-address": "bc:24:11:aa:bb:01", "ip-addresses": [
                {"ip-address": "10.0.5.10", "ip-address-type": "ipv4", "prefix": 24}]}]}},
        {"vmid": 101, "name": "silent", "node": "pve1", "status": "stopped",
         "config": {"name": "silent", "net0": "virtio=BC:24:11:AA:BB:02,bridge=vmbr0"}},
        {"vmid": 200, "type": "lxc", "name": "ct1", "node": "pve2",
         "config": {"net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:05,ip=10.0.7.20/24"}},
        {"vmid": 300, "name": "db1", "node": "pve3",
         "config": {"name": "db1", "agent": "1", "smbios1": "uuid=cccc",
                    "net0": "virtio=BC:24:11:AA:BB:07,bridge=vmbr0"},
         "agent": {"get-host-name": {"host-name": "db1"}, "interfaces": [
            {"name": "eth0", "hardware-address": "bc:24:11:aa:bb:07", "ip-addresses": [
                {"ip-address": "10.0.9.30", "ip-address-type": "ipv4", "prefix": 24}]}]}}
        ]}
        """

    static let id = ClusterID(high: 1, low: 2)

    /// Starts it on a free port.
    static func start(nodes: Int = 3) async throws -> TestServer {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(guests.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await TestServer("fakepve_cluster.py", [file.path, "--nodes", "\(nodes)"])
    }

    /// Settings for a server of either kind, with pauses that suit a test.
    static func settings(_ server: TestServer) throws -> ProxmoxSettings {
        guard let token = APIToken(id: try server.text("token"), secret: try server.text("secret"))
        else { throw TestServer.Failure(description: "the server's token is none") }
        var settings = ProxmoxSettings(baseURLs: [try server.text("url")], token: token)
        if let fingerprint = server.ready["fingerprint"]?.text {
            settings.trust.fingerprints = [fingerprint]
        }
        settings.retryDelay = .milliseconds(20)
        return settings
    }

    static func source(
        _ server: TestServer, adjust: (inout ProxmoxSettings) -> Void = { _ in }
    ) throws -> ProxmoxSource {
        var settings = try settings(server)
        adjust(&settings)
        return try ProxmoxSource(settings: settings, cluster: id)
    }
}

extension GuestAddress {
    /// "10.0.5.10/24 agent".
    var description: String { "\(address) \(origin)" }
}
