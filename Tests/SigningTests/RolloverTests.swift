import Inventory
import Signing
import Testing
import Zones

@Suite struct RolloverTests {
    private static func policy(_ denial: SigningPolicy.Denial, separate: Bool) -> SigningPolicy {
        var policy = SigningPolicy(denial: denial, usesSeparateKeys: separate)
        policy.keyTTLSeconds = 120
        policy.propagationSeconds = 60
        policy.parentTTLSeconds = 240
        return policy
    }

    @Test(arguments: SigningPolicy.Denial.allCases)
    func zoneSigningKey(_ denial: SigningPolicy.Denial) throws {
        var zone = try RollingZone(Self.policy(denial, separate: true))
        #expect(try zone.plan() == KeyPlan())
        try zone.rig.addKey(.zoneSigning, stage: .published)
        while try zone.act() {}
        try Verifiers.accept(zone.rig)
        zone.rig.setLimit = 10
        let first = zone.rig.now
        try zone.run()
        #expect(zone.story == ["zoneSigning active", "zoneSigning retired", "zoneSigning removed"])
        #expect(zone.rig.keys.count == 2)
        // Key TTL and propagation, then the longest TTL and propagation.
        #expect(zone.rig.now == first + 120 + 60 + 3_600 + 60)
        try zone.rig.expectSameFromScratch()
    }

    @Test(arguments: [true, false])
    func keyThatSignsKeys(_ isSeparate: Bool) throws {
        var zone = try RollingZone(Self.policy(.nsec, separate: isSeparate))
        let role: ZoneKey.Role = isSeparate ? .keySigning : .combined
        let old = try #require(zone.rig.keys.first { $0.role == role }).tag
        #expect(KeySchedule.objection(toReplacing: role, zone.rig.policy, zone.rig.keys) == nil)
        let new = try zone.rig.addKey(role, stage: .published)
        #expect(
            KeySchedule.objection(toReplacing: role, zone.rig.policy, zone.rig.keys)
                == .underWay(tag: new))
        while try zone.act() {}
        try Verifiers.accept(zone.rig)
        // The parent is told when everybody has the key, not before.
        try zone.parentFollows()
        #expect(zone.parents.count == 1)
        #expect(zone.rig.nextDueSeconds == zone.rig.now + 180)
        try zone.run()
        #expect(try zone.plan().waits == [.parent(tag: new)])
        // However long the parent takes.
        try zone.pass(to: zone.rig.now + 3_000)
        #expect(zone.rig.keys.count == (isSeparate ? 3 : 2))
        try zone.parentFollows()
        #expect(zone.parents.last?.tags == [new])
        try zone.pass(to: zone.rig.now + 100)
        zone.confirmParent()
        try zone.run()
        #expect(
            zone.story == ["parent", "\(role) active", "\(role) retired", "\(role) removed"])
        #expect(!zone.rig.keys.contains { $0.tag == old })
        try Verifiers.accept(zone.rig)
        try zone.rig.expectSameFromScratch()
    }

    /// From one key for everything to two, and back.
    @Test func otherRoles() throws {
        var zone = try RollingZone(Self.policy(.nsec3, separate: false))
        for isSeparate in [true, false] {
            zone.rig.policy.usesSeparateKeys = isSeparate
            zone.rig.changeLeader()
            try zone.pass(to: zone.rig.now + 1)
            try zone.run()
            try zone.parentFollows()
            zone.confirmParent()
            try zone.run()
            let roles = zone.rig.keys.map(\.role)
            #expect(Set(roles) == Set(KeySchedule.firstRoles(zone.rig.policy)))
            #expect(roles.count == KeySchedule.firstRoles(zone.rig.policy).count)
            #expect(zone.rig.keys.allSatisfy { $0.stage == .active })
            try Verifiers.accept(zone.rig)
        }
    }

    /// A key that signs the zone only is replaced when it is old.
    @Test func oldKeysAreReplaced() throws {
        var policy = Self.policy(.nsec, separate: true)
        policy.zoneKeySeconds = 30 * 86_400
        let keys = try SigningRig(policy).keys
        let facts = ZoneFacts(
            longestTTLSeconds: 3_600, signatureCounts: [:], latestSignatureSeconds: 0,
            keysSinceSeconds: 0)
        let made = keys[0].createdSeconds
        let plan = { (seconds: UInt64) in
            KeySchedule.plan(policy, keys, facts: facts, atSeconds: seconds)
        }
        #expect(plan(made).steps == [])
        #expect(plan(made).nextSeconds == made + 30 * 86_400)
        #expect(plan(made + 30 * 86_400 - 1).steps == [])
        #expect(plan(made + 30 * 86_400).steps == [.create(.zoneSigning, .published)])
        policy.isLeaving = true
        #expect(plan(made + 30 * 86_400).steps == [])
    }

    /// Nothing goes on that nobody could have seen.
    @Test func nothingGoesOnUnpublished() throws {
        var rig = try SigningRig(Self.policy(.nsec, separate: true))
        try rig.settle()
        try rig.addKey(.zoneSigning, stage: .published)
        // For an hour nobody leads.
        rig.now += 3_600
        var facts = try rig.makeSigner().facts
        var plan = KeySchedule.plan(rig.policy, rig.keys, facts: facts, atSeconds: rig.now)
        #expect(plan == KeyPlan(steps: [], waits: [.publication]))
        try rig.settle()
        facts = try #require(rig.signer).facts
        plan = KeySchedule.plan(rig.policy, rig.keys, facts: facts, atSeconds: rig.now)
        #expect(plan.nextSeconds == rig.now + 180)
        // Nor in a zone that is not served signed.
        plan = KeySchedule.plan(rig.policy, rig.keys, facts: nil, atSeconds: rig.now + 100_000)
        #expect(plan.steps.isEmpty)
        #expect(
            KeySchedule.plan(rig.policy, [], facts: nil, atSeconds: rig.now).steps
                == [.create(.keySigning, .active), .create(.zoneSigning, .active)])
    }

    /// The first leader's successor does not know when the last signature of a key went.
    @Test func anotherLeaderWaitsLongEnough() throws {
        var rig = try SigningRig(Self.policy(.nsec, separate: true))
        rig.fillWithOddities()
        try rig.settle()
        let old = try #require(rig.keys.first { $0.role == .zoneSigning }).tag
        try rig.addKey(.zoneSigning, stage: .published)
        try rig.settle()
        rig.now += 180
        let switched = rig.now
        rig.changeKeys { keys in
            for index in keys.indices where keys[index].role == .zoneSigning {
                keys[index].stage = keys[index].tag == old ? .retired : .active
                keys[index].stageSinceSeconds = switched
            }
        }
        rig.setLimit = 20
        try rig.step()
        rig.now += 1_000
        let waits = KeySchedule.plan(
            rig.policy, rig.keys, facts: try rig.makeSigner().facts, atSeconds: rig.now
        ).waits
        guard case .signatures(old, let count)? = waits.first else {
            Issue.record("waits for \(waits)")
            return
        }
        #expect(count > 20)
        try rig.settle()
        let last = rig.now
        rig.now += 2_000
        rig.changeLeader()
        let plan = KeySchedule.plan(
            rig.policy, rig.keys, facts: try rig.makeSigner().facts, atSeconds: rig.now)
        #expect(plan.waits == [.caches(tag: old, untilSeconds: last + 3_600 + 60)])
    }

    @Test func refusals() throws {
        let rig = try SigningRig()
        var policy = rig.policy
        #expect(
            KeySchedule.objection(toReplacing: .zoneSigning, policy, rig.keys)
                == .unusedRole(.zoneSigning))
        policy.isLeaving = true
        #expect(KeySchedule.objection(toReplacing: .combined, policy, rig.keys) == .leaving)
        policy = rig.policy
        policy.algorithm = .ed25519
        #expect(KeySchedule.objection(to: policy) == nil)
        policy.signatureSeconds = 3_600
        #expect(KeySchedule.objection(to: policy) == .signatureLife)
        policy = rig.policy
        policy.keyTTLSeconds = policy.refreshSeconds + 1
        #expect(KeySchedule.objection(to: policy) == .keyTTLTooLong)
        var other = rig
        other.opened = []
        #expect(throws: SigningError.closedKey(tag: rig.keys[0].tag)) { try other.makeSigner() }
    }

    /// A zone that is to be unsigned tells its parent so (RFC 8078 section 4).
    @Test func leaving() throws {
        var rig = try SigningRig()
        try rig.settle()
        rig.policy.isLeaving = true
        rig.changeLeader()
        try rig.settle()
        #expect(rig.published[rig.key(rig.apex, .cds)]?.data == [[0, 0, 0, 0, 0]])
        #expect(rig.published[rig.key(rig.apex, .cdnskey)]?.data == [[0, 0, 3, 0, 0]])
        try Verifiers.accept(rig)
    }
}
