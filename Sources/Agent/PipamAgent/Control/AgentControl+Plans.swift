import Control
import ClusterState
import Inventory
import Planning
import Zones

extension AgentControl {
    func plan(_ query: PlanQuery) async throws(ControlError) -> PlanAnswer {
        try await onLeader(.plan(query)) { () throws(ControlError) in try await makePlan(query) }
    }

    private func makePlan(_ query: PlanQuery) async throws(ControlError) -> PlanAnswer {
        let held = await keeper.read { $0.pendingSettings.map(HeldSettings.init) }
        if query.provider == PlanQuery.settingsProvider { return PlanAnswer(settings: held) }
        var plans: [ZonePlan] = []
        if query.provider == nil || query.provider == Self.ownName {
            plans += await ownPlans().filter { query.zone == nil || $0.zone == query.zone }
        }
        if query.provider != Self.ownName {
            for publisher in try publishers(named: query.provider) {
                let report = await publisher.perform(
                    PublishingRequest(.show, .everything, zone: query.zone))
                plans += report.zonePlans()
            }
        }
        guard query.zone == nil || !plans.isEmpty else {
            throw .notFound(
                "no provider has a zone \(query.zone ?? "") of ours",
                remedy: "pipamctl plan show lists them")
        }
        let concernsAll = query.provider == nil && query.zone == nil
        return PlanAnswer(
            plans: plans.sorted { ($0.provider, $0.zone) < ($1.provider, $1.zone) },
            settings: concernsAll ? held : nil)
    }

    /// What the brake holds back in our own zones.
    func ownPlans() async -> [ZonePlan] {
        await keeper.read { state in
            state.zones.held.map { zone in
                ZonePlan(
                    provider: Self.ownName, zone: zone.apex.description, isApproved: true,
                    held: zone.sets.map { held in
                        ZonePlan.Group(steps: [ZonePlan.Step(held)])
                    },
                    brake: zone.reason.description,
                    settled: (state.zones.zones[zone.apex]?.count ?? 0) - zone.sets.count)
            }
        }
    }

    func apply(_ request: ApplyRequest) async throws(ControlError) -> ApplyAnswer {
        try await onLeader(try .apply(request)) { () throws(ControlError) in
            try await carryOut(request)
        }
    }

    private func carryOut(_ request: ApplyRequest) async throws(ControlError) -> ApplyAnswer {
        let settings = try await applySettings(request)
        if request.provider == PlanQuery.settingsProvider {
            return ApplyAnswer(settings: settings)
        }
        let isPaused = await keeper.read(\.isPublishingPaused)
        guard !isPaused || request.provider == Self.ownName else {
            throw .conflict("publishing is paused", remedy: "pipamctl publish resume")
        }
        var zones: [ApplyAnswer.AppliedZone] = []
        if request.provider == nil || request.provider == Self.ownName {
            zones += try await applyToOwnZones(request)
        }
        if request.provider != Self.ownName {
            for publisher in try publishers(named: request.provider) {
                zones += try await apply(request, publisher)
            }
        }
        guard request.zone == nil || !zones.isEmpty else {
            throw .notFound(
                "no provider has a zone \(request.zone ?? "") of ours",
                remedy: "pipamctl plan show lists them")
        }
        return ApplyAnswer(
            zones: zones.sorted { ($0.provider, $0.zone) < ($1.provider, $1.zone) },
            settings: settings)
    }

    /// Settings that wait are let through, unless something else is meant.
    private func applySettings(
        _ request: ApplyRequest
    ) async throws(ControlError) -> AppliedSettings? {
        let isMeant = request.provider == PlanQuery.settingsProvider
        guard isMeant || (request.provider == nil && request.zone == nil) else { return nil }
        guard await keeper.read({ $0.pendingSettings != nil }) else {
            guard isMeant else { return nil }
            throw .conflict("no settings wait", remedy: "pipamctl config diff")
        }
        let held = try await settle(isApproved: true)
        return AppliedSettings(version: held.version, names: held.names)
    }

    /// What our own zones hold back is let through by force, and told of otherwise.
    private func applyToOwnZones(
        _ request: ApplyRequest
    ) async throws(ControlError) -> [ApplyAnswer.AppliedZone] {
        let held = await ownPlans()
        guard !held.isEmpty,
            request.zone == nil || held.contains(where: { $0.zone == request.zone })
        else { return [] }
        // What holds in our zones is let through together, so for one zone only if it is alone.
        let isMeant = request.zone == nil || held.count == 1
        let isReleased = request.force && isMeant
        if isReleased { try await propose([.releaseBrake(.zones)]) }
        let remedy =
            isMeant
            ? "if it is right, pipamctl plan apply --force"
            : "our zones go together: if all of it is right, plan apply --force without --zone"
        return held.filter { request.zone == nil || $0.zone == request.zone }.map { plan in
            ApplyAnswer.AppliedZone(
                provider: Self.ownName, zone: plan.zone, isNewlyApproved: false,
                done: isReleased ? plan.held.count : 0, left: isReleased ? 0 : plan.held.count,
                problem: isReleased ? nil : plan.brake, remedy: isReleased ? nil : remedy)
        }
    }

    private func apply(
        _ request: ApplyRequest, _ publisher: any ProviderPublisher
    ) async throws(ControlError) -> [ApplyAnswer.AppliedZone] {
        let name = publisher.name
        let approved = await keeper.read { state in
            Set(
                (state.providers[name]?.zones ?? [:]).keys.filter {
                    state.isApproved(provider: name, zone: $0)
                })
        }
        let report = await publisher.perform(
            PublishingRequest(
                .approve(isForced: request.force), .everything, zone: request.zone))
        if let failure = report.failure, report.zones.isEmpty {
            throw .unavailable(failure.reason, remedy: failure.remedy)
        }
        return report.zones.map { zone in
            let steps = zone.plan.map { $0.groups.flatMap(\.steps).count } ?? 0
            let held = zone.plan.map { $0.held.flatMap(\.steps).count } ?? 0
            let failure = zone.plan == nil || zone.written < steps ? report.failure : nil
            let obstacle = zone.obstacle.map(ProblemText.init)
            return ApplyAnswer.AppliedZone(
                provider: name, zone: zone.zone,
                isNewlyApproved: zone.isApproved && !approved.contains(zone.zone),
                done: zone.written, left: max(0, steps - zone.written) + held,
                problem: obstacle?.message ?? failure?.reason,
                remedy: obstacle?.remedy ?? failure?.remedy)
        }
    }

    func conflicts() async throws(ControlError) -> ConflictListAnswer {
        try await onLeader(.conflicts) { () throws(ControlError) in ownConflicts() }
    }

    private func ownConflicts() -> ConflictListAnswer {
        let standings = board.current.providers.values.sorted { $0.name < $1.name }
        return ConflictListAnswer(
            conflicts: standings.flatMap { standing in
                standing.open.filter { $0.value.cause == .conflict }
                    .sorted { ($0.value.zone ?? "", $0.key) < ($1.value.zone ?? "", $1.key) }
                    .map { key, open in
                        Conflict(
                            provider: standing.name, zone: open.zone ?? "",
                            name: key.owner.description, type: key.type.description,
                            reason: open.reason, isAdoptable: open.isAdoptable,
                            standing: open.standing, wanted: open.wanted)
                    }
            })
    }
}

// MARK: - Plans for people

extension PublishingReport {
    /// The plans of the zones; what was not looked at has an empty one.
    func zonePlans() -> [ZonePlan] {
        zones.map { zone in
            ZonePlan(
                provider: provider, zone: zone.zone, isApproved: zone.isApproved,
                groups: zone.plan?.groups.map(ZonePlan.Group.init) ?? [],
                held: zone.plan?.held.map(ZonePlan.Group.init) ?? [],
                brake: zone.plan?.brake?.description,
                conflicts: conflicts(in: zone), settled: zone.plan?.settled.count ?? 0,
                problem: zone.obstacle ?? (zone.plan == nil ? failure?.description : nil),
                warnings: zone.warnings)
        } + homelessPlans
    }

    /// Entries without a zone, under the name of no zone.
    private var homelessPlans: [ZonePlan] {
        guard !homeless.isEmpty || (failure != nil && zones.isEmpty) else { return [] }
        return [
            ZonePlan(
                provider: provider, zone: "-", isApproved: false,
                conflicts: homeless.sorted { $0.key < $1.key }.map { key, reason in
                    Conflict(
                        provider: provider, zone: "-", name: key.owner.description,
                        type: key.type.description, reason: reason, isAdoptable: false)
                }, settled: 0, problem: failure?.description)
        ]
    }

    private func conflicts(in zone: ZoneReport) -> [Conflict] {
        let planned = (zone.plan?.conflicts ?? []).map { conflict in
            let (standing, wanted) = conflict.lines
            return Conflict(
                provider: provider, zone: zone.zone, name: conflict.key.owner.description,
                type: conflict.key.type.description, reason: conflict.reason.description,
                isAdoptable: conflict.reason == .unmarked(isEqual: true), standing: standing,
                wanted: wanted)
        }
        let refused = zone.refused.sorted { $0.key < $1.key }.map { key, reason in
            Conflict(
                provider: provider, zone: zone.zone, name: key.owner.description,
                type: key.type.description, reason: reason, isAdoptable: false)
        }
        return planned + refused
    }

    /// What a person has to know of it.
    var reportedProblems: [ReportedProblem] {
        var problems: [ReportedProblem] = []
        if let failure {
            problems.append(
                ReportedProblem(about: provider, message: failure.reason, remedy: failure.remedy))
        }
        for zone in zones {
            let about = "\(provider) \(zone.zone)"
            if let obstacle = zone.obstacle.map(ProblemText.init) {
                problems.append(
                    ReportedProblem(
                        about: about, message: obstacle.message, remedy: obstacle.remedy))
            } else if !zone.isApproved, zone.plan != nil {
                problems.append(
                    ReportedProblem(
                        about: about, message: "first contact: nothing was written",
                        remedy: "look at the plan, then pipamctl plan apply, or pipam reconcile "
                            + "--approve"))
            }
        }
        for (key, reason) in homeless.sorted(by: { $0.key < $1.key }).prefix(Self.shownHomeless) {
            let text = ProblemText(reason)
            problems.append(
                ReportedProblem(
                    about: "\(provider) \(key)", message: text.message, remedy: text.remedy))
        }
        return problems
    }

    /// More of them say the same.
    private static var shownHomeless: Int { 20 }
}

extension ZonePlan.Group {
    init(_ group: RecordPlan.Group) {
        self.init(steps: group.steps.map(ZonePlan.Step.init))
    }
}

extension ZonePlan.Step {
    init(_ step: RecordPlan.Step) {
        switch step {
        case .create(let key, let set): self.init(.create, key, nil, set)
        case .change(let key, let from, let to): self.init(.change, key, from, to)
        case .remove(let key, let set): self.init(.remove, key, set, nil)
        case .adopt(let key, let set): self.init(.adopt, key, set, set)
        }
    }

    init(_ held: HeldSet) {
        let action: ZonePlan.Action =
            held.wanted == nil ? .remove : held.standing == nil ? .create : .change
        self.init(action, held.key, held.standing, held.wanted)
    }

    private init(
        _ action: ZonePlan.Action, _ key: RecordSetKey, _ from: RecordSet?, _ to: RecordSet?
    ) {
        let (from, to) = RecordSet.lines(from, to)
        self.init(
            action: action, name: key.owner.description, type: key.type.description,
            from: from, to: to)
    }
}

extension RecordPlan.Conflict {
    /// What stands there and what should, for people.
    var lines: (standing: [String], wanted: [String]) {
        let (standing, wanted) = RecordSet.lines(found?.content, wanted)
        guard found != nil, found?.content == nil else { return (standing, wanted) }
        return (["(disabled, or of a form that pipam does not write)"], wanted)
    }
}

extension RecordSet {
    /// Two sets as they differ: the time to live is told only where it is what differs.
    fileprivate static func lines(
        _ first: RecordSet?, _ second: RecordSet?
    ) -> ([String], [String]) {
        let tellsTTL = first != nil && second != nil && first?.ttlSeconds != second?.ttlSeconds
        let lines: (RecordSet?) -> [String] = { set in
            guard let set else { return [] }
            return set.presentations.map { tellsTTL ? "\($0) (TTL \(set.ttlSeconds))" : $0 }
        }
        return (lines(first), lines(second))
    }
}
