import HTTPClient
import Inventory
import Testing

@testable import Proxmox

/// What surprises a reader of Proxmox's API, one test each, from recorded answers. Numbered as in
/// the project's list of traps; 13's other half, 14, 15 and 19...25 are about files and the kernel.
@Suite struct TrapTests {
    private static func configuration(_ text: String, _ kind: Guest.Kind = .qemu) throws
        -> GuestConfiguration
    {
        try #require(GuestConfiguration(try Fixture.json(text), kind: kind))
    }

    @Test func trap1ConfigurationsAreAskedWithoutPendingChanges() throws {
        #expect(Call.configuration(Machine.place).path.hasSuffix("/config?current=1"))
        #expect(Call.presence(Machine.place).path.hasSuffix("/config?current=1"))
        let running = try Fixture.data("qemu_100_config_current1")
        let guest = try #require(GuestConfiguration(running, kind: .qemu))
        #expect(guest.virtualCPUs == 4)
        #expect(guest.interfaces.first?.vlan == VLANID(5))
    }

    @Test func trap2ContainersSendThePrefixAsString() throws {
        let answer = Observation(containerAnswer: try Fixture.data("lxc_interfaces_running"))
        guard case .interfaces(let seen) = answer else {
            Issue.record("\(answer)")
            return
        }
        let addresses = seen.first { $0.name == "eth0" }?.addresses.map(\.description)
        #expect(
            addresses == ["10.0.7.20/24", "2001:db8:7::20/64", "fe80::be24:11ff:feaa:bb05/64"])
    }

    @Test func trap2OldContainersSendTheLastAddressOnly() throws {
        let name = "lxc_interfaces_pve8_before_5_2_4"
        let answer = Observation(containerAnswer: try Fixture.data(name))
        guard case .interfaces(let seen) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(seen.last?.mac == MACAddress("bc:24:11:aa:bb:05"))
        #expect(
            seen.last?.addresses.map(\.description)
                == ["10.0.7.20/24", "fe80::be24:11ff:feaa:bb05/64"])
    }

    @Test func trap3AStoppedContainersInterfacesAreNull() throws {
        let data = try #require(
            try JSONValue(parsing: Fixture.octets("lxc_interfaces_stopped")).members?["data"])
        #expect(Observation(containerAnswer: data) == .unknown(reason: "stopped"))
    }

    @Test func trap4AnAgentsErrorComesWithStatus200() throws {
        let data = try Fixture.data("agent_error_inside_http_200")
        let reason =
            "the guest agent refuses: CommandNotFound: "
            + "The command guest-get-host-name has not been found"
        #expect(Observation(agentAnswer: data) == .unknown(reason: reason))
        #expect(ReportedHostName.read(data) == nil)
    }

    @Test func trap5NamesThatProxmoxMakesUpAreNoNames() throws {
        var cluster = try Machine.cluster()
        try cluster.answer(Machine.config, #"{"digest": "1", "net0": "virtio=BC:24:11:AA:BB:01"}"#)
        let list = Machine.list(Machine.item("stopped", more: #", "name": "VM 100""#))
        let guest = try #require(try cluster.collect(.full, list: list).reports.first?.guest)
        #expect(guest.name == nil)
        let container = try Self.configuration(#"{"digest": "1", "hostname": ""}"#, .lxc)
        #expect(container.name == nil)
    }

    @Test func trap6TwoGuestsMayHaveOneName() throws {
        var cluster = try Machine.cluster()
        try cluster.answer("/nodes/pve1/qemu/101/config?current=1", Machine.configuration())
        let list = Machine.list(Machine.item("stopped"), Machine.item("stopped", vmid: 101))
        let reports = try cluster.collect(.full, list: list).reports
        #expect(reports.map(\.guest.id.vmid) == [100, 101])
        #expect(reports.map(\.guest.name) == ["web1", "web1"])
    }

    @Test func trap7AGuestOfASilentNodeHasStateUnknownAndNoName() throws {
        let list = try #require(ResourceList(try Fixture.data("cluster_resources_type_vm")))
        #expect(list.isComplete)
        #expect(list.entries[101]?.runState == .unknown)
        #expect(list.entries[101]?.name == "")
        #expect(list.entries[100]?.pool == "prod")
        #expect(list.entries[9000]?.isTemplate == true)
    }

    @Test func trap8HiddenBridgesAreNamedByTheSelfTest() throws {
        let permissions = try #require(
            Permissions(try Fixture.json(#"{"/": {"VM.Audit": 1, "Sys.Audit": 1}}"#)))
        let gaps = RequiredPrivileges.gaps(permissions, version: "9.2.11")
        #expect(gaps.map(\.path) == ["/sdn/zones", "/vms"])
        #expect(gaps.first?.unseen.contains("bridges") == true)
    }

    @Test func trap9AGuestThatIsNotListedIsNotGone() throws {
        var cluster = try Machine.cluster()
        let known = [Machine.id: Machine.place]
        let collection = try cluster.collect(.full, list: "[]", known: known)
        #expect(collection.gone == [])
        #expect(cluster.asked.contains(Machine.config))
        #expect(collection.problems.map(\.scope) == [.guest(100)])
    }

    @Test(arguments: 595...599)
    func trap10ANodeThatCannotBeReachedIsUnknown(status: Int) throws {
        let response = response(status, reason: "No route to host")
        let result = Answer.read(response, to: .configuration(Machine.place), token: "t")
        let message = "\(status) No route to host"
        #expect(result == .failure(.nodeUnreachable(node: "pve1", message: message)))
        #expect(ProxmoxError.nodeUnreachable(node: "pve1", message: "").isTransient)
    }

    @Test(arguments: [
        ("\"enabled=1,type=virtio\"", true), ("1", true), ("\"1\"", true), ("true", true),
        ("\"1,fstrim_cloned_disks=1\"", true), ("\"enabled=on\"", true), ("0", false),
        ("\"0\"", false), ("\"enabled=0,type=virtio\"", false), ("\"0,type=isa\"", false),
        ("\"type=virtio\"", false), ("\"\"", false), ("null", false),
    ])
    func trap11TheAgentIsAPropertyString(text: String, isEnabled: Bool) throws {
        let configuration = try Self.configuration("{\"digest\": \"1\", \"agent\": \(text)}")
        #expect(configuration.isAgentEnabled == isEnabled)
    }

    @Test(arguments: ["b;a", "a,b", "b a", ";;a; ,b;a", "a\u{0}b", " a\tb\n"])
    func trap12TagsAreSplitAtManySeparators(text: String) {
        #expect(TagList.split(text) == ["a", "b"])
    }

    @Test func trap13DescriptionsMayEndInWhiteSpace() throws {
        let container = GuestConfiguration(try Fixture.data("lxc_200_config"), kind: .lxc)
        #expect(container?.comment == "ct one: dns\npipam: {\"hostname\":\"ct1\"}")
        let machine = GuestConfiguration(try Fixture.data("qemu_100_config_current1"), kind: .qemu)
        #expect(machine?.comment.hasPrefix(" # web1\n\n```toml\n") == true)
        #expect(machine?.comment.hasSuffix("100% done, umlaut ü, colon: yes") == true)
    }

    @Test func trap13DescriptionsAreBounded() throws {
        let text = String(repeating: "ü", count: 64 << 10)
        let guest = try Self.configuration("{\"digest\": \"1\", \"description\": \"\(text)\"}")
        #expect(guest.comment.utf8.count == 64 << 10)
        #expect(guest.comment.allSatisfy { $0 == "ü" })
    }
}

extension TrapTests {
    @Test func trap16TemplatesAreReportedAsSuch() throws {
        var cluster = try Machine.cluster()
        try cluster.answer(Machine.config, #"{"digest": "1", "template": 1, "agent": "1"}"#)
        let list = Machine.list(Machine.item("stopped", more: #", "template": 1"#))
        let report = try #require(try cluster.collect(.full, list: list).reports.first)
        #expect(report.guest.isTemplate)
        #expect(report.addresses == .unknown(reason: "stopped"))
    }

    @Test(arguments: ["create", "clone", "destroyed", "rollback", "backup"])
    func trap17LocksAreReportedAsTheyAre(lock: String) throws {
        var cluster = try Machine.cluster()
        try cluster.answer(Machine.config, #"{"digest": "1", "lock": "\#(lock)"}"#)
        let report = try cluster.collect(.full, list: Machine.list(Machine.item())).reports.first
        #expect(report?.guest.lock == lock)
        #expect(report?.guest.isInTransition == (lock != "backup"))
    }

    @Test func trap18AnInterfaceMayHaveNeitherMACNorBridge() throws {
        let guest = try Self.configuration(
            """
            {"digest": "1", "net0": "virtio", "net1": "virtio=BC:24:11:AA:BB:01,firewall=1",
             "net2": "model=e1000,macaddr=BC-24-11-AA-BB-02,bridge=vmbr0", "net3": "",
             "net31": "bridge=vmbr0,tag=7,virtio=bc:24:11:aa:bb:03", "net32": "virtio"}
            """)
        #expect(guest.interfaces.map(\.key) == ["net0", "net1", "net2", "net3", "net31"])
        #expect(guest.interfaces.map(\.bridge) == [nil, nil, "vmbr0", nil, "vmbr0"])
        #expect(
            guest.interfaces.map(\.mac)
                == [
                    nil, MACAddress("bc:24:11:aa:bb:01"), MACAddress("bc:24:11:aa:bb:02"), nil,
                    MACAddress("bc:24:11:aa:bb:03"),
                ])
    }

    @Test func trap26ManyInterfacesMayHaveOneMAC() throws {
        let answer = Observation(agentAnswer: try Fixture.data("agent_network_get_interfaces"))
        guard case .interfaces(let seen) = answer else {
            Issue.record("\(answer)")
            return
        }
        var net0 = GuestInterface(key: "net0")
        net0.mac = MACAddress("BC:24:11:AA:BB:01")
        let matched = AddressMatch.attach(seen, to: [net0], origin: .agent)[0]
        #expect(matched.guestName == "ens18")
        #expect(
            matched.addresses.map { "\($0.address) \($0.device)" } == [
                "10.0.5.10/24 ens18", "10.0.30.10/24 ens18.30",
                "2001:db8:5:0:be24:11ff:feaa:bb01/64 ens18", "fe80::be24:11ff:feaa:bb01/64 ens18",
            ])
    }

    @Test func trap27LinkLocalAddressesAreReportedForOthersToJudge() throws {
        let answer = Observation(agentAnswer: try Fixture.data("agent_network_get_interfaces"))
        guard case .interfaces(let seen) = answer else {
            Issue.record("\(answer)")
            return
        }
        var net0 = GuestInterface(key: "net0")
        net0.mac = MACAddress("bc:24:11:aa:bb:03")
        let matched = AddressMatch.attach(seen, to: [net0], origin: .agent)
        #expect(matched[0].addresses.map(\.description) == ["169.254.10.1/16 agent"])
        #expect(matched[0].guestName == "Ethernet 2")
        #expect(!AddressMatch.isSettled(matched))
    }

    @Test func trap28MemoryAndLimitsMayBeStrings() throws {
        let texts = ["2048", "\"2048\"", "\"current=2048\""]
        for text in texts {
            let guest = try Self.configuration("{\"digest\": \"1\", \"memory\": \(text)}")
            #expect(guest.memoryBytes == 2 << 30)
        }
        let container = GuestConfiguration(try Fixture.data("lxc_200_config"), kind: .lxc)
        #expect(container?.virtualCPUs == 2)
        #expect(container?.memoryBytes == 512 << 20)
    }

    @Test func trap29AnErrorsTextMayStandInTheStatusLineOnly() throws {
        let text = "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist"
        let result = Answer.read(
            response(500, reason: text), to: .presence(Machine.place), token: "t")
        let call = Call.presence(Machine.place).path
        #expect(result == .failure(.missing(call: call, message: text)))
    }

    @Test func trap30ARefusedTokenIsOneError() throws {
        let result = Answer.read(
            response(401, reason: "authentication failure"), to: .resources, token: "a@b!c")
        #expect(result == .failure(.tokenRefused(token: "a@b!c")))
    }

    @Test func trap31AHostOnItsOwnHasNoClusterElement() throws {
        let status = try #require(ClusterStatus(try Fixture.data("cluster_status_standalone")))
        #expect(status.name == nil)
        #expect(status.isQuorate)
        #expect(status.nodes.keys.sorted() == ["pve1"])
        let cluster = try #require(ClusterStatus(try Fixture.data("cluster_status")))
        #expect(cluster.name == "lab")
        #expect(cluster.nodes["pve3"] == ClusterStatus.Node(isOnline: false, address: nil))
    }

    @Test func trap32ANumberUsedAgainIsAnotherGuest() throws {
        var cluster = try Machine.cluster()
        let earlier = GuestID(cluster: FakeCluster.id, vmid: 100, incarnation: "bbbb")
        let known = [earlier: Machine.place]
        let collection = try cluster.collect(
            .full, list: Machine.list(Machine.item()), known: known)
        #expect(collection.gone == [earlier])
        #expect(collection.reports.map(\.guest.id) == [Machine.id])
    }

    private func response(_ status: Int, reason: String, body: String = "") -> HTTPResponse {
        HTTPResponse(status: status, reason: reason, headers: [], body: Array(body.utf8))
    }
}
