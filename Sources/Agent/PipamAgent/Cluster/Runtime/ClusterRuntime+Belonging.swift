import ClusterState
import Consensus
import Control
import Inventory
import Logging
import OpenSSL
import Synchronization

/// Coming to be a member, and being one.
extension ClusterRuntime {
    /// Founds the cluster, or asks to be let in; then tells the others what has changed about this
    /// node, for as long as it runs.
    func belong(_ view: ClusterView, _ decision: StartDecision) async throws {
        // With a log, it goes on with what it has, also while nobody else answers.
        if decision == .resume { ready.yield() }
        if view.bootstrapNode == identity.node { await found(view) }
        while !Task.isCancelled, await !isMember() {
            await askToJoin(view)
            if joinReply?.standing == .refused { markRemoved() }
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: .seconds(2))
        }
        ready.yield()
        var nextCare = ContinuousClock.now
        while !Task.isCancelled {
            await reportMyself()
            if .now >= nextCare {
                nextCare = .now + (await CertificateCare(self).perform())
            }
            try? await Task.sleep(for: .seconds(10))
        }
    }

    func isMember() async -> Bool {
        let node = identity.node
        return await keeper.read { $0.members[node] != nil }
    }

    func found(_ view: ClusterView) async {
        while !Task.isCancelled {
            do {
                try await keeper.catchUp()
                guard await keeper.read({ $0.cluster == nil }) else { return }
                try await keeper.propose(
                    [
                        .found(view.cluster, founder: try start.member(configuration)),
                        .configure(ClusterSettings(configuration)),
                    ], atSeconds: WallClock.nowSeconds())
                return
            } catch {
                // A host of a cluster that is there already waits here for a majority.
                logger.debug("founding the cluster: \(error), retrying")
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    func askToJoin(_ view: ClusterView) async {
        guard let network = current?.network, let wish = try? wish() else { return }
        for peer in await candidates(view) {
            for address in peer.addresses {
                guard
                    let octets = try? await network.request(
                        address: address, identity: peer.identity, wish, within: .seconds(5)),
                    let reply = PeerJSON.decode(JoinReply.self, octets)
                else { continue }
                take(reply, network)
                if reply.standing != .leaderless { return }
            }
        }
    }

    /// Who may know whether this node is a member: those that it was enrolled beside, and those of
    /// its own state, since the founder was enrolled beside nobody.
    private func candidates(_ view: ClusterView) async -> [Peer] {
        let members = await keeper.read { JoinReply.everybody($0, in: view.cluster) }
        var seen = [identity.uri(in: view.cluster)]
        let known = members.compactMap(\.peer) + view.nodes.compactMap { $0.peer(in: view.cluster) }
        return known.filter { peer in
            guard !seen.contains(peer.identity) else { return false }
            seen.append(peer.identity)
            return true
        }
    }

    func take(_ reply: JoinReply, _ network: PeerNetwork) {
        defer { standing.withLock { $0 = reply } }
        switch reply.standing {
        case .member, .joining:
            network.update(peers: reply.contacts.compactMap(\.peer))
        case .waiting, .refused:
            if joinReply?.reason != reply.reason {
                logger.error("joining the cluster: \(reply.reason)")
            }
        case .leaderless: return
        }
    }

    func wish() throws -> [UInt8] {
        let member = try start.member(configuration)
        return PeerQuestion.join(
            JoinWish(
                node: "\(member.node)", replica: member.replica, name: member.name,
                isWitness: member.kind == .witness, addresses: member.addresses,
                version: member.version, level: member.level)
        ).octets
    }

    /// Has the state say of this node what is so.
    func reportMyself() async {
        guard let member = try? start.member(configuration) else { return }
        let node = identity.node
        let sealingKey = sealingKey?.publicKey ?? []
        // Voters also vouch for the time: no leader moves it on alone.
        let now = WallClock.nowSeconds()
        let isTold = await keeper.read { state in
            guard let known = state.members[node] else { return true }
            if let due = state.nextReportSeconds(of: node), due <= now { return false }
            return known.version == member.version && known.level == member.level
                && known.addresses == member.addresses && known.sealingKey == sealingKey
        }
        guard !isTold else { return }
        let report = MemberReport(
            node: node, version: member.version, level: member.level, addresses: member.addresses,
            sealingKey: sealingKey)
        // It is tried again soon.
        try? await keeper.propose([.reportMember(report)], atSeconds: WallClock.nowSeconds())
    }

    /// Whether the others say that this node is a member no more: it may never hear of that by
    /// itself, since they do not talk with it any more.
    func isTakenOut() async -> Bool {
        guard let view = start.view else { return false }
        for _ in 0..<5 {
            await askToJoin(view)
            if joinReply?.standing == .refused { return true }
            try? await Task.sleep(for: .seconds(1))
        }
        return false
    }
}
