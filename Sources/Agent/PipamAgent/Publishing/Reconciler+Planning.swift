import ClusterState
import Inventory
import Planning
import Zones

extension Reconciler {
    /// What has to be done in a zone, by what stands there.
    func plan(
        _ request: PublishingRequest, _ work: Work, _ keys: Set<RecordSetKey>,
        _ reading: Reading<RecordSetKey, RecordSet>, _ zone: String
    ) async -> RecordPlan {
        var desired: [RecordSetKey: RecordSet] = [:]
        var impossible = reading.impossible(among: keys)
        for key in keys {
            guard let set = work.wanted[key] else { continue }
            desired[key] = set
            if let refusal = refusals[key], refusal.set == set { impossible[key] = refusal.reason }
        }
        if request.isClean { desired = [:] }
        let planner = Planner(
            zone: zone, desired: desired, found: reading.entries, impossible: impossible)
        var standing = Planner<RecordSetKey, RecordSet>.Standing()
        standing.isForced = request.isForced
        standing.adopts = request.isAdopting
        let name = provider.name
        (standing.brake, standing.recent) = await keeper.read { state in
            let ledger = state.providers[name]?.zones[zone]
            return (
                state.settings.brake, ledger?.recentCount(atSeconds: WallClock.nowSeconds()) ?? 0
            )
        }
        let plan = planner.plan(standing)
        // What the whole zone holds is asked for only where it matters.
        guard request.depth == .owed, plan.countedSteps > 0 || !plan.held.isEmpty else {
            return plan.limited(to: request)
        }
        standing.wantedInZone = await wantedCount(in: zone)
        return planner.plan(standing).limited(to: request)
    }

    /// How many sets should be in a zone of the provider.
    private func wantedCount(in zone: String) async -> Int {
        let name = provider.name
        let keys = await keeper.read { $0.wantedSets(for: name).keys }
        // The survey before this one succeeded; without an answer now, the brake is strict.
        guard let survey = try? await provider.survey(keys) else { return 0 }
        return survey.destinations.values.count { $0 == zone }
    }
}

extension PublishingRequest {
    /// The brake does not count.
    var isForced: Bool {
        switch intent {
        case .approve(let isForced): isForced
        case .clean: true
        case .show, .write, .adopt: false
        }
    }

    /// It takes over what says the same.
    var isAdopting: Bool {
        if case .adopt = intent { true } else { false }
    }

    /// A person asked for just this, and nothing is put where nothing of ours was.
    var needsNoApproval: Bool { isClean || isAdopting }

    /// It takes away what is ours.
    var isClean: Bool {
        if case .clean = intent { true } else { false }
    }
}

extension RecordPlan {
    /// The plan without what a request is not for.
    fileprivate func limited(to request: PublishingRequest) -> RecordPlan {
        switch request.intent {
        case .show, .write, .approve, .clean(only: nil, _): self
        case .adopt: filtered { if case .adopt = $0 { true } else { false } }
        case .clean(let only?, _): filtered { only.contains($0.key) }
        }
    }
}
