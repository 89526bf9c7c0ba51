import HTTPClient
import Inventory
import TestServers
import Testing

@testable import Proxmox

/// A source against a cluster made of fakepve.
@Suite struct ClusterTests {
    @Test func aFullCollectionFindsGuestsConfigurationsAndAddresses() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        let test = try await source.selfTest()
        #expect(test.isComplete)
        #expect(test.nodes == ["pve1", "pve2", "pve3"])

        let collection = try await source.collect(.full)
        #expect(collection.problems == [])
        #expect(collection.pendingGuests == 0)
        #expect(collection.hosts.map(\.name) == ["pve1", "pve2", "pve3"])
        #expect(collection.reports.map(\.guest.id.vmid) == [100, 101, 200, 300])
        let web = try #require(collection.reports.first)
        #expect(web.guest.hostName == "web1")
        #expect(web.addresses == .observed)
        #expect(web.guest.interfaces.first?.addresses.map(\.description) == ["10.0.5.10/24 agent"])
    }
}
