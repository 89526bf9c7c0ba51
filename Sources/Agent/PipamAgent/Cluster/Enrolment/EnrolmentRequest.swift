package import ClusterState
import Control
package import Inventory

/// What `pipam enroll` is asked to do, and as whom.
package struct EnrolmentRequest: Sendable {
    /// What all hosts share.
    package var place: ClusterPlace
    /// Of the agent on this host; made if it is not there.
    package var dataDirectory: String
    /// This host's name among the nodes.
    package var name: String
    /// What this host does.
    package var role = Configuration.Cluster.Role.full
    /// Where the others reach it; 1...8.
    package var addresses: [MemberAddress]
    /// What a cluster that is founded now is called.
    package var clusterName: String
    /// Nothing is changed, and what would be is told.
    package var isDryRun = false
    /// A new authority is to take the place of the one that issues.
    package var rotatesAuthority = false
    /// A node that is gone for good and no longer counted with.
    package var forgotten: NodeID?
    /// The version of this program.
    package var program = PipamVersion.text
    /// How long certificates hold.
    package var policy = CertificatePolicy()
    /// How long the lock is waited for.
    package var timing = DirectoryLock.Timing()
    /// Seconds since 1970.
    package var nowSeconds: Int64
    /// Called before each change, with a few words; what it throws stops the work. For tests.
    package var step: ClusterPlace.Step = { _ throws(EnrolmentError) in }

    /// Joins what is needed; the rest is at its default.
    package init(
        place: ClusterPlace, dataDirectory: String, name: String, addresses: [MemberAddress],
        clusterName: String, nowSeconds: Int64
    ) {
        self.place = place
        self.dataDirectory = dataDirectory
        self.name = name
        self.addresses = addresses
        self.clusterName = clusterName
        self.nowSeconds = nowSeconds
    }
}

/// What came of it.
package struct EnrolmentReport: Equatable, Sendable {
    /// What was done, or would be, one line each; empty if there was nothing to do.
    package var done: [String] = []
    /// What should be known, one line each.
    package var warnings: [String] = []
    /// This node; `nil` only where a dry run has found none.
    package var identity: NodeIdentity?
    /// The cluster; `nil` only where a dry run has found none.
    package var view: ClusterView?

    /// This node founds the log.
    package var isBootstrapNode: Bool {
        identity.map { $0.node == view?.bootstrapNode } ?? false
    }
}

/// `cluster.json` in the data directory: the agent's copy of what it needs to know of the cluster,
/// since it may not read the cluster's own directory.
package struct ClusterView: Equatable, Sendable {
    /// Who the cluster is.
    package let cluster: ClusterID
    /// What people call it.
    package let name: String
    /// The node that founds the log.
    package let bootstrapNode: NodeID
    /// Every node that was published, this one too, sorted; dead ones may be among them.
    package let nodes: [PublishedNode]
    let version: Int
}

extension ClusterView: VersionedDocument {
    static let version = 1
    static let maximumOctets = 1 << 20
    static let fileName = "cluster.json"

    var objection: String? { nodes.lazy.compactMap(\.objection).first }

    init(
        cluster: ClusterID, name: String, bootstrapNode: NodeID, nodes: [PublishedNode]
    ) {
        self.init(
            cluster: cluster, name: name, bootstrapNode: bootstrapNode, nodes: nodes,
            version: Self.version)
    }

    /// Reads it; `nil` on a node that was never enrolled.
    package static func read(
        in data: GuardedDirectory
    ) throws(EnrolmentError) -> ClusterView? {
        try read(fileName, in: data, remedy: "run pipam enroll")
    }
}
