import HTTPClient
import Inventory
import Testing

@testable import Proxmox

/// What is asked, and when.
@Suite struct CollectorScheduleTests {
    private static let list = Machine.list(Machine.item())

    @Test func theFirstCollectionAsksForEverythingOnce() throws {
        var cluster = try Machine.cluster()
        let collection = try cluster.collect(.full, list: Self.list)
        #expect(
            cluster.asked.sorted()
                == [
                    "/access/permissions", "/cluster/sdn/vnets?running=1",
                    "/cluster/sdn/zones?running=1", "/cluster/status", "/nodes/pve1/network",
                    Machine.hostName, Machine.interfaces, Machine.config, "/nodes/pve2/network",
                    "/nodes/pve3/network",
                ].sorted())
        let report = try #require(collection.reports.first)
        #expect(report.addresses == .observed)
        #expect(report.guest.hostName == "web1.example.com")
        #expect(collection.problems == [])
    }

    @Test func withoutChangeNothingIsAskedOfGuests() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        cluster.now += .seconds(2)
        let collection = try cluster.collect(.changes, list: Self.list)
        #expect(cluster.asked == [])
        #expect(collection.reports == [])
    }

    @Test(arguments: [
        #", "name": "other""#, #", "tags": "a""#, #", "lock": "backup""#, #", "template": 1"#,
        #", "pool": "p""#, #", "maxcpu": 9"#, #", "maxmem": 9"#,
    ])
    func aChangeInTheListIsFollowed(more: String) throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        let collection = try cluster.collect(
            .changes, list: Machine.list(Machine.item(more: more)))
        #expect(cluster.asked == [Machine.config])
        #expect(collection.reports.count == 1)
        // The addresses seen before the change still hold.
        #expect(collection.reports.first?.addresses == .observed)
    }

    @Test func aRestartIsSeenByTheUptime() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        _ = try cluster.collect(.changes, list: Machine.list(Machine.item(uptime: 150)))
        #expect(cluster.asked == [])
        _ = try cluster.collect(.changes, list: Machine.list(Machine.item(uptime: 3)))
        #expect(cluster.asked == [Machine.config, Machine.interfaces, Machine.hostName])
    }

    @Test func aStoppedGuestIsReportedAndItsAddressesForgotten() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        let stopped = Machine.list(Machine.item("stopped", uptime: 0))
        let collection = try cluster.collect(.changes, list: stopped)
        #expect(collection.reports.first?.addresses == .unknown(reason: "stopped"))
        #expect(collection.reports.first?.guest.runState == .stopped)
        #expect(collection.reports.first?.guest.interfaces.first?.addresses == [])
        cluster.held = [Machine.interfaces]
        let started = try cluster.collect(.changes, list: Machine.list(Machine.item(uptime: 1)))
        #expect(started.reports.first?.addresses == .unknown(reason: "not asked yet"))
        #expect(started.pendingGuests == 1)
    }

    @Test func anAgentIsAskedAgainAtItsInterval() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        cluster.now += .seconds(299)
        _ = try cluster.collect(.changes, list: Self.list)
        #expect(cluster.asked == [])
        cluster.now += .seconds(2)
        let collection = try cluster.collect(.changes, list: Self.list)
        #expect(cluster.asked == [Machine.interfaces, Machine.hostName])
        #expect(collection.reports.count == 1)
    }

    @Test(arguments: [(0.0, 240), (0.999, 359)])
    func intervalsVaryByAFifth(random: Double, seconds: Int) throws {
        var cluster = try Machine.cluster()
        cluster.random = random
        _ = try cluster.collect(.full, list: Self.list)
        cluster.now += .seconds(seconds - 1)
        _ = try cluster.collect(.changes, list: Self.list)
        #expect(cluster.asked == [])
        cluster.now += .seconds(2)
        _ = try cluster.collect(.changes, list: Self.list)
        #expect(cluster.asked.count == 2)
    }

    @Test func aFailingAgentIsAskedLessAndLess() throws {
        var cluster = try Machine.cluster()
        let message = "QEMU guest agent is not running"
        cluster.fail(
            Machine.interfaces, .refused(call: Machine.interfaces, status: 500, message: message))
        let collection = try cluster.collect(.full, list: Self.list)
        #expect(collection.reports.first?.addresses == .unknown(reason: message))
        #expect(!cluster.asked.contains(Machine.hostName))
        var pauses: [Int] = []
        var pause = 0
        for _ in 0..<2000 {
            pause += 1
            cluster.now += .seconds(1)
            _ = try cluster.collect(.changes, list: Self.list)
            guard cluster.asked == [Machine.interfaces] else { continue }
            pauses.append(pause)
            pause = 0
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600])
    }

    @Test func aGuestWithoutAddressYetIsAskedAgainSoon() throws {
        var cluster = try Machine.cluster()
        try cluster.answer(
            Machine.interfaces,
            """
            {"result": [{"name": "eth0", "hardware-address": "bc:24:11:aa:bb:01",
             "ip-addresses": [{"ip-address": "fe80::1", "prefix": 64}]}]}
            """)
        let collection = try cluster.collect(.full, list: Self.list)
        #expect(collection.reports.first?.addresses == .observed)
        try cluster.answer(Machine.interfaces, Machine.seen)
        cluster.now += .seconds(6)
        let later = try cluster.collect(.changes, list: Self.list)
        #expect(later.reports.first?.guest.interfaces.first?.addresses.count == 1)
        cluster.now += .seconds(60)
        _ = try cluster.collect(.changes, list: Self.list)
        #expect(cluster.asked == [])
    }

    @Test func anAgentThatIsSwitchedOffIsNotAsked() throws {
        var cluster = try Machine.cluster()
        try cluster.answer(Machine.config, #"{"digest": "1", "agent": "0"}"#)
        let collection = try cluster.collect(.full, list: Self.list)
        #expect(!cluster.asked.contains(Machine.interfaces))
        #expect(
            collection.reports.first?.addresses
                == .unknown(reason: "the guest agent is not enabled in the configuration"))
    }

    @Test func anEditThatNoListShowsIsFoundByReadingAgain() throws {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: Self.list)
        try cluster.answer(
            Machine.config,
            Machine.configuration(net0: "virtio=BC:24:11:AA:BB:01,bridge=vmbr0,tag=9"))
        cluster.now += .seconds(30)
        let collection = try cluster.collect(.full, list: Self.list)
        #expect(collection.reports.first?.guest.interfaces.first?.vlan == VLANID(9))
        // What is seen inside may follow from it.
        #expect(cluster.asked.contains(Machine.interfaces))
    }

    @Test func configurationsAreReadAgainInTurn() throws {
        var cluster = try SimulatedCluster { $0.minimumConfigurations = 0 }
        let items = (100..<120).map { vmid in Machine.item("stopped", vmid: vmid) }
        for vmid in 100..<120 {
            try cluster.answer("/nodes/pve1/qemu/\(vmid)/config?current=1", #"{"digest": "1"}"#)
        }
        let list = "[\(items.joined(separator: ","))]"
        _ = try cluster.collect(.full, list: list)
        var read: Set<String> = []
        for _ in 0..<4 {
            cluster.now += .seconds(30)
            _ = try cluster.collect(.full, list: list)
            let configurations = cluster.asked.filter { $0.contains("/config") }
            #expect(configurations.count == 5)
            read.formUnion(configurations)
        }
        #expect(read.count == 20)
    }

    @Test func aSmallClusterIsReadWholeEachTime() throws {
        var cluster = try SimulatedCluster()
        try cluster.answer(Machine.config, Machine.configuration())
        let list = Machine.list(Machine.item("stopped"))
        for _ in 0..<3 {
            _ = try cluster.collect(.full, list: list)
            #expect(cluster.asked.contains { $0.contains("/config") })
            cluster.now += .seconds(30)
        }
    }

    @Test func everyConfigurationIsReadEachTimeWhenAskedFor() throws {
        var cluster = try SimulatedCluster { $0.configurationInterval = $0.collectInterval }
        try cluster.answer(Machine.config, Machine.configuration())
        let list = Machine.list(Machine.item("stopped"))
        for _ in 0..<3 {
            _ = try cluster.collect(.full, list: list)
            #expect(cluster.asked.filter { $0.contains("/config") }.count == 1)
        }
    }

    @Test func aHungAgentHoldsUpNobody() throws {
        var cluster = try Machine.cluster()
        cluster.held = [Machine.interfaces]
        let other = "/nodes/pve2/lxc/200"
        try cluster.answer(other + "/config?current=1", #"{"digest": "1", "hostname": "ct1"}"#)
        try cluster.answer(other + "/interfaces", "[]")
        let container = """
            {"type": "lxc", "vmid": 200, "node": "pve2", "status": "running", "uptime": 5}
            """
        let collection = try cluster.collect(.full, list: Machine.list(Machine.item(), container))
        #expect(collection.reports.map(\.guest.id.vmid) == [100, 200])
        #expect(
            collection.reports.map(\.addresses) == [.unknown(reason: "not asked yet"), .observed])
        #expect(collection.pendingGuests == 1)
        cluster.release()
        let later = try cluster.collect(.changes, list: Machine.list(Machine.item(), container))
        #expect(later.reports.map(\.guest.id.vmid) == [100])
        #expect(later.reports.first?.addresses == .observed)
    }
}
