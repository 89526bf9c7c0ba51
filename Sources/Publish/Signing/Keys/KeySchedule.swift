package import Zones

/// What becomes of a zone's keys, and when: a function of the keys and of what is known of the
/// zone.
///
///      made ──> published ──> active ──> retired ──> forgotten
///                   │            ▲
///                   └────────────┘ the one before retires in the same moment
///
/// A key that signs the zone only is published, becomes active when everybody has it, and is
/// forgotten when everything it signed is gone (pre-publication, RFC 6781 section 4.1.1.1). A key
/// that signs keys signs them as soon as it is published, beside the older one. Then the parent is
/// told, by CDS and CDNSKEY. Nothing goes before somebody has seen the new DS record at the parent
/// and the old ones are gone from caches (double signature, RFC 7583 section 3.3.1).
///
/// Another algorithm begins and ends with signatures, since whoever sees an algorithm among the
/// keys may want signatures of it over everything (RFC 6781 section 4.1.4, the conservative
/// approach):
///
///      made ──> presigning ──> published ──> active
///                                              │ in the same moment
///               the keys of the old algorithm: └─> fading ──> forgotten
///
/// The new keys sign first. They stand among the zone's keys when nobody has anything without their
/// signatures any more, go on as above, and become active together. The old ones leave the zone's
/// keys then, and sign until nobody has those keys any more.
package enum KeySchedule {
    /// What the keys of a zone are that is signed for the first time; all are active at once.
    package static func firstRoles(_ policy: SigningPolicy) -> [ZoneKey.Role] {
        policy.usesSeparateKeys ? [.keySigning, .zoneSigning] : [.combined]
    }

    /// What is to be done now.
    ///
    /// - `facts`: `nil` as long as the zone is not served signed: then no key goes on.
    package static func plan(
        _ policy: SigningPolicy, _ keys: [ZoneKey], facts: ZoneFacts?, atSeconds seconds: UInt64
    ) -> KeyPlan {
        var plan = KeyPlan()
        guard !keys.isEmpty else {
            plan.steps = firstRoles(policy).map { .create($0, .active) }
            return plan
        }
        guard let facts, let keysSince = facts.keysSinceSeconds else {
            plan.waits = [.publication]
            return plan
        }
        let moment = Moment(
            policy: policy, keys: keys.sorted { $0.tag < $1.tag }, facts: facts,
            keysSince: keysSince, seconds: seconds)
        if !policy.isLeaving { moment.create(&plan) }
        moment.list(&plan)
        let succeeding = moment.advance(&plan)
        moment.remove(&plan, unless: succeeding)
        return plan
    }

    /// The key whose DS record the parent has to get before it goes on; `nil` if nothing waits for
    /// that. Anybody can tell who has the zone, without looking at more of it than its keys.
    ///
    /// - `keySet`: the DNSKEY set as it was published.
    package static func keyForParent(
        _ policy: SigningPolicy, _ keys: [ZoneKey], keySet: RecordSet?, atSeconds seconds: UInt64
    ) -> UInt16? {
        let listed = keys.filter(\.stage.isListed)
        guard let keySet, Set(keySet.data) == Set(listed.map(KeyRecord.data)),
            let since = SetSigner.madeSeconds(of: keySet, atSeconds: seconds)
        else { return nil }
        let facts = ZoneFacts(
            longestTTLSeconds: 0, signatureCounts: [:], latestSignatureSeconds: 0,
            keysSinceSeconds: since)
        for case .parent(let tag) in plan(policy, keys, facts: facts, atSeconds: seconds).waits {
            return tag
        }
        return nil
    }

    /// Why a key cannot be replaced now; `nil` if it can, by making one that is published.
    package static func objection(
        toReplacing role: ZoneKey.Role, _ policy: SigningPolicy, _ keys: [ZoneKey]
    ) -> KeyRefusal? {
        if policy.isLeaving { return .leaving }
        guard firstRoles(policy).contains(role) else { return .unusedRole(role) }
        let other = keys.first {
            $0.stage != .active
                && ($0.role.signsKeys && role.signsKeys || $0.role.signsZone && role.signsZone)
        }
        return other.map { .underWay(tag: $0.tag) }
    }

    /// Why the keys cannot be replaced by those of another algorithm now; `nil` if they can, by
    /// changing the policy.
    package static func objection(
        to algorithm: SigningPolicy.Algorithm, _ policy: SigningPolicy, _ keys: [ZoneKey]
    ) -> KeyRefusal? {
        if policy.isLeaving { return .leaving }
        if let other = keys.first(where: { $0.stage != .active }) {
            return .underWay(tag: other.tag)
        }
        return policy.algorithm == algorithm ? .sameAlgorithm : nil
    }

    /// Why a zone cannot be signed by a policy; `nil` if it can.
    package static func objection(to policy: SigningPolicy) -> KeyRefusal? {
        guard 86_400...(366 * 86_400) ~= policy.signatureSeconds else { return .signatureLife }
        guard policy.refreshSeconds <= policy.signatureSeconds / 4 * 3 else {
            return .refreshTooEarly
        }
        return policy.keyTTLSeconds <= policy.refreshSeconds ? nil : .keyTTLTooLong
    }
}

/// All that the next step depends on.
private struct Moment {
    let policy: SigningPolicy
    let keys: [ZoneKey]
    let facts: ZoneFacts
    /// Since when the keys have been published as they are now, at the latest.
    let keysSince: UInt64
    let seconds: UInt64

    private var propagation: UInt64 { UInt64(policy.propagationSeconds) }

    /// Makes what is missing, and what takes the place of a key that has got old.
    func create(_ plan: inout KeyPlan) {
        let stays = keys.filter {
            $0.algorithm == policy.algorithm && $0.stage != .retired && $0.stage != .fading
        }
        let isOtherAlgorithm = keys.contains { $0.algorithm != policy.algorithm }
        for role in KeySchedule.firstRoles(policy) where !stays.contains(where: { $0.role == role })
        {
            plan.steps.append(.create(role, isOtherAlgorithm ? .presigning : .published))
        }
        let zoneKeys = keys.filter { $0.role == .zoneSigning }
        guard policy.zoneKeySeconds > 0, policy.usesSeparateKeys, zoneKeys.count == 1,
            zoneKeys[0].stage == .active
        else { return }
        let until = zoneKeys[0].stageSinceSeconds + UInt64(policy.zoneKeySeconds)
        if until <= seconds {
            plan.steps.append(.create(.zoneSigning, .published))
        } else {
            plan.waits.append(.age(tag: zoneKeys[0].tag, untilSeconds: until))
        }
    }

    /// Has the keys of another algorithm stand among the zone's, once nobody has anything that they
    /// did not sign.
    func list(_ plan: inout KeyPlan) {
        let newcomers = keys.filter { $0.stage == .presigning }
        guard let since = newcomers.map(\.stageSinceSeconds).max() else { return }
        let covered =
            max(since, facts.latestSignatureSeconds) + UInt64(facts.longestTTLSeconds)
            + propagation
        for key in newcomers {
            if !facts.isSettled {
                plan.waits.append(.coverage(tag: key.tag))
            } else if covered > seconds {
                plan.waits.append(.coverageSpread(tag: key.tag, untilSeconds: covered))
            } else {
                plan.steps.append(.advance(tag: key.tag, to: .published))
            }
        }
    }

    /// Takes the oldest key that has waited long enough to work, and those that it succeeds out of
    /// it. Gives the tags of all of them.
    func advance(_ plan: inout KeyPlan) -> Set<UInt16> {
        var moved: Set<UInt16> = []
        for key in keys.filter({ $0.stage == .published }).sorted(by: { $0.isOlder(than: $1) }) {
            // It becomes active with the one that signs the keys.
            if isNewcomer(key), !key.role.signsKeys { continue }
            if let wait = wait(of: key) {
                plan.waits.append(wait)
                continue
            }
            guard moved.isEmpty else { continue }
            let changes = isNewcomer(key) ? algorithmChanges(to: key.algorithm) : changes(to: key)
            for (tag, stage) in changes {
                plan.steps.append(.advance(tag: tag, to: stage))
                moved.insert(tag)
            }
        }
        return moved
    }

    /// No key of its algorithm is active.
    private func isNewcomer(_ key: ZoneKey) -> Bool {
        !keys.contains { $0.stage == .active && $0.algorithm == key.algorithm }
    }

    private func changes(to key: ZoneKey) -> [(UInt16, ZoneKey.Stage)] {
        let succeeded = keys.filter { $0.stage == .active && isSucceeded($0, by: key) }
        return [(key.tag, .active)] + succeeded.map { ($0.tag, .retired) }
    }

    /// All keys of one algorithm take the place of all others.
    private func algorithmChanges(
        to algorithm: SigningPolicy.Algorithm
    ) -> [(UInt16, ZoneKey.Stage)] {
        keys.compactMap { key in
            guard key.algorithm == algorithm else {
                return key.stage.isListed ? (key.tag, .fading) : nil
            }
            return key.stage == .published ? (key.tag, .active) : nil
        }
    }

    /// What a key that is published has to wait for; `nil` if nothing any more.
    private func wait(of key: ZoneKey) -> KeyPlan.Wait? {
        let known =
            max(key.stageSinceSeconds, keysSince) + UInt64(policy.keyTTLSeconds) + propagation
        guard known <= seconds else { return .spread(tag: key.tag, untilSeconds: known) }
        guard key.role.signsKeys else { return nil }
        guard key.parentSinceSeconds > 0 else { return .parent(tag: key.tag) }
        let alone = key.parentSinceSeconds + UInt64(policy.parentTTLSeconds) + propagation
        return alone <= seconds ? nil : .parentCaches(tag: key.tag, untilSeconds: alone)
    }

    /// A key does all that another one does. One that signs everything goes on until there is one
    /// that signs the zone.
    private func isSucceeded(_ other: ZoneKey, by key: ZoneKey) -> Bool {
        other.role.signsZone ? key.role.signsZone : key.role.signsKeys
    }

    /// Forgets keys that nobody needs any more.
    func remove(_ plan: inout KeyPlan, unless moved: Set<UInt16>) {
        for key in keys where key.stage == .retired && !moved.contains(key.tag) {
            if let wait = lastWait(of: key) {
                plan.waits.append(wait)
            } else {
                plan.steps.append(.remove(tag: key.tag))
            }
        }
        let unlisted = UInt64(policy.keyTTLSeconds) + propagation
        for key in keys where key.stage == .fading && !moved.contains(key.tag) {
            let until = max(key.stageSinceSeconds, keysSince) + unlisted
            if until > seconds {
                plan.waits.append(.caches(tag: key.tag, untilSeconds: until))
            } else {
                plan.steps.append(.remove(tag: key.tag))
            }
        }
    }

    /// What a retired key has to wait for; `nil` if nothing any more.
    private func lastWait(of key: ZoneKey) -> KeyPlan.Wait? {
        var until = key.stageSinceSeconds + UInt64(policy.keyTTLSeconds) + propagation
        if key.role.signsZone {
            let count = facts.signatureCounts[key.tag] ?? 0
            guard count == 0 else { return .signatures(tag: key.tag, count: count) }
            let last = max(key.stageSinceSeconds, facts.latestSignatureSeconds)
            until = max(until, last + UInt64(facts.longestTTLSeconds) + propagation)
        }
        if key.role.signsKeys {
            guard keys.contains(where: { $0.role.signsKeys && $0.stage == .active }) else {
                return .successor(tag: key.tag)
            }
        }
        return until <= seconds ? nil : .caches(tag: key.tag, untilSeconds: until)
    }
}
