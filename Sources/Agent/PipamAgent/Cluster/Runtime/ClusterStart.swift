import ClusterState
import Consensus
import Control
import Inventory

/// What a node finds out about itself before anything runs: who it is, and what to do about its
/// log.
struct ClusterStart: Sendable {
    /// Who it is, in this life of its process.
    let identity: NodeIdentity
    /// The cluster; `nil` on a host that waits to be enrolled or to be given a token.
    let view: ClusterView?
    /// What to do about the log; `nil` on such a host.
    let decision: StartDecision?
    /// What should be known, one line each.
    let warnings: [String]

    /// Below the data directory.
    static let logFolder = "log"

    /// Looks at the data directory, and has what is due for certificates done where this host can
    /// do it by itself. Whoever calls it holds the lock on the directory.
    static func prepare(
        _ configuration: Configuration, nowSeconds: UInt64
    ) async throws -> ClusterStart {
        let now = Int64(nowSeconds)
        let report = try await Enrolment.ensure(configuration, nowSeconds: now)
        let data = try DataDirectory.open(configuration.dataDirectory)
        var identity: NodeIdentity
        if let known = try NodeIdentity.read(in: data) {
            identity = known
        } else {
            identity = .make(nowSeconds: now)
            try identity.write(in: data)
        }
        let warnings = report?.warnings ?? []
        guard let view = try ClusterView.read(in: data), identity.cluster != nil else {
            try identity.beginIncarnation(in: data)
            return ClusterStart(identity: identity, view: nil, decision: nil, warnings: warnings)
        }
        let decision = StartDecision.decide(
            identity: identity, isBootstrapNode: view.bootstrapNode == identity.node,
            isLogThere: WriteAheadLog.exists(in: logDirectory(configuration)))
        if decision == .startOver {
            throw EnrolmentError.damaged(
                path: logDirectory(configuration), reason: "the log of this node is gone",
                remedy: "put it back from a backup of all of data_dir, or empty data_dir and have "
                    + "this host join anew: the others still have everything")
        }
        try identity.beginIncarnation(in: data)
        return ClusterStart(
            identity: identity, view: view, decision: decision, warnings: warnings)
    }

    /// What a host knows that was let in by a token while its agent ran.
    static func afterJoining(
        _ configuration: Configuration, identity: NodeIdentity
    ) throws -> ClusterStart {
        let data = try DataDirectory.open(configuration.dataDirectory)
        guard let known = try NodeIdentity.read(in: data), known.node == identity.node,
            let view = try ClusterView.read(in: data)
        else {
            throw EnrolmentError.damaged(
                path: configuration.dataDirectory, reason: "it is of another node than before",
                remedy: "restart the agent")
        }
        return ClusterStart(identity: known, view: view, decision: .join, warnings: [])
    }

    /// Where the log lies.
    static func logDirectory(_ configuration: Configuration) -> String {
        "\(configuration.dataDirectory)/\(logFolder)"
    }

    /// This node as a member.
    func member(_ configuration: Configuration) throws -> Member {
        Member(
            node: identity.node, replica: identity.replica.number,
            name: configuration.cluster.node ?? LocalHost.name(),
            kind: configuration.cluster.role == .witness ? .witness : .full,
            addresses: try configuration.cluster.memberAddresses().map(\.text),
            version: PipamVersion.text, level: DerivationRulebook.standard.levels.upperBound)
    }
}
