import ClusterState
import Inventory
import Planning
import Testing
import Zones

/// Signed zones as part of the state. The signatures here are none: nobody looks at them.
@Suite struct SignedZoneTests {
    private let apex: DomainName
    private var cluster: ClusterUnderTest

    init() throws {
        apex = try StateUnderTest.name("example.com")
        cluster = try ClusterUnderTest()
        cluster.settings.providers["powerdns"] = ProviderSettings()
        try cluster.apply(
            .configure(cluster.settings, ConfigureTerms(isApproved: true)), by: 1)
        try cluster.apply(
            .reportGuests((101...110).map { try report($0) }), by: 1)
    }

    private func report(_ vmid: UInt32, host: UInt8 = 0) throws -> GuestReport {
        try ClusterUnderTest.report(vmid, on: "pve1", "10.0.\(host).\(vmid)")
    }

    private static func key(
        tag: UInt16 = 7, octets: Int = 64, stage: ZoneKey.Stage = .active
    ) -> ZoneKey {
        ZoneKey(
            tag: tag, role: .combined, algorithm: .ecdsaP256,
            publicKey: Array(repeating: 1, count: octets), sealedPrivateKey: [1, 2, 3],
            createdSeconds: ClusterUnderTest.start, stage: stage)
    }

    private var order: SigningOrder {
        SigningOrder(apex, policy: SigningPolicy(), keys: [Self.key()], base: 0)
    }

    private var soaKey: RecordSetKey { RecordSetKey(owner: apex, type: .soa) }

    /// What a leader would publish now: what is open, as it should be, with a signature each.
    private func publication(
        limit: Int = .max, isComplete: Bool = true
    ) throws -> ZonePublication {
        let zones = cluster.state.zones
        let (zone, signed) = (try #require(zones.zones[apex]), try #require(zones.signed[apex]))
        let serial = zone.serial.next(atSeconds: cluster.time)
        let keys = signed.open.subtracting([soaKey]).sorted().prefix(limit)
        var changed = keys.compactMap { zone.set($0) }.map { $0.signed(with: [[1, 2, 3]]) }
        if isComplete {
            changed.append(zone.soa(at: serial).signed(with: [[UInt8(signed.round % 250)]]))
        }
        return ZonePublication(
            apex: apex, round: signed.round, serial: serial, changed: changed,
            removed: keys.filter { zone.set($0) == nil }, isComplete: isComplete)
    }

    private mutating func publish(_ publication: ZonePublication) throws -> [ZoneChange] {
        let proposal = cluster.propose([.publishZone(publication)], by: 1, term: 1)
        let step = try #require(try cluster.apply(proposal).steps.first)
        #expect(step.outcome == .done)
        return step.changes
    }

    private mutating func changes(of body: Command.Body) throws -> [ZoneChange] {
        let proposal = cluster.propose([body], by: 1)
        return try #require(try cluster.apply(proposal).steps.first).changes
    }

    private mutating func signAll() throws {
        #expect(try cluster.apply(.signZone(order), by: 1) == .done)
        _ = try publish(try publication())
        #expect(cluster.state.zones.isServedSigned(apex))
    }

    @Test mutating func aZoneIsServedUnsignedUntilAllOfItIsSigned() throws {
        #expect(try cluster.apply(.signZone(order), by: 1) == .done)
        let count = try #require(cluster.state.zones.zones[apex]).count
        #expect(cluster.state.zones.signed[apex]?.open.count == count + 1)
        #expect(try publish(try publication(limit: 4, isComplete: false)).isEmpty)
        // What changes meanwhile is seen at once.
        let seen = try changes(of: .reportGuests([report(111)]))
        guard case .updated? = seen.first(where: { $0.apex == apex }) else {
            Issue.record("\(seen)")
            return
        }
        try cluster.restart()
        // One that leaves something out is not the last one.
        let short = try publication(limit: 3)
        #expect(try publish(short).isEmpty)
        #expect(cluster.state.zones.isServedSigned(apex) == false)
        let former = try #require(cluster.state.zones.zones[apex]).serial
        let last = try publication()
        guard case .replaced(apex, let sets)? = try publish(last).first else {
            Issue.record("not replaced")
            return
        }
        #expect(sets.allSatisfy { !$0.signatures.isEmpty })
        #expect(sets.count == count + 2)
        #expect(last.serial.isLater(than: former))
        #expect(cluster.state.zones.zones[apex]?.serial == last.serial)
        #expect(cluster.state.zones.signed[apex]?.open.isEmpty == true)
        #expect(cluster.state.zones.journals[apex]?.steps.isEmpty == true)
        try cluster.restart()
    }

    @Test mutating func aChangeIsSeenWhenItIsSigned() throws {
        try signAll()
        let serial = try #require(cluster.state.zones.zones[apex]).serial
        let web = RecordSetKey(owner: try StateUnderTest.name("web111.example.com"), type: .a)
        let seen = try changes(of: .reportGuests([report(111)]))
        guard case .drafted(let draft)? = seen.first(where: { $0.apex == apex }) else {
            Issue.record("\(seen)")
            return
        }
        #expect(draft.changed.map(\.key) == [web])
        #expect(cluster.state.zones.zones[apex]?.serial == serial)
        #expect(cluster.state.zones.signed[apex]?.open == [web])
        // Providers need no signature.
        #expect(cluster.state.providers["powerdns"]?.owed[web] != nil)
        try cluster.restart()
        #expect(cluster.state.zones.signed[apex]?.open == [web])
        let next = try publication()
        guard case .signed(let difference)? = try publish(next).first else {
            Issue.record("not signed")
            return
        }
        #expect(difference.changed.map(\.key) == [soaKey, web])
        #expect(cluster.state.zones.zones[apex]?.serial == next.serial)
        let journal = try #require(cluster.state.zones.journals[apex])
        #expect(journal.steps(since: serial)?.steps.count == 1)
        #expect(journal.serial == next.serial)
        try cluster.restart()
    }

    @Test mutating func whatChangedMeanwhileStaysOpen() throws {
        try signAll()
        _ = try changes(of: .reportGuests([report(111)]))
        let first = try publication()
        // The same guest at another address, before the first was published.
        _ = try changes(of: .reportGuests([report(111, host: 9)]))
        _ = try publish(first)
        let web = RecordSetKey(owner: try StateUnderTest.name("web111.example.com"), type: .a)
        let signed = try #require(cluster.state.zones.signed[apex])
        #expect(signed.sets[web]?.data == [[10, 0, 0, 111]])
        #expect(signed.open == [web])
        _ = try publish(try publication())
        #expect(cluster.state.zones.signed[apex]?.sets[web]?.data == [[10, 0, 9, 111]])
        #expect(cluster.state.zones.signed[apex]?.open.isEmpty == true)
    }

    @Test mutating func whatGoesIsTakenOutWhenItIsSigned() throws {
        try signAll()
        let web = RecordSetKey(owner: try StateUnderTest.name("web101.example.com"), type: .a)
        var gone = try report(101)
        gone.guest.runState = .running
        gone.guest.name = "other"
        _ = try changes(of: .reportGuests([gone]))
        #expect(cluster.state.zones.signed[apex]?.sets[web] != nil)
        guard case .signed(let difference)? = try publish(try publication()).first else {
            Issue.record("not signed")
            return
        }
        #expect(difference.removed == [web])
        #expect(cluster.state.zones.signed[apex]?.sets[web] == nil)
    }

    @Test mutating func onlyWhatFollowsIsTaken() throws {
        try signAll()
        let round = try #require(cluster.state.zones.signed[apex]).round
        _ = try changes(of: .reportGuests([report(111)]))
        let good = try publication()
        func refusal(
            round newRound: UInt64? = nil, serial: SerialNumber? = nil, changed: [RecordSet]? = nil,
            by number: Int = 1, term: UInt64? = 1
        ) throws -> Refusal.Reason? {
            let publication = ZonePublication(
                apex: apex, round: newRound ?? good.round, serial: serial ?? good.serial,
                changed: changed ?? good.changed, removed: [], isComplete: true)
            let outcome = try cluster.apply(
                .publishZone(publication), by: number, term: term)
            return outcome.refusal?.reason
        }
        #expect(try refusal(round: good.round + 1) == .signingChanged)
        #expect(
            try refusal(serial: try #require(cluster.state.zones.zones[apex]).serial)
                == .signingChanged)
        #expect(
            try refusal(changed: good.changed.filter { $0.key.type != .soa }) == .unusableSigning)
        #expect(try refusal(changed: good.changed + good.changed) == .unusableSigning)
        let stranger = RecordSet(
            owner: try StateUnderTest.name("example.org"), type: .a, ttlSeconds: 1,
            data: [[1, 2, 3, 4]])
        #expect(try refusal(changed: good.changed + [stranger]) == .unusableSigning)
        #expect(try refusal(term: nil) == .notLeader)
        #expect(cluster.state.zones.signed[apex]?.round == round)
        _ = try publish(good)
    }

    @Test mutating func ordersAreCheckedAndCompared() throws {
        func refusal(_ order: SigningOrder) throws -> Refusal.Reason? {
            try cluster.apply(.signZone(order), by: 2).refusal?.reason
        }
        let policy = SigningPolicy()
        let other = try StateUnderTest.name("example.org")
        #expect(
            try refusal(SigningOrder(other, policy: policy, keys: [Self.key()], base: 0))
                == .noSuchZone)
        #expect(
            try refusal(SigningOrder(apex, policy: policy, keys: [], base: 0)) == .unusableSigning)
        #expect(
            try refusal(
                SigningOrder(apex, policy: policy, keys: [Self.key(), Self.key()], base: 0))
                == .unusableSigning)
        #expect(
            try refusal(
                SigningOrder(apex, policy: policy, keys: [Self.key(octets: 5_000)], base: 0))
                == .unusableSigning)
        #expect(
            try refusal(
                SigningOrder(apex, policy: policy, keys: [Self.key(stage: .presigning)], base: 0))
                == .unusableSigning)
        #expect(try refusal(order) == nil)
        // Somebody else was first.
        #expect(try refusal(order) == .signingChanged)
        let more = SigningOrder(
            apex, policy: policy, keys: [Self.key(), Self.key(tag: 8)], base: 1)
        #expect(try refusal(more) == nil)
        #expect(cluster.state.zones.signed[apex]?.keys.map(\.tag) == [7, 8])
        #expect(cluster.state.zones.signed[apex]?.version == 2)
        try cluster.restart()
    }

    @Test mutating func anUnsignedZoneGoesOnWithALaterSerial() throws {
        try signAll()
        _ = try changes(of: .reportGuests([report(111)]))
        let serial = try #require(cluster.state.zones.zones[apex]).serial
        #expect(
            try cluster.apply(.unsignZone(apex, base: 9), by: 1).refusal?.reason
                == .signingChanged)
        guard case .replaced(apex, let sets)? = try changes(of: .unsignZone(apex, base: 1)).first
        else {
            Issue.record("not replaced")
            return
        }
        // With what was still to be signed.
        #expect(sets.contains { $0.key.owner.description.hasPrefix("web111") })
        #expect(sets.allSatisfy { $0.signatures.isEmpty })
        #expect(cluster.state.zones.zones[apex]?.serial.isLater(than: serial) == true)
        #expect(cluster.state.zones.signed[apex] == nil)
        try cluster.restart()
    }

    @Test mutating func otherTimesToLiveAreSignedToo() throws {
        try signAll()
        cluster.settings.zones.times.guest = 77
        let seen = try changes(
            of: .configure(cluster.settings, ConfigureTerms(isApproved: true)))
        guard case .drafted(let draft)? = seen.first(where: { $0.apex == apex }) else {
            Issue.record("\(seen)")
            return
        }
        #expect(draft.changed.count == 10)
        _ = try publish(try publication())
        let signed = try #require(cluster.state.zones.signed[apex])
        #expect(signed.sets.values.count { $0.ttlSeconds == 77 } == 10)
        #expect(signed.open.isEmpty)
    }

    @Test mutating func aZoneThatLeftAndComesBackIsSignedAnew() throws {
        try signAll()
        let naming = cluster.settings.naming
        cluster.settings.naming.zones = [try StateUnderTest.name("example.net")]
        cluster.settings.naming.mappings = []
        _ = try changes(of: .configure(cluster.settings, ConfigureTerms(isApproved: true)))
        #expect(cluster.state.zones.zones[apex] == nil)
        #expect(cluster.state.zones.signed[apex]?.sets.isEmpty == true)
        #expect(cluster.state.zones.signed[apex]?.keys.map(\.tag) == [7])
        try cluster.restart()
        cluster.settings.naming = naming
        _ = try changes(of: .configure(cluster.settings, ConfigureTerms(isApproved: true)))
        #expect(cluster.state.zones.signed[apex]?.open.isEmpty == false)
        #expect(cluster.state.zones.isServedSigned(apex) == false)
        _ = try publish(try publication())
        #expect(cluster.state.zones.isServedSigned(apex))
    }
}
