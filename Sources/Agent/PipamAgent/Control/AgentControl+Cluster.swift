import ClusterState
import Consensus
import Control
import Inventory

/// How the cluster stands, and who belongs to it.
extension AgentControl {
    func clusterStatus() async throws(ControlError) -> ClusterStatusAnswer {
        let now = WallClock.nowSeconds()
        let status = await cluster?.current?.host.currentStatus()
        let view = await keeper.read { ClusterFacts($0) }
        let node = ownNode(view)
        let own = view.members[cluster?.identity.node ?? NodeID(high: 0, low: 0)]
        return ClusterStatusAnswer(
            time: now, id: cluster?.current.map { "\($0.cluster)" }, name: cluster?.current?.name,
            node: node, standing: standing(own), role: status.map { role($0, own) },
            leader: status?.leader.flatMap { view.node(of: $0.number) },
            term: status?.term ?? 0, commitIndex: status?.commit ?? 0, appliedIndex: view.index,
            level: view.level, highestLevel: view.commonLevel,
            quorum: quorum(status), pending: pending(view, status, nowSeconds: now),
            digests: await compareDigests(view),
            log: .init(
                firstIndex: status?.first ?? 0, lastIndex: status?.last ?? 0,
                sizeOctets: cluster?.logOctets() ?? 0),
            snapshot: lastSnapshot())
    }

    private func lastSnapshot() -> ClusterStatusAnswer.Snapshot? {
        cluster?.current?.host.lastSnapshot().map { snapshot in
            ClusterStatusAnswer.Snapshot(
                index: snapshot.descriptor.index, sizeOctets: snapshot.descriptor.sizeOctets,
                takenAt: snapshot.writtenSeconds)
        }
    }

    func clusterMembers() async throws(ControlError) -> ClusterMembersAnswer {
        guard await keeper.lead.leader != nil else { return await ownMembers() }
        return try await onLeader(.clusterMembers) { () throws(ControlError) in
            await ownMembers()
        }
    }

    /// The members as this node knows them.
    private func ownMembers() async -> ClusterMembersAnswer {
        let status = await cluster?.current?.host.currentStatus()
        let view = await keeper.read { ClusterFacts($0) }
        let now = WallClock.nowSeconds()
        let members = view.list.map { entry(of: $0, status, nowSeconds: now) }
        let waiting = view.pendingJoins.map { join in
            ClusterMember(
                name: join.request.name, id: "\(join.request.node)",
                kind: join.request.kind == .witness ? .witness : .full, isVoter: false,
                state: .awaitingReplace, since: join.sinceSeconds,
                addresses: join.request.addresses, version: join.request.version,
                level: join.request.level)
        }
        return ClusterMembersAnswer(
            index: view.index, time: now,
            members: (members + waiting).sorted { ($0.name, $0.id) < ($1.name, $1.id) })
    }

    // MARK: Parts

    /// A host that starts anew is silent for a while, which is nothing to tell.
    private static let notedSilence = Duration.seconds(30)

    func ownNode(_ view: ClusterFacts) -> ClusterNode {
        let id = cluster?.identity.node
        let name = id.flatMap { view.members[$0]?.name }
        return ClusterNode(
            name: name ?? cluster?.nodeName ?? host, id: id.map { "\($0)" } ?? "")
    }

    private func standing(_ own: Member?) -> ClusterStatusAnswer.Standing {
        if own != nil { return .member }
        guard let cluster, cluster.current != nil else { return .unjoined }
        if cluster.wasRemoved { return .removed }
        return cluster.joinReply?.standing == .waiting ? .awaitingReplace : .joining
    }

    private func role(_ status: ReplicaStatus, _ own: Member?) -> ClusterStatusAnswer.Role {
        switch status.role {
        case .leader: return .leader
        case .candidate, .preCandidate: return .candidate
        case .follower:
            if own?.kind == .witness { return .witness }
            return status.configuration.voters.contains(status.id) ? .follower : .learner
        }
    }

    private func quorum(_ status: ReplicaStatus?) -> ClusterStatusAnswer.Quorum {
        guard let status else { return .init(voters: 0, isHeld: false) }
        let voters = status.configuration.voters
        guard status.role == .leader else {
            return .init(voters: voters.count, isHeld: status.leader != nil)
        }
        let reachable = voters.count {
            $0 == status.id || status.progress[$0]?.isRecentlyActive == true
        }
        return .init(
            voters: voters.count, reachable: reachable, isHeld: reachable > voters.count / 2)
    }

    private func entry(
        of member: Member, _ status: ReplicaStatus?, nowSeconds: UInt64
    ) -> ClusterMember {
        let replica = ReplicaID(member.replica)
        let progress = replica.flatMap { status?.progress[$0] }
        let isLeader = replica != nil && status?.leader == replica
        let silence = cluster?.silentMembers[member.node]
        let isUp = replica == status?.id || progress?.isRecentlyActive == true
        let state: ClusterMember.State =
            status?.role != .leader
            ? (isLeader ? .leader : .unknown) : isLeader ? .leader : isUp ? .up : .down
        return ClusterMember(
            name: member.name, id: "\(member.node)",
            kind: member.kind == .witness ? .witness : .full, isVoter: member.isVoter,
            state: state,
            since: state != .down
                ? nil
                : silence.map { nowSeconds - min(nowSeconds, UInt64($0.components.seconds)) },
            addresses: member.addresses, version: member.version, level: member.level,
            matchIndex: progress?.match,
            lag: progress.flatMap { progress in
                status.map { $0.last - min($0.last, progress.match) }
            })
    }

    private func pending(
        _ view: ClusterFacts, _ status: ReplicaStatus?, nowSeconds: UInt64
    ) -> [ClusterStatusAnswer.Pending] {
        var pending: [ClusterStatusAnswer.Pending] = []
        for join in view.pendingJoins {
            pending.append(
                .init(
                    kind: .replacement,
                    node: ClusterNode(name: join.request.name, id: "\(join.request.node)"),
                    since: join.sinceSeconds,
                    message: "a host called \(join.request.name) wants to join, and a member has "
                        + "that name",
                    remedy: "if it was installed anew, pipamctl cluster replace "
                        + join.request.name))
        }
        if let held = view.heldSettings {
            pending.append(
                .init(
                    kind: .heldSettings, since: held.sinceSeconds,
                    message: "new settings would take away "
                        + Wording.count(held.count, "published name"),
                    remedy: "look at pipamctl plan show, then pipamctl plan apply or "
                        + "pipamctl config withdraw"))
        }
        for (node, silence) in cluster?.silentMembers ?? [:] {
            guard silence >= Self.notedSilence, let member = view.members[node], member.isVoter
            else { continue }
            pending.append(
                .init(
                    kind: .deadVoter, node: ClusterNode(name: member.name, id: "\(node)"),
                    since: nowSeconds - min(nowSeconds, UInt64(silence.components.seconds)),
                    message: "a voter does not answer",
                    remedy: "bring \(member.name) back; if it is gone for good, pipamctl cluster "
                        + "remove \(member.name)"))
        }
        let levels = Set(view.list.map(\.level))
        if levels.count > 1 {
            pending.append(
                .init(
                    kind: .upgrade,
                    message: "members of several versions: the level stays at "
                        + "\(view.level)", remedy: "upgrade the rest of them"))
        }
        return pending.sorted { ($0.kind.rawValue, $0.message) < ($1.kind.rawValue, $1.message) }
    }
}

/// What the verbs about the cluster need of the state.
struct ClusterFacts: Sendable {
    let index: UInt64
    let level: UInt32
    let list: [Member]
    let members: [NodeID: Member]
    let pendingJoins: [PendingJoin]
    let heldSettings: PendingSettings?

    init(_ state: borrowing ReplicatedState) {
        index = state.index
        level = state.level
        list = state.memberList
        members = state.members
        pendingJoins = state.pendingJoins.values.sorted { $0.request.node < $1.request.node }
        heldSettings = state.pendingSettings
    }

    /// The highest level that every member can follow.
    var commonLevel: UInt32 {
        list.filter { $0.successor == nil }.map(\.level).min() ?? level
    }

    /// A member by its number in the log.
    func node(of replica: UInt64) -> ClusterNode? {
        list.first { $0.replica == replica }.map { ClusterNode($0) }
    }

    /// The members that a person may mean by a name, an id, or the beginning of one.
    func members(called text: String) -> [Member] {
        let named = list.filter { $0.name == text }
        guard named.isEmpty else { return named }
        guard text.utf8.count >= 4 else { return [] }
        return list.filter { $0.node.description.hasPrefix(text.lowercased()) }
    }
}

extension ClusterNode {
    /// As people know it.
    init(_ member: Member) {
        self.init(name: member.name, id: "\(member.node)")
    }
}
