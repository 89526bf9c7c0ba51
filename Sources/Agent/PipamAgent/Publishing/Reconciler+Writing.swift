import ClusterState
import Inventory
import Planning
import Zones

extension Reconciler {
    /// Carries a plan out, portion by portion.
    func carryOut(
        _ plan: RecordPlan, _ request: PublishingRequest, _ work: Work,
        _ report: inout PublishingReport.ZoneReport
    ) async throws(ProviderError) {
        let zone = report.zone
        let chunks = plan.chunks(provider.chunkLimit) { provider.octets(of: $0) }
        for chunk in chunks {
            // Whatever is new must be there before anything goes.
            if chunk.allSatisfy(\.isRemoval), !report.refused.isEmpty { break }
            try await write(chunk, request, work, &report)
        }
        if report.written > 0 {
            try await provider.finish(zone)
        }
        if request.isForced, !request.isClean {
            try await propose([.releaseBrake(.provider(provider.name, zone: zone))], work)
        }
    }

    private func write(
        _ chunk: [RecordPlan.Group], _ request: PublishingRequest, _ work: Work,
        _ report: inout PublishingReport.ZoneReport
    ) async throws(ProviderError) {
        try await checkLicence(request, work)
        let outcome = try await provider.apply(
            chunk, to: report.zone, stamp: FencingStamp(term: work.term, index: work.index))
        report.written += outcome.done.count
        report.done.formUnion(outcome.done)
        report.refused.merge(outcome.refused) { $1 }
        for (key, reason) in outcome.refused {
            refusals[key] = work.wanted[key].map { ($0, reason) }
        }
        let done = Set(outcome.done)
        let steps = chunk.flatMap(\.steps).filter { done.contains($0.key) }
        report.growth += steps.reduce(0) { $0 + $1.growth }
        let counted = steps.count(where: \.isCounted)
        try await record(
            done, counted: request.isForced ? 0 : counted, report.zone, work)
    }

    /// Whether we may still write is asked before each portion.
    private func checkLicence(
        _ request: PublishingRequest, _ work: Work
    ) async throws(ProviderError) {
        guard await keeper.confirmedTerm() == work.term else {
            throw ProviderError(.cancelled, reason: "another node leads now", remedy: "")
        }
        if !request.isClean, await keeper.read({ $0.isPublishingPaused }) {
            throw ProviderError(
                .permanent, reason: "publishing is paused", remedy: "pipamctl publish resume")
        }
    }

    /// Puts down in the state what stands at the provider as it should.
    func record(
        _ done: Set<RecordSetKey>, counted: Int, _ zone: String, _ work: Work
    ) async throws(ProviderError) {
        let keys = done.sorted()
        for start in stride(from: 0, to: keys.count, by: Self.portionKeys) {
            let portion = keys[start..<min(start + Self.portionKeys, keys.count)]
            let report = WriteReport(
                provider: provider.name, zone: zone, plannedAtIndex: work.index,
                done: Array(portion), counted: start == 0 ? counted : 0)
            try await propose([.recordWrites(report)], work)
        }
    }

    /// Has commands applied and kept.
    func propose(_ bodies: [Command.Body], _ work: Work) async throws(ProviderError) {
        do {
            try await keeper.propose(
                bodies, atSeconds: WallClock.nowSeconds(), underTerm: work.term)
        } catch {
            // What was written is read again before the next write, so nothing is lost by it.
            throw ProviderError(
                .transient, reason: "keeping what was done at \(provider.name): \(error)",
                remedy: "")
        }
    }
}

extension RecordPlan.Step {
    /// By how many entries of ours it makes the zone larger.
    fileprivate var growth: Int {
        switch self {
        case .create, .adopt: 1
        case .change: 0
        case .remove: -1
        }
    }
}
