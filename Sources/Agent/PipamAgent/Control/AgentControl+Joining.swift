import ClusterState
import Consensus
import Control
import Inventory

/// How a host comes to a cluster by a token.
extension AgentControl {
    func makeToken(
        _ request: ClusterTokenRequest
    ) async throws(ControlError) -> ClusterTokenAnswer {
        let (cluster, _) = try member()
        let now = WallClock.nowSeconds()
        let addresses = await keeper.read { state in
            state.memberList.flatMap(\.addresses).compactMap { MemberAddress($0) }
        }
        do {
            let token = try cluster.desk.issueToken(
                addresses: Array(addresses.prefix(MemberAddress.maximumCount)),
                nowSeconds: Int64(now), lifetimeSeconds: request.expiresSeconds,
                isForWitness: request.witness)
            return ClusterTokenAnswer(
                token: token.text, expiresAt: token.expiresSeconds, isWitness: request.witness)
        } catch {
            throw .unavailable("\(error)", remedy: "")
        }
    }

    func join(_ request: ClusterJoinRequest) async throws(ControlError) -> ClusterJoinAnswer {
        guard let cluster else {
            throw .unavailable("no agent runs here", remedy: "systemctl start pipam")
        }
        guard cluster.current == nil else {
            throw .conflict(
                "this host belongs to a cluster already", remedy: "pipamctl cluster leave first")
        }
        let token: JoinToken
        do {
            token = try JoinToken(request.token)
        } catch {
            throw .invalid("\(error)", remedy: "")
        }
        do {
            let start = try await enrol(cluster, token, at: request.address)
            cluster.enter(start)
            guard let view = start.view else {
                throw ControlError.broken("the cluster's answer names no cluster", remedy: "")
            }
            return ClusterJoinAnswer(
                id: "\(view.cluster)", name: view.name,
                node: ClusterNode(
                    name: cluster.nodeName, id: "\(start.identity.node)"),
                standing: try await standing(of: start.identity.node, cluster))
        } catch let error as ControlError {
            throw error
        } catch let error as EnrolmentError {
            // It says itself what to do.
            throw .unavailable("\(error)", remedy: "")
        } catch {
            throw .unavailable("\(error)", remedy: "pipamctl cluster status")
        }
    }

    /// How the wish to join stands, once a member has said so; in time, or as it is then.
    private func standing(
        of node: NodeID, _ cluster: ClusterRuntime
    ) async throws -> ClusterStatusAnswer.Standing {
        let deadline = ContinuousClock.now + Self.joinPatience
        while ContinuousClock.now < deadline {
            if await keeper.read({ $0.members[node] != nil }) { return .member }
            switch cluster.joinReply?.standing {
            case .waiting: return .awaitingReplace
            case .refused:
                throw ControlError.conflict(
                    "the cluster does not let this host in: \(cluster.joinReply?.reason ?? "")",
                    remedy: "")
            case .member, .joining, .leaderless, nil: break
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return .joining
    }

    /// A host that nothing speaks against is a member within seconds.
    private static let joinPatience = Duration.seconds(10)

    private func enrol(
        _ cluster: ClusterRuntime, _ token: JoinToken, at address: String?
    ) async throws -> ClusterStart {
        let configuration = cluster.configuration
        let now = Int64(WallClock.nowSeconds())
        let enrolment = try TokenEnrolment(dataDirectory: configuration.dataDirectory)
        let pending = try enrolment.begin(
            token: token, name: cluster.nodeName, role: configuration.cluster.role,
            addresses: try configuration.cluster.memberAddresses(), nowSeconds: now)
        let question = PeerQuestion.enrolment(pending.question).octets
        let octets = try await PeerJoin.ask(
            addresses: address.map { [$0] } ?? token.addresses.map(\.text),
            authority: token.authority, within: .seconds(15)
        ) { _ in question }
        _ = try enrolment.finish(pending, answer: octets, nowSeconds: now)
        return try ClusterStart.afterJoining(
            configuration, identity: cluster.identity)
    }
}
