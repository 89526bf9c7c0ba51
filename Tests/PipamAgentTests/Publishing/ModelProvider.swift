import Inventory
import Planning
import Zones

/// A provider in memory, with a transaction for each chunk, and with the failures that are asked of
/// it.
actor ModelProvider: Provider {
    typealias Key = RecordSetKey
    typealias Content = RecordSet

    /// What goes wrong with the next write.
    enum Fault {
        /// Nothing is done.
        case before
        /// It is done, and nobody hears of it.
        case after
    }

    nonisolated let name = "powerdns"
    nonisolated let chunkLimit: ChunkLimit
    private let apexes: [DomainName]
    private(set) var entries: [RecordSetKey: FoundEntry<RecordSet>] = [:]
    /// What it refuses, whatever it says.
    var poison: Set<RecordSetKey> = []
    /// What goes wrong with one write, and after how many good ones.
    var fault: (Fault, after: Int)?
    var failure: ProviderError?
    private(set) var writes = 0
    private(set) var reads = 0
    private(set) var finished = 0

    init(_ apexes: [DomainName], chunkSteps: Int = 100) {
        self.apexes = apexes
        chunkLimit = ChunkLimit(steps: chunkSteps, octets: 1 << 20)
    }

    func set(_ change: @Sendable (isolated ModelProvider) -> Void) { change(self) }

    func put(_ set: RecordSet, _ ownership: Ownership = .unmarked) {
        entries[set.key] = FoundEntry(set, ownership)
    }

    func remove(_ key: RecordSetKey) { entries[key] = nil }

    nonisolated func octets(of step: Plan<RecordSetKey, RecordSet>.Step) -> Int { 100 }

    func survey(
        _ keys: some Sequence<RecordSetKey> & Sendable
    ) async throws(ProviderError) -> Survey<RecordSetKey> {
        if let failure { throw failure }
        var survey = Survey<RecordSetKey>()
        survey.server = "Model 1"
        for apex in apexes { survey.zones["\(apex)"] = .init() }
        for key in keys {
            let home = apexes.filter { key.owner.isAtOrBelow($0) }
                .max { $0.wire.count < $1.wire.count }
            if let home {
                survey.destinations[key] = "\(home)"
            } else {
                survey.homeless[key] = "no zone for it; make one"
            }
        }
        return survey
    }

    func read(
        _ zone: String, places: Set<DomainName>?
    ) async throws(ProviderError) -> Reading<RecordSetKey, RecordSet> {
        reads += 1
        return Reading(
            entries.filter { key, _ in
                apexes.contains { "\($0)" == zone && key.owner.isAtOrBelow($0) }
                    && places?.contains(key.owner) ?? true
            })
    }

    func apply(
        _ chunk: [Plan<RecordSetKey, RecordSet>.Group], to zone: String, stamp: FencingStamp
    ) async throws(ProviderError) -> ChunkOutcome<RecordSetKey> {
        writes += 1
        let fault = nextFault()
        let lost = ProviderError(.transient, reason: "no answer", remedy: "wait")
        if case .before = fault { throw lost }
        var outcome = ChunkOutcome<RecordSetKey>()
        for step in chunk.flatMap(\.steps) {
            if poison.contains(step.key) {
                outcome.refused[step.key] = "it is poison"
                continue
            }
            switch step {
            case .create(let key, let set), .change(let key, _, let set), .adopt(let key, let set):
                entries[key] = FoundEntry(set, .ours(isIntact: true))
            case .remove(let key, _): entries[key] = nil
            }
            outcome.done.append(step.key)
        }
        if case .after = fault { throw lost }
        return outcome
    }

    private func nextFault() -> Fault? {
        guard let (kind, left) = fault else { return nil }
        fault = left > 0 ? (kind, left - 1) : nil
        return left > 0 ? nil : kind
    }

    func finish(_ zone: String) async throws(ProviderError) { finished += 1 }
}
