import ClusterState
import Inventory
import Testing
import Zones

/// What the operator gives, and what it does to what guests bring.
@Suite struct StaticRecordTests {
    private var test: StateUnderTest

    init() throws {
        test = try StateUnderTest()
    }

    private func set(
        _ owner: String, _ type: RecordType, _ data: [[UInt8]], ttl: UInt32 = 300
    ) throws -> RecordSet {
        RecordSet(
            owner: try StateUnderTest.name(owner), type: type, ttlSeconds: ttl, data: data)
    }

    private func wire(_ name: String) throws -> [UInt8] { try StateUnderTest.name(name).wire }

    private mutating func put(
        _ sets: RecordSet..., takesNames: Bool = false, comment: String = "",
        expecting: RecordEdit.Expectation = .any
    ) throws {
        let changes = sets.map {
            RecordEdit.Change($0.key, $0, comment: comment, expecting: expecting)
        }
        try test.apply(.editRecords(RecordEdit(changes, takesNames: takesNames)))
    }

    private mutating func remove(_ owner: String, _ type: RecordType) throws {
        let key = try StateUnderTest.key(owner, type)
        try test.apply(.editRecords(RecordEdit([.init(key, nil)])))
    }

    private func expectRefusal(
        _ reason: Refusal.Reason, _ body: () throws -> Void
    ) {
        do {
            try body()
            Issue.record("\(reason) expected")
        } catch {
            guard case ClusterStateError.refused(let refusal) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(refusal.reason == reason, "\(refusal)")
        }
    }

    // MARK: Names

    @Test mutating func aStaticNameIsNobodyElses() throws {
        try put(try set("web1.example.com", .txt, [[1, 0x61]]))
        try test.add(1..<3)
        #expect(try test.lookUp("web1.example.com").isEmpty)
        #expect(try test.lookUp("web2.example.com") == ["10.0.0.3"])
        #expect(try test.lookUp("2.0.0.10.in-addr.arpa", .ptr).isEmpty)
        let id = try #require(test.state.guests.keys.min())
        let reasons = test.state.standing(of: id)?.findings.map(\.reason)
        #expect(reasons == [.staticName(try StateUnderTest.name("web1.example.com"))])
        try remove("web1.example.com", .txt)
        #expect(try test.lookUp("web1.example.com") == ["10.0.0.2"])
        #expect(try test.lookUp("2.0.0.10.in-addr.arpa", .ptr) == ["web1.example.com."])
    }

    @Test mutating func aGuestsNameIsTakenOnlyIfAsked() throws {
        try test.add(1..<3)
        let alias = try set("web1.example.com", .cname, [wire("web2.example.com")])
        let edit = RecordEdit([.init(alias.key, alias)])
        var copy = test
        expectRefusal(.nameOfGuest) { try copy.apply(.editRecords(edit)) }
        do {
            try copy.apply(.editRecords(edit))
        } catch {
            #expect("\(error)".contains("1"))
        }
        try put(alias, takesNames: true)
        #expect(try test.lookUp("web1.example.com").isEmpty)
        #expect(try test.lookUp("web1.example.com", .cname) == ["web2.example.com."])
        try test.restart()
        #expect(try test.lookUp("web1.example.com", .cname) == ["web2.example.com."])
    }

    @Test mutating func nothingOfGuestsStandsBelowADelegation() throws {
        let delegation = try set("sub.example.com", .ns, [wire("ns1.sub.example.com")])
        let glue = try set("ns1.sub.example.com", .a, [[192, 0, 2, 1]])
        try put(delegation, glue)
        let zones = test.state.zones
        let below = try StateUnderTest.name("web9.sub.example.com")
        let cut = try StateUnderTest.name("sub.example.com")
        #expect(zones.obstacle(at: below) == .delegated(below, at: cut))
        #expect(zones.obstacle(at: try StateUnderTest.name("web9.example.com")) == nil)
        try remove("sub.example.com", .ns)
        #expect(test.state.zones.obstacle(at: below) == nil)
    }

    @Test mutating func aDelegationOfReverseNamesTakesThePointersBelow() throws {
        try test.add(1..<3)
        #expect(try test.lookUp("2.0.0.10.in-addr.arpa", .ptr) == ["web1.example.com."])
        try put(
            try set("0.0.10.in-addr.arpa", .ns, [wire("ns.elsewhere.test")]), takesNames: true)
        #expect(try test.lookUp("2.0.0.10.in-addr.arpa", .ptr).isEmpty)
        #expect(try test.lookUp("web1.example.com") == ["10.0.0.2"])
        try remove("0.0.10.in-addr.arpa", .ns)
        #expect(try test.lookUp("2.0.0.10.in-addr.arpa", .ptr) == ["web1.example.com."])
    }

    @Test mutating func nameServersAreAddedToThoseOfTheZone() throws {
        try test.apply(
            .reportHosts([Host(name: "pve1", addresses: [try #require(IPAddress("10.9.0.1"))])]))
        try put(try set("example.com", .ns, [wire("ns.elsewhere.test")]))
        #expect(
            Set(try test.lookUp("example.com", .ns))
                == ["pve1.example.com.", "ns.elsewhere.test."])
        try test.restart()
        #expect(try test.lookUp("example.com", .ns).count == 2)
        try remove("example.com", .ns)
        #expect(try test.lookUp("example.com", .ns) == ["pve1.example.com."])
    }

    /// What an operator does is no accident of guests'.
    @Test mutating func theBrakeHasNoSay() throws {
        try test.add(1..<101)
        let sets = try (1..<61).map { try set("web\($0).example.com", .txt, [[1, 0x61]]) }
        try test.apply(
            .editRecords(RecordEdit(sets.map { .init($0.key, $0) }, takesNames: true)))
        #expect(test.state.zones.held.isEmpty && test.addressSets == 40)
        try test.apply(
            .editRecords(RecordEdit(sets.map { .init($0.key, nil) })))
        #expect(test.state.zones.held.isEmpty && test.addressSets == 100)
        // Nor where a zone comes with it.
        let inner = try StateUnderTest.name("web7.example.com")
        try test.apply(
            .importZone(ZoneImport(inner, zone: StaticZone(), takesNames: true)))
        #expect(test.state.zones.held.isEmpty && test.addressSets == 99)
        try test.apply(.removeZone(ZoneRemoval(inner, withRecords: false)))
        #expect(test.addressSets == 100)
        // Guests are still looked after.
        try test.destroy(1..<61)
        #expect(!test.state.zones.held.isEmpty)
    }

    @Test mutating func aHostGivesWayAndItIsTold() throws {
        try test.apply(
            .reportHosts([Host(name: "pve1", addresses: [try #require(IPAddress("10.9.0.1"))])]))
        let address = try set("pve1.example.com", .a, [[10, 9, 0, 9]])
        let audit = ZoneAudit([address.key: address], in: test.state.zones)
        #expect(audit.errors().isEmpty && audit.warnings().map(\.kind) == [.hostName])
        try put(address, try set("pve1.example.com", .txt, [[1, 0x61]]))
        #expect(try test.lookUp("pve1.example.com") == ["10.9.0.9"])
        try remove("pve1.example.com", .a)
        #expect(try test.lookUp("pve1.example.com") == ["10.9.0.1"])
    }

    // MARK: Editing

    @Test mutating func versionsKeepEditsApart() throws {
        let one = try set("a.example.com", .mx, [[0, 10] + wire("m.example.com")])
        try put(one, comment: "mail", expecting: .absent)
        let note = try #require(test.state.staticNote(of: one.key))
        #expect(note.comment == "mail" && note.version == test.state.index)
        #expect(note.seconds == test.time)
        var copy = test
        expectRefusal(.recordsExist) {
            try copy.apply(.editRecords(RecordEdit([.init(one.key, one, expecting: .absent)])))
        }
        expectRefusal(.recordsChanged) {
            try copy.apply(
                .editRecords(RecordEdit([.init(one.key, nil, expecting: .version(1))])))
        }
        try test.apply(
            .editRecords(RecordEdit([.init(one.key, nil, expecting: .version(note.version))])))
        #expect(test.state.zones.statics.sets.isEmpty)
        #expect(test.state.staticNote(of: one.key) == nil)
    }

    @Test mutating func ofAnEditThatIsRefusedNothingIsDone() throws {
        let good = try set("a.example.com", .a, [[10, 0, 0, 1]])
        let bad = try set("example.com", .cname, [wire("a.example.com")])
        let before = test.state.digest
        var copy = test
        expectRefusal(.unusableRecord) {
            try copy.apply(
                .editRecords(RecordEdit([.init(good.key, good), .init(bad.key, bad)])))
        }
        #expect(copy.state.zones.statics.sets.isEmpty)
        try put(good)
        #expect(test.state.digest != before)
    }

    // MARK: Zones

    private func zone(_ primary: String) throws -> StaticZone {
        StaticZone(
            primary: try StateUnderTest.name(primary),
            contact: try StateUnderTest.name("admin.static.test"),
            times: .init(refresh: 7_200, retry: 900, expire: 86_400, negative: 60))
    }

    @Test mutating func aZoneOfTheOperatorsHasItsOwnValues() throws {
        let apex = try StateUnderTest.name("static.test")
        let web = try set("www.static.test", .a, [[192, 0, 2, 80]])
        try test.apply(
            .importZone(
                ZoneImport(
                    apex, sets: [web], zone: try zone("ns.static.test"),
                    serial: SerialNumber(2_026_112_201))))
        let made = try #require(test.state.zones.zones[apex])
        #expect(test.state.zones.isStaticZone(apex))
        #expect(made.serial == SerialNumber(2_026_112_202))
        #expect(made.set(web.key) == web)
        let text = made.soa.presentations[0]
        #expect(text.hasPrefix("ns.static.test. admin.static.test. 2026112202 7200 900 86400 60"))
        try test.restart()
        #expect(test.state.zones.zones[apex]?.soa == made.soa)
        var copy = test
        expectRefusal(.recordsExist) {
            try copy.apply(.removeZone(ZoneRemoval(apex, withRecords: false)))
        }
        try test.apply(.removeZone(ZoneRemoval(apex, withRecords: true)))
        #expect(test.state.zones.zones[apex] == nil && test.state.zones.statics.sets.isEmpty)
        #expect(test.changes == [.removed(apex: apex)])
    }

    @Test mutating func anImportLeavesWhatItSays() throws {
        let apex = try StateUnderTest.name("example.com")
        let sets = try (1...4).map { try set("s\($0).example.com", .a, [[10, 1, 0, UInt8($0)]]) }
        try put(sets[0], sets[1], comment: "kept")
        try test.add(1..<3)
        let other = try set("s2.example.com", .a, [[10, 1, 9, 9]])
        try test.apply(.importZone(ZoneImport(apex, sets: [sets[0], other, sets[2]])))
        let version = test.state.staticNote(of: sets[0].key)?.version
        #expect(Set(test.state.staticSets(in: apex)) == [sets[0], other, sets[2]])
        #expect(version == 3)
        #expect(test.state.staticNote(of: other.key)?.comment == "kept")
        #expect(try test.lookUp("web1.example.com") == ["10.0.0.2"])
        guard case .updated(let difference)? = test.changes.first else {
            Issue.record("\(test.changes)")
            return
        }
        #expect(difference.changed.map(\.key.type) == [.soa, .a, .a] && difference.removed.isEmpty)
        var copy = test
        expectRefusal(.recordsChanged) {
            try copy.apply(.importZone(ZoneImport(apex, sets: [], base: 1)))
        }
        expectRefusal(.unknownZone) {
            try copy.apply(.importZone(ZoneImport(StateUnderTest.name("new.test"), sets: [])))
        }
    }

    @Test mutating func partsOfAnImportCountTogetherOrNotAtAll() throws {
        let apex = try StateUnderTest.name("example.com")
        let sets = try (1...4).map { try set("s\($0).example.com", .a, [[10, 1, 0, UInt8($0)]]) }
        try test.apply(.stageRecords(7, Array(sets[..<2])))
        #expect(try test.lookUp("s1.example.com").isEmpty)
        try test.restart()
        try test.apply(.stageRecords(7, [sets[2]]))
        try test.apply(.importZone(ZoneImport(apex, sets: [sets[3]], stage: 7)))
        #expect(Set(test.state.staticSets(in: apex)) == Set(sets))
        var copy = test
        expectRefusal(.importLost) {
            try copy.apply(.importZone(ZoneImport(apex, stage: 7)))
        }
        // What nobody ends is given up.
        try test.apply(.stageRecords(8, [sets[0]]))
        #expect(test.state.nextDueSeconds == test.time + 3_600)
        try test.apply(.stageRecords(9, [sets[0]]))
        try test.apply(.stageRecords(10, [sets[0]]))
        copy = test
        expectRefusal(.importLost) {
            try copy.apply(.importZone(ZoneImport(apex, stage: 8)))
        }
    }

    // MARK: Work

    /// One change among many looks at the sets of its name and no others.
    @Test mutating func aChangeTouchesWhatChanges() throws {
        let apex = try StateUnderTest.name("example.com")
        let sets = try (0..<5_000).map { number in
            let address = [10, 2, UInt8(number >> 8), UInt8(number & 255)]
            return try set("s\(number).example.com", .a, [address])
        }
        try test.apply(.importZone(ZoneImport(apex, sets: sets)))
        try test.add(1..<500)
        try put(try set("s7.example.com", .a, [[10, 2, 200, 200]]))
        #expect(test.state.zones.lastTouchedCount <= 8)
        guard case .updated(let difference)? = test.changes.first else {
            Issue.record("\(test.changes)")
            return
        }
        #expect(test.changes.count == 1 && difference.changed.count == 2)
        try test.add(500..<501)
        #expect(test.state.zones.lastTouchedCount <= 8)
    }
}
