import ClusterState
import Inventory
import Testing
import Zones

/// The rules of a guest's life, from the first look to the last record.
@Suite struct GuestLifeTests {
    private let cluster = ClusterID(high: 7, low: 7)
    private var state = ReplicatedState()
    private var time: UInt64 = 1_700_000_000

    init() throws {
        var settings = ClusterSettings()
        settings.naming.zones = [try name("example.com")]
        var mapping = NamingPolicy.Mapping(
            domain: try name("example.com"), networks: [try #require(CIDR("10.0.0.0/8"))])
        mapping.trustsAll = true
        settings.naming.mappings = [mapping]
        settings.reverseNetworks = mapping.networks
        try apply(.found(cluster))
        try apply(.configure(settings))
    }

    private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    private mutating func apply(_ body: Command.Body, after seconds: UInt64 = 1) throws {
        time += seconds
        _ = try state.apply(Command(body, atSeconds: time))
    }

    private func report(
        _ vmid: UInt32, _ name: String, _ address: String?, mac: String? = nil,
        incarnation: String = "", change: (inout Guest) -> Void = { _ in }
    ) throws -> GuestReport {
        var guest = Guest(
            id: GuestID(cluster: cluster, vmid: vmid, incarnation: incarnation), kind: .qemu,
            node: "pve1")
        guest.name = name
        guest.runState = .running
        var interface = GuestInterface(key: "net0")
        interface.mac = MACAddress(mac ?? "bc:24:11:00:00:\(vmid % 90 + 10)")
        interface.bridge = "vmbr0"
        if let address {
            interface.addresses = [
                GuestAddress(try #require(InterfaceAddress(address)), origin: .agent)
            ]
        }
        guest.interfaces = [interface]
        change(&guest)
        return GuestReport(
            guest: guest, addresses: address == nil ? .unknown(reason: "silent") : .observed)
    }

    /// The data of one set as text: addresses, or names.
    private func lookUp(_ owner: String, _ type: RecordType) throws -> [String] {
        let key = RecordSetKey(owner: try name(owner), type: type)
        let set = state.zones.zones.values.lazy.compactMap { $0.set(key) }.first
        return (set?.data ?? []).map { data in
            DomainName(wire: data)?.description ?? IPAddress(octets: data)?.description ?? "?"
        }
    }

    private func findings(_ vmid: UInt32) -> [Withholding] {
        state.guests.keys.first { $0.vmid == vmid }
            .flatMap { state.standing(of: $0) }?.findings.map(\.reason) ?? []
    }

    @Test mutating func nameAndPointerComeAsAPair() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        #expect(try lookUp("10.5.0.10.in-addr.arpa", .ptr) == ["web1.example.com."])
    }

    @Test mutating func silenceAndStoppingTakeNothingAway() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        try apply(.reportGuests([try report(101, "web1", nil)]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        try apply(.reportGuests([try report(101, "web1", nil) { $0.runState = .stopped }]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
    }

    @Test mutating func renumberingIsOneStep() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        try apply(.reportGuests([try report(101, "web1", "10.0.5.11/24")]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.11"])
        #expect(try lookUp("10.5.0.10.in-addr.arpa", .ptr).isEmpty)
        #expect(try lookUp("11.5.0.10.in-addr.arpa", .ptr) == ["web1.example.com."])
    }

    @Test mutating func destroyedGuestsGoAfterTheGraceTime() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        // The last guest's records would stay.
        try apply(.reportGuests([try report(102, "web2", "10.0.5.11/24")]))
        try apply(.reportGone(state.guests.keys.filter { $0.vmid == 101 }))
        try apply(.advance, after: 599)
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        #expect(findings(101).contains(.destroyed))
        #expect(state.nextDueSeconds == time + 1)
        try apply(.advance, after: 1)
        #expect(try lookUp("web1.example.com", .a).isEmpty && state.guests.count == 1)
    }

    @Test mutating func aGuestThatComesBackInTimeKeepsEverything() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        try apply(.reportGone(Array(state.guests.keys)))
        try apply(.reportGuests([try report(101, "web1", nil)]))
        try apply(.advance, after: 10_000)
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
    }

    @Test mutating func theFirstHolderKeepsItsName() throws {
        try apply(.reportGuests([try report(105, "web1", "10.0.5.10/24")]))
        try apply(.reportGuests([try report(101, "web1", "10.0.5.11/24")]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        #expect(try lookUp("11.5.0.10.in-addr.arpa", .ptr).isEmpty)
        let holder = try #require(state.guests.keys.first { $0.vmid == 105 })
        #expect(findings(101) == [.nameHeld(try name("web1.example.com"), by: holder)])
        // The name falls to the other one when the holder gives it up.
        try apply(.reportGuests([try report(105, "web2", "10.0.5.10/24")]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.11"])
        #expect(try lookUp("web2.example.com", .a) == ["10.0.5.10"])
    }

    @Test mutating func aCloneWithTheSameMACGetsNoAddress() throws {
        let mac = "bc:24:11:aa:bb:01"
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24", mac: mac)]))
        try apply(.reportGuests([try report(102, "clone", "10.0.5.10/24", mac: mac)]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        #expect(try lookUp("clone.example.com", .a).isEmpty)
        #expect(try lookUp("10.5.0.10.in-addr.arpa", .ptr) == ["web1.example.com."])
        let first = try #require(state.guests.keys.first { $0.vmid == 101 })
        #expect(findings(102) == [.addressHeld(by: first)])
    }

    @Test mutating func nobodyTakesAnothersAddressAway() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        let thief = try report(102, "thief", "10.0.5.10/24") { guest in
            guest.interfaces[0].addresses += guest.interfaces[0].addresses.map {
                GuestAddress($0.address, origin: .configured)
            }
        }
        try apply(.reportGuests([thief]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        #expect(try lookUp("10.5.0.10.in-addr.arpa", .ptr) == ["web1.example.com."])
        #expect(try lookUp("thief.example.com", .a).isEmpty)
    }

    @Test mutating func anAddressSeenOnSeveralGuestsAtOnceIsNobodys() throws {
        try apply(
            .reportGuests([
                try report(101, "lb1", "10.0.5.10/24"), try report(102, "lb2", "10.0.5.10/24"),
            ]))
        #expect(try lookUp("lb1.example.com", .a).isEmpty)
        #expect(try lookUp("10.5.0.10.in-addr.arpa", .ptr).isEmpty)
        #expect(findings(101) == [.seenOnSeveralGuests])
    }

    @Test mutating func aRunningGuestHasTheAddressOfAStoppedOne() throws {
        try apply(.reportGuests([try report(101, "old", "10.0.5.10/24")]))
        try apply(.reportGuests([try report(101, "old", nil) { $0.runState = .stopped }]))
        try apply(.reportGuests([try report(102, "new", "10.0.5.10/24")]))
        #expect(try lookUp("new.example.com", .a) == ["10.0.5.10"])
        #expect(try lookUp("old.example.com", .a).isEmpty)
        #expect(try lookUp("10.5.0.10.in-addr.arpa", .ptr) == ["new.example.com."])
    }

    @Test mutating func aLockedGuestIsAsItWasBefore() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        for lock in ["rollback", "clone", "create", "destroyed"] {
            let locked = try report(101, "other", nil) {
                $0.lock = lock
                $0.interfaces = []
            }
            try apply(.reportGuests([locked]))
            #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        }
        try apply(.reportGuests([try report(102, "new", "10.0.5.11/24") { $0.lock = "clone" }]))
        #expect(try lookUp("new.example.com", .a).isEmpty)
        try apply(.reportGuests([try report(102, "new", "10.0.5.11/24")]))
        #expect(try lookUp("new.example.com", .a) == ["10.0.5.11"])
    }

    @Test mutating func aGuestsOwnNameComesBeforeAnothersWish() throws {
        let tenant = try report(100, "tenant", "10.0.5.9/24") {
            $0.settings.aliases = ["gateway"]
            $0.settings.service = "gateway"
        }
        try apply(.reportGuests([tenant, try report(200, "gateway", "10.0.5.1/24")]))
        #expect(try lookUp("gateway.example.com", .a) == ["10.0.5.1"])
    }

    @Test mutating func theOperatorsConfigurationOutweighsWhatAnotherGuestShows() throws {
        let configured = try report(101, "web1", "10.0.5.10/24") { guest in
            guest.interfaces[0].addresses += guest.interfaces[0].addresses.map {
                GuestAddress($0.address, origin: .configured)
            }
        }
        try apply(.reportGuests([try report(100, "thief", "10.0.5.10/24"), configured]))
        #expect(try lookUp("web1.example.com", .a) == ["10.0.5.10"])
        #expect(try lookUp("thief.example.com", .a).isEmpty)
    }

    @Test mutating func aReusedNumberIsAnotherGuest() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24", incarnation: "a")]))
        try apply(.reportGuests([try report(101, "db1", "10.0.5.12/24", incarnation: "b")]))
        #expect(state.guests.count == 1)
        #expect(try lookUp("web1.example.com", .a).isEmpty)
        #expect(try lookUp("db1.example.com", .a) == ["10.0.5.12"])
    }

    @Test mutating func aServiceNameIsShared() throws {
        for vmid in UInt32(101)...103 {
            let one = try report(vmid, "web\(vmid)", "10.0.5.\(vmid)/24") {
                $0.settings.service = "www"
            }
            try apply(.reportGuests([one]))
        }
        #expect(try lookUp("www.example.com", .a).count == 3)
        #expect(try lookUp("101.5.0.10.in-addr.arpa", .ptr) == ["web101.example.com."])
    }

    @Test mutating func aServiceMayBearItsGuestsOwnName() throws {
        let one = try report(101, "www", "10.0.5.10/24") { $0.settings.service = "www" }
        try apply(.reportGuests([one]))
        #expect(try lookUp("www.example.com", .a) == ["10.0.5.10"])
        #expect(try lookUp("10.5.0.10.in-addr.arpa", .ptr) == ["www.example.com."])
        #expect(findings(101).isEmpty)
    }

    @Test mutating func anAliasFollowsItsGuestOnly() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        let second = try report(102, "web1", "10.0.5.11/24") { $0.settings.aliases = ["shop"] }
        try apply(.reportGuests([second]))
        #expect(try lookUp("shop.example.com", .cname).isEmpty)
        try apply(.reportGuests([try report(101, "other", "10.0.5.10/24")]))
        #expect(try lookUp("shop.example.com", .cname) == ["web1.example.com."])
    }

    @Test mutating func hostsAreNameServersAndTheirNamesAreReserved() throws {
        let address = try #require(IPAddress("10.0.1.11"))
        try apply(.reportHosts([Host(name: "pve1", addresses: [address])]))
        try apply(.reportGuests([try report(101, "pve1", "10.0.5.10/24")]))
        #expect(try lookUp("example.com", .ns) == ["pve1.example.com."])
        #expect(try lookUp("pve1.example.com", .a) == ["10.0.1.11"])
        #expect(try lookUp("11.1.0.10.in-addr.arpa", .ptr) == ["pve1.example.com."])
        #expect(findings(101) == [.reserved(try name("pve1.example.com"))])
    }

    @Test mutating func aHostThatIsSilentKeepsItsAddresses() throws {
        let address = try #require(IPAddress("10.0.1.11"))
        try apply(.reportHosts([Host(name: "pve1", addresses: [address])]))
        #expect(!state.isNews([Host(name: "pve1", addresses: [])]))
        try apply(.reportHosts([Host(name: "pve1", addresses: [])]))
        #expect(try lookUp("pve1.example.com", .a) == ["10.0.1.11"])
    }

    @Test mutating func aNameHoldsSoManyRecordsAndNoMore() throws {
        var reports: [GuestReport] = []
        for number in 0..<UInt32(ZoneSet.recordLimit + 5) {
            reports.append(
                try report(
                    1_000 + number, "web\(number)", "10.1.\(number / 250).\(number % 250 + 1)/16"
                ) { $0.settings.service = "www" })
        }
        try apply(.reportGuests(reports))
        #expect(try lookUp("www.example.com", .a).count == ZoneSet.recordLimit)
        let full = try name("www.example.com")
        let last = 1_000 + UInt32(ZoneSet.recordLimit) + 4
        #expect(findings(last) == [.nameFull(full, limit: ZoneSet.recordLimit)])
    }

    @Test mutating func newsIsWhatWouldChangeSomething() throws {
        let first = try report(101, "web1", "10.0.5.10/24")
        #expect(state.isNews(first))
        try apply(.reportGuests([first]))
        #expect(!state.isNews(first))
        #expect(!state.isNews(try report(101, "web1", nil)))
        #expect(state.isNews(try report(101, "web1", "10.0.5.11/24")))
    }

    @Test mutating func onlyTheZonesOfAChangedNameGetASerial() throws {
        try apply(.reportGuests([try report(101, "web1", "10.0.5.10/24")]))
        let before = state.zones.zones.mapValues(\.serial)
        let tagged = try report(101, "web1", "10.0.5.10/24") { $0.tags = ["new"] }
        try apply(.reportGuests([tagged]))
        #expect(state.zones.zones.mapValues(\.serial) == before)
    }
}
