import Control
import ClusterState
import Planning
import Proxmox
import Zones

extension AgentControl {
    func adopt(_ request: AdoptRequest) async throws(ControlError) -> AdoptAnswer {
        try await onLeader(try .adopt(request)) { () throws(ControlError) in
            try await takeOver(request)
        }
    }

    private func takeOver(_ request: AdoptRequest) async throws(ControlError) -> AdoptAnswer {
        if !request.dryRun, await keeper.read(\.isPublishingPaused) {
            throw .conflict("publishing is paused", remedy: "pipamctl publish resume")
        }
        var adopted: [EntryItem] = []
        var conflicts: [Conflict] = []
        var isKnown = false
        for publisher in publishers.current {
            let report = await publisher.perform(
                PublishingRequest(.adopt(writes: !request.dryRun), zone: request.zone))
            if let failure = report.failure {
                throw .unavailable(failure.reason, remedy: failure.remedy)
            }
            isKnown = isKnown || !report.zones.isEmpty
            for zone in report.zones {
                adopted += zone.entries(at: report.provider, onlyDone: !request.dryRun)
            }
            conflicts += report.zonePlans().filter { $0.zone == request.zone }
                .flatMap(\.conflicts)
            // What was a conflict is none any more; the board learns of it.
            if !request.dryRun { _ = await publisher.perform(PublishingRequest(.show)) }
        }
        guard isKnown else {
            throw .notFound(
                "no provider has a zone \(request.zone) of ours",
                remedy: "pipamctl plan show lists them")
        }
        return AdoptAnswer(
            zone: request.zone, isDryRun: request.dryRun, adopted: adopted, conflicts: conflicts)
    }

    func collect() async throws(ControlError) -> CollectAnswer {
        let before = await keeper.read(\.index)
        if let failure = await collectNow() {
            throw .unavailable("nothing was collected: \(failure)", remedy: "pipamctl status")
        }
        let board = board.current
        let (guests, after) = await keeper.read { ($0.guests.count, $0.index) }
        return CollectAnswer(
            guests: guests, changedGuests: after > before ? board.source.lastChanged : 0,
            problems: (board.source.gaps + board.source.problems).map {
                ReportedProblem(about: "\($0.scope)", message: $0.message, remedy: $0.remedy)
            })
    }

    func setPublishing(
        isPaused: Bool
    ) async throws(ControlError) -> PublishingAnswer {
        if await keeper.read(\.isPublishingPaused) != isPaused {
            try await propose([.pausePublishing(isPaused)])
        }
        return PublishingAnswer(isPaused: isPaused)
    }

    func reconcile(
        _ request: ReconcileRequest
    ) async throws(ControlError) -> ReconcileAnswer {
        try await onLeader(try .reconcile(request)) { () throws(ControlError) in
            try await bringIntoStep(request)
        }
    }

    private func bringIntoStep(
        _ request: ReconcileRequest
    ) async throws(ControlError) -> ReconcileAnswer {
        if !request.dryRun, await keeper.read(\.isPublishingPaused) {
            throw .conflict("publishing is paused", remedy: "pipamctl publish resume")
        }
        if request.force, !request.dryRun { try await propose([.releaseBrake(.zones)]) }
        var plans = await ownPlans()
        var problems: [ReportedProblem] = []
        var written = 0
        for publisher in publishers.current {
            let report = await publisher.perform(PublishingRequest(request.intent))
            written += report.written
            plans += report.zonePlans()
            problems += report.reportedProblems
        }
        return ReconcileAnswer(
            isDryRun: request.dryRun, plans: plans, written: written, problems: problems)
    }

    func clean(_ request: CleanRequest) async throws(ControlError) -> CleanAnswer {
        try await onLeader(try .clean(request)) { () throws(ControlError) in
            try await takeAway(request)
        }
    }

    private func takeAway(_ request: CleanRequest) async throws(ControlError) -> CleanAnswer {
        // Nothing is paused by what comes to nothing.
        if request.collect { _ = try await collect() }
        if !request.dryRun { _ = try await setPublishing(isPaused: true) }
        var removed: [EntryItem] = []
        var problems: [ReportedProblem] = []
        for publisher in publishers.current {
            let name = publisher.name
            let only: Set<RecordSetKey>? =
                request.collect
                ? await keeper.read { Set($0.wantedSets(for: name).keys) } : nil
            let report = await publisher.perform(
                PublishingRequest(.clean(only: only, writes: !request.dryRun)))
            for zone in report.zones {
                removed += zone.entries(at: name, onlyDone: !request.dryRun)
            }
            problems += report.cleaningProblems
        }
        return CleanAnswer(
            isDryRun: request.dryRun, isPaused: await keeper.read(\.isPublishingPaused),
            removed: removed, problems: problems)
    }
}

extension ReconcileRequest {
    /// What the publishers are asked for.
    fileprivate var intent: PublishingRequest.Intent {
        if dryRun { return .show }
        return approve || force ? .approve(isForced: force) : .write
    }
}

extension PublishingReport {
    /// What was not removed that is ours.
    var cleaningProblems: [ReportedProblem] {
        let failures = failure.map {
            [ReportedProblem(about: provider, message: $0.reason, remedy: $0.remedy)]
        }
        let left = zones.flatMap { zone in
            (zone.plan?.conflicts ?? []).map { conflict in
                let text = ProblemText(conflict.reason.description)
                return ReportedProblem(
                    about: "\(provider) \(conflict.key)", message: text.message,
                    remedy: text.remedy)
            }
        }
        return (failures ?? []) + zones.compactMap(unfinished) + left
    }

    /// A zone in which something of ours is left that could not be taken away.
    private func unfinished(_ zone: ZoneReport) -> ReportedProblem? {
        let about = "\(provider) \(zone.zone)"
        if let obstacle = zone.obstacle.map(ProblemText.init) {
            return ReportedProblem(
                about: about, message: obstacle.message, remedy: obstacle.remedy)
        }
        let steps = zone.plan?.groups.flatMap(\.steps).count ?? 0
        guard failure != nil, steps > zone.written else { return nil }
        return ReportedProblem(
            about: about,
            message: "\(Wording.count(steps - zone.written, "entry", "entries")) not removed",
            remedy: "pipam clean again")
    }
}

extension PublishingReport.ZoneReport {
    /// The entries that the steps of the plan are about, or those of them that were carried out.
    func entries(at provider: String, onlyDone: Bool) -> [EntryItem] {
        let steps = plan?.groups.flatMap(\.steps) ?? []
        return steps.filter { !onlyDone || done.contains($0.key) }.map { step in
            let line = ZonePlan.Step(step)
            return EntryItem(
                provider: provider, zone: zone, name: line.name, type: line.type,
                data: line.from.isEmpty ? line.to : line.from)
        }
    }
}
