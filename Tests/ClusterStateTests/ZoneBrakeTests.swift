import ClusterState
import Inventory
import Planning
import Testing
import Zones

/// The brake in our own zones.
@Suite struct ZoneBrakeTests {
    @Test func sixHundredOfTwoThousandStay() throws {
        var test = try StateUnderTest()
        try test.add(0..<2_000)
        let serials = test.state.zones.serials
        try test.destroy(0..<600)
        #expect(test.changes.isEmpty && test.state.zones.serials == serials)
        #expect(test.addressSets == 2_000 && test.state.guests.count == 1_400)
        let held = test.state.zones.held
        #expect(held.map(\.apex.description) == ["10.in-addr.arpa.", "example.com."])
        for zone in held {
            #expect(zone.sets.count == 600 && zone.sets.allSatisfy { $0.wanted == nil })
            #expect(zone.sets.map(\.key) == zone.sets.map(\.key).sorted())
            #expect(zone.reason == .tooMany(asked: 600, entries: 2_000, allowed: 100))
            #expect(zone.sinceSeconds == test.time)
        }
        // Nothing was done within the hour, so time does not help.
        #expect(test.state.nextDueSeconds == nil)
    }

    @Test func aThirdInEveryCycleGetsNowhere() throws {
        var test = try StateUnderTest()
        try test.add(0..<500)
        for cycle in 0..<10 {
            let left = test.state.guests.count
            try test.destroy(500 - left..<500 - left + left * 29 / 100)
            try test.apply(.advance, after: cycle.isMultiple(of: 2) ? 10 : 4_000)
            #expect(test.addressSets == 500)
        }
    }

    @Test func allOfNineStayAndSoDoesTheLastOne() throws {
        var test = try StateUnderTest()
        try test.add(0..<9)
        try test.destroy(0..<9)
        #expect(test.addressSets == 9)
        // A guest that comes back is not held any more.
        try test.add(0..<3)
        #expect(test.state.zones.held.map(\.sets.count) == [6, 6])
        try test.add(3..<4)
        #expect(test.state.zones.held.isEmpty && test.addressSets == 4)
        // The five that went have filled the hour.
        try test.destroy(0..<4)
        try test.apply(.advance, after: 4_000)
        #expect(test.addressSets == 4)
        #expect(
            test.state.zones.held.map(\.reason) == [
                .wouldEmpty(entries: 4), .wouldEmpty(entries: 4),
            ])
        // Another one in their place, and they go.
        try test.add(20..<21)
        #expect(test.addressSets == 1 && test.state.zones.held.isEmpty)
    }

    @Test func additionsGoOnWhileChangesWait() throws {
        var test = try StateUnderTest()
        try test.add(0..<20)
        try test.apply(
            .reportGuests(try (0..<20).map { try test.report($0, nil, "10.1.0.\($0 + 1)") }))
        #expect(try test.lookUp("web3.example.com") == ["10.0.0.4"])
        // The names are held, the new addresses' pointers are not, and the old ones wait.
        #expect(try test.lookUp("4.0.1.10.in-addr.arpa", .ptr) == ["web3.example.com."])
        #expect(try test.lookUp("4.0.0.10.in-addr.arpa", .ptr) == ["web3.example.com."])
        #expect(test.findings(3) == [.braked(try StateUnderTest.name("web3.example.com"))])
        try test.add(30..<31)
        #expect(try test.lookUp("web30.example.com") == ["10.0.0.31"])
        #expect(test.findings(30).isEmpty)
    }

    @Test func theWindowRollsWithTheClockOfTheCommands() throws {
        var test = try StateUnderTest()
        try test.add(0..<10)
        let start = test.time
        try test.destroy(0..<3)
        try test.apply(.advance, after: 600)
        try test.destroy(3..<6)
        #expect(test.addressSets == 7)
        #expect(
            test.state.zones.held.map(\.reason).first
                == .tooMany(asked: 6, entries: 10, allowed: 5))
        // The three of before count for an hour.
        let due = try #require(test.state.nextDueSeconds)
        #expect(due == start + 1 + Brake.windowSeconds)
        try test.apply(.advance, after: due - test.time - 1)
        #expect(test.addressSets == 7 && test.state.nextDueSeconds == due)
        try test.apply(.advance)
        #expect(test.addressSets == 4 && test.state.zones.held.isEmpty)
        #expect(test.state.nextDueSeconds == nil)
    }

    @Test func aPersonLetsEverythingThrough() throws {
        var test = try StateUnderTest()
        try test.add(0..<20)
        try test.destroy(0..<15)
        try test.apply(.releaseBrake(.provider("powerdns", zone: "example.com")))
        #expect(test.addressSets == 20)
        try test.apply(.releaseBrake(.zones))
        #expect(test.addressSets == 5 && test.state.zones.held.isEmpty)
        #expect(test.changes.map(\.apex.description) == ["10.in-addr.arpa.", "example.com."])
        // What was forced does not count.
        #expect(test.state.zones.brakes.isEmpty)
        try test.destroy(15..<19)
        #expect(test.addressSets == 1)
        try test.destroy(19..<20)
        try test.apply(.releaseBrake(.zones))
        #expect(test.addressSets == 0)
    }

    @Test func aRestartInTheMiddleChangesNothing() throws {
        var test = try StateUnderTest()
        try test.add(0..<20)
        try test.destroy(0..<3)
        try test.destroy(3..<15)
        let (zones, held) = (test.state.zones.zones, test.state.zones.held)
        let due = test.state.nextDueSeconds
        try test.restart()
        #expect(test.state.zones.zones == zones && test.state.zones.held == held)
        #expect(test.state.nextDueSeconds == due && due != nil)
        try test.add(3..<12)
        try test.restart()
        #expect(test.state.zones.held.map(\.sets.count) == [3, 3])
        try test.apply(.advance, after: 3_600)
        #expect(test.addressSets == 14 && test.state.zones.held.isEmpty)
    }

    @Test func settingsThatTakeTooMuchAreHeldToo() throws {
        var test = try StateUnderTest()
        try test.add(0..<200)
        let network = try #require(CIDR("10.0.0.0/24"))
        try test.configure { $0.naming.selection.skipped = [network] }
        #expect(test.addressSets == 200 && test.state.zones.held.map(\.sets.count) == [200, 200])
        try test.restart()
        try test.apply(
            .reportHosts([Host(name: "pve1", addresses: [try #require(IPAddress("10.9.0.1"))])]))
        #expect(test.addressSets == 201 && test.state.zones.held.map(\.sets.count) == [200, 200])
        try test.configure { $0.naming.selection.skipped = [] }
        #expect(test.addressSets == 201 && test.state.zones.held.isEmpty)
    }

    @Test func otherTimesToLiveAreTheOperatorsAct() throws {
        var test = try StateUnderTest()
        try test.add(0..<50)
        try test.configure { $0.zones.times.guest = 120 }
        let set = test.state.zones.set(try StateUnderTest.key("web7.example.com"))
        #expect(set?.ttlSeconds == 120 && test.state.zones.brakes.isEmpty)
    }

    @Test func aZoneThatLeavesTakesItsNamesAlong() throws {
        var test = try StateUnderTest()
        try test.add(0..<50)
        try test.configure {
            $0.naming.zones = []
            $0.reverseNetworks = []
        }
        #expect(test.state.zones.zones.isEmpty && test.state.zones.brakes.isEmpty)
    }

    @Test func anAliasThatWouldTakeTheirPlaceWaitsWithThem() throws {
        var test = try StateUnderTest()
        try test.add(0..<20)
        var reports = try (0..<20).map { try test.report($0, "moved\($0)") }
        for number in 0..<20 {
            reports[number].guest.settings.aliases = ["web\(number)"]
        }
        try test.apply(.reportGuests(reports))
        #expect(try test.lookUp("moved4.example.com") == ["10.0.0.5"])
        #expect(try test.lookUp("web4.example.com") == ["10.0.0.5"])
        #expect(try test.lookUp("web4.example.com", .cname).isEmpty)
        #expect(test.findings(4) == [.braked(try StateUnderTest.name("web4.example.com"))])
        try test.restart()
        #expect(try test.lookUp("web4.example.com", .cname).isEmpty)
        // Zones that are made anew hold the same.
        let held = test.state.zones.held
        try test.apply(.reportHosts([Host(name: "pve1", addresses: [])]))
        #expect(test.state.zones.held == held)
        #expect(try test.lookUp("web4.example.com", .cname).isEmpty)
        try test.apply(.releaseBrake(.zones))
        #expect(try test.lookUp("web4.example.com", .cname) == ["moved4.example.com."])
        #expect(try test.lookUp("web4.example.com").isEmpty && test.findings(4).isEmpty)
    }

    @Test func anAddressThatGoesToANewGuestHasItsNameAtOnce() throws {
        var test = try StateUnderTest()
        try test.add(0..<20)
        try test.destroy(0..<15)
        try test.apply(.reportGuests([try test.report(90, "heir", "10.0.0.5")]))
        #expect(try test.lookUp("heir.example.com") == ["10.0.0.5"])
        // The former guest's name and pointer stand until they may go.
        #expect(try test.lookUp("web4.example.com") == ["10.0.0.5"])
        #expect(try test.lookUp("5.0.0.10.in-addr.arpa", .ptr) == ["web4.example.com."])
        // Its name with another address is a change like the others.
        try test.apply(.reportGuests([try test.report(91, "web5", "10.0.9.1")]))
        #expect(try test.lookUp("web5.example.com") == ["10.0.0.6"])
        #expect(test.findings(91) == [.braked(try StateUnderTest.name("web5.example.com"))])
        try test.apply(.releaseBrake(.zones))
        #expect(try test.lookUp("web5.example.com") == ["10.0.9.1"])
        #expect(try test.lookUp("5.0.0.10.in-addr.arpa", .ptr) == ["heir.example.com."])
        #expect(try test.lookUp("web4.example.com").isEmpty)
    }
}
