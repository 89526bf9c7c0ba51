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
        let succeeding = moment.advance(&plan)
        moment.remove(&plan, unless: succeeding)
        return plan
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

    /// Why a zone that is signed by one policy cannot be signed by another one; `nil` if it can.
    ///
    /// - `former`: `nil` if the zone is not signed yet.
    package static func objection(
        to policy: SigningPolicy, since former: SigningPolicy?
    ) -> KeyRefusal? {
        if let former, former.algorithm != policy.algorithm { return .otherAlgorithm }
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
        for role in KeySchedule.firstRoles(policy)
        where !keys.contains(where: { $0.role == role && $0.stage != .retired }) {
            plan.steps.append(.create(role, .published))
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

    /// Takes the oldest key that has waited long enough to work, and those that it succeeds out of
    /// it. Gives the tags of all of them.
    func advance(_ plan: inout KeyPlan) -> Set<UInt16> {
        var moved: Set<UInt16> = []
        for key in keys.filter({ $0.stage == .published }).sorted(by: { $0.isOlder(than: $1) }) {
            if let wait = wait(of: key) {
                plan.waits.append(wait)
                continue
            }
            guard moved.isEmpty else { continue }
            plan.steps.append(.advance(tag: key.tag, to: .active))
            moved.insert(key.tag)
            for other in keys where other.stage == .active && isSucceeded(other, by: key) {
                plan.steps.append(.advance(tag: other.tag, to: .retired))
                moved.insert(other.tag)
            }
        }
        return moved
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
