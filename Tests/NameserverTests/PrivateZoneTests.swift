import Inventory
import Nameserver
import Testing
import Zones

@Suite("RFC 6303: private reverse zones") struct RFC6303 {
    private func server(_ zones: [String: [RecordSet]]) throws -> TestServer {
        let server = try TestServer(store(zones))
        try server.store.holdPrivateZones(true)
        return server
    }

    @Test(arguments: [
        "1.2.3.10.in-addr.arpa", "1.1.16.172.in-addr.arpa", "1.1.31.172.in-addr.arpa",
        "1.1.168.192.in-addr.arpa", "1.0.0.127.in-addr.arpa", "1.1.64.100.in-addr.arpa",
        "1.1.254.169.in-addr.arpa", "0.0.d.f.ip6.arpa", "1.0.8.e.f.ip6.arpa",
        "1.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    ])
    func section3NamesDoNotExist(question: String) throws {
        let answer = try server(["example.com.": []]).ask(question, .ptr)
        #expect(answer.code == 3 && answer.isAuthoritative)
        #expect(answer.authority.map(\.type) == [.soa])
        #expect(answer.authority.map(\.ttlSeconds) == [10_800])
    }

    @Test func publicSpaceIsNotOurs() throws {
        let server = try server(["example.com.": []])
        for question in [
            "1.1.15.172.in-addr.arpa", "1.1.32.172.in-addr.arpa", "8.8.8.8.in-addr.arpa",
            "in-addr.arpa", "1.1.63.100.in-addr.arpa", "0.0.0.0.2.ip6.arpa",
        ] {
            #expect(try server.ask(question, .ptr).code == 5, "\(question)")
        }
    }

    @Test func theApexIsAZone() throws {
        let server = try server(["example.com.": []])
        #expect(try server.ask("10.in-addr.arpa", .soa).answer.count == 1)
        #expect(try server.ask("10.in-addr.arpa", .ns).answer.map(\.owner) == ["10.in-addr.arpa."])
    }

    @Test func theOperatorsZoneCounts() throws {
        let server = try server([
            "10.in-addr.arpa.": [names("1.0.0.10.in-addr.arpa.", .ptr, "a.example.com.")]
        ])
        #expect(try server.ask("1.0.0.10.in-addr.arpa", .ptr).answer.count == 1)
        let soa = try #require(try server.ask("10.in-addr.arpa", .soa).answer.first)
        #expect(soa.ttlSeconds == 3_600)
        try server.store.publish([.removed(apex: name("10.in-addr.arpa."))])
        #expect(try server.ask("1.0.0.10.in-addr.arpa", .ptr).code == 3)
    }

    @Test func zonesBelowAreLeadTo() throws {
        let server = try server([
            "5.20.10.in-addr.arpa.": [names("1.5.20.10.in-addr.arpa.", .ptr, "a.example.com.")]
        ])
        #expect(try server.ask("1.5.20.10.in-addr.arpa", .ptr).answer.count == 1)
        // Its ancestors exist, or whoever asks label by label would stop there (RFC 8020).
        #expect(try server.ask("20.10.in-addr.arpa", .ns).code == 0)
        #expect(try server.ask("21.10.in-addr.arpa", .ns).code == 3)
        #expect(try server.ask("1.6.20.10.in-addr.arpa", .ptr).code == 3)
        #expect(try server.ask("5.20.10.in-addr.arpa", .ds).code == 0)
        try server.store.publish([.removed(apex: name("5.20.10.in-addr.arpa."))])
        #expect(try server.ask("20.10.in-addr.arpa", .ns).code == 3)
    }

    @Test func aZoneAboveHoldsAll() throws {
        let server = try server([
            "in-addr.arpa.": [names("1.0.0.10.in-addr.arpa.", .ptr, "a.example.com.")]
        ])
        #expect(try server.ask("1.0.0.10.in-addr.arpa", .ptr).answer.count == 1)
        #expect(
            try server.ask("2.0.0.10.in-addr.arpa", .ptr).authority.map(\.owner)
                == ["in-addr.arpa."])
        #expect(try server.ask("1.0.d.f.ip6.arpa", .ptr).code == 3)
    }

    @Test func theyCanBeOff() throws {
        let server = try server(["example.com.": []])
        let held = server.store.statistics.zones
        #expect(held == 1 + 9 + 16 + 64 + 8)
        try server.store.holdPrivateZones(false)
        #expect(try server.ask("1.2.3.10.in-addr.arpa", .ptr).code == 5)
        #expect(server.store.statistics.zones == 1)
    }
}
