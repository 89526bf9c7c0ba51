import Inventory
import Testing
import Zones

@Suite struct ZoneSetTests {
    @Test func aZoneInsideAnotherIsDelegatedThere() throws {
        let outer = try #require(DomainName("lab.example"))
        let inner = try #require(DomainName("sub.lab.example"))
        let server = try #require(DomainName("pve1.lab.example"))
        let address = try #require(IPAddress("192.0.2.1"))
        var settings = ZoneSettings()
        settings.forward = [outer, inner]
        var zones = ZoneSet()
        _ = zones.configure(
            settings, hosts: [.init(name: server, addresses: [address])], atSeconds: 1_000)
        let key = RecordSetKey(owner: inner, type: .ns)
        #expect(zones.zones[outer]?.set(key)?.data == [server.wire])
        #expect(zones.zones[inner]?.set(key)?.data == [server.wire])
    }
}
