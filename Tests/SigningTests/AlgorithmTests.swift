import Inventory
import Signing
import Testing
import Zones

/// All keys of a zone replaced by those of another algorithm (RFC 6781 section 4.1.4).
@Suite struct AlgorithmTests {
    private static func policy(
        _ algorithm: SigningPolicy.Algorithm, separate: Bool, _ denial: SigningPolicy.Denial = .nsec
    ) -> SigningPolicy {
        var policy = SigningPolicy(
            algorithm: algorithm, denial: denial, usesSeparateKeys: separate)
        policy.keyTTLSeconds = 120
        policy.propagationSeconds = 60
        policy.parentTTLSeconds = 240
        return policy
    }

    private func other(_ algorithm: SigningPolicy.Algorithm) -> SigningPolicy.Algorithm {
        algorithm == .ed25519 ? .ecdsaP256 : .ed25519
    }

    private func begin(_ zone: inout RollingZone) throws {
        let policy = zone.rig.policy
        let algorithm = other(policy.algorithm)
        #expect(KeySchedule.objection(to: algorithm, policy, zone.rig.keys) == nil)
        zone.rig.policy.algorithm = algorithm
        zone.rig.changeLeader()
        try zone.pass(to: zone.rig.now + 1)
        let new = zone.rig.keys.filter { $0.algorithm == algorithm }
        #expect(Set(new.map(\.role)) == Set(KeySchedule.firstRoles(policy)))
        #expect(new.allSatisfy { $0.stage == .presigning })
        // No other change meanwhile, of whatever kind.
        for role in KeySchedule.firstRoles(policy) {
            #expect(KeySchedule.objection(toReplacing: role, policy, zone.rig.keys) != nil)
        }
        #expect(
            KeySchedule.objection(to: algorithm, zone.rig.policy, zone.rig.keys)
                == .underWay(tag: new[0].tag)
                || new.count > 1)
        #expect(KeySchedule.objection(to: policy.algorithm, zone.rig.policy, zone.rig.keys) != nil)
    }

    private func algorithms(_ zone: RollingZone, _ type: RecordType) -> Set<UInt8> {
        let sets = zone.rig.published.values.filter { $0.key.type == type }
        return Set(sets.flatMap(\.signatures).compactMap { SignatureRecord($0)?.algorithm })
    }

    private func keyAlgorithms(_ zone: RollingZone) -> Set<UInt8> {
        Set((zone.rig.published[zone.rig.key(zone.rig.apex, .dnskey)]?.data ?? []).map { $0[3] })
    }

    @Test(arguments: SigningPolicy.Algorithm.allCases, [true, false])
    func everyStep(_ former: SigningPolicy.Algorithm, _ isSeparate: Bool) throws {
        var zone = try RollingZone(Self.policy(former, separate: isSeparate, .nsec3))
        let (old, new) = (former.rawValue, other(former).rawValue)
        let olds = Set(zone.rig.keys.map(\.tag))
        zone.rig.setLimit = 20
        let began = zone.rig.now + 1
        try begin(&zone)
        // Signatures come first.
        #expect(keyAlgorithms(zone) == [old])
        for type in [RecordType.a, .soa, .nsec3, .cds, .cdnskey] {
            #expect(algorithms(zone, type) == [old, new], "\(type)")
        }
        #expect(algorithms(zone, .dnskey) == [old])
        try Verifiers.accept(zone.rig)
        // The longest TTL and propagation, then the keys; their TTL and propagation, then the DS.
        try zone.run()
        let parentKey = try #require(
            zone.rig.keys.first { $0.algorithm.rawValue == new && $0.role.signsKeys })
        #expect(try zone.plan().waits == [.parent(tag: parentKey.tag)])
        #expect(zone.rig.now == began + 3_600 + 60 + 120 + 60)
        #expect(keyAlgorithms(zone) == [old, new])
        #expect(algorithms(zone, .dnskey) == [old, new])
        #expect(
            zone.rig.keys.allSatisfy { $0.stage == (olds.contains($0.tag) ? .active : .published) })
        // However long the parent takes.
        try zone.pass(to: zone.rig.now + 3_000)
        #expect(keyAlgorithms(zone) == [old, new])
        try zone.parentFollows()
        #expect(zone.parents.last?.tags == [parentKey.tag])
        zone.confirmParent()
        let seen = zone.rig.now
        try zone.pass(to: seen + 240 + 60)
        // The old keys go, their signatures stay for those who have the keys.
        #expect(keyAlgorithms(zone) == [new])
        #expect(algorithms(zone, .a) == [old, new])
        #expect(algorithms(zone, .dnskey) == [new])
        try Verifiers.accept(zone.rig)
        try zone.run()
        #expect(zone.rig.now == seen + 240 + 60 + 120 + 60)
        for type in [RecordType.a, .soa, .nsec3, .cds, .cdnskey, .dnskey] {
            #expect(algorithms(zone, type) == [new], "\(type)")
        }
        #expect(zone.rig.keys.allSatisfy { $0.stage == .active })
        #expect(olds.isDisjoint(with: zone.rig.keys.map(\.tag)))
        #expect(zone.rig.keys.count == (isSeparate ? 2 : 1))
        #expect(try zone.plan() == KeyPlan())
        try Verifiers.accept(zone.rig)
        try zone.rig.expectSameFromScratch()
    }

    /// Whoever comes to lead goes on where the one before stopped, at whatever point.
    @Test(arguments: [true, false]) func othersLead(_ isSeparate: Bool) throws {
        var zone = try RollingZone(Self.policy(.ecdsaP256, separate: isSeparate))
        zone.rig.setLimit = 15
        zone.rig.policy.algorithm = .ed25519
        zone.rig.changeLeader()
        for role in KeySchedule.firstRoles(zone.rig.policy) {
            try zone.rig.addKey(role, stage: .presigning)
        }
        // In the middle of the first signatures nothing goes on.
        for _ in 0..<2 {
            try zone.rig.step()
            zone.rig.changeLeader()
            zone.rig.now += 10_000
            let plan = try zone.plan()
            #expect(plan.steps.isEmpty)
            guard case .coverage? = plan.waits.first else {
                Issue.record("waits for \(plan.waits)")
                return
            }
        }
        try zone.pass(to: zone.rig.now)
        try zone.run(changesLeaders: true)
        try zone.parentFollows()
        zone.confirmParent()
        zone.rig.changeLeader()
        try zone.run(changesLeaders: true)
        #expect(keyAlgorithms(zone) == [SigningPolicy.Algorithm.ed25519.rawValue])
        #expect(zone.rig.keys.allSatisfy { $0.algorithm == .ed25519 && $0.stage == .active })
        try Verifiers.accept(zone.rig)
        try zone.rig.expectSameFromScratch()
    }

    /// A zone that changes all the time gets there, too.
    @Test func aZoneInUse() throws {
        var zone = try RollingZone(Self.policy(.ed25519, separate: false))
        try begin(&zone)
        for number in 0..<20 {
            zone.rig.set("new\(number).example.com", .a, [192, 0, 2, UInt8(number)])
            if number > 2 { zone.rig.set("new\(number - 3).example.com", .a) }
            try zone.pass(to: zone.rig.now + 300)
        }
        #expect(keyAlgorithms(zone).count == 2)
        try zone.parentFollows()
        zone.confirmParent()
        try zone.run()
        #expect(zone.rig.keys.map(\.algorithm) == [.ecdsaP256])
        try Verifiers.accept(zone.rig)
    }

    @Test func refusals() throws {
        let rig = try SigningRig(Self.policy(.ecdsaP256, separate: true))
        var policy = rig.policy
        #expect(KeySchedule.objection(to: .ecdsaP256, policy, rig.keys) == .sameAlgorithm)
        #expect(KeySchedule.objection(to: .ed25519, policy, rig.keys) == nil)
        var keys = rig.keys
        keys[0].stage = .retired
        #expect(
            KeySchedule.objection(to: .ed25519, policy, keys) == .underWay(tag: keys[0].tag))
        policy.isLeaving = true
        #expect(KeySchedule.objection(to: .ed25519, policy, rig.keys) == .leaving)
    }

    /// What anybody can tell from the keys in the zone is what the one that signs waits for.
    @Test func everybodySeesWhatThePersonHasToDo() throws {
        var zone = try RollingZone(Self.policy(.ecdsaP256, separate: true))
        let seen = { (zone: RollingZone) in
            KeySchedule.keyForParent(
                zone.rig.policy, zone.rig.keys,
                keySet: zone.rig.published[zone.rig.key(zone.rig.apex, .dnskey)],
                atSeconds: zone.rig.now)
        }
        #expect(seen(zone) == nil)
        try begin(&zone)
        #expect(seen(zone) == nil)
        try zone.run()
        let key = zone.rig.keys.first { $0.role == .keySigning && $0.stage == .published }
        #expect(seen(zone) == key?.tag && key != nil)
        try zone.parentFollows()
        zone.confirmParent()
        #expect(seen(zone) == nil)
    }
}
