import Inventory
import Testing
import TestSupport
import Zones

/// RFC 9432: the zone that lists the others.
@Suite struct RFC9432 {
    private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    private func zone() throws -> (ChangingZone, DomainName) {
        let catalog = try name("catalog.invalid")
        var zone = ChangingZone()
        _ = zone.configure { $0.catalog = catalog }
        return (zone, catalog)
    }

    private func members(_ zone: ChangingZone, _ catalog: DomainName) -> [DomainName: DomainName] {
        let sets = zone.zones.zones[catalog]?.allSets.filter { $0.key.type == .ptr } ?? []
        return sets.reduce(into: [:]) { members, set in
            if let target = set.data.first.flatMap({ DomainName(wire: $0) }) {
                members[target] = set.key.owner
            }
        }
    }

    @Test func section4ItHasAVersionAndAMemberForEachZone() throws {
        let (zone, catalog) = try zone()
        let own = try #require(zone.zones.zones[catalog])
        let version = RecordSetKey(owner: try name("version.catalog.invalid"), type: .txt)
        #expect(own.set(version)?.data == [[1, UInt8(ascii: "2")]])
        let servers = own.set(RecordSetKey(owner: catalog, type: .ns))
        #expect(servers?.data == [try name("invalid").wire])
        let members = members(zone, catalog)
        #expect(Set(members.keys) == [zone.apex, zone.reverse])
        #expect(Set(members.values).count == 2)
        let list = try name("zones.catalog.invalid")
        #expect(members.values.allSatisfy { $0.parent == list })
    }

    @Test func section4_1AMemberKeepsItsLabel() throws {
        var (zone, catalog) = try zone()
        let before = members(zone, catalog)
        let serial = try #require(zone.zones.zones[catalog]).serial
        let new = try name("new.example")
        let changes = zone.configure { $0.forward.append(new) }
        #expect(changes.map(\.apex).contains(catalog) && changes.map(\.apex).contains(new))
        let after = members(zone, catalog)
        #expect(after.count == 3 && before.allSatisfy { after[$0] == $1 })
        let present = try #require(zone.zones.zones[catalog])
        #expect(present.serial.isLater(than: serial))
        // The way from one to the next is in the journal, and it is short.
        let steps = zone.zones.journals[catalog]?.steps(since: serial)
        #expect(steps?.steps.count == 1)
        _ = zone.configure { $0.forward.removeAll { $0 == new } }
        #expect(members(zone, catalog) == before)
    }

    @Test func whatHappensInZonesDoesNotConcernIt() throws {
        var (zone, catalog) = try zone()
        zone.set(1, address: 1)
        #expect(!zone.commit().map(\.apex).contains(catalog))
        // Its names are nobody's, and its records no provider's.
        #expect(zone.zones.apex(of: try name("zones.catalog.invalid")) == nil)
        #expect(!zone.zones.contents.contains { $0.key.owner.isAtOrBelow(catalog) })
    }

    @Test(arguments: ["example.com", "catalog.example.com", "com"])
    func anotherZoneGoesBeforeIt(text: String) throws {
        let catalog = try name(text)
        var zone = ChangingZone()
        let zones = Set(zone.zones.zones.keys)
        _ = zone.configure { $0.catalog = catalog }
        #expect(zone.zones.catalog == nil && Set(zone.zones.zones.keys) == zones)
    }

    @Test func withoutTheSettingItGoes() throws {
        var (zone, catalog) = try zone()
        let changes = zone.configure { $0.catalog = nil }
        #expect(changes == [.removed(apex: catalog)])
        #expect(zone.zones.catalog == nil)
    }
}
