import ClusterState
import Control
import Inventory
import Nameserver
import Zones

/// Records that the operator gives, one at a time.
extension AgentControl {
    /// So often a change is tried that somebody else's came before.
    private static let attempts = 3

    func addRecord(
        _ request: RecordAddRequest
    ) async throws(ControlError) -> RecordChangeAnswer {
        try await attempt { () async throws(ControlError) in
            try await look { state throws(ControlError) in try Self.plan(request, state) }
        }
    }

    func removeRecords(
        _ request: RecordRemoveRequest
    ) async throws(ControlError) -> RecordChangeAnswer {
        try await attempt { () async throws(ControlError) in
            try await look { state throws(ControlError) in try Self.plan(request, state) }
        }
    }

    /// Looks at the state, of which nothing may be kept: a second reference to it would have the
    /// next command copy it.
    func look<Found: Sendable>(
        _ body: @Sendable (ReplicatedState) throws(ControlError) -> Found
    ) async throws(ControlError) -> Found {
        let found: Result<Found, ControlError> = await keeper.read { state in
            let state = copy state
            do throws(ControlError) {
                return .success(try body(state))
            } catch {
                return .failure(error)
            }
        }
        return try found.get()
    }

    /// Has a plan carried out, and made anew if somebody else changed the records meanwhile.
    private func attempt(
        _ makePlan: () async throws(ControlError) -> StaticPlan
    ) async throws(ControlError) -> RecordChangeAnswer {
        try await catchUp()
        for attempt in 1... {
            let plan = try await makePlan()
            if let outcome = plan.outcome { return plan.review.answer(outcome, index: plan.index) }
            let receipt = try await submit(.editRecords(plan.edit))
            guard let refusal = receipt.outcomes.first?.refusal else {
                return plan.review.answer(.done, index: receipt.index)
            }
            guard plan.mayRepeat, refusal.isRace, attempt < Self.attempts else {
                throw Self.error(of: refusal)
            }
        }
        throw .broken("an edit came to nothing", remedy: "")
    }

    private static func plan(
        _ request: RecordAddRequest, _ state: ReplicatedState
    ) throws(ControlError) -> StaticPlan {
        let place = try place(request.name, in: request.zone, state)
        let (type, ttlSeconds) = try known(place.name, request, state)
        let data = try data(request.data, of: RecordSetKey(owner: place.name, type: type))
        let key = RecordSetKey(owner: place.name, type: type)
        let set = RecordSet(
            owner: place.name, type: type, ttlSeconds: ttlSeconds,
            data: (state.zones.statics.sets[key]?.data ?? []) + [data])
        let note = state.staticNote(of: key)
        let change = RecordEdit.Change(
            key, set, comment: request.comment ?? note?.comment ?? "",
            expecting: expectation(request, note))
        return try StaticPlan(
            RecordEdit([change], takesNames: request.replace), in: place.apex,
            isDryRun: request.dryRun, mayRepeat: request.version == nil && !request.ifAbsent,
            state)
    }

    private static func plan(
        _ request: RecordRemoveRequest, _ state: ReplicatedState
    ) throws(ControlError) -> StaticPlan {
        let place = try place(request.name, in: request.zone, state)
        let sets = state.zones.statics.sets(at: place.name).filter { set in
            request.type == nil || set.key.type.description == request.type
        }
        let changes = try removals(request, sets, state)
        guard !changes.isEmpty else {
            throw .notFound(
                "the operator gives no such record at \(place.name)",
                remedy: "pipamctl record list --name \(place.name) shows what there is; "
                    + "records of guests go with their guests")
        }
        return try StaticPlan(
            RecordEdit(changes), in: place.apex, isDryRun: request.dryRun,
            mayRepeat: request.version == nil, state)
    }

    /// The words of a request in wire form.
    private static func data(
        _ words: [String], of key: RecordSetKey
    ) throws(ControlError) -> [UInt8] {
        let text = ZoneTextWords.text(words, type: key.type.description)
        do throws(ZoneTextError) {
            return try ZoneText.record(
                key.owner, type: key.type.description, data: text, ttlSeconds: 0, origin: .root
            ).data
        } catch {
            throw .invalid(
                error.reason, remedy: "give the data as a zone file has it, quotes and all")
        }
    }

    /// The data of a request as one of a type; `nil` if no type was asked for and it is none of
    /// this one.
    private static func data(
        of request: RecordRemoveRequest, for key: RecordSetKey
    ) throws(ControlError) -> [UInt8]? {
        do throws(ControlError) {
            return try data(request.data, of: key)
        } catch {
            guard request.type == nil else { throw error }
            return nil
        }
    }

    /// The name of a request and the zone that holds it.
    private static func place(
        _ text: String, in zone: String?, _ state: ReplicatedState
    ) throws(ControlError) -> (name: DomainName, apex: DomainName) {
        let base = zone.flatMap { DomainName($0) }
        guard base != nil || zone == nil else {
            throw .invalid("zone: \"\(zone ?? "")\" is none", remedy: "correct it")
        }
        guard let name = name(text, in: base) else {
            throw .invalid("name: \"\(text)\" is none", remedy: "correct it")
        }
        guard let apex = state.zones.apex(of: name) else {
            throw .notFound(
                "\(name) lies in none of the zones",
                remedy: "pipamctl zone list shows them; pipamctl zone add makes one")
        }
        guard base == nil || base == apex else {
            throw .invalid("\(name) lies in \(apex)", remedy: "name that zone, or none")
        }
        return (name, apex)
    }

    private static func name(_ text: String, in zone: DomainName?) -> DomainName? {
        guard let zone else { return DomainName(text) }
        if text == "@" { return zone }
        guard let name = DomainName(text) else { return nil }
        if text.hasSuffix(".") || name.isAtOrBelow(zone) { return name }
        return DomainName(wire: name.wire.dropLast() + zone.wire)
    }

    /// What stands at the place of a new record.
    private static func known(
        _ name: DomainName, _ request: RecordAddRequest, _ state: ReplicatedState
    ) throws(ControlError) -> (type: RecordType, ttlSeconds: UInt32) {
        guard let type = RecordType(mnemonic: request.type) else {
            throw .invalid(
                "\(request.type) is no record type that is known here",
                remedy: "give one such as MX, or TYPE65280 with data such as \\# 1 00")
        }
        let former = state.zones.statics.sets[RecordSetKey(owner: name, type: type)]
        return (
            type, request.ttl ?? former?.ttlSeconds ?? state.settings.zones.times.fixed
        )
    }

    private static func expectation(
        _ request: RecordAddRequest, _ note: StaticNote?
    ) -> RecordEdit.Expectation {
        if let version = request.version { return .version(version) }
        guard let note, !request.ifAbsent else { return .absent }
        return .version(note.version)
    }

    private static func removals(
        _ request: RecordRemoveRequest, _ sets: [RecordSet], _ state: ReplicatedState
    ) throws(ControlError) -> [RecordEdit.Change] {
        var changes: [RecordEdit.Change] = []
        for set in sets {
            let note = state.staticNote(of: set.key)
            var rest: [[UInt8]] = []
            if !request.data.isEmpty {
                guard let data = try data(of: request, for: set.key) else { continue }
                rest = set.data.filter { $0 != data }
                guard rest.count < set.data.count else { continue }
            }
            let left =
                rest.isEmpty
                ? nil
                : RecordSet(
                    owner: set.key.owner, type: set.key.type, ttlSeconds: set.ttlSeconds,
                    data: rest)
            let version = request.version ?? note?.version ?? 0
            changes.append(
                RecordEdit.Change(
                    set.key, left, comment: note?.comment ?? "", expecting: .version(version)))
        }
        return changes
    }
}

// MARK: - Refusals

extension AgentControl {
    /// Names that guests have are not taken unasked.
    static func heldByGuests(_ guests: [UInt32]) -> ControlError {
        let shown = guests.prefix(10).map(String.init).joined(separator: ", ")
        let rest = guests.count > 10 ? " and \(guests.count - 10) more" : ""
        return .conflict(
            "guests have these names: \(shown)\(rest)",
            remedy: "--replace takes the names; the guests get none until they are free again")
    }

    /// Why the cluster did not take static records.
    static func error(of refusal: Refusal) -> ControlError {
        switch refusal.reason {
        case .nameOfGuest, .recordsExist, .recordsChanged, .importLost:
            .conflict("\(refusal)", remedy: "pipamctl record list shows how it stands; try again")
        case .unknownZone: .notFound("\(refusal)", remedy: "pipamctl zone list shows them")
        default: .invalid("\(refusal)", remedy: "correct it")
        }
    }
}

/// The words of a request as a zone file would have them.
enum ZoneTextWords {
    private static let stringLimitOctets = 255

    /// Of text types each word is a string, cut where it is longer than a string can be; whatever
    /// has quotes already stays as it is.
    static func text(_ words: [String], type: String) -> String {
        guard type == "TXT" || type == "SPF" else { return words.joined(separator: " ") }
        return words.map { $0.hasPrefix("\"") ? $0 : quoted($0) }.joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let octets = Array(word.utf8)
        let starts = stride(from: 0, to: max(1, octets.count), by: stringLimitOctets)
        return starts.map { start in
            let part = octets[start..<min(start + stringLimitOctets, octets.count)]
            let text = part.map { octet in
                let isSpecial = octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\")
                return (isSpecial ? "\\" : "") + String(Unicode.Scalar(octet))
            }
            return "\"\(text.joined())\""
        }.joined(separator: " ")
    }
}

/// A change of static records that somebody asked for, as the state was.
private struct StaticPlan: Sendable {
    let edit: RecordEdit
    let review: StaticReview
    let index: UInt64
    /// What comes of it without a command; `nil` if one is needed.
    let outcome: RecordChangeAnswer.Outcome?
    /// Nobody said which version is meant.
    let mayRepeat: Bool

    /// Throws if it cannot be.
    init(
        _ edit: RecordEdit, in apex: DomainName, isDryRun: Bool, mayRepeat: Bool,
        _ state: ReplicatedState
    ) throws(ControlError) {
        self.edit = edit
        self.mayRepeat = mayRepeat
        index = state.index
        let changes = edit.changes.reduce(into: ZoneAudit.Changes()) { $0[$1.key] = .some($1.set) }
        review = StaticReview(changes, in: apex, state)
        if let error = review.errors.first {
            throw .invalid(error.description, remedy: "correct the record")
        }
        for change in edit.changes { try Self.check(change, state) }
        let changesComment = edit.changes.contains { change in
            change.set != nil && state.staticNote(of: change.key)?.comment ?? "" != change.comment
        }
        if review.isEmpty, !changesComment {
            outcome = .unchanged
        } else if isDryRun {
            outcome = .shown
        } else {
            outcome = nil
            guard edit.takesNames || review.guests.isEmpty else {
                throw AgentControl.heldByGuests(review.guests)
            }
        }
    }

    /// What was asked for must be so even where nothing would change.
    private static func check(
        _ change: RecordEdit.Change, _ state: ReplicatedState
    ) throws(ControlError) {
        let version = state.staticNote(of: change.key)?.version
        switch change.expectation {
        case .any: break
        case .absent:
            if version != nil {
                throw AgentControl.error(of: Refusal(.recordsExist, "\(change.key)"))
            }
        case .version(let expected):
            guard version == expected else {
                throw AgentControl.error(of: Refusal(.recordsChanged, "\(version ?? 0)"))
            }
        }
    }
}

extension Refusal {
    /// Somebody else was faster.
    fileprivate var isRace: Bool { reason == .recordsExist || reason == .recordsChanged }
}
