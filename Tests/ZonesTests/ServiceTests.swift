import Inventory
import Testing
import Zones

/// RFC 6763: what follows from service records that the operator gives.
@Suite struct RFC6763 {
    private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    private func zones() throws -> ZoneSet {
        var settings = ZoneSettings()
        settings.forward = [try name("example.com")]
        var zones = ZoneSet()
        _ = zones.configure(settings, hosts: [], atSeconds: 1_000)
        return zones
    }

    private func pointers(_ zones: ZoneSet, _ owner: String) throws -> [DomainName] {
        let set = zones.set(RecordSetKey(owner: try name(owner), type: .ptr))
        return set?.data.compactMap { DomainName(wire: $0) } ?? []
    }

    private func instance(_ kind: String, _ label: String) throws -> RecordSet {
        RecordSet(
            owner: try name(kind), type: .ptr, ttlSeconds: 300,
            data: [try name("\(label).\(kind)").wire])
    }

    private func put(_ set: RecordSet, in zones: inout ZoneSet, at seconds: UInt64) {
        zones.setStatic(set, at: set.key)
        _ = zones.commit(atSeconds: seconds)
    }

    @Test func section11AZoneWithServicesIsBrowsed() throws {
        var zones = try zones()
        #expect(try pointers(zones, "b._dns-sd._udp.example.com").isEmpty)
        put(try instance("_http._tcp.example.com", "wiki"), in: &zones, at: 2_000)
        let apex = try name("example.com")
        #expect(try pointers(zones, "b._dns-sd._udp.example.com") == [apex])
        #expect(try pointers(zones, "lb._dns-sd._udp.example.com") == [apex])
    }

    @Test func section9KindsOfServicesAreListed() throws {
        var zones = try zones()
        let kinds = ["_http._tcp.example.com", "_ipp._tcp.example.com"]
        for (index, kind) in kinds.enumerated() {
            put(try instance(kind, "one"), in: &zones, at: 2_000 + UInt64(index))
        }
        let list = "_services._dns-sd._udp.example.com"
        let wanted = Set(try kinds.map { try name($0) })
        #expect(try Set(pointers(zones, list)) == wanted)
        // The same from scratch.
        var again = ZoneSet(serials: zones.serials)
        again.adopt(zones.statics)
        var settings = ZoneSettings()
        settings.forward = [try name("example.com")]
        again.restore(settings, hosts: [])
        #expect(again.zones == zones.zones)
        zones.setStatic(nil, at: RecordSetKey(owner: try name(kinds[0]), type: .ptr))
        _ = zones.commit(atSeconds: 3_000)
        #expect(try pointers(zones, list) == [try name(kinds[1])])
        zones.setStatic(nil, at: RecordSetKey(owner: try name(kinds[1]), type: .ptr))
        _ = zones.commit(atSeconds: 3_001)
        for label in ["b", "lb", "_services"] {
            #expect(try pointers(zones, "\(label)._dns-sd._udp.example.com").isEmpty)
        }
        #expect(zones.contents.isEmpty)
    }

    @Test func theOperatorsOwnGoBefore() throws {
        var zones = try zones()
        put(try instance("_http._tcp.example.com", "wiki"), in: &zones, at: 2_000)
        let other = try name("elsewhere.example")
        let own = RecordSet(
            owner: try name("b._dns-sd._udp.example.com"), type: .ptr, ttlSeconds: 60,
            data: [other.wire])
        put(own, in: &zones, at: 2_001)
        #expect(try pointers(zones, "b._dns-sd._udp.example.com") == [other])
        zones.setStatic(nil, at: own.key)
        _ = zones.commit(atSeconds: 2_002)
        #expect(try pointers(zones, "b._dns-sd._udp.example.com") == [name("example.com")])
    }

    @Test(arguments: [
        "_http._sctp.example.com", "http._tcp.example.com", "_dns-sd._udp.example.com",
        "_http._tcp.sub.example.com", "host.example.com",
    ])
    func nothingFollowsFromOthers(owner: String) throws {
        var zones = try zones()
        put(try instance(owner, "x"), in: &zones, at: 2_000)
        #expect(zones.contents.count == 1)
    }
}
