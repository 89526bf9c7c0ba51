import ClusterState
import Consensus
import Inventory
import Logging
import OpenSSL
import Synchronization

/// Whom it talks with, and by what it shows who it is.
extension ClusterRuntime {
    /// Asks another member. Throws if it does not answer.
    func ask(
        _ replica: ReplicaID, _ octets: [UInt8], within patience: Duration
    ) async throws(PeerError) -> [UInt8] {
        guard let network = current?.network else { throw .stopped }
        return try await network.request(to: replica, octets, within: patience)
    }

    /// What a member says to a question; `nil` if it does not answer in time.
    func answer(of member: Member, to question: [UInt8]) async -> [UInt8]? {
        guard let replica = ReplicaID(member.replica) else { return nil }
        return try? await ask(replica, question, within: Self.answerPatience)
    }

    private static let answerPatience = Duration.seconds(5)

    /// Whom to talk with, from the members of the state.
    func updatePeers() async {
        guard let current else { return }
        let cluster = current.cluster
        let (contacts, members, former) = await keeper.read { state in
            (
                JoinReply.everybody(state, in: cluster), Set(state.members.keys),
                Set(state.formerMembers)
            )
        }
        let peers = contacts.compactMap(\.peer)
        // Before it is a member, it talks with those who let it in.
        guard peers.contains(where: { $0.replica.number == identity.replica.number }) else {
            return
        }
        let told = acquaintances.withLock { $0.left(members: members, former: former) }
        current.network.update(peers: peers + told)
    }

    /// Tells members that cannot be reached who the members are, for as long as it runs: one that
    /// was away for long may not know this node, and refuses it.
    func introduceMyself() async {
        while !Task.isCancelled {
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.introductionInterval)
            guard !Task.isCancelled, let current, await isMember() else { continue }
            let reachable = Set(await current.network.reachable().map(\.number))
            let cluster = current.cluster
            let contacts = await keeper.read { JoinReply.everybody($0, in: cluster) }
            let question = PeerQuestion.introduction(contacts).octets
            for contact in contacts
            where contact.replica != identity.replica.number
                && !reachable.contains(contact.replica)
            {
                for address in contact.addresses {
                    // Whoever is down hears it later.
                    let answer = try? await current.network.request(
                        address: address, identity: contact.identity, question,
                        within: .seconds(5))
                    if answer != nil { break }
                }
            }
        }
    }

    /// Somebody says who the members are whom this node may not know. `identity` is of its
    /// certificate, which an authority of the cluster has issued.
    func take(_ contacts: [JoinReply.Contact], from identity: String) async {
        guard let current else { return }
        let own = (node: self.identity.node, replica: self.identity.replica.number)
        let patience = configuration.cluster.electionTimeout * Self.elections
        let hasLeader = leaderless.withLock { $0.map { .now - $0 < patience } ?? true }
        let (members, former) = await keeper.read {
            (Set($0.members.keys), Set($0.formerMembers))
        }
        let knowledge = Acquaintances.Knowledge(
            own: own, cluster: current.cluster, hasLeader: hasLeader, members: members,
            former: former, enrolled: enrolledNodes())
        guard acquaintances.withLock({ $0.take(contacts, from: identity, knowledge) }) else {
            return
        }
        logger.notice(
            "this node was away while others joined; it follows them",
            metadata: ["from": "\(identity)"])
        await updatePeers()
    }

    /// Whoever follows a member of its own state is not cut off, and needs nobody else.
    func forgetAcquaintances(under leader: ReplicaID?) async {
        guard let leader,
            await keeper.read({ state in
                state.members.values.contains { $0.replica == leader.number }
            })
        else { return }
        let hadAny = acquaintances.withLock { held in
            defer { held = Acquaintances() }
            return !held.isEmpty
        }
        if hadAny { await updatePeers() }
    }

    /// Whom root has enrolled, as of the last `pipam enroll`; `nil` where hosts share no directory.
    private func enrolledNodes() -> Set<NodeID>? {
        guard ClusterPlace.configured(configuration.cluster.directory) != nil else { return nil }
        guard let data = try? DataDirectory.open(configuration.dataDirectory),
            let view = try? ClusterView.read(in: data)
        else { return [] }
        return Set(view.nodes.map(\.node))
    }

    private static let introductionInterval = Duration.seconds(10)
    /// A cluster that is well has a leader again after one or two election time-outs.
    private static let elections = 4

    func keepCredentials(_ network: PeerNetwork) async {
        guard
            let credentials = try? NodeCredentials(dataDirectory: configuration.dataDirectory)
        else { return }
        await credentials.watch { [logger] change in
            switch change {
            case .none: return
            case .unusable(let reason):
                logger.error("the new credentials cannot be used: \(reason), keeping the old ones")
            case .renewed:
                do {
                    try network.reload()
                    logger.notice("the credentials were renewed")
                } catch {
                    logger.error("the new credentials cannot be used: \(error), ignoring them")
                }
            }
        }
    }
}

extension JoinReply.Contact {
    /// As a peer; `nil` for one that makes no sense.
    var peer: Peer? {
        ReplicaID(replica).map { Peer(replica: $0, identity: identity, addresses: addresses) }
    }
}

extension PublishedNode {
    /// As a peer; `nil` for one that makes no sense.
    func peer(in cluster: ClusterID) -> Peer? {
        ReplicaID(replica.number).map {
            Peer(
                replica: $0, identity: MemberURI(cluster: cluster, node: node).text,
                addresses: addresses.map(\.text))
        }
    }
}
