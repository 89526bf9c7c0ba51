import Inventory
import Planning

// The brake in our own zones. Removals and changes of guests' record sets count, zone by zone. If
// they are too many, all of them are held: the zone keeps what stands, and only additions go on.
// Every commit looks at what is held anew, and lets through all of it or none.

// MARK: - What is held

extension ZoneSet {
    /// What the brake holds, zone by zone, sorted by name.
    package var held: [HeldZone] {
        brakes.sorted { $0.key < $1.key }.compactMap { apex, brake in
            brake.reason.map { reason in
                HeldZone(
                    apex: apex, sets: brake.held.values.sorted { $0.key < $1.key },
                    reason: reason, sinceSeconds: brake.sinceSeconds)
            }
        }
    }

    /// When the passing of time alone may let something through, in seconds since 1970.
    package var nextDueSeconds: UInt64? {
        brakes.values.lazy.filter { !$0.held.isEmpty }.compactMap(\.window.nextChangeSeconds).min()
    }

    /// Lets everything through that is held. What was done within the hour counts no more.
    package mutating func releaseBrake(atSeconds seconds: UInt64) -> [ZoneChange] {
        var changes: [ZoneChange] = []
        for apex in brakes.keys.sorted() {
            let released = brakes[apex]?.releaseAll() ?? []
            changes += update(apex, with: released, atSeconds: seconds)
        }
        brakes = [:]
        return changes
    }

    /// One set as the claims would have it, whatever the brake holds.
    func intendedSet(_ key: RecordSetKey) -> RecordSet? {
        guard let apex = apex(of: key.owner) else { return nil }
        if let held = brakes[apex]?.held[key] { return held.wanted }
        return zones[apex]?.set(key)
    }

    /// A claim that holds and is not published yet, because the brake holds its record set.
    func isBraked(_ claim: Publication.Claim) -> Bool {
        let type = claim.address?.address.recordType ?? .cname
        let key = RecordSetKey(owner: claim.name, type: type)
        guard let held = apex(of: key.owner).flatMap({ brakes[$0]?.held[key] }) else {
            return false
        }
        let data = claim.address?.address.octets ?? claim.target?.wire ?? []
        return held.wanted?.data.contains(data) ?? false
            && !(held.standing?.data.contains(data) ?? false)
    }
}

// MARK: - Commits

extension ZoneSet {
    /// Brings one zone to where its claims want it, as far as the brake lets it.
    ///
    /// - `touched`: every set that may have changed since the last time.
    /// - `isOperators`: a person had them changed, which the brake lets through and does not count.
    ///
    /// Returns what is to be done.
    mutating func settle(
        _ apex: DomainName, _ touched: [HeldSet], isOperators: Bool, atSeconds seconds: UInt64
    ) -> [HeldSet] {
        // Taken out, so that there is no second reference to what is held.
        var brake = brakes.removeValue(forKey: apex) ?? ZoneBrake()
        for set in touched {
            brake.release(set.key)
        }
        let open = touched.filter { $0.standing != $0.wanted }
        for set in open where set.isCounted && !isOperators {
            brake.hold(set)
        }
        var steps = isOperators ? open : []
        for set in open where !set.isCounted && !isOperators {
            if set.standing == nil, brake.obstructs(set.key) {
                brake.hold(set)
            } else {
                steps.append(set)
            }
        }
        let additions = steps.count { $0.standing == nil } + brake.waiting
        let count = guestSetCount(apex) - brake.removals + additions
        if !judge(&brake, resultingIn: count, atSeconds: seconds) {
            steps += brake.releaseAll()
        }
        brakes[apex] = brake.isEmpty ? nil : brake
        return steps
    }

    /// Decides on what is held: `true` if it stays so.
    ///
    /// - `count`: how many guests' sets the zone would have if nothing were held.
    private func judge(
        _ brake: inout ZoneBrake, resultingIn count: Int, atSeconds seconds: UInt64
    ) -> Bool {
        brake.window.prune(atSeconds: seconds)
        let recent = brake.window.count(atSeconds: seconds)
        let reason = settings.brake.objection(
            asked: brake.counted, recent: recent, entries: count + brake.removals + recent,
            remaining: brake.removals > 0 ? count : 1)
        guard let reason else {
            brake.window.add(brake.counted, atSeconds: seconds)
            return false
        }
        if brake.reason == nil { brake.sinceSeconds = seconds }
        brake.reason = reason
        return true
    }

    /// Carries out steps in one zone; a zone that changes gets its next serial.
    mutating func update(
        _ apex: DomainName, with steps: [HeldSet], atSeconds seconds: UInt64
    ) -> [ZoneChange] {
        var removed: [RecordSetKey] = []
        var changed: [RecordSet] = []
        var journal: [ZoneJournal.Change] = []
        for step in steps.sorted(by: { $0.key < $1.key }) {
            let former = zones[apex]?.set(step.key)
            guard zones[apex]?.replace(step.key, with: step.wanted) ?? false else { continue }
            journal.append(ZoneJournal.Change(former: former, present: step.wanted))
            if let set = step.wanted {
                changed.append(set)
            } else {
                removed.append(step.key)
            }
        }
        guard !removed.isEmpty || !changed.isEmpty else { return [] }
        let isDraft = isServedSigned(apex)
        if !isDraft {
            changed += advance(apex, atSeconds: seconds)
            note(journal, in: apex)
        }
        if signed[apex] != nil { review(changed.map(\.key) + removed, in: apex) }
        let difference = ZoneDifference(
            apex: apex, removed: removed.sorted(), changed: changed.sorted { $0.key < $1.key })
        return [isDraft ? .drafted(difference) : .updated(difference)]
    }

    /// How many sets of guests stand in a zone.
    private func guestSetCount(_ apex: DomainName) -> Int {
        (zones[apex]?.count ?? 0) - (fixedCounts[apex] ?? 0)
    }
}

// MARK: - Zones made anew

extension ZoneSet {
    /// Puts back what stood in zones that were made anew, where too much would go or change.
    ///
    /// Not the brake's business is what the operator does: a zone that left the settings, a name
    /// that is a host's, a name server's, a zone's or the operator's now, other times to live.
    mutating func hold(
        since before: [DomainName: Zone], fixedNames: Set<DomainName>, isOperators: Bool,
        atSeconds seconds: UInt64
    ) {
        var losses: [DomainName: [HeldSet]] = [:]
        for (apex, zone) in before where zones[apex] != nil {
            for set in zone.sets.values where !fixedNames.contains(set.key.owner) {
                guard obstacle(at: set.key.owner) == nil, let home = self.apex(of: set.key.owner)
                else { continue }
                guard !isOperators || brakes[home]?.held[set.key] != nil else { continue }
                let loss = HeldSet(
                    key: set.key, standing: set, wanted: zones[home]?.set(set.key))
                if loss.isCounted { losses[home, default: []].append(loss) }
            }
        }
        let former = brakes
        brakes = [:]
        for apex in zones.keys.sorted() {
            var brake = former[apex] ?? ZoneBrake()
            let (reason, since) = (brake.reason, brake.sinceSeconds)
            _ = brake.releaseAll()
            (brake.reason, brake.sinceSeconds) = (reason, since)
            for loss in losses[apex] ?? [] {
                brake.hold(loss)
            }
            if judge(&brake, resultingIn: guestSetCount(apex), atSeconds: seconds) {
                restore(apex, &brake)
            } else {
                _ = brake.releaseAll()
            }
            brakes[apex] = brake.isEmpty ? nil : brake
        }
    }

    /// Puts what is held back in its place, and takes out what it excludes.
    private mutating func restore(_ apex: DomainName, _ brake: inout ZoneBrake) {
        for set in brake.held.values.sorted(by: { $0.key < $1.key }) {
            _ = zones[apex]?.replace(set.key, with: set.standing)
            for type in RecordType.ofGuests {
                let other = RecordSetKey(owner: set.key.owner, type: type)
                guard set.standing != nil, set.key.excludes(other), brake.held[other] == nil,
                    let wanted = zones[apex]?.set(other)
                else { continue }
                brake.hold(HeldSet(key: other, standing: nil, wanted: wanted))
                _ = zones[apex]?.replace(other, with: nil)
            }
        }
    }

    /// Puts back what stood when a snapshot was made.
    mutating func restore(_ saved: [DomainName: ZoneBrake]) {
        brakes = [:]
        for (apex, saved) in saved where zones[apex] != nil {
            var brake = saved
            for var set in saved.held.values {
                set.wanted = zones[apex]?.set(set.key)
                if set.wanted == set.standing {
                    brake.release(set.key)
                } else {
                    brake.hold(set)
                }
            }
            for set in brake.held.values {
                _ = zones[apex]?.replace(set.key, with: set.standing)
            }
            if brake.held.isEmpty { _ = brake.releaseAll() }
            brakes[apex] = brake.isEmpty ? nil : brake
        }
    }
}
