package import Inventory
package import Zones

extension ReplicatedState {
    /// The members, sorted by name.
    package var memberList: [Member] {
        members.values.sorted { ($0.name, $0.node) < ($1.name, $1.node) }
    }

    /// Who has a name, or had it last.
    package func member(named name: String) -> Member? {
        members.values.filter { $0.name == name && $0.successor == nil }.min { $0.node < $1.node }
    }

    /// Replicas of the configuration that are nobody: a new one whose name another member holds.
    package var strangers: [UInt64] {
        let known = Set(members.values.map(\.replica))
        return (voters + learners).filter { !known.contains($0) }.sorted()
    }

    /// Applies a change of the log's configuration.
    ///
    /// Throws if `index` was applied already.
    @discardableResult
    package mutating func apply(
        _ change: MembershipChange, index: UInt64
    ) throws(ClusterStateError) -> MembershipEffect {
        try skip(to: index)
        moveClock(to: change.context.timeSeconds)
        voters = change.voters
        learners = change.learners
        var effect = MembershipEffect()
        let present = Set(voters + learners)
        for member in memberList where !present.contains(member.replica) {
            remove(member)
            effect.removed.append(member)
        }
        if let new = change.context.member, present.contains(new.replica) {
            effect.refusal = join(new, replacing: change.context.replaced)
            if effect.refusal == nil { effect.added = members[new.node] }
        }
        countVoters()
        return effect
    }

    /// Forgets every member but one, which has a new number in the log from now on: the others are
    /// lost for good. Not by a command, since there is no majority to agree on one.
    ///
    /// Every zone gets another serial: the lost ones may have shown other content under those that
    /// this node knows, and later ones.
    ///
    /// - `serials`: what others have of the zones, as far as they were asked.
    /// - `seconds`: the time, since 1970.
    package mutating func goOnAlone(
        as node: NodeID, replica: UInt64, serials: [DomainName: SerialNumber] = [:],
        atSeconds seconds: UInt64 = 0
    ) {
        let before = Set(members.keys)
        let known = members[node]
        members = [:]
        if let known {
            members[node] = Member(
                node: node, replica: replica, name: known.name, kind: known.kind,
                addresses: known.addresses, version: known.version, level: known.level,
                joinedAtSeconds: known.joinedAtSeconds)
            members[node]?.sealingKey = known.sealingKey
        }
        let lost = before.subtracting([node]).sorted()
        forgetSecrets(of: lost)
        formerMembers = Array((formerMembers + lost).suffix(Self.formerMemberLimit))
        ledgers = ledgers.filter { $0.key == node }
        pendingJoins = [:]
        replaceable = []
        voters = [replica]
        learners = []
        countVoters()
        zones.raiseSerials(above: serials, atSeconds: max(clockSeconds, seconds))
        zones.forgetJournals()
    }

    /// The founder, before there is a configuration that says so.
    mutating func admitFounder(_ founder: Member) {
        guard members.isEmpty else { return }
        members[founder.node] = founder
        members[founder.node]?.joinedAtSeconds = clockSeconds
        if voters.isEmpty { voters = [founder.replica] }
        countVoters()
    }

    private mutating func countVoters() {
        let voting = Set(voters)
        for node in members.keys.sorted() {
            guard let replica = members[node]?.replica else { continue }
            members[node]?.isVoter = voting.contains(replica)
        }
    }

    private mutating func remove(_ member: Member) {
        members[member.node] = nil
        ledgers[member.node] = nil
        forgetSecrets(of: [member.node])
        formerMembers.append(member.node)
        formerMembers.removeFirst(max(0, formerMembers.count - Self.formerMemberLimit))
        for node in members.keys.sorted() where members[node]?.successor == member.node {
            members[node]?.successor = nil
        }
    }

    private mutating func join(_ new: Member, replacing replaced: NodeID?) -> Refusal? {
        guard !formerMembers.contains(new.node) else {
            return Refusal(.formerMember, "\(new.node)")
        }
        if let known = members[new.node] {
            // Somebody who is promoted may come with the whole record.
            return known.replica == new.replica ? nil : Refusal(.alreadyMember, "\(known.node)")
        }
        if let holder = member(named: new.name) {
            guard holder.node == replaced else { return Refusal(.nameHeld, "\(holder.node)") }
            members[holder.node]?.successor = new.node
        }
        members[new.node] = new
        members[new.node]?.joinedAtSeconds = clockSeconds
        members[new.node]?.heardSeconds = clockSeconds
        replaceable.remove(new.name)
        pendingJoins[new.node] = nil
        return nil
    }
}

// MARK: - Commands

extension ReplicatedState {
    /// How many nodes that are members no more are remembered.
    package static let formerMemberLimit = 1_024
    /// How many nodes may wait to join.
    static let pendingJoinLimit = 64
    /// Nodes that did not ask again for so long wait no more.
    static let pendingJoinLifeSeconds: UInt64 = 3_600

    /// Takes in what a member says of itself.
    mutating func take(_ report: MemberReport, by node: NodeID?) -> Outcome {
        guard members[report.node] != nil else {
            return .refused(Refusal(.unknownMember, "\(report.node)"))
        }
        members[report.node]?.version = report.version
        members[report.node]?.level = report.level
        members[report.node]?.addresses = report.addresses
        // Only its holder says which key is its own.
        if node == nil || node == report.node {
            take(sealingKey: report.sealingKey, of: report.node)
        }
        return .done
    }

    /// Decides whether a node may join. Who may not waits, so that people see it.
    mutating func take(_ request: JoinRequest) -> Outcome {
        if members[request.node] != nil {
            return .refused(Refusal(.alreadyMember, "\(request.node)"))
        }
        guard !formerMembers.contains(request.node) else {
            return .refused(Refusal(.formerMember, "\(request.node)"))
        }
        guard let holder = member(named: request.name) else { return .admitted(replacing: nil) }
        guard !replaceable.contains(request.name) else {
            return .admitted(replacing: holder.node)
        }
        if pendingJoins[request.node] == nil, pendingJoins.count >= Self.pendingJoinLimit {
            return .refused(Refusal(.tooMany, "nodes that wait to join"))
        }
        let since = pendingJoins[request.node]?.sinceSeconds ?? clockSeconds
        pendingJoins[request.node] = PendingJoin(
            request: request, sinceSeconds: since, heardSeconds: clockSeconds)
        return .refused(Refusal(.nameHeld, "\(holder.node)"))
    }

    /// The next node of this name takes the place of the one that has it.
    mutating func allowReplacement(of name: String) -> Outcome {
        guard member(named: name) != nil else {
            return .refused(Refusal(.unknownMember, name))
        }
        replaceable.insert(name)
        return .done
    }

    /// Forgets nodes that do not ask any more.
    mutating func expirePendingJoins() {
        for (node, join) in pendingJoins
        where join.heardSeconds + Self.pendingJoinLifeSeconds <= advancedSeconds {
            pendingJoins[node] = nil
        }
    }
}
