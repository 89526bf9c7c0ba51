import Inventory
import Planning
import Testing
import Zones

/// The brake on zones alone, with claims made by hand.
@Suite struct HeldSetTests {
    private let apex: DomainName
    private var settings = ZoneSettings()
    private var zones = ZoneSet()

    init() throws {
        apex = try #require(DomainName("example.com"))
        settings.forward = [apex]
        _ = zones.configure(settings, hosts: [], atSeconds: 1)
    }

    private func name(_ label: String) throws -> DomainName {
        try #require(DomainName(label + ".example.com"))
    }

    private func guest(_ number: Int) -> GuestID {
        GuestID(
            cluster: ClusterID(high: 1, low: 1), vmid: UInt32(number), incarnation: "")
    }

    private func claim(_ label: String, _ address: Int) throws -> StampedClaim {
        let address = IPAddress.v4(IPv4Address(bits: 0x0A00_0000 + UInt32(address)))
        let evidence = Publication.Evidence(mac: nil, isRunning: true, isConfigured: false)
        return StampedClaim(
            .host(
                name: try name(label), address: ScopedAddress(address), hasReverse: true,
                evidence: evidence), nameOrder: 1, addressOrder: 1)
    }

    private mutating func claim(_ numbers: Range<Int>, offset: Int = 0) throws {
        for number in numbers {
            zones.setClaims([try claim("web\(number)", number + offset)], of: guest(number))
        }
    }

    private mutating func withdraw(_ numbers: Range<Int>) {
        for number in numbers {
            zones.setClaims([], of: guest(number))
        }
    }

    private func keys(_ changes: [ZoneChange]) -> [RecordSetKey] {
        changes.flatMap { change -> [RecordSetKey] in
            guard case .updated(let difference) = change else { return [] }
            return difference.removed + difference.changed.map(\.key).filter { $0.type != .soa }
        }
    }

    @Test mutating func fiveOfASmallZoneMayGoInAnHour() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        withdraw(0..<5)
        #expect(keys(zones.commit(atSeconds: 20)).count == 5)
        withdraw(5..<6)
        #expect(zones.commit(atSeconds: 30).isEmpty)
        #expect(zones.nextDueSeconds == 20 + Brake.windowSeconds)
        #expect(zones.commit(atSeconds: 19 + Brake.windowSeconds).isEmpty)
        let key = RecordSetKey(owner: try name("web5"), type: .a)
        #expect(keys(zones.commit(atSeconds: 20 + Brake.windowSeconds)) == [key])
        #expect(zones.held.isEmpty && zones.nextDueSeconds == nil)
    }

    @Test mutating func allThatWaitsGoesOrNone() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        withdraw(0..<4)
        _ = zones.commit(atSeconds: 20)
        withdraw(4..<6)
        #expect(zones.commit(atSeconds: 30).isEmpty)
        // There is room for one of the two.
        #expect(zones.held.map(\.sets.count) == [2])
        try claim(5..<6)
        #expect(keys(zones.commit(atSeconds: 40)).count == 1)
        #expect(zones.held.isEmpty)
    }

    @Test mutating func whatBecomesWhatItWasIsNotHeld() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        let before = zones.zones
        try claim(0..<20, offset: 100)
        #expect(zones.commit(atSeconds: 20).isEmpty)
        let held = try #require(zones.held.first)
        #expect(held.sets.count == 20 && held.sinceSeconds == 20)
        #expect(held.sets.allSatisfy { $0.standing?.data != $0.wanted?.data })
        let waiting = try claim("web7", 107).claim
        #expect(zones.objection(to: waiting, of: guest(7)) == .braked(try name("web7")))
        try claim(0..<20)
        #expect(zones.commit(atSeconds: 30).isEmpty)
        #expect(zones.held.isEmpty && zones.zones == before && zones.brakes.isEmpty)
    }

    @Test mutating func theReasonIsThatOfTheLastLook() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        withdraw(0..<8)
        _ = zones.commit(atSeconds: 20)
        withdraw(8..<20)
        _ = zones.commit(atSeconds: 30)
        let held = try #require(zones.held.first)
        #expect(held.reason == .tooMany(asked: 20, entries: 20, allowed: 5))
        #expect(held.sinceSeconds == 20)
    }

    @Test mutating func aReleaseIsOneChangePerZone() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        withdraw(0..<20)
        _ = zones.commit(atSeconds: 20)
        let serial = try #require(zones.zones[apex]?.serial)
        let changes = zones.releaseBrake(atSeconds: 30)
        #expect(changes.count == 1 && keys(changes).count == 20)
        #expect(zones.zones[apex]?.serial.isLater(than: serial) == true)
        #expect(zones.releaseBrake(atSeconds: 40).isEmpty)
    }

    @Test mutating func namesThatMoveIntoANewZoneGoAlong() throws {
        try claim(0..<20)
        for number in 30..<50 {
            zones.setClaims([try claim("web\(number).sub", number)], of: guest(number))
        }
        _ = zones.commit(atSeconds: 10)
        let inner = try name("sub")
        settings.forward = [apex, inner]
        _ = zones.configure(settings, hosts: [], atSeconds: 20)
        #expect(zones.held.isEmpty)
        let key = RecordSetKey(owner: try name("web40.sub"), type: .a)
        #expect(zones.zones[inner]?.set(key) != nil && zones.zones[apex]?.set(key) == nil)
        settings.forward = [apex]
        _ = zones.configure(settings, hosts: [], atSeconds: 30)
        #expect(zones.held.isEmpty && zones.zones[apex]?.set(key) != nil)
    }

    @Test mutating func aNameThatBecomesAHostsIsTheHosts() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        let address = try #require(IPAddress("10.9.9.9"))
        let hosts = try (0..<10).map {
            ZoneSettings.NameServer(name: try name("web\($0)"), addresses: [address])
        }
        _ = zones.configure(settings, hosts: hosts, atSeconds: 20)
        #expect(zones.held.isEmpty)
        let key = RecordSetKey(owner: try name("web3"), type: .a)
        #expect(zones.set(key)?.data == [address.octets])
        // And back again: what goes is no guest's.
        _ = zones.configure(settings, hosts: [], atSeconds: 30)
        #expect(zones.held.isEmpty && zones.set(key)?.data == [[10, 0, 0, 3]])
    }

    @Test mutating func aZoneMadeAnewHoldsASwapAsAWhole() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        for number in 0..<20 {
            let alias = Publication.Claim.alias(
                name: try name("web\(number)"), target: try name("moved\(number)"))
            zones.setClaims(
                [
                    try claim("moved\(number)", number),
                    StampedClaim(alias, nameOrder: 2, addressOrder: 0),
                ], of: guest(number))
        }
        _ = zones.configure(settings, hosts: [], atSeconds: 20)
        let address = RecordSetKey(owner: try name("web4"), type: .a)
        let alias = RecordSetKey(owner: try name("web4"), type: .cname)
        #expect(zones.set(address) != nil && zones.set(alias) == nil)
        #expect(zones.held.map(\.sets.count) == [40])
        _ = zones.releaseBrake(atSeconds: 30)
        #expect(zones.set(address) == nil && zones.set(alias) != nil)
    }

    @Test mutating func aZoneSetPutTogetherAgainHoldsTheSame() throws {
        try claim(0..<20)
        _ = zones.commit(atSeconds: 10)
        withdraw(0..<3)
        _ = zones.commit(atSeconds: 20)
        withdraw(3..<15)
        try claim(15..<20, offset: 100)
        _ = zones.commit(atSeconds: 30)
        var other = ZoneSet(serials: zones.serials)
        for number in 15..<20 {
            other.setClaims([try claim("web\(number)", number + 100)], of: guest(number))
        }
        let saved = zones.brakes.mapValues { brake in
            ZoneBrake(
                window: brake.window,
                held: brake.held.values.map {
                    HeldSet(key: $0.key, standing: $0.standing, wanted: nil)
                }, reason: brake.reason, sinceSeconds: brake.sinceSeconds)
        }
        other.restore(settings, hosts: [], brakes: saved)
        #expect(other.zones == zones.zones && other.brakes == zones.brakes)
        #expect(other.releaseBrake(atSeconds: 40) == zones.releaseBrake(atSeconds: 40))
        #expect(other.zones == zones.zones)
    }
}
