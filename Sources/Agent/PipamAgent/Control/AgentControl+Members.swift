import ClusterState
import Consensus
import Control
import Inventory

/// Who comes, who goes, who leads.
extension AgentControl {
    func remove(
        _ request: ClusterRemoveRequest
    ) async throws(ControlError) -> MembershipAnswer {
        try await onLeader(try .remove(request)) { () throws(ControlError) in
            let member = try await self.member(called: request.node)
            return try await remove(member, isForced: request.force)
        }
    }

    func leave(_ request: ClusterLeaveRequest) async throws(ControlError) -> MembershipAnswer {
        let (cluster, membership) = try member()
        let view = await keeper.read { ClusterFacts($0) }
        guard let own = view.members[cluster.identity.node] else {
            throw .conflict("this host is no member", remedy: "pipamctl cluster status")
        }
        guard view.list.count > 1 else {
            throw .conflict(
                "this host is the last member: there is nothing to leave",
                remedy: "to end the cluster, stop the agent and empty its data_dir, after pipam "
                    + "clean if its records are to go")
        }
        // Somebody else has to lead before this node can be taken out.
        guard await membership.host.handOver(within: .seconds(10)) else {
            throw .unavailable(
                "nobody else can lead now", remedy: "pipamctl cluster members shows who is down")
        }
        try await waitForLeader()
        do {
            let answer = try await remove(
                ClusterRemoveRequest(node: "\(own.node)", force: request.force))
            cluster.markRemoved()
            return answer
        } catch {
            // Whoever is taken out is cut off, often before the answer comes.
            guard case .unknownOutcome = error, await cluster.isTakenOut() else { throw error }
            cluster.markRemoved()
            let others = view.list.filter { $0.node != own.node }
            return MembershipAnswer(
                index: view.index, node: ClusterNode(own), voters: others.count(where: \.isVoter),
                learners: others.count { !$0.isVoter })
        }
    }

    func replace(
        _ request: ClusterReplaceRequest
    ) async throws(ControlError) -> ClusterReplaceAnswer {
        let before = await keeper.read { ClusterFacts($0) }
        guard let old = before.list.first(where: { $0.name == request.node && $0.successor == nil })
        else {
            throw .notFound("no member is called \(request.node)", remedy: "pipamctl cluster members")
        }
        let receipt = try await submit(.allowReplacement(name: request.node))
        if let refusal = receipt.outcomes.first?.refusal {
            throw .conflict("\(refusal)", remedy: "pipamctl cluster members")
        }
        // The new one asks again within seconds.
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let successor = await keeper.read { state in
                state.members.values.first {
                    $0.name == request.node && $0.node != old.node && $0.successor == nil
                }
            }
            if let successor {
                return ClusterReplaceAnswer(
                    index: await keeper.read(\.index), old: ClusterNode(old),
                    new: ClusterNode(successor))
            }
            try await pause()
        }
        throw .unavailable(
            "no host called \(request.node) has asked to join yet; it takes the place when it does",
            remedy: "start the agent there")
    }

    func transfer(
        _ request: ClusterTransferRequest
    ) async throws(ControlError) -> ClusterTransferAnswer {
        try await onLeader(try .transfer(request)) { () throws(ControlError) in
            let (cluster, membership) = try member()
            let view = await keeper.read { ClusterFacts($0) }
            guard let own = view.members[cluster.identity.node] else {
                throw .conflict("this host is no member", remedy: "pipamctl cluster status")
            }
            if let text = request.node {
                let target = try await self.member(called: text)
                guard target.isVoter, target.kind == .full, let id = ReplicaID(target.replica)
                else {
                    throw .conflict(
                        "\(target.name) cannot lead: it does not vote, or is a witness",
                        remedy: "pipamctl cluster members")
                }
                membership.host.transfer(to: id)
            } else {
                _ = await membership.host.handOver(within: .seconds(10))
            }
            let deadline = ContinuousClock.now + .seconds(15)
            while ContinuousClock.now < deadline {
                if let status = membership.host.status, let leader = status.leader,
                    let node = view.node(of: leader.number),
                    request.node == nil ? leader != status.id : node.id != "\(own.node)"
                        || request.node == own.name
                {
                    return ClusterTransferAnswer(
                        previous: ClusterNode(own), leader: node, term: status.term)
                }
                try await pause()
            }
            throw .unavailable(
                "nobody took the lead over", remedy: "pipamctl cluster members shows who is down")
        }
    }

    // MARK: Parts

    private func remove(
        _ member: Member, isForced: Bool
    ) async throws(ControlError) -> MembershipAnswer {
        let (_, membership) = try self.member()
        guard let status = await membership.host.currentStatus(),
            let id = ReplicaID(member.replica)
        else { throw .unavailable("the log is not open", remedy: "try again") }
        guard id != status.id else {
            throw .conflict(
                "\(member.name) leads; it cannot take itself out",
                remedy: "pipamctl cluster leave there, or pipamctl cluster transfer first")
        }
        let left = status.configuration.voters.filter { $0 != id }
        let alive = left.count { $0 == status.id || status.progress[$0]?.isRecentlyActive == true }
        guard isForced || alive > left.count / 2 else {
            throw .conflict(
                "of the \(left.count) voters left only \(alive) answer: nothing could be changed "
                    + "any more", remedy: "bring one back first, or --force")
        }
        try await change(.remove(id), membership.host) { !$0.members.keys.contains(member.node) }
        let view = await keeper.read { ClusterFacts($0) }
        return MembershipAnswer(
            index: view.index, node: ClusterNode(member),
            leader: membership.host.status?.leader.flatMap { view.node(of: $0.number) },
            voters: view.list.count(where: \.isVoter),
            learners: view.list.count { !$0.isVoter })
    }

    /// Changes the configuration, and waits until it shows in the state.
    private func change(
        _ change: ConfigurationChange, _ host: ReplicaHost,
        until isDone: @escaping @Sendable (borrowing ReplicatedState) -> Bool
    ) async throws(ControlError) {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let context = MembershipContext(timeSeconds: WallClock.nowSeconds())
            switch await host.change(change, context: context.encoded()) {
            case .accepted, .busy: break
            case .notLeader:
                throw .unavailable("another node leads now", remedy: "ask again")
            case .impossible:
                throw .conflict("no voter would be left", remedy: "pipamctl cluster members")
            }
            for _ in 0..<10 {
                if await keeper.read(isDone) { return }
                try await pause()
            }
        }
        throw .unknownOutcome(
            "the members did not agree in time: it may yet be done",
            remedy: "pipamctl cluster members")
    }

    private func member(called text: String) async throws(ControlError) -> Member {
        let found = await keeper.read { ClusterFacts($0).members(called: text) }
        guard let member = found.first else {
            throw .notFound("no member is called \(text)", remedy: "pipamctl cluster members")
        }
        guard found.count == 1 else {
            throw .conflict(
                "\(text) may be \(found.map { "\($0.node)" }.joined(separator: " or "))",
                remedy: "give more of its id")
        }
        return member
    }

    private func waitForLeader() async throws(ControlError) {
        let deadline = ContinuousClock.now + .seconds(15)
        while ContinuousClock.now < deadline {
            let lead = await keeper.lead
            if lead.leader != nil, !lead.isOurs { return }
            try await pause()
        }
        throw .unavailable("nobody leads now", remedy: "pipamctl cluster status")
    }

    private func pause() async throws(ControlError) {
        do {
            try await Task.sleep(for: .milliseconds(100))
        } catch {
            throw .unknownOutcome("given up", remedy: "pipamctl cluster status")
        }
    }
}
