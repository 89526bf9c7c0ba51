import Inventory
import Zones

extension ReplicatedState {
    /// Whether a command can be followed by this program. Nothing is changed.
    func check(_ command: Command) throws(ClusterStateError) {
        let wanted: UInt32? =
            switch command.body {
            case .raiseLevel(let level): objection(toLevel: level) == nil ? level : nil
            case .found(_, let founder): cluster == nil ? founder?.level : nil
            default: nil
            }
        guard let wanted, !rulebook.levels.contains(wanted) else { return }
        throw .levelTooHigh(wanted, supported: rulebook.levels.upperBound)
    }

    /// Carries out one command.
    ///
    /// - `node`: who proposed it; `nil` outside a log.
    mutating func carryOut(
        _ command: Command, by node: NodeID?
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        if let refusal = objection(to: command, by: node) { return (.refused(refusal), []) }
        leaderTerm = max(leaderTerm, command.term ?? 0)
        switch command.body {
        case .configure(let settings, let terms): return configure(settings, terms)
        case .settleSettings(let version, let isApproved):
            return settleSettings(version: version, isApproved: isApproved)
        case .reportHosts(let reported):
            hosts = merged(reported)
            return (.done, rederive())
        case .raiseLevel(let level):
            self.level = level
            return (.done, rederive())
        case .releaseBrake(.zones):
            let changes = zones.releaseBrake(atSeconds: clockSeconds)
            owe(changes)
            return (.done, changes)
        case .importZone(let zoneImport): return take(zoneImport, by: node)
        case .removeZone(let removal): return take(removal, by: node)
        case .publishZone(let publication): return take(publication)
        case .unsignZone(let apex, let base): return unsign(apex, base: base)
        case .found, .reportGuests, .reportGone, .advance, .recordWrites, .owe, .approve,
            .releaseBrake(.provider), .pausePublishing, .reportSDN, .reportMember, .requestJoin,
            .allowReplacement, .claim, .settleClaim, .editRecords, .stageRecords, .signZone,
            .keepSecret, .shareSecret:
            let outcome = changeParts(command, by: node)
            let changes = zones.commit(atSeconds: clockSeconds)
            owe(changes)
            return (outcome, changes)
        }
    }

    /// The commands that leave the zones' own settings as they are.
    private mutating func changeParts(_ command: Command, by node: NodeID?) -> Outcome {
        switch command.body {
        case .found(let id, let founder):
            guard cluster == nil else { return .done }
            cluster = id
            found(founder, atSeconds: command.timeSeconds)
        case .reportGuests(let reports): return take(reports, command, by: node)
        case .reportGone(let ids): return take(gone: ids, command, by: node)
        case .advance: advance(command, by: node)
        case .recordWrites(let report): take(report)
        case .owe(let provider, let keys): owe(keys, to: provider)
        case .approve(let provider, let zone): approve(zone, at: provider)
        case .releaseBrake(.provider(let provider, let zone)):
            clearWindow(of: zone, at: provider)
        case .pausePublishing(let isPaused): pausePublishing(isPaused)
        case .reportSDN(let publishing): sdnPublishing = publishing
        case .reportMember(let report): return take(report, by: node)
        case .requestJoin(let request): return take(request)
        case .allowReplacement(let name): return allowReplacement(of: name)
        case .claim(let request): return take(request)
        case .settleClaim(let settlement): return take(settlement)
        case .editRecords(let edit): return take(edit, by: node)
        case .stageRecords(let number, let sets): return stage(sets, as: number)
        case .signZone(let order): return take(order)
        case .keepSecret(let offer): return keep(offer)
        case .shareSecret(let offer): return share(offer)
        case .configure, .settleSettings, .reportHosts, .raiseLevel, .releaseBrake(.zones),
            .importZone, .removeZone, .publishZone, .unsignZone:
            preconditionFailure("\(command.body) changes the zones' settings")
        }
        return .done
    }

    private mutating func found(_ founder: Member?, atSeconds seconds: UInt64) {
        believe(seconds)
        guard let founder else { return }
        admitFounder(founder)
        members[founder.node]?.heardSeconds = seconds
        level = founder.level
    }

    private mutating func advance(_ command: Command, by node: NodeID?) {
        if node != nil { advance(to: command.timeSeconds) }
        reviewGuests()
        claimBook.expire(atSeconds: advancedSeconds)
        staticBook.expire(atSeconds: advancedSeconds)
        expirePendingJoins()
    }
}

// MARK: - Who may say what

extension ReplicatedState {
    /// Why a command changes nothing, whatever it asks for.
    private func objection(to command: Command, by node: NodeID?) -> Refusal? {
        if let term = command.term, term < leaderTerm { return Refusal(.deposed, "\(leaderTerm)") }
        if command.body.isLeaders, command.term == nil, node != nil, !members.isEmpty {
            return Refusal(.notLeader)
        }
        if case .raiseLevel(let level) = command.body { return objection(toLevel: level) }
        return nil
    }

    /// Why the level cannot rise to this one: somebody could not follow.
    private func objection(toLevel level: UInt32) -> Refusal? {
        guard level > self.level else { return Refusal(.levelNotHigher, "\(self.level)") }
        let weakest = memberList.filter { $0.successor == nil && $0.level < level }.first
        return weakest.map { Refusal(.levelUnsupported, $0.name) }
    }
}

extension Command.Body {
    /// Only who leads knows it: it writes to the providers, and its clock lets things expire.
    fileprivate var isLeaders: Bool {
        switch self {
        case .advance, .recordWrites, .owe, .raiseLevel, .publishZone, .keepSecret: true
        case .found, .configure, .settleSettings, .reportGuests, .reportHosts, .reportGone,
            .approve, .releaseBrake, .pausePublishing, .reportSDN, .reportMember, .requestJoin,
            .allowReplacement, .claim, .settleClaim, .editRecords, .stageRecords, .importZone,
            .removeZone, .signZone, .unsignZone, .shareSecret:
            false
        }
    }
}
