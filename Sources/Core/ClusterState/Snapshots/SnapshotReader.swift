import ClusterMessages
import Inventory
import Zones

/// Puts a state together from the chunks of a snapshot, whatever their sizes. Bytes that are not
/// exactly those of a snapshot are refused.
package struct SnapshotReader {
    private var state: ReplicatedState
    private var serials: [DomainName: SerialNumber] = [:]
    private var brakes: [DomainName: ZoneBrake] = [:]
    private var journals: [DomainName: ZoneJournal] = [:]
    /// What was taken and is no whole record yet.
    private var buffer: [UInt8] = []
    private var count: UInt64 = 0
    /// The number of the last record's kind: kinds come in order.
    private var kind = 0
    private var provider: String?
    private var hasEnded = false
    private var staticZones: [DomainName: StaticZone] = [:]
    private var signed: [DomainName: SignedZone] = [:]
    /// The signed zone whose sets come.
    private var signedApex: DomainName?
    private var statics: [(set: RecordSet, note: StaticNote)] = []

    /// Before the first chunk.
    package init(rulebook: DerivationRulebook = .standard) {
        state = ReplicatedState(rulebook: rulebook)
    }

    /// Takes the next chunk. The reader is of no use after an error.
    package mutating func take(_ chunk: [UInt8]) throws(ClusterStateError) {
        buffer += chunk
        var start = 0
        while let end = try recordEnd(from: start) {
            guard !hasEnded else { throw damage("goes on after its end") }
            try take(record: Array(buffer[start + SnapshotFrame.headerOctets..<end]))
            start = end
            count += 1
        }
        buffer.removeFirst(start)
    }

    /// The state, after the last chunk.
    package consuming func finish() throws(ClusterStateError) -> ReplicatedState {
        guard hasEnded else { throw damage("is cut off after record \(count)") }
        guard buffer.isEmpty else { throw damage("goes on after its end") }
        guard Set(state.providers.keys) == Set(state.settings.providers.keys) else {
            throw .meaningless(field: "snapshot.providers")
        }
        guard case .zones(let resolved) = ReplicatedState.resolve(state.settings) else {
            throw .meaningless(field: "snapshot.settings")
        }
        state.restore(statics, zones: staticZones)
        state.zones.adopt(signed)
        state.zones.restore(
            resolved, hosts: state.hostNames(under: state.settings.naming), brakes: brakes,
            journals: journals)
        return state
    }

    private func damage(_ what: String) -> ClusterStateError {
        .damaged(what: "the snapshot, which \(what),")
    }

    /// Where the record ends that starts at an offset, once all of it is there.
    private func recordEnd(from start: Int) throws(ClusterStateError) -> Int? {
        let content = start + SnapshotFrame.headerOctets
        guard buffer.count >= content else { return nil }
        let length = Int(SnapshotFrame.number(buffer[start..<start + 4]))
        guard length <= SnapshotFrame.recordLimitOctets else {
            throw damage("has a record of \(length) octets")
        }
        guard buffer.count >= content + length else { return nil }
        let sum = SnapshotFrame.checksum(
            of: buffer[content..<content + length], length: buffer[start..<start + 4],
            number: count)
        guard sum == SnapshotFrame.number(buffer[start + 4..<content]) else {
            throw damage("has another checksum in record \(count)")
        }
        return content + length
    }
}

// MARK: - Records

extension SnapshotReader {
    private mutating func take(record bytes: [UInt8]) throws(ClusterStateError) {
        let message: MessageSnapshotRecord = try Wire.decode(bytes, "the snapshot")
        guard let record = message.record else { throw .unknownField(what: "the snapshot") }
        try order(record)
        switch record {
        case .header(let header): try state.take(header)
        case .member(let message):
            let member = try Member(message)
            state.members[member.node] = member
        case .pendingJoin(let message):
            let join = PendingJoin(message)
            state.pendingJoins[join.request.node] = join
        case .proposals(let message):
            state.ledgers[NodeID(message.node)] = try ProposalLedger(message)
        case .secret(let message): try state.restore(try KeptSecret(message))
        case .serial(let zone):
            let apex = try Reading.name(zone.apex, "zone_serial.apex")
            serials[apex] = SerialNumber(zone.serial)
        case .guest(let message): try take(message)
        case .claim(let message): try state.restore(try Claim(message))
        case .brake(let brake):
            let apex = try Reading.name(brake.apex, "zone_brake.apex")
            brakes[apex] = try ZoneBrake(brake, apex: apex)
        case .journal(let message):
            let apex = try Reading.name(message.apex, "zone_journal.apex")
            journals[apex] = try ZoneJournal(message, after: journals.removeValue(forKey: apex))
        case .provider(let ledger):
            provider = ledger.name
            state.providers[ledger.name] = ProviderLedger(ledger)
        case .owed(let message):
            guard let provider else { throw .meaningless(field: "snapshot.owed") }
            for owed in message.sets {
                let key = try Reading.key(owed.key, "owed_sets.key")
                state.providers[provider]?.owed[key] = owed.index
            }
        case .formerProvider(let ledger):
            state.formerProviders[ledger.name] = ProviderLedger(ledger)
        case .staticZone(let message):
            let apex = try Reading.name(message.apex, "static_zone.apex")
            staticZones[apex] = try StaticZone(message)
        case .statics(let message):
            for entry in message.entries {
                statics.append((try RecordSet(entry.set, "static_entry.set"), StaticNote(entry)))
            }
        case .stage(let message):
            var stage =
                state.staticBook.stages[message.stage]
                ?? RecordStage(sinceSeconds: message.sinceSeconds)
            stage.sets += try RecordSet.sets(message.sets, "record_stage.sets")
            stage.octets = Int(clamping: message.octets)
            state.staticBook.stages[message.stage] = stage
        case .signedZone(let message):
            let apex = try Reading.name(message.apex, "signed_zone.apex")
            signed[apex] = try SignedZone(message)
            signedApex = apex
        case .signedSets(let message): try take(message)
        case .end(let end):
            guard end.records == count + 1 else {
                throw damage("has \(count + 1) records instead of \(end.records)")
            }
            // A state without guests has its serials too.
            if state.guests.isEmpty { state.zones = ZoneSet(serials: serials) }
            hasEnded = true
        }
    }

    private mutating func take(_ message: MessageSignedSets) throws(ClusterStateError) {
        guard let signedApex else { throw .meaningless(field: "snapshot.signed_sets") }
        for set in try RecordSet.signedSets(message.sets, "signed_sets.sets") {
            guard signed[signedApex]?.restore(set, in: signedApex) ?? false else {
                throw .meaningless(field: "signed_sets.sets")
            }
        }
    }

    private mutating func take(_ message: MessageGuestEntry) throws(ClusterStateError) {
        guard let cluster = state.cluster else { throw .meaningless(field: "snapshot.guests") }
        if state.guests.isEmpty { state.zones = ZoneSet(serials: serials) }
        try state.restore(try GuestEntry(message, cluster: cluster))
    }

    /// The header comes first and once; the others by their numbers, what is owed with its
    /// provider.
    private mutating func order(
        _ record: MessageSnapshotRecord.OneOf_Record
    ) throws(ClusterStateError) {
        let next =
            switch record {
            case .header: 1
            case .member: 2
            case .pendingJoin: 3
            case .proposals, .secret: 4
            case .serial: 5
            case .guest: 6
            case .claim: 7
            case .brake: 8
            case .journal: 9
            case .provider, .owed: 10
            case .formerProvider: 11
            case .staticZone: 12
            case .statics: 13
            case .stage: 14
            case .signedZone, .signedSets: 15
            case .end: 16
            }
        guard next >= kind, (next == 1) == (kind == 0) else {
            throw damage("has record \(count) out of order")
        }
        kind = next
    }
}

extension ReplicatedState {
    /// Restores a state from one piece; its zones have the content and the serials they had.
    package init(
        snapshot bytes: [UInt8], rulebook: DerivationRulebook = .standard
    ) throws(ClusterStateError) {
        var reader = SnapshotReader(rulebook: rulebook)
        try reader.take(bytes)
        self = try reader.finish()
    }

    fileprivate mutating func restore(_ entry: GuestEntry) throws(ClusterStateError) {
        let id = entry.guest.id
        guard guests[id] == nil, idsByNumber[id.vmid] == nil else {
            throw .meaningless(field: "snapshot.guests")
        }
        idsByNumber[id.vmid] = id
        derive(entry, atSeconds: entry.derivedAtSeconds)
    }

    fileprivate mutating func restore(_ claim: Claim) throws(ClusterStateError) {
        guard self.claim(of: claim.key, in: claim.pool) == nil,
            self.claim(on: claim.scopedAddress) == nil
        else { throw .meaningless(field: "snapshot.claims") }
        claimBook.put(claim)
    }
}
