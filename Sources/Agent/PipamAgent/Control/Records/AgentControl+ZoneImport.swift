import ClusterState
import Control
import Inventory
import Zones

/// Zones of the operator's, and zone files.
extension AgentControl {
    func importZone(
        _ request: ZoneImportRequest, text: [UInt8]
    ) async throws(ControlError) -> RecordChangeAnswer {
        try await catchUp()
        let asked = try request.zone.map(Self.apex)
        let ttlSeconds = await keeper.read { $0.settings.zones.times.fixed }
        let file = try ZoneFileContent(text, apex: asked, ttlSeconds: ttlSeconds)
        let plan = try await look { state throws(ControlError) in
            try ImportPlan(file, request, state)
        }
        let answer = { (outcome: RecordChangeAnswer.Outcome, index: UInt64) in
            plan.review.answer(outcome, index: index, remarks: plan.remarks) { file.lines[$0] }
        }
        if let outcome = plan.outcome { return answer(outcome, plan.index) }
        var index: UInt64 = 0
        for command in plan.commands(for: file, request) { index = try await settle(command) }
        return answer(.done, index)
    }

    func addZone(_ request: ZoneAddRequest) async throws(ControlError) -> RecordChangeAnswer {
        try await catchUp()
        let apex = try Self.apex(request.zone)
        let zone = StaticZone(
            primary: try request.primary.map(Self.apex), contact: try request.contact.map(Self.apex)
        )
        let (review, command, index) = try await look { state throws(ControlError) in
            guard state.zones.zones[apex] == nil else {
                throw .conflict("there is a zone \(apex) already", remedy: "pipamctl zone list")
            }
            let sets = state.zones.statics.sets.values.filter { $0.key.owner.isAtOrBelow(apex) }
            let zoneImport = ZoneImport(
                apex, sets: Array(sets), zone: zone, base: state.staticVersion,
                takesNames: request.replace)
            return (
                StaticReview([:], in: apex, newApex: apex, state),
                Command.Body.importZone(zoneImport), state.index
            )
        }
        guard !request.dryRun else { return review.answer(.shown, index: index) }
        guard request.replace || review.guests.isEmpty else {
            throw Self.heldByGuests(review.guests)
        }
        return review.answer(.done, index: try await settle(command))
    }

    func removeZone(
        _ request: ZoneRemoveRequest
    ) async throws(ControlError) -> RecordChangeAnswer {
        try await catchUp()
        let apex = try Self.apex(request.zone)
        let (review, version, index) = try await look { state throws(ControlError) in
            let sets = state.staticSets(in: apex)
            guard !sets.isEmpty || state.zones.statics.zones[apex] != nil else {
                throw .notFound(
                    "the operator gives nothing in \(apex)",
                    remedy: "zones of the settings leave with the settings (dns.zones)")
            }
            guard sets.isEmpty || request.withRecords || request.dryRun else {
                throw .conflict(
                    "\(apex) has \(Wording.count(sets.count, "record set")) of the operator's",
                    remedy: "--with-records removes them too")
            }
            let changes = sets.reduce(into: ZoneAudit.Changes()) { $0[$1.key] = .some(nil) }
            return (StaticReview(changes, in: apex, state), state.staticVersion, state.index)
        }
        guard !request.dryRun else { return review.answer(.shown, index: index) }
        let removal = ZoneRemoval(apex, withRecords: request.withRecords, base: version)
        return review.answer(.done, index: try await settle(.removeZone(removal)))
    }

    private static func apex(_ text: String) throws(ControlError) -> DomainName {
        guard let name = DomainName(text), name != .root else {
            throw .invalid("\"\(text)\" is no name of a zone", remedy: "correct it")
        }
        return name
    }

    /// Has one command agreed on, and returns its index.
    private func settle(_ body: Command.Body) async throws(ControlError) -> UInt64 {
        let receipt = try await submit(body)
        guard let refusal = receipt.outcomes.first?.refusal else { return receipt.index }
        throw Self.error(of: refusal)
    }
}
