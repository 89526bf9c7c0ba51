import ClusterState
import Inventory
package import Planning
package import Zones

/// Keeps one provider in step with the state: reads what is there, has a plan made, carries it out
/// portion by portion, and puts down in the state what was done. One request at a time.
///
///     state ──wanted──> Planner <──found── provider
///                          │
///                        plan ──chunks──> provider ──done──> state
package actor Reconciler<P: Provider>: ProviderPublisher
where P.Key == RecordSetKey, P.Content == RecordSet {
    /// Names are 255 octets at most, and an entry of the log holds 1 MiB.
    static var portionKeys: Int { 2_000 }
    /// More requests than this do not wait for their turn.
    private static var maximumWaiting: Int { 16 }

    /// What the provider is called in the settings.
    package nonisolated var name: String { provider.name }

    let provider: P
    let keeper: StateKeeper
    private let tell: @Sendable (PublishingReport, PublishingRequest) -> Void
    private let settling: Duration
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Sets that the provider refused for themselves, as they were: not worth another try.
    var refusals: [RecordSetKey: (set: RecordSet, reason: String)] = [:]
    /// Owed sets that cannot be written for now, with the index at which they were owed.
    private var parked: [RecordSetKey: UInt64] = [:]

    /// Joins the two.
    ///
    /// - `tell`: hears of every request that was done.
    /// - `settling`: how long a request of another node may be under way that does not know yet
    ///   that this one leads.
    package init(
        provider: P, keeper: StateKeeper,
        tell: @escaping @Sendable (PublishingReport, PublishingRequest) -> Void = { _, _ in },
        settling: Duration = .seconds(4)
    ) {
        self.provider = provider
        self.keeper = keeper
        self.tell = tell
        self.settling = settling
    }

    /// Does what is asked. Failures are part of the report.
    package func perform(_ request: PublishingRequest) async -> PublishingReport {
        var report = PublishingReport(provider: provider.name)
        guard await enter() else {
            report.failure = ProviderError(
                .transient, reason: "\(Self.maximumWaiting) requests wait already", remedy: "")
            return report
        }
        do throws(ProviderError) {
            try await perform(request, &report)
        } catch {
            report.failure = error
        }
        tell(report, request)
        leave()
        return report
    }

    /// Something is owed that was not set aside.
    package func hasWork() async -> Bool {
        let name = provider.name
        let parked = parked
        return await keeper.read { state in
            state.providers[name]?.owed.contains { parked[$0.key] != $0.value } ?? false
        }
    }

    /// What was set aside is tried again next time.
    package func retryEverything() {
        parked = [:]
        refusals = [:]
    }

    private func enter() async -> Bool {
        guard isBusy else {
            isBusy = true
            return true
        }
        guard waiting.count < Self.maximumWaiting else { return false }
        await withCheckedContinuation { waiting.append($0) }
        return true
    }

    private func leave() {
        if waiting.isEmpty {
            isBusy = false
        } else {
            waiting.removeFirst().resume()
        }
    }
}

// MARK: - One request

extension Reconciler {
    private func perform(
        _ request: PublishingRequest, _ report: inout PublishingReport
    ) async throws(ProviderError) {
        if request.depth == .everything {
            parked = [:]
            refusals = [:]
        }
        let work = await work(for: request, under: try await term())
        let survey = try await provider.survey(work.keys)
        report.server = survey.server
        report.lookedAt = work.keys
        report.homeless = survey.homeless.filter { work.wanted[$0.key] != nil }
        if request.tellsStanding, !report.homeless.isEmpty { try await owe(&report, work) }
        if request.mayWrite {
            // What is not wanted and has no place is gone.
            let gone = Set(survey.homeless.keys).subtracting(report.homeless.keys)
            try await record(gone.intersection(work.owed.keys), counted: 0, "", work)
        }
        var zones = Set(survey.zones.keys)
        // Where nothing is wanted any more, something of ours may stand still.
        zones.formUnion(request.isClean ? work.knownZones : work.concernedZones)
        for zone in zones.sorted() where request.zone.map({ $0 == zone }) ?? true {
            var zoneReport = PublishingReport.ZoneReport(zone)
            zoneReport.obstacle =
                survey.zones[zone]?.obstacle ?? work.sdnPublishing.obstacle(to: zone)
            zoneReport.warnings = survey.zones[zone]?.warnings ?? []
            let failure = await perform(request, work, survey, &zoneReport)
            // A zone that nothing goes to may be gone, which is nothing to tell.
            let isThere = survey.zones[zone] != nil || zoneReport.plan != nil
            if isThere || failure != nil { report.zones.append(zoneReport) }
            // Whoever takes everything away wants as much of it gone as can be.
            guard let failure else { continue }
            guard request.isClean, failure.kind != .cancelled else { throw failure }
            report.failure = failure
        }
        if request.bringsIntoStep { park(work, survey, report) }
    }

    /// Sets aside what cannot be written for now, so that it is not tried in a circle.
    private func park(
        _ work: Work, _ survey: Survey<RecordSetKey>, _ report: PublishingReport
    ) {
        let closed = Set(report.zones.filter { $0.plan == nil || !$0.isApproved }.map(\.zone))
        var stuck = Set(report.homeless.keys)
        for zone in report.zones {
            stuck.formUnion(zone.plan?.conflicts.map(\.key) ?? [])
            stuck.formUnion(zone.plan?.held.flatMap(\.steps).map(\.key) ?? [])
            stuck.formUnion(zone.refused.keys)
        }
        for (key, index) in work.owed {
            let isClosed = survey.destinations[key].map(closed.contains) ?? false
            if isClosed || stuck.contains(key) { parked[key] = index }
        }
    }

    /// What somebody changed by hand is to come back once that is taken away, so it is owed from
    /// then on.
    private func oweEdited(_ plan: RecordPlan, _ work: Work) async throws(ProviderError) {
        let edited = plan.conflicts.filter { $0.reason == .edited(isWanted: true) }.map(\.key)
        let lost = edited.filter { work.owed[$0] == nil }
        guard !lost.isEmpty else { return }
        try await owe(lost, work)
    }

    /// What lost its zone is to come back with it, so it is owed from then on, also what was there
    /// and was not looked at now.
    private func owe(
        _ report: inout PublishingReport, _ work: Work
    ) async throws(ProviderError) {
        let name = provider.name
        let wanted = await keeper.read { Set($0.wantedSets(for: name).keys) }
        let survey = try await provider.survey(wanted)
        report.homeless.merge(survey.homeless) { $1 }
        report.lookedAt.formUnion(survey.homeless.keys)
        let homeless = survey.homeless.keys
        let lost = await keeper.read { state in
            homeless.filter { state.providers[name]?.owed[$0] == nil }
        }
        guard !lost.isEmpty else { return }
        try await owe(lost.sorted(), work)
    }

    /// In portions that fit an entry of the log each.
    private func owe(_ keys: [RecordSetKey], _ work: Work) async throws(ProviderError) {
        for start in stride(from: 0, to: keys.count, by: Self.portionKeys) {
            let portion = keys[start..<min(start + Self.portionKeys, keys.count)]
            try await propose([.owe(provider: provider.name, keys: Array(portion))], work)
        }
    }

    /// What is to be looked at.
    struct Work: Sendable {
        /// The term in which this node leads.
        var term: UInt64 = 0
        /// The index that it stands for.
        var index: UInt64 = 0
        /// What should be at the provider, among what is looked at.
        var wanted: [RecordSetKey: RecordSet] = [:]
        /// What is looked at; more than is wanted, where something has to go.
        var keys: Set<RecordSetKey> = []
        /// What is owed, with the index at which it became so.
        var owed: [RecordSetKey: UInt64] = [:]
        /// Zones that were written to before.
        var knownZones: Set<String> = []
        /// Those of them that have to do with our zones, where everything is looked at.
        var concernedZones: Set<String> = []
        /// What Proxmox writes itself.
        var sdnPublishing = SDNPublishing()
    }

    /// Only who leads has something to do with providers: two would undo what the other did.
    private func term() async throws(ProviderError) -> UInt64 {
        guard let term = await keeper.confirmedTerm(settling: settling) else {
            throw ProviderError(.cancelled, reason: "another node leads", remedy: "")
        }
        return term
    }

    private func work(for request: PublishingRequest, under term: UInt64) async -> Work {
        let name = provider.name
        let parked = parked
        return await keeper.read { state in
            var work = Work()
            work.term = term
            work.index = state.index
            work.sdnPublishing = state.sdnPublishing
            let ledger = state.providers[name]
            work.knownZones = Set((ledger?.zones ?? [:]).keys)
            work.owed = (ledger?.owed ?? [:]).filter { parked[$0.key] != $0.value }
            switch request.depth {
            case .everything:
                work.wanted = state.wantedSets(for: name)
                work.owed = ledger?.owed ?? [:]
                for zone in work.knownZones where state.concernsOurZones(zone) {
                    work.concernedZones.insert(zone)
                }
            case .owed:
                for owner in Set(work.owed.keys.map(\.owner)) {
                    for type in RecordType.published {
                        let key = RecordSetKey(owner: owner, type: type)
                        work.wanted[key] = state.wantedSet(key)
                    }
                }
            }
            work.keys = Set(work.wanted.keys).union(work.owed.keys)
            return work
        }
    }

    /// Returns why no other zone should be tried.
    private func perform(
        _ request: PublishingRequest, _ work: Work, _ survey: Survey<RecordSetKey>,
        _ report: inout PublishingReport.ZoneReport
    ) async -> ProviderError? {
        do throws(ProviderError) {
            try await reconcile(request, work, survey, &report)
        } catch {
            // A zone that only a person can mend must not hold up the others.
            guard error.kind == .permanent else { return error }
            report.obstacle = error.description
        }
        return nil
    }

    private func reconcile(
        _ request: PublishingRequest, _ work: Work, _ survey: Survey<RecordSetKey>,
        _ report: inout PublishingReport.ZoneReport
    ) async throws(ProviderError) {
        let zone = report.zone
        let keys = work.keys.filter { survey.destinations[$0] == zone }
        let name = provider.name
        report.isApproved = await keeper.read { $0.isApproved(provider: name, zone: zone) }
        if case .approve = request.intent, report.obstacle == nil, !report.isApproved {
            try await propose([.approve(provider: name, zone: zone)], work)
            report.isApproved = true
        }
        guard report.obstacle == nil else { return }
        // Nothing is read for what may not be written, unless somebody wants to see it.
        if request.depth == .owed, keys.isEmpty || !report.isApproved {
            if !report.isApproved { report.unread = keys.filter { work.owed[$0] != nil } }
            return
        }
        let reading = try await provider.read(
            zone, places: request.depth == .owed ? Set(keys.map(\.owner)) : nil)
        let plan = await plan(request, work, keys, reading, zone)
        report.plan = plan
        let steps = plan.groups.flatMap(\.steps)
        report.drifted = Set(steps.map(\.key).filter { work.owed[$0] == nil })
        if request.tellsStanding { try await oweEdited(plan, work) }
        guard request.mayWrite, report.isApproved || request.needsNoApproval else { return }
        let open = plan.openKeys
        // A plan for taking over or away does not tell what is as it should be.
        if request.bringsIntoStep {
            let settled = keys.filter { work.owed[$0] != nil && !open.contains($0) }
            try await record(settled, counted: 0, zone, work)
        }
        try await carryOut(plan, request, work, &report)
    }
}

extension SDNPublishing {
    /// Why we stay out of a zone of a provider; `nil` if we need not.
    fileprivate func obstacle(to zone: String) -> String? {
        guard let name = DomainName(zone) else { return nil }
        let isReverse = name.isAtOrBelow(.inAddrArpa) || name.isAtOrBelow(.ip6Arpa)
        guard zones.contains(name) || isReverse && hasReverse else { return nil }
        return "Proxmox's SDN writes to \(zone) by its own DNS plugin; take \"dns\" and "
            + "\"reversedns\" out of the SDN zone and apply, or leave the zone out of pipam's"
    }
}
