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
        /// The keys' algorithms, by their tags.
        let keys: [UInt16: UInt8]
        let keySigners: Set<UInt16>
        /// Those who signed what the parent is told, as they occur together.
        let announcers: Set<Set<UInt16>>
        /// The same of everything else.
        let signers: Set<Set<UInt16>>
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
        let tags = { (set: RecordSet) in
            Set(set.signatures.compactMap { SignatureRecord($0)?.tag })
        }
        let keySet = rig.published[rig.key(rig.apex, .dnskey)]
        let told = [RecordType.cds, .cdnskey].compactMap { rig.published[rig.key(rig.apex, $0)] }
        let signed = rig.published.values.filter {
            ![.dnskey, .cds, .cdnskey].contains($0.key.type) && !$0.signatures.isEmpty
        }
        let keys = (keySet?.data ?? []).map { (KeyRecord.tag(of: $0), $0[3]) }
        versions.append(
            Version(
                seconds: rig.now, keys: Dictionary(keys, uniquingKeysWith: { $1 }),
                keySigners: keySet.map(tags) ?? [], announcers: Set(told.map(tags)),
                signers: Set(signed.map(tags))))
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
                    !delegation.isDisjoint(with: keySet.keySigners.intersection(keySet.keys.keys)),
                    "DS \(delegation), keys \(keySet)", sourceLocation: sourceLocation)
            }
            // Everything is signed by each algorithm that stands among the keys (RFC 4035 section
            // 2.2), whichever version of either somebody has.
            let algorithms = Set(keySet.keys.values)
            // They have the time to live of the keys.
            let announced = keySets.flatMap { versions[$0].announcers }
            for set in announced + sets.flatMap({ versions[$0].signers }) {
                let usable = Set(set.compactMap { keySet.keys[$0] })
                #expect(
                    usable == algorithms, "\(story): signed by \(set), keys \(keySet)",
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

extension RollingZone {
    /// Until nothing is left but to wait for the parent, or nothing at all.
    ///
    /// - `changesLeaders`: somebody else leads after each step.
    mutating func run(changesLeaders: Bool = false) throws {
        for _ in 0..<40 {
            if changesLeaders { rig.changeLeader() }
            let before = rig.now
            let plan = try self.plan()
            guard let next = plan.nextSeconds, plan.steps.isEmpty else {
                if plan.steps.isEmpty { return }
                try pass(to: rig.now)
                continue
            }
            // Not a second too early.
            try pass(to: max(next - 1, before))
            #expect(try self.plan().steps.isEmpty)
            try pass(to: next)
            try Verifiers.accept(rig, "\(story)")
        }
        Issue.record("the keys do not come to rest: \(story)")
    }
}
