import ClusterState
import Control
import Inventory
import Zones

/// What a zone file comes to, as the state was.
struct ImportPlan: Sendable {
    /// So much goes into one entry of the log; what is more comes in parts before.
    private static let portionOctets = 512 << 10

    let review: StaticReview
    let remarks: [RecordRemark]
    let index: UInt64
    /// What comes of it without a command; `nil` if one is needed.
    let outcome: RecordChangeAnswer.Outcome?

    private let version: UInt64
    /// What the zone is to be; `nil` if it stays as it is.
    private let zone: StaticZone?
    /// The changes one by one, if they are few.
    private let edit: RecordEdit?

    /// Throws if it cannot be as things stand.
    init(
        _ file: ZoneFileContent, _ request: ZoneImportRequest, _ state: ReplicatedState
    ) throws(ControlError) {
        index = state.index
        version = state.staticVersion
        if let asked = request.version, asked != version {
            throw .conflict(
                "the records changed meanwhile; they are at version \(version)",
                remedy: "look again with --dry-run")
        }
        let apex = file.apex
        let isNew = state.zones.zones[apex] == nil
        let isConfigured = !isNew && !state.zones.isStaticZone(apex)
        remarks = Self.remarks(file, isNew: isNew, isConfigured: isConfigured)
        // A file that cannot be read whole says nothing about what should go.
        let isBroken = remarks.contains { $0.severity == .error }
        let changes = isBroken ? [:] : state.difference(of: Array(file.sets.values), in: apex)
        review = StaticReview(changes, in: apex, newApex: isNew ? apex : nil, state)
        let zone = isConfigured ? nil : file.zone
        self.zone = zone == state.zones.statics.zones[apex] ? nil : zone
        edit = self.zone == nil ? Self.edit(review.changes, request, state) : nil
        if isBroken || !review.errors.isEmpty {
            outcome = .refused
        } else if review.isEmpty, self.zone == nil {
            outcome = .unchanged
        } else if request.dryRun {
            outcome = .shown
        } else {
            outcome = nil
            guard request.replace || review.guests.isEmpty else {
                throw AgentControl.heldByGuests(review.guests)
            }
        }
    }

    private static func remarks(
        _ file: ZoneFileContent, isNew: Bool, isConfigured: Bool
    ) -> [RecordRemark] {
        var remarks = file.remarks
        if isNew, file.zone == nil, !file.isBroken {
            remarks.append(
                RecordRemark(
                    .error, "\(file.apex) is new here and the file has no SOA record for it"))
        }
        if isConfigured, file.zone != nil {
            remarks.append(
                RecordRemark(
                    .warning, "the SOA record is left out: the settings name \(file.apex)"))
        }
        return remarks
    }

    // MARK: Commands

    /// What is to be agreed on, in this order: what changes, if that is little, else the whole in
    /// parts, of which the last one counts.
    func commands(for file: ZoneFileContent, _ request: ZoneImportRequest) -> [Command.Body] {
        if let edit { return [.editRecords(edit)] }
        let portions = Self.portions(Array(file.sets.values))
        let last = { (sets: [RecordSet], stage: UInt64?) in
            Command.Body.importZone(
                ZoneImport(
                    file.apex, sets: sets, stage: stage, zone: zone, serial: file.serial,
                    base: version, takesNames: request.replace))
        }
        guard portions.count > 1 else { return [last(portions.first ?? [], nil)] }
        let number = UInt64.random(in: 1...UInt64.max)
        return portions.map { .stageRecords(number, $0) } + [last([], number)]
    }

    /// `nil` if it is too much for one command.
    private static func edit(
        _ changes: ZoneAudit.Changes, _ request: ZoneImportRequest, _ state: ReplicatedState
    ) -> RecordEdit? {
        let octets = changes.reduce(0) { $0 + $1.key.proposalOctets($1.value) }
        guard octets <= portionOctets else { return nil }
        let list = changes.keys.sorted().map { key in
            let note = state.staticNote(of: key)
            return RecordEdit.Change(
                key, changes[key] ?? nil, comment: note?.comment ?? "",
                expecting: note.map { .version($0.version) } ?? .absent)
        }
        return RecordEdit(list, takesNames: request.replace)
    }

    private static func portions(_ sets: [RecordSet]) -> [[RecordSet]] {
        var portions: [[RecordSet]] = []
        var portion: [RecordSet] = []
        var octets = 0
        for set in sets.sorted(by: { $0.key < $1.key }) {
            let size = set.key.proposalOctets(set)
            if octets + size > portionOctets, !portion.isEmpty {
                portions.append(portion)
                (portion, octets) = ([], 0)
            }
            portion.append(set)
            octets += size
        }
        return portion.isEmpty ? portions : portions + [portion]
    }
}

extension RecordSetKey {
    /// At most so many octets of a command.
    fileprivate func proposalOctets(_ set: RecordSet?) -> Int {
        // Names are text there, with up to four octets for each; a comment may come with it.
        300 + 4 * owner.wire.count + (set?.data ?? []).reduce(0) { $0 + $1.count + 8 }
    }
}
