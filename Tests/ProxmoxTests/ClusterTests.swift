import HTTPClient
import Inventory
import Synchronization
import TestServers
import Testing

@testable import Proxmox

/// A source against a cluster made of fakepve.
@Suite(.serialized) struct ClusterTests {
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

    @Test func aGuestThatIsDestroyedIsGone() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        let first = try await source.collect(.full)
        let known = Dictionary(
            uniqueKeysWithValues: first.reports.map { ($0.guest.id, GuestPlace($0.guest)) })
        try await server.command(#"{"do": "destroy", "vmid": 200}"#)
        try await server.command(#"{"do": "set", "vmid": 300, "node": "pve1"}"#)
        let second = try await source.collect(.full, known: known)
        #expect(second.gone.map(\.vmid) == [200])
        #expect(second.reports.contains { $0.guest.id.vmid == 300 && $0.guest.node == "pve1" })
        #expect(second.problems == [])
    }

    @Test func aNodeThatAnswersEmptyListsLosesNoGuest() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        let first = try await source.collect(.full)
        let known = Dictionary(
            uniqueKeysWithValues: first.reports.map { ($0.guest.id, GuestPlace($0.guest)) })
        try await server.command(#"{"do": "empty", "node": "pve1"}"#)
        let second = try await source.collect(.full, known: known)
        #expect(second.gone == [])
        #expect(second.problems.map(\.scope) == [.guest(100), .guest(101)])
    }

    @Test func aTokenThatSeesFewerGuestsLosesNone() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        _ = try await source.selfTest()
        let first = try await source.collect(.full)
        let known = Dictionary(
            uniqueKeysWithValues: first.reports.map { ($0.guest.id, GuestPlace($0.guest)) })
        try await server.command(#"{"do": "filter", "vmids": [100]}"#)
        let second = try await source.collect(.full, known: known)
        #expect(second.gone == [])
        #expect(second.problems.contains { $0.message.contains("lost") })
        #expect(try await source.selfTest().gaps.contains { $0.path == "/vms" })
    }

    @Test func oneNodeOfThreeThatAnswers595IsUnknown() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        let first = try await source.collect(.full)
        let known = Dictionary(
            uniqueKeysWithValues: first.reports.map { ($0.guest.id, GuestPlace($0.guest)) })
        try await server.command(#"{"do": "answer595", "node": "pve3"}"#)
        let second = try await source.collect(.full, known: known)
        #expect(second.gone == [])
        let lost = try #require(second.reports.first { $0.guest.id.vmid == 300 })
        #expect(lost.guest.runState == .unknown)
        #expect(lost.guest.name == "db1")
        guard case .unknown = lost.addresses else {
            Issue.record("taken for observed")
            return
        }
        #expect(second.problems.map(\.scope) == [.node("pve3")])
    }

    @Test func aRevokedTokenIsOneError() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        _ = try await source.collect(.full)
        try await server.command(#"{"do": "revoke"}"#)
        await #expect(throws: ProxmoxError.tokenRefused(token: "pipam@pve!test")) {
            try await source.collect(.full)
        }
        try await server.command(#"{"do": "heal"}"#)
        #expect(try await source.collect(.full).problems == [])
    }

    @Test func anAPIThatGoesDownMidwayGivesWhatIsThereAndAProblem() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server) { $0.maximumCalls = 1 }
        try await server.command(#"{"do": "down_after", "requests": 7}"#)
        let collection = try await source.collect(.full)
        #expect(collection.gone == [])
        #expect(collection.reports.count < 4)
        #expect(collection.problems.count == 1)
        guard collection.problems.first?.message.contains("cannot be reached") == true else {
            Issue.record("\(collection.problems)")
            return
        }
        await #expect(throws: ProxmoxError.self) { try await source.collect(.full) }
        try await server.command(#"{"do": "heal"}"#)
        let later = try await source.collect(.full)
        #expect(later.problems == [])
    }

    @Test func theNextHostIsAskedWhenTheFirstIsDown() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server) {
            $0.baseURLs = ["https://127.0.0.1:1"] + $0.baseURLs
        }
        #expect(try await source.collect(.full).reports.count == 4)
    }

    @Test func anUntrustedServerIsRefusedBeforeTheTokenIsSent() async throws {
        let server = try await FakeCluster.start()
        let fingerprint = try server.text("fingerprint")
        let source = try FakeCluster.source(server) { $0.trust = HTTPTrust() }
        let error = await #expect(throws: ProxmoxError.self) { try await source.collect(.full) }
        guard case .untrusted(_, fingerprint)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.remedy.contains(fingerprint) == true)
        #expect(try await server.command(#"{"do": "requests"}"#)["count"]?.integer == 0)
    }

    @Test func anAgentThatHangsHoldsUpNobody() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server) {
            $0.cycleTimeout = .seconds(6)
            $0.agentCallTimeout = .seconds(7)
        }
        try await server.command(#"{"do": "set", "vmid": 300, "hangs": true}"#)
        let first = try await source.collect(.full)
        #expect(first.pendingGuests == 1)
        #expect(first.problems == [])
        let reports = Dictionary(
            uniqueKeysWithValues: first.reports.map { ($0.guest.id.vmid, $0.addresses) })
        #expect(reports[100] == .observed)
        #expect(reports[300] == .unknown(reason: "not asked yet"))
        // The call is given up a second later, or more on a busy machine.
        let end = ContinuousClock.now + .seconds(60)
        var second = try await source.collect(.changes)
        while second.reports.isEmpty, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(200))
            second = try await source.collect(.changes)
        }
        #expect(second.reports.map(\.guest.id.vmid) == [300])
    }

    @Test func twoCollectionsAtATimeAreRefused() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        try await server.command(#"{"do": "latency", "seconds": 0.2}"#)
        async let first = source.collect(.full)
        try await Task.sleep(for: .milliseconds(50))
        await #expect(throws: ProxmoxError.busy) { try await source.collect(.changes) }
        #expect(try await first.reports.count == 4)
    }

    @Test func cancellingEndsACollection() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        try await server.command(#"{"do": "latency", "seconds": 5}"#)
        let task = Task { try await source.collect(.full) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let start = ContinuousClock.now
        await #expect(throws: ProxmoxError.self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func progressEndsWithAllGuests() async throws {
        let server = try await FakeCluster.start()
        let source = try FakeCluster.source(server)
        let seen = Mutex<[(Int, Int)]>([])
        _ = try await source.collect(.full) { done, total in
            seen.withLock { $0.append((done, total)) }
        }
        let last = seen.withLock { $0.last }
        #expect(last?.0 == 4)
        #expect(last?.1 == 4)
    }
}
