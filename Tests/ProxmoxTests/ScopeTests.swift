import HTTPClient
import Inventory
import Testing

@testable import Proxmox

/// With an agent on each host, each looks at its own guests; the leader at the hosts, and at guests
/// that nobody else looks at.
@Suite struct ScopeTests {
    private static let list = Machine.list(
        Machine.item(), Machine.item(node: "pve2", vmid: 200), Machine.item(node: "pve4", vmid: 400)
    )
    private static let other = GuestID(cluster: FakeCluster.id, vmid: 200, incarnation: "bbbb")

    @Test func onlyTheGuestsOfANodeAreAskedAndReported() throws {
        var cluster = try Machine.cluster()
        let collection = try cluster.collect(.full, in: .only(["pve1"]), list: Self.list)
        #expect(collection.reports.map(\.guest.id) == [Machine.id])
        #expect(collection.hosts == [])
        #expect(cluster.asked.contains("/nodes/pve1/network"))
        #expect(!cluster.asked.contains { $0.contains("pve2") || $0.contains("pve4") })
        #expect(collection.problems == [])
    }

    @Test func theOthersAreLeftToTheirNodes() throws {
        var cluster = try Machine.cluster()
        try cluster.answer("/nodes/pve4/qemu/400/config?current=1", Machine.configuration())
        let collection = try cluster.collect(
            .full, in: .allBut(["pve1", "pve2"]), list: Self.list)
        #expect(collection.reports.map(\.guest.id.vmid) == [400])
        #expect(collection.hosts.map(\.name) == ["pve1", "pve2", "pve3"])
        #expect(!cluster.asked.contains { $0.contains("/qemu/100") || $0.contains("/qemu/200") })
    }

    @Test func whoMovedAwayIsNoLongerLookedAtAndNotGone() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, in: .only(["pve1"]), list: Self.list)
        let moved = Machine.list(Machine.item(node: "pve2"))
        let collection = try cluster.collect(
            .full, in: .only(["pve1"]), list: moved, known: [Machine.id: Machine.place])
        #expect(collection.reports.isEmpty)
        #expect(collection.gone.isEmpty)
    }

    @Test func whoIsMissingElsewhereIsForOthersToProve() throws {
        var cluster = try Machine.cluster()
        let path = "/nodes/pve2/qemu/200/config?current=1"
        cluster.fail(path, .missing(call: path, message: "does not exist"))
        let known = [Self.other: GuestPlace(vmid: 200, kind: .qemu, node: "pve2")]
        let mine = try cluster.collect(
            .full, in: .only(["pve1"]), list: Machine.list(Machine.item()), known: known)
        #expect(mine.gone == [])
        let theirs = try cluster.collect(
            .full, in: .only(["pve2"]), list: Machine.list(Machine.item()), known: known)
        #expect(theirs.gone == [Self.other])
    }
}
