import HTTPClient
import Inventory
import Testing

@testable import Proxmox

/// What is known when something is missing: when a guest is gone, and when it only is not seen.
@Suite struct DepartureTests {
    private static let list = Machine.list(Machine.item())
    private static let known = [Machine.id: Machine.place]

    private static func missing() -> ProxmoxError {
        .missing(call: Machine.config, message: "does not exist")
    }

    @Test func aGuestIsGoneWhenItsNodeSaysSo() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        cluster.fail(Machine.config, Self.missing())
        let collection = try cluster.collect(.full, list: "[]", known: Self.known)
        #expect(collection.gone == [Machine.id])
        #expect(collection.problems == [])
        #expect(try cluster.collect(.full, list: "[]").gone == [])
    }

    @Test func aHostOnItsOwnCanProveIt() throws {
        var cluster = try Machine.cluster()
        cluster.fail(Machine.config, Self.missing())
        try cluster.answer("/cluster/status", fixture: "cluster_status_standalone")
        let collection = try cluster.collect(.full, list: "[]", known: Self.known)
        #expect(collection.gone == [Machine.id])
    }

    @Test func aQuickLookProvesNothing() throws {
        var cluster = try Machine.cluster()
        cluster.fail(Machine.config, Self.missing())
        #expect(try cluster.collect(.changes, list: "[]", known: Self.known).gone == [])
    }

    @Test func nobodyIsGoneWithoutQuorum() throws {
        var cluster = try Machine.cluster()
        cluster.fail(Machine.config, Self.missing())
        try cluster.status(["pve1": true], quorate: false)
        let collection = try cluster.collect(.full, list: "[]", known: Self.known)
        #expect(collection.gone == [])
        #expect(collection.problems.contains { $0.message.contains("no quorum") })
        #expect(!cluster.asked.contains(Machine.config))
    }

    @Test(arguments: [["pve1": false, "pve2": true], ["pve2": true, "pve3": true]])
    func nobodyIsGoneFromANodeThatIsNotThere(nodes: [String: Bool]) throws {
        var cluster = try Machine.cluster()
        cluster.fail(Machine.config, Self.missing())
        try cluster.status(nodes)
        let collection = try cluster.collect(.full, list: "[]", known: Self.known)
        #expect(collection.gone == [])
        #expect(collection.problems.contains { $0.scope == .guest(100) })
    }

    @Test func nobodyIsGoneAfterAPrivilegeWasLost() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        cluster.fail(Machine.config, Self.missing())
        try cluster.answer("/access/permissions", #"{"/": {"Sys.Audit": 1}}"#)
        let collection = try cluster.collect(.full, list: "[]", known: Self.known)
        #expect(collection.gone == [])
        #expect(collection.problems.contains { $0.message.contains("has lost") })
    }

    @Test(arguments: ["/access/permissions", "/cluster/status", Machine.config])
    func nobodyIsGoneWhenAProofCannotBeHad(path: String) throws {
        let refused = ProxmoxError.refused(call: path, status: 500, message: "no")
        let forbidden = ProxmoxError.forbidden(call: path, message: "no")
        let late = ProxmoxError.timedOut(call: path, after: .seconds(1))
        for error in [refused, forbidden, late, .nodeUnreachable(node: "pve1", message: "595")] {
            var cluster = try Machine.cluster()
            cluster.fail(Machine.config, Self.missing())
            cluster.fail(path, error)
            let collection = try cluster.collect(.full, list: "[]", known: Self.known)
            #expect(collection.gone == [])
            #expect(!collection.problems.isEmpty)
        }
    }

    @Test func nobodyIsGoneFromAListThatIsIncomplete() throws {
        var cluster = try Machine.cluster()
        cluster.fail(Machine.config, Self.missing())
        let list = #"[{"type": "qemu", "vmid": "?"}]"#
        let collection = try cluster.collect(.full, list: list, known: Self.known)
        #expect(collection.gone == [])
        #expect(collection.problems.count == 1)
    }

    @Test func aGuestThatMovedIsNotGone() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        let target = "/nodes/pve2/qemu/100"
        try cluster.answer(target + "/config?current=1", Machine.configuration())
        try cluster.answer(target + "/agent/network-get-interfaces", Machine.seen)
        cluster.fail(Machine.config, Self.missing())
        let moved = Machine.list(Machine.item(node: "pve2"))
        let collection = try cluster.collect(.full, list: moved, known: Self.known)
        #expect(collection.gone == [])
        #expect(collection.reports.map(\.guest.node) == ["pve2"])
        #expect(collection.reports.first?.addresses == .observed)
        #expect(!cluster.asked.contains(Machine.config))
    }

    @Test func aGuestThatEndsUnderOurEyesIsNoProblem() throws {
        var cluster = try Machine.cluster()
        cluster.fail(Machine.config, Self.missing())
        let collection = try cluster.collect(.full, list: Self.list, known: Self.known)
        #expect(collection.gone == [])
        #expect(collection.reports == [])
        #expect(collection.problems == [])
    }

    @Test func proofsAreBounded() throws {
        var cluster = try SimulatedCluster()
        var known: [GuestID: GuestPlace] = [:]
        for vmid in UInt32(100)..<300 {
            let id = GuestID(cluster: FakeCluster.id, vmid: vmid, incarnation: "")
            known[id] = GuestPlace(vmid: vmid, kind: .qemu, node: "pve1")
            cluster.fail("/nodes/pve1/qemu/\(vmid)/config?current=1", Self.missing())
        }
        let gone = try cluster.collect(.full, list: "[]", known: known).gone
        #expect(gone.count == Departures.maximumProofs)
        for id in gone { known[id] = nil }
        #expect(try cluster.collect(.full, list: "[]", known: known).gone.first?.vmid == 164)
    }
}

/// Nodes, tokens and hosts that fail.
@Suite struct FailureTests {
    private static let list = Machine.list(Machine.item())

    private static func pair() throws -> (SimulatedCluster, list: String) {
        var cluster = try Machine.cluster()
        let paths = (101..<110).map { "/nodes/pve1/qemu/\($0)/config?current=1" }
        for path in paths { try cluster.answer(path, #"{"digest": "1"}"#) }
        let items = (100..<110).map { Machine.item(vmid: $0) }
        return (cluster, "[\(items.joined(separator: ","))]")
    }

    @Test func aSilentNodesGuestsAreUnknownAndKeepTheirConfiguration() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        let silent = ProxmoxError.nodeUnreachable(node: "pve1", message: "595 No route to host")
        cluster.fail(Machine.config, silent)
        let list = Machine.list(Machine.item("unknown", uptime: 0))
        let collection = try cluster.collect(.changes, list: list)
        let report = try #require(collection.reports.first)
        #expect(report.guest.runState == .unknown)
        #expect(
            report.addresses == .unknown(reason: "node pve1 does not answer: 595 No route to host"))
        #expect(report.guest.interfaces.count == 1)
        #expect(collection.problems.map(\.scope) == [.node("pve1")])
    }

    @Test func aSilentNodeIsAskedOnceNotForEachGuest() throws {
        var (cluster, list) = try Self.pair()
        cluster = try SimulatedCluster { $0.maximumCalls = 1 }
        let silent = ProxmoxError.nodeUnreachable(node: "pve1", message: "595")
        for vmid in 100..<110 { cluster.fail("/nodes/pve1/qemu/\(vmid)/config?current=1", silent) }
        let collection = try cluster.collect(.changes, list: list)
        #expect(cluster.asked.count == 1)
        #expect(collection.problems.count == 1)
        cluster.now += .seconds(2)
        _ = try cluster.collect(.changes, list: list)
        #expect(cluster.asked == [])
        cluster.now += .seconds(5)
        _ = try cluster.collect(.changes, list: list)
        #expect(cluster.asked.count == 1)
    }

    @Test func aNodeThatAnswersAgainIsKnownAgain() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        let silent = ProxmoxError.nodeUnreachable(node: "pve1", message: "595")
        cluster.fail("/nodes/pve1/network", silent)
        cluster.fail(Machine.config, silent)
        cluster.now += .seconds(30)
        let gone = try cluster.collect(.full, list: Self.list)
        #expect(gone.reports.first?.guest.runState == .unknown)
        try cluster.answer("/nodes/pve1/network", "[]")
        try cluster.answer(Machine.config, Machine.configuration())
        cluster.now += .seconds(30)
        let back = try cluster.collect(.full, list: Self.list)
        #expect(back.reports.first?.guest.runState == .running)
        #expect(back.reports.first?.addresses == .observed)
        #expect(back.problems == [])
    }

    @Test func aRevokedTokenIsOneProblem() throws {
        var (cluster, list) = try Self.pair()
        let revoked = ProxmoxError.tokenRefused(token: "pipam@pve!test")
        for vmid in 100..<110 { cluster.fail("/nodes/pve1/qemu/\(vmid)/config?current=1", revoked) }
        cluster.fail("/cluster/status", revoked)
        let collection = try cluster.collect(.full, list: list)
        #expect(collection.problems.map(\.message) == ["\(revoked)"])
        #expect(collection.reports == [])
        // Nothing is asked after the first refusal.
        #expect(cluster.asked.count == 1)
    }

    @Test func anAPIThatGoesDownEndsTheCollectionWithWhatIsThere() throws {
        var (cluster, list) = try Self.pair()
        cluster = try {
            var slow = try SimulatedCluster { $0.maximumCalls = 1 }
            slow.answers.merge(cluster.answers) { _, new in new }
            return slow
        }()
        let down = ProxmoxError.unreachable(reason: "connection refused")
        for vmid in 105..<110 { cluster.fail("/nodes/pve1/qemu/\(vmid)/config?current=1", down) }
        let collection = try cluster.collect(.changes, list: list)
        #expect(collection.reports.map(\.guest.id.vmid) == [100, 101, 102, 103, 104])
        #expect(collection.problems.count == 1)
        #expect(cluster.asked.filter { $0.contains("/config") }.count == 6)
    }

    @Test func aForbiddenGuestIsAProblemOfItsOwn() throws {
        var (cluster, list) = try Self.pair()
        let path = "/nodes/pve1/qemu/105/config?current=1"
        cluster.fail(path, .forbidden(call: path, message: "Permission check failed"))
        let collection = try cluster.collect(.full, list: list)
        #expect(collection.reports.count == 9)
        #expect(collection.problems.map(\.scope) == [.guest(105)])
    }

    @Test func noAnswerOfAnAgentKeepsTheHostName() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        cluster.fail(
            Machine.interfaces, .timedOut(call: Machine.interfaces, after: .seconds(15)))
        cluster.now += .seconds(400)
        let collection = try cluster.collect(.changes, list: Self.list)
        #expect(collection.reports.first?.guest.hostName == "web1.example.com")
        guard case .unknown = collection.reports.first?.addresses else {
            Issue.record("taken for observed")
            return
        }
        #expect(collection.reports.first?.guest.interfaces.first?.addresses == [])
        #expect(collection.problems == [])
    }
}
