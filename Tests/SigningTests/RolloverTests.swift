import Inventory
import Signing
import Testing
import Zones

/// A zone whose keys are changed as `KeySchedule` says, its parent, and whatever caches may hold.
struct RollingZone {
    var rig: SigningRig
    /// Tags in the parent's DS set, and since when.
    private(set) var parents: [(seconds: UInt64, tags: Set<UInt16>)] = []
    /// What was published, and since when.
    private var versions: [Version] = []
    /// Stages and steps as they came, for comparison.
    private(set) var story: [String] = []

    private struct Version {
        let seconds: UInt64
        let keyTags: Set<UInt16>
        let keySigners: Set<UInt16>
        /// Those who signed everything else.
        let signers: Set<UInt16>
    }

    init(_ policy: SigningPolicy) throws {
        // Verifiers do not believe what was made in the future.
        rig = try SigningRig(policy, at: presentSeconds() - 2 * 86_400)
        rig.fillWithOddities()
        try rig.settle()
        parents = [(rig.now, Set(rig.keys.filter(\.role.signsKeys).map(\.tag)))]
        remember()
    }

    func plan() throws -> KeyPlan {
        let facts = try rig.signer?.facts ?? rig.makeSigner().facts
        return KeySchedule.plan(rig.policy, rig.keys, facts: facts, atSeconds: rig.now)
    }

    private mutating func remember() {
        let sets = rig.published.values
        let tags = { (sets: [RecordSet]) in
            Set(sets.flatMap(\.signatures).compactMap { SignatureRecord($0)?.tag })
        }
        let keySet = sets.filter { $0.key.type == .dnskey }
        versions.append(
            Version(
                seconds: rig.now,
                keyTags: Set(keySet.flatMap(\.data).map(KeyRecord.tag)), keySigners: tags(keySet),
                signers: tags(sets.filter { ![.dnskey, .cds, .cdnskey].contains($0.key.type) })))
    }

    /// Does what is to be done now; says whether there was anything.
    mutating func act() throws -> Bool {
        let steps = try plan().steps
        for step in steps {
            let now = rig.now
            switch step {
            case .create(let role, let stage):
                try rig.addKey(role, stage: stage)
                story.append("create \(role)")
            case .advance(let tag, let stage):
                let index = try #require(rig.keys.firstIndex { $0.tag == tag })
                story.append("\(rig.keys[index].role) \(stage)")
                rig.changeKeys { keys in
                    keys[index].stage = stage
                    keys[index].stageSinceSeconds = now
                }
            case .remove(let tag):
                let key = try #require(rig.keys.first { $0.tag == tag })
                story.append("\(key.role) removed")
                rig.changeKeys { keys in keys.removeAll { $0.tag == tag } }
            }
        }
        // One step at a time: each is what somebody may see.
        while try rig.step() != nil { remember() }
        return !steps.isEmpty
    }

    /// Goes on to a moment, and looks at everything then.
    mutating func pass(to seconds: UInt64) throws {
        rig.now = seconds
        while try rig.step() != nil { remember() }
        while try act() { check() }
        check()
    }

    /// The parent takes over what CDS says, and somebody sees it a while later.
    mutating func parentFollows() throws {
        let set = try #require(rig.published[rig.key(rig.apex, .cds)])
        let tags = Set(set.data.map { UInt16($0[0]) << 8 | UInt16($0[1]) })
        if parents.last?.tags != tags {
            parents.append((rig.now, tags))
            story.append("parent")
        }
        check()
    }

    mutating func confirmParent() {
        let now = rig.now
        guard let tags = parents.last?.tags else { return }
        rig.changeKeys { keys in
            for index in keys.indices
            where tags.contains(keys[index].tag) && keys[index].parentSinceSeconds == 0 {
                keys[index].parentSinceSeconds = now
            }
        }
    }

    /// Whatever a resolver may hold still fits together: any DS set with any set of keys, and any
    /// set of keys with anything that was signed.
    private func check(sourceLocation: SourceLocation = #_sourceLocation) {
        let late = UInt64(rig.policy.propagationSeconds)
        // What was superseded longer ago than this is in no cache and at no secondary.
        let keySets = held(versions.map(\.seconds), for: UInt64(rig.policy.keyTTLSeconds) + late)
        let sets = held(versions.map(\.seconds), for: 3_600 + late)
        let delegations = held(parents.map(\.seconds), for: UInt64(rig.policy.parentTTLSeconds))
        for keySet in keySets.map({ versions[$0] }) {
            for delegation in delegations.map({ parents[$0].tags }) {
                #expect(
                    !delegation.isDisjoint(with: keySet.keySigners.intersection(keySet.keyTags)),
                    "DS \(delegation), keys \(keySet)", sourceLocation: sourceLocation)
            }
            for set in sets.map({ versions[$0] }) {
                #expect(
                    set.signers.isSubset(of: keySet.keyTags), "\(story): \(set) with \(keySet)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    /// Which of several, each of which took the place of the one before, somebody may still have.
    private func held(_ since: [UInt64], for seconds: UInt64) -> [Int] {
        since.indices.filter { index in
            index + 1 == since.count || since[index + 1] + seconds > rig.now
        }
    }
}

@Suite struct RolloverTests {
    private static func policy(_ denial: SigningPolicy.Denial, separate: Bool) -> SigningPolicy {
        var policy = SigningPolicy(denial: denial, usesSeparateKeys: separate)
        policy.keyTTLSeconds = 120
        policy.propagationSeconds = 60
        policy.parentTTLSeconds = 240
        return policy
    }

    /// Until nothing is left but to wait for the parent, or nothing at all.
    private func run(_ zone: inout RollingZone, until limit: Int = 40) throws {
        for _ in 0..<limit {
            let before = zone.rig.now
            let plan = try zone.plan()
            guard let next = plan.nextSeconds, plan.steps.isEmpty else {
                if plan.steps.isEmpty { return }
                try zone.pass(to: zone.rig.now)
                continue
            }
            // Not a second too early.
            try zone.pass(to: max(next - 1, before))
            #expect(try zone.plan().steps.isEmpty)
            try zone.pass(to: next)
            try Verifiers.accept(zone.rig, "\(zone.story)")
        }
        Issue.record("the keys do not come to rest: \(zone.story)")
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
        try run(&zone)
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
        try run(&zone)
        #expect(try zone.plan().waits == [.parent(tag: new)])
        // However long the parent takes.
        try zone.pass(to: zone.rig.now + 3_000)
        #expect(zone.rig.keys.count == (isSeparate ? 3 : 2))
        try zone.parentFollows()
        #expect(zone.parents.last?.tags == [new])
        try zone.pass(to: zone.rig.now + 100)
        zone.confirmParent()
        try run(&zone)
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
            try run(&zone)
            try zone.parentFollows()
            zone.confirmParent()
            try run(&zone)
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
        #expect(KeySchedule.objection(to: policy, since: rig.policy) == .otherAlgorithm)
        #expect(KeySchedule.objection(to: policy, since: nil) == nil)
        policy.signatureSeconds = 3_600
        #expect(KeySchedule.objection(to: policy, since: nil) == .signatureLife)
        policy = rig.policy
        policy.keyTTLSeconds = policy.refreshSeconds + 1
        #expect(KeySchedule.objection(to: policy, since: nil) == .keyTTLTooLong)
        var other = rig
        other.policy.algorithm = .ed25519
        #expect(throws: SigningError.self) { try other.makeSigner() }
        other = rig
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
