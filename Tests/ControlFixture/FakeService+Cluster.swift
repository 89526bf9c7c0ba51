package import Control
import Synchronization

/// A cluster of three, of which the third is down.
extension FakeService {
    package func catchUp() async throws(ControlError) {
        catchUps.withLock { $0 += 1 }
        if ControlForwarding.isUnderWay { forwardedCatchUps.withLock { $0 += 1 } }
        guard !faults.isCutOff else { throw Self.noQuorum }
    }

    static let noQuorum = ControlError.unavailable(
        "there is no quorum: 1 of 3 voters answers",
        remedy: "start the others, or ask with --stale for what this node has")

    package func clusterStatus() async throws(ControlError) -> ClusterStatusAnswer {
        faults.isCutOff ? SampleCluster.cutOff(time: time) : SampleCluster.status(time: time)
    }

    package func clusterMembers() async throws(ControlError) -> ClusterMembersAnswer {
        SampleCluster.members(time: time)
    }

    package func makeToken(
        _ request: ClusterTokenRequest
    ) async throws(ControlError) -> ClusterTokenAnswer {
        ClusterTokenAnswer(
            token: Self.token, expiresAt: time + request.expiresSeconds,
            isWitness: request.witness)
    }

    /// The one token that it makes and takes.
    package static let token = "pipam1.c2VjcmV0LXNlY3JldC1zZWNyZXQ"

    package func join(
        _ request: ClusterJoinRequest
    ) async throws(ControlError) -> ClusterJoinAnswer {
        joins.withLock { $0.append(request) }
        guard request.token == Self.token else {
            throw .conflict(
                "the token is void", remedy: "make another one with pipamctl cluster token")
        }
        return ClusterJoinAnswer(
            id: SampleCluster.id, name: "lab", node: SampleCluster.pve4, standing: .joining)
    }

    package func leave(
        _ request: ClusterLeaveRequest
    ) async throws(ControlError) -> MembershipAnswer {
        guard request.force else {
            throw .conflict(
                "this is the last member: the cluster would end",
                remedy: "use --force if that is meant")
        }
        return MembershipAnswer(index: 43, node: SampleCluster.pve1, voters: 0, learners: 0)
    }

    package func remove(
        _ request: ClusterRemoveRequest
    ) async throws(ControlError) -> MembershipAnswer {
        try Self.requireMember(request.node)
        guard request.node != "pve2" || request.force else {
            throw .conflict(
                "without pve2 only 1 of 2 voters answers",
                remedy: "start pve3 first, or use --force")
        }
        return MembershipAnswer(
            index: 43, node: SampleCluster.pve3, leader: SampleCluster.pve1, voters: 2,
            learners: 0)
    }

    package func replace(
        _ request: ClusterReplaceRequest
    ) async throws(ControlError) -> ClusterReplaceAnswer {
        try Self.requireMember(request.node)
        return ClusterReplaceAnswer(
            index: 44, old: SampleCluster.pve3, new: SampleCluster.pve3Reinstalled)
    }

    package func transfer(
        _ request: ClusterTransferRequest
    ) async throws(ControlError) -> ClusterTransferAnswer {
        if let node = request.node { try Self.requireMember(node) }
        return ClusterTransferAnswer(
            previous: SampleCluster.pve1, leader: SampleCluster.pve2, term: 8)
    }

    package func recover(
        _ request: ClusterRecoverRequest
    ) async throws(ControlError) -> ClusterRecoverAnswer {
        guard faults.isCutOff else {
            throw .conflict(
                "pve1 leads: the majority is not lost", remedy: "see pipamctl cluster status")
        }
        return ClusterRecoverAnswer(
            id: SampleCluster.id, node: SampleCluster.pve1, index: 42,
            lost: [SampleCluster.pve2, SampleCluster.pve3])
    }

    package func configDifference() async throws(ControlError) -> ConfigDifferenceAnswer {
        ConfigDifferenceAnswer(
            index: 42, version: 5, file: "/etc/pipam/pipam.toml",
            differences: [
                .init(key: "dns.ttl", cluster: "60", file: "300"),
                .init(key: "zones.reverse", file: "[\"10.in-addr.arpa\"]"),
            ])
    }

    package func applyConfig() async throws(ControlError) -> ConfigApplyAnswer {
        try await pause()
        if faults.isFileOutdated {
            return ConfigApplyAnswer(
                outcome: .refused, index: 42, baseVersion: 5, version: 6, changed: 2,
                reason: "the settings changed meanwhile; they are at version 6",
                remedy: "look at pipamctl config diff, and apply again")
        }
        return ConfigApplyAnswer(
            outcome: .held, index: 43, baseVersion: 5, version: 5, changed: 2,
            held: SampleCluster.held(time: time))
    }

    package func withdrawConfig() async throws(ControlError) -> ConfigWithdrawAnswer {
        ConfigWithdrawAnswer(index: 44, withdrawn: SampleCluster.held(time: time))
    }

    private static func requireMember(_ name: String) throws(ControlError) {
        guard ["pve1", "pve2", "pve3"].contains(name) else {
            throw .notFound(
                "there is no member \(name)", remedy: "pipamctl cluster members lists them")
        }
    }
}

/// Samples of a cluster.
package enum SampleCluster {
    static let id = "00112233445566778899aabbccddeeff"
    static let pve1 = ClusterNode(name: "pve1", id: "11111111-2222-4333-8444-555555555551")
    static let pve2 = ClusterNode(name: "pve2", id: "21111111-2222-4333-8444-555555555552")
    static let pve3 = ClusterNode(name: "pve3", id: "31111111-2222-4333-8444-555555555553")
    static let pve3Reinstalled = ClusterNode(
        name: "pve3", id: "91111111-2222-4333-8444-555555555559")
    static let pve4 = ClusterNode(name: "pve4", id: "41111111-2222-4333-8444-555555555554")

    static func held(time: UInt64) -> HeldSettings {
        HeldSettings(
            version: 6, since: time - 60, proposedBy: "pve1", names: 3,
            first: [
                .init(name: "db.example.com.", becomes: "db.lab.example.com."),
                .init(name: "web1.example.com."),
            ])
    }

    static func status(time: UInt64) -> ClusterStatusAnswer {
        ClusterStatusAnswer(
            time: time, id: id, name: "lab", node: pve1, standing: .member, role: .leader,
            leader: pve1, term: 7, commitIndex: 42, appliedIndex: 42, level: 1, highestLevel: 2,
            quorum: .init(voters: 3, reachable: 2, isHeld: true),
            pending: [
                .init(
                    kind: .deadVoter, node: pve3, since: time - 600,
                    message: "does not answer; a learner takes its place after 30 min",
                    remedy: "start it, or pipamctl cluster remove pve3"),
                .init(kind: .promotion, node: pve4, message: "gets a vote once it caught up"),
            ],
            digests: .init(
                index: 40, isEqual: true,
                nodes: [
                    .init(node: pve1, digest: "00aa"), .init(node: pve2, digest: "00aa"),
                    .init(node: pve3),
                ]),
            log: .init(firstIndex: 1, lastIndex: 42, sizeOctets: 8 << 20),
            snapshot: .init(index: 30, sizeOctets: 123_456, takenAt: time - 3600))
    }

    static func cutOff(time: UInt64) -> ClusterStatusAnswer {
        ClusterStatusAnswer(
            time: time, id: id, name: "lab", node: pve1, standing: .member, role: .candidate,
            term: 9, commitIndex: 42, appliedIndex: 42, level: 1, highestLevel: 2,
            quorum: .init(voters: 3, isHeld: false),
            digests: .init(
                index: 40, isEqual: false,
                nodes: [.init(node: pve1, digest: "00aa"), .init(node: pve2, digest: "00ab")]),
            log: .init(firstIndex: 1, lastIndex: 42, sizeOctets: 8 << 20))
    }

    static func members(time: UInt64) -> ClusterMembersAnswer {
        ClusterMembersAnswer(
            index: 42, time: time,
            members: [
                ClusterMember(
                    name: pve1.name, id: pve1.id, kind: .full, isVoter: true, state: .leader,
                    addresses: ["10.0.0.1:8553", "[2001:db8::1]:8553"], version: "0.1.0",
                    level: 2, matchIndex: 42, lag: 0),
                ClusterMember(
                    name: pve2.name, id: pve2.id, kind: .witness, isVoter: true, state: .up,
                    addresses: ["10.0.0.2:8553"], version: "0.1.0", level: 2, matchIndex: 40,
                    lag: 2),
                ClusterMember(
                    name: pve3.name, id: pve3.id, kind: .full, isVoter: true, state: .down,
                    since: time - 600, addresses: ["10.0.0.3:8553"], version: "0.0.9", level: 1),
                ClusterMember(
                    name: pve4.name, id: pve4.id, kind: .full, isVoter: false, state: .joining,
                    level: 0),
            ])
    }
}
