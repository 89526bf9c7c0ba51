/// Works out plans. Pure: equal arguments give equal plans.
package struct Planner<Key: EntryKey, Content: Hashable & Sendable>: Sendable {
    /// What comes out.
    package typealias ZonePlan = Plan<Key, Content>

    /// What the brake knows of a zone beside what is being planned.
    package struct Standing: Hashable, Sendable {
        /// The limits.
        package var brake = Brake()
        /// Removals and changes done within the brake's window.
        package var recent = 0
        /// Entries that should be in the whole zone, also where only a part of it is planned.
        package var wantedInZone = 0
        /// A person wants it whatever the brake says.
        package var isForced = false
        /// Unmarked entries that say what ours would are taken over.
        package var adopts = false

        /// Nothing was done yet.
        package init() {}
    }

    /// The zone, as the provider names it.
    package let zone: String
    /// What should be there, at the places that are planned.
    package let desired: [Key: Content]
    /// What is there, at the same places; everything, whosoever it is.
    package let found: [Key: FoundEntry<Content>]
    /// Entries that cannot be there, with the reason, whatever is found.
    package let impossible: [Key: String]

    /// Joins the four.
    package init(
        zone: String, desired: [Key: Content], found: [Key: FoundEntry<Content>],
        impossible: [Key: String] = [:]
    ) {
        self.zone = zone
        self.desired = desired
        self.found = found
        self.impossible = impossible
    }

    /// The plan for the zone.
    package func plan(_ standing: Standing) -> ZonePlan {
        let draft = draft(adopts: standing.adopts)
        let reason = standing.isForced ? nil : objection(to: draft.groups, standing)
        let isHeld: (ZonePlan.Group) -> Bool = { group in
            reason != nil && group.steps.contains(where: \.isCounted)
        }
        return ZonePlan(
            zone: zone, groups: draft.groups.filter { !isHeld($0) },
            held: draft.groups.filter(isHeld), brake: reason,
            conflicts: draft.conflicts.sorted { $0.key < $1.key }, settled: draft.settled.sorted())
    }

    private func objection(
        to groups: [ZonePlan.Group], _ standing: Standing
    ) -> Brake.Reason? {
        let steps = groups.flatMap(\.steps)
        let removals = steps.count { if case .remove = $0 { true } else { false } }
        let asked = steps.count(where: \.isCounted)
        let wanted = max(standing.wantedInZone, desired.count)
        return standing.brake.objection(
            asked: asked, recent: standing.recent,
            entries: wanted + removals + standing.recent,
            remaining: removals > 0 ? wanted : 1)
    }
}

// MARK: - Entry by entry

extension Planner {
    private struct Draft {
        var groups: [ZonePlan.Group] = []
        var conflicts: [ZonePlan.Conflict] = []
        var settled: [Key] = []
    }

    private func draft(adopts: Bool) -> Draft {
        var draft = Draft()
        let open = openPlaces(adopts: adopts, &draft.settled)
        guard !open.isEmpty else { return draft }
        let known = Set(desired.keys).union(found.keys).filter { open.contains($0.place) }
        // In whatever order: the whole is sorted in the end.
        for keys in Dictionary(grouping: known, by: \.place).values {
            draft.groups += Self.grouped(steps(at: keys.sorted(), adopts: adopts, &draft))
        }
        draft.groups.sort { ($0.phase, $0.steps[0].key) < ($1.phase, $1.steps[0].key) }
        return draft
    }

    /// Places where something is not as it should be. Nearly all are, and what is settled there
    /// needs no second look.
    private func openPlaces(adopts: Bool, _ settled: inout [Key]) -> Set<Key.Place> {
        var open = Set(desired.keys.filter { found[$0] == nil }.map(\.place))
        var quiet: [Key] = []
        for (key, entry) in found {
            switch step(for: key, entry, adopts: adopts) {
            case .settled: quiet.append(key)
            case .ignored: break
            case .step, .conflict: open.insert(key.place)
            }
        }
        settled = open.isEmpty ? quiet : quiet.filter { !open.contains($0.place) }
        return open
    }

    /// What to do at one place.
    private func steps(
        at keys: [Key], adopts: Bool, _ draft: inout Draft
    ) -> [ZonePlan.Step] {
        var steps: [ZonePlan.Step] = []
        // What stays, whatever we would like: nothing that it excludes can come.
        var staying: [Key] = []
        for key in keys {
            guard let entry = found[key] else { continue }
            switch step(for: key, entry, adopts: adopts) {
            case .step(let step):
                steps.append(step)
                if case .remove = step { continue }
            case .conflict(let reason):
                draft.conflicts.append(
                    .init(key, reason, found: entry, wanted: desired[key]))
            case .settled: draft.settled.append(key)
            case .ignored: break
            }
            staying.append(key)
        }
        for key in keys where found[key] == nil {
            guard let content = desired[key] else { continue }
            if let reason = impossible[key] {
                draft.conflicts.append(.init(key, .impossible(reason), wanted: content))
            } else if let obstacle = staying.first(where: key.excludes) {
                draft.conflicts.append(
                    .init(key, .excluded(by: obstacle.description), wanted: content))
            } else {
                steps.append(.create(key, content))
                staying.append(key)
            }
        }
        return steps
    }

    private enum Finding {
        case step(ZonePlan.Step), conflict(ConflictReason), settled, ignored
    }

    /// What becomes of an entry that is there.
    private func step(
        for key: Key, _ entry: FoundEntry<Content>, adopts: Bool
    ) -> Finding {
        let wanted = desired[key]
        if wanted != nil, let reason = impossible[key] { return .conflict(.impossible(reason)) }
        switch entry.ownership {
        case .unmarked:
            guard let wanted else { return .ignored }
            let isEqual = entry.content == wanted
            return adopts && isEqual
                ? .step(.adopt(key, wanted)) : .conflict(.unmarked(isEqual: isEqual))
        case .another(let owner):
            return wanted == nil ? .ignored : .conflict(.another(owner))
        case .ours(isIntact: false):
            return .conflict(.edited(isWanted: wanted != nil))
        case .ours(isIntact: true):
            guard let content = entry.content else {
                return .conflict(.edited(isWanted: wanted != nil))
            }
            guard let wanted else { return .step(.remove(key, content)) }
            return content == wanted
                ? .settled : .step(.change(key, from: content, to: wanted))
        }
    }

    /// A removal and what it makes room for stand together; everything else stands alone.
    private static func grouped(_ steps: [ZonePlan.Step]) -> [ZonePlan.Group] {
        let isTied: (ZonePlan.Step) -> Bool = { step in
            steps.contains { $0.key.excludes(step.key) }
        }
        let tied = steps.filter(isTied).sorted { $0.key < $1.key }
        return (tied.isEmpty ? [] : [ZonePlan.Group(steps: tied)])
            + steps.filter { !isTied($0) }.map { ZonePlan.Group(steps: [$0]) }
    }
}

extension Plan.Group {
    /// Creations come first, so that a name is somewhere before it vanishes elsewhere.
    fileprivate var phase: Int {
        if isRemoval { return 2 }
        return steps.contains(where: \.isCounted) ? 1 : 0
    }
}
