import ClusterState
import Inventory
import Planning
import Testing
import Zones

/// What is owed to providers.
@Suite struct ProviderLedgerTests {
    private static let name = "powerdns"

    private func test() throws -> StateUnderTest {
        try StateUnderTest { $0.providers = [Self.name: ProviderSettings()] }
    }

    private func owed(_ test: StateUnderTest) -> [RecordSetKey: UInt64] {
        test.state.providers[Self.name]?.owed ?? [:]
    }

    private func write(
        _ keys: [RecordSetKey], plannedAt index: UInt64, counted: Int = 0,
        by provider: String = Self.name
    ) -> Command.Body {
        .recordWrites(
            WriteReport(
                provider: provider, zone: "example.com.", plannedAtIndex: index, done: keys,
                counted: counted))
    }

    /// Everything that is owed was written.
    private func pay(_ test: inout StateUnderTest) throws {
        try test.apply(write(owed(test).keys.sorted(), plannedAt: test.state.index))
        #expect(owed(test).isEmpty)
    }

    @Test func whatChangesIsOwedAndWhatIsWrittenIsNot() throws {
        var test = try test()
        try test.add(1..<3)
        let keys = try [
            StateUnderTest.key("web1.example.com"), StateUnderTest.key("web2.example.com"),
            StateUnderTest.key("2.0.0.10.in-addr.arpa", .ptr),
            StateUnderTest.key("3.0.0.10.in-addr.arpa", .ptr),
        ]
        #expect(owed(test) == Dictionary(uniqueKeysWithValues: keys.map { ($0, 3) }))
        #expect(Set(test.state.wantedSets(for: Self.name).keys) == Set(keys))
        #expect(test.state.wantedSet(keys[0])?.data == [[10, 0, 0, 2]])
        // A write that failed is not recorded, so it is owed still; so it is after a restart.
        try test.apply(write([keys[0]], plannedAt: 3))
        try test.restart()
        #expect(Set(owed(test).keys) == Set(keys.dropFirst()))
        try test.apply(write(keys, plannedAt: 3))
        #expect(owed(test).isEmpty)
    }

    @Test func whatChangedSinceThePlanIsOwedStill() throws {
        var test = try test()
        try test.add(1..<2)
        let planned = test.state.index
        let key = try StateUnderTest.key("web1.example.com")
        try test.apply(.reportGuests([try test.report(1, nil, "10.0.0.99")]))
        try test.apply(write([key], plannedAt: planned))
        #expect(owed(test)[key] == planned + 1)
        try test.apply(write([key], plannedAt: planned + 1))
        #expect(owed(test)[key] == nil)
    }

    @Test func whatGoesIsOwedToo() throws {
        var test = try test()
        try test.add(1..<5)
        try pay(&test)
        try test.destroy(1..<2)
        let key = try StateUnderTest.key("web1.example.com")
        #expect(owed(test)[key] == test.state.index && test.state.wantedSet(key) == nil)
    }

    @Test func whatTheBrakeHoldsIsNotOwed() throws {
        var test = try test()
        try test.add(0..<20)
        try pay(&test)
        try test.destroy(0..<15)
        #expect(owed(test).isEmpty && test.state.wantedSets(for: Self.name).count == 40)
        try test.apply(.releaseBrake(.zones))
        #expect(owed(test).count == 30)
    }

    @Test func authorityIsTheProvidersOwn() throws {
        var test = try test()
        let authority = try [
            StateUnderTest.key("example.com", .soa), StateUnderTest.key("example.com", .ns),
        ]
        try test.apply(.owe(provider: Self.name, keys: authority))
        #expect(owed(test).isEmpty && test.state.wantedSets(for: Self.name).isEmpty)
        #expect(authority.allSatisfy { test.state.wantedSet($0) == nil })
        #expect(authority.allSatisfy { test.state.zones.set($0) != nil })
    }

    @Test func whatIsFoundMissingIsOwedAgain() throws {
        var test = try test()
        try test.add(1..<3)
        try pay(&test)
        let ours = try StateUnderTest.key("web1.example.com")
        let foreign = try StateUnderTest.key("web1.example.org")
        try test.apply(.owe(provider: Self.name, keys: [ours, foreign]))
        #expect(owed(test) == [ours: test.state.index])
    }

    @Test func afterAPauseEverythingIsOwed() throws {
        var test = try test()
        try test.add(1..<4)
        try pay(&test)
        try test.apply(.pausePublishing(true))
        try test.destroy(3..<4)
        try test.restart()
        #expect(test.state.isPublishingPaused && owed(test).count == 2)
        try test.apply(.pausePublishing(false))
        #expect(!test.state.isPublishingPaused && owed(test).count == 6)
    }

    @Test func aNewProviderIsOwedEverything() throws {
        var test = try test()
        try test.add(1..<4)
        try pay(&test)
        try test.configure { $0.providers["netbox"] = ProviderSettings() }
        #expect(owed(test).isEmpty)
        #expect(test.state.providers["netbox"]?.owed.count == 6)
        #expect(
            test.state.providers["netbox"]?.owed.values.allSatisfy { $0 == test.state.index }
                == true)
    }

    @Test func aProviderThatComesBackIsOwedEverythingAndStillApproved() throws {
        var test = try test()
        try test.add(1..<4)
        try test.apply(.approve(provider: Self.name, zone: "example.com."))
        try test.apply(write([], plannedAt: 0, counted: 7))
        let approvedAt = test.time - 1
        try test.configure { $0.providers = [:] }
        #expect(test.state.providers.isEmpty)
        #expect(!test.state.isApproved(provider: Self.name, zone: "example.com."))
        #expect(test.state.wantedSets(for: Self.name).isEmpty)
        try test.restart()
        try test.configure { $0.providers = [Self.name: ProviderSettings()] }
        #expect(owed(test).count == 6)
        let zone = test.state.providers[Self.name]?.zones["example.com."]
        #expect(zone?.approvedAtSeconds == approvedAt)
        #expect(zone?.recentCount(atSeconds: test.time) == 7)
    }

    @Test func becauseAZoneLeavesNothingIsRemovedAtAProvider() throws {
        var test = try test()
        try test.add(1..<4)
        try test.configure { $0.reverseNetworks = [] }
        #expect(owed(test).keys.allSatisfy { $0.type == .a } && owed(test).count == 3)
        try pay(&test)
        try test.configure { $0.naming.zones = [] }
        #expect(owed(test).isEmpty)
    }

    @Test func approvalsAreKeptZoneByZone() throws {
        var test = try test()
        #expect(!test.state.isApproved(provider: Self.name, zone: "a."))
        try test.apply(.approve(provider: Self.name, zone: "a."))
        let first = test.time
        try test.apply(.approve(provider: Self.name, zone: "a."))
        try test.restart()
        #expect(test.state.isApproved(provider: Self.name, zone: "a."))
        #expect(!test.state.isApproved(provider: Self.name, zone: "b."))
        #expect(test.state.providers[Self.name]?.zones["a."]?.approvedAtSeconds == first)
        try test.configure {
            $0.providers[Self.name] = ProviderSettings(isAutomaticallyApproved: true)
        }
        #expect(test.state.isApproved(provider: Self.name, zone: "b."))
    }

    @Test func theWindowOfAZoneCountsAnHourAndCanBeCleared() throws {
        var test = try test()
        func recent() -> Int? {
            test.state.providers[Self.name]?.zones["example.com."]?
                .recentCount(atSeconds: test.state.clockSeconds)
        }
        try test.apply(write([], plannedAt: 0, counted: 3))
        try test.apply(write([], plannedAt: 0, counted: 4), after: 3_599)
        #expect(recent() == 7)
        try test.apply(.advance)
        #expect(recent() == 4)
        try test.restart()
        #expect(recent() == 4)
        try test.apply(.releaseBrake(.zones))
        #expect(recent() == 4)
        try test.apply(.releaseBrake(.provider(Self.name, zone: "example.com.")))
        #expect(recent() == 0)
    }

    @Test func ofAnUnknownProviderNothingIsKept() throws {
        var test = try test()
        let before = test.state.providers
        for body: Command.Body in [
            write([], plannedAt: 9, counted: 9, by: "else"), .approve(provider: "else", zone: "a."),
            .owe(provider: "else", keys: [try StateUnderTest.key("web1.example.com")]),
            .releaseBrake(.provider("else", zone: "a.")),
        ] {
            try test.apply(body)
        }
        #expect(test.state.providers == before)
    }

    @Test func hostsAreNotPublishedBesideAProviderAndTheirNamesAreRefused() throws {
        var test = try StateUnderTest()
        let address = try #require(IPAddress("10.9.0.1"))
        try test.apply(.reportHosts([Host(name: "pve1", addresses: [address])]))
        #expect(try test.lookUp("pve1.example.com") == ["10.9.0.1"])
        try test.configure { $0.providers = [Self.name: ProviderSettings()] }
        try test.apply(.reportGuests([try test.report(5, "pve1")]))
        #expect(try test.lookUp("pve1.example.com").isEmpty)
        #expect(try test.lookUp("1.0.9.10.in-addr.arpa", .ptr).isEmpty)
        #expect(try test.lookUp("example.com", .ns) == ["ns.example.com."])
        #expect(test.findings(5) == [.reserved(try StateUnderTest.name("pve1.example.com"))])
        let server = ZoneSettings.NameServer(
            name: try StateUnderTest.name("dns1.example.com"),
            addresses: [try #require(IPAddress("10.9.0.2"))])
        try test.configure { $0.zones.nameServers = [server] }
        #expect(try test.lookUp("example.com", .ns) == ["dns1.example.com."])
        #expect(try test.lookUp("dns1.example.com") == ["10.9.0.2"])
        #expect(try test.lookUp("2.0.9.10.in-addr.arpa", .ptr) == ["dns1.example.com."])
    }

    @Test func aProviderAtAnotherAddressIsAnotherProvider() throws {
        var test = try test()
        try test.add(1..<3)
        try test.apply(.approve(provider: Self.name, zone: "example.com."))
        try pay(&test)
        try test.configure { $0.providers[Self.name]?.address = "http://other:8081" }
        #expect(owed(test).count == 4)
        #expect(!test.state.isApproved(provider: Self.name, zone: "example.com."))
        try test.restart()
        #expect(owed(test).count == 4)
        try pay(&test)
        try test.configure { _ in }
        #expect(owed(test).isEmpty, "the same address is the same provider")
    }

    @Test func whatProxmoxPublishesItselfIsKept() throws {
        var test = try test()
        let publishing = SDNPublishing(
            zones: [try StateUnderTest.name("lab.example.com")], hasReverse: true)
        let command = Command(.reportSDN(publishing), atSeconds: 1)
        #expect(try Command(decoding: command.encoded(), cluster: nil) == command)
        try test.apply(.reportSDN(publishing))
        try test.restart()
        #expect(test.state.sdnPublishing == publishing)
    }
}
