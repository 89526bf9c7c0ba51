import ClusterState
import Control
import Inventory
import Zones

/// What a change of static records comes to, before it is made.
struct StaticReview {
    let errors: [RecordFinding]
    let warnings: [RecordFinding]
    /// The guests that would lose names, by number, sorted.
    let guests: [UInt32]
    /// What really changes.
    let changes: ZoneAudit.Changes

    private let apex: DomainName
    private let version: UInt64
    private let differences: [RecordDifference]
    private let counts: (added: Int, changed: Int, removed: Int)

    /// - `newApex`: a zone that would come with it.
    init(
        _ changes: ZoneAudit.Changes, in apex: DomainName, newApex: DomainName? = nil,
        _ state: ReplicatedState
    ) {
        let statics = state.zones.statics.sets
        let real = changes.filter { statics[$0.key] != $0.value }
        let audit = ZoneAudit(real, in: state.zones, newApex: newApex)
        errors = audit.errors()
        warnings = audit.warnings()
        var displaced = Set(state.displaced(by: real))
        if let newApex { displaced.formUnion(state.displaced(byZone: newApex)) }
        guests = displaced.map(\.vmid).sorted()
        self.changes = real
        self.apex = apex
        version = state.staticVersion
        counts = (
            real.count { $0.value != nil && statics[$0.key] == nil },
            real.count { $0.value != nil && statics[$0.key] != nil },
            real.count { $0.value == nil }
        )
        differences = real.keys.sorted().prefix(RecordChangeAnswer.listed).map { key in
            let wanted = real[key] ?? nil
            return RecordDifference(
                name: key.owner.description, type: key.type.description, ttl: wanted?.ttlSeconds,
                from: statics[key]?.presentations ?? [], to: wanted?.presentations ?? [])
        }
    }

    /// Nothing changes.
    var isEmpty: Bool { changes.isEmpty }

    /// - `remarks`: what is known beside what the review found.
    /// - `line`: where in a file a set stands.
    func answer(
        _ outcome: RecordChangeAnswer.Outcome, index: UInt64, remarks: [RecordRemark] = [],
        line: (RecordSetKey) -> Int? = { _ in nil }
    ) -> RecordChangeAnswer {
        let found =
            errors.map { RecordRemark(.error, line: line($0.key), $0.description) }
            + warnings.map { RecordRemark(.warning, line: line($0.key), $0.description) }
        let all = remarks + found
        return RecordChangeAnswer(
            index: index, zone: apex.description, outcome: outcome, version: version,
            added: counts.added, changed: counts.changed, removed: counts.removed,
            differences: outcome == .unchanged ? [] : differences,
            findings: all.filter { $0.severity == .error }
                + all.filter { $0.severity == .warning },
            guests: guests)
    }
}
