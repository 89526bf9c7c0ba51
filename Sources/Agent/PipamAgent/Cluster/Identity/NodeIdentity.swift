package import ClusterState
package import Inventory
import OpenSSL

/// Who this node is, for as long as its data directory lives. A host whose disk was lost comes back
/// as somebody else: what the old one acknowledged may be gone, so it must never vote in its name.
package struct NodeIdentity: Equatable, Sendable {
    /// This node among the members.
    package let node: NodeID
    /// This node in the log.
    package private(set) var replica: ReplicaNumber
    /// The cluster that it belongs to; `nil` before it was enrolled.
    package private(set) var cluster: ClusterID?
    /// How often the agent was started on this data directory. Peers that have seen a higher number
    /// know that the directory was rolled back.
    package private(set) var incarnation: UInt64
    /// There was a log once. If it is missing now, it was lost.
    package private(set) var hasLog: Bool
    /// In seconds since 1970.
    package let createdSeconds: Int64
    let version: Int

    /// Somebody new.
    package static func make(nowSeconds: Int64) -> NodeIdentity {
        var octets = RandomOctets.make(16)
        // A random UUID (RFC 9562 section 5.4).
        octets[6] = octets[6] & 0x0F | 0x40
        octets[8] = octets[8] & 0x3F | 0x80
        let half = { (range: Range<Int>) in
            octets[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        return NodeIdentity(
            node: NodeID(high: half(0..<8), low: half(8..<16)), replica: .random(), cluster: nil,
            incarnation: 0, hasLog: false, createdSeconds: nowSeconds, version: version)
    }

    /// Draws another number for the log, as after a recovery: what the old one promised counts for
    /// nobody any more. Returns it.
    mutating func renumbered() -> ReplicaNumber {
        replica = .random()
        return replica
    }

    /// What its certificate calls it.
    package func uri(in cluster: ClusterID) -> String {
        MemberURI(cluster: cluster, node: node).text
    }
}

/// The name that a certificate gives a member: `pipam://<cluster>/node/<uuid>`.
package struct MemberURI: Hashable, Sendable {
    /// The cluster.
    package let cluster: ClusterID
    /// The node in it.
    package let node: NodeID

    /// Joins the two.
    package init(cluster: ClusterID, node: NodeID) {
        self.cluster = cluster
        self.node = node
    }

    /// Reads one; `nil` for anything that `text` does not write.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, let cluster = ClusterID(parts[2]), let node = NodeID(parts[4])
        else { return nil }
        self.init(cluster: cluster, node: node)
        guard self.text == text else { return nil }
    }

    /// As it stands in a certificate.
    package var text: String { "pipam://\(cluster)/node/\(node)" }
}

extension NodeIdentity: VersionedDocument {
    static let version = 1
    static let maximumOctets = 4_096

    enum CodingKeys: String, CodingKey {
        case version, node, replica, cluster, incarnation, hasLog
        case createdSeconds = "created"
    }

    var objection: String? { nil }
}

// MARK: - Where it is kept

extension NodeIdentity {
    /// The file in the data directory.
    static let fileName = "node.json"
    private static let remedy =
        "put it back from a backup, or empty data_dir and join anew as another node"

    /// Reads it; `nil` if this data directory has never had one.
    package static func read(
        in directory: GuardedDirectory
    ) throws(EnrolmentError) -> NodeIdentity? {
        try read(fileName, in: directory, remedy: remedy)
    }

    func write(in directory: GuardedDirectory) throws(EnrolmentError) {
        try directory.replace(Self.fileName, with: octets)
    }

    /// Puts down which cluster it belongs to. Throws if it belongs to another one.
    mutating func enter(
        _ cluster: ClusterID, in directory: GuardedDirectory
    ) throws(EnrolmentError) {
        if let own = self.cluster {
            guard own == cluster else { throw Self.foreign(own, cluster, directory.path) }
            return
        }
        self.cluster = cluster
        try write(in: directory)
    }

    static func foreign(
        _ own: ClusterID, _ other: ClusterID, _ path: String
    ) -> EnrolmentError {
        .refused(
            reason: "\(path) belongs to the cluster \(own), and this is the cluster \(other)",
            remedy: "give back the cluster's directory, or empty data_dir to join the other one")
    }

    /// Counts a start of the agent; on the disk on return. Whoever calls it holds the lock on the
    /// data directory.
    package mutating func beginIncarnation(
        in directory: GuardedDirectory
    ) throws(EnrolmentError) {
        guard incarnation < .max else {
            throw .damaged(
                path: "\(directory.path)/\(Self.fileName)", reason: "no more incarnations",
                remedy: Self.remedy)
        }
        incarnation += 1
        try write(in: directory)
    }

    /// Puts down that there is a log now, so that its loss is noticed.
    package mutating func recordLog(
        in directory: GuardedDirectory
    ) throws(EnrolmentError) {
        guard !hasLog else { return }
        hasLog = true
        try write(in: directory)
    }

    /// Gives up who this node was and makes it somebody new in the same cluster, after its peers
    /// saw that its data directory is older than what it told them, or its log was lost. Its old
    /// credentials go; `pipam enroll`, a token or the authority's key gives it new ones. The log of
    /// the old one is the caller's to remove, before this.
    package static func startOver(
        in directory: GuardedDirectory, nowSeconds: Int64
    ) throws(EnrolmentError) -> NodeIdentity {
        var identity = make(nowSeconds: nowSeconds)
        identity.cluster = try read(in: directory)?.cluster
        // The credentials last: while they are there they name somebody else, which whoever reads
        // them notices.
        try identity.write(in: directory)
        if let credentials = try directory.subdirectory(CredentialFiles.directoryName) {
            try credentials.remove(CredentialFiles.nodeName)
        }
        return identity
    }
}

/// What a node has to do about its log when it starts.
package enum StartDecision: Equatable, Sendable {
    /// Go on with the log that is there.
    case resume
    /// Found the cluster's log, with this node as its only voter.
    case bootstrap
    /// Ask the members to be added.
    case join
    /// Become somebody new with `NodeIdentity.startOver`, then join: the log was lost.
    case startOver

    /// `isBootstrapNode`: the cluster's document names this node as the one that founds the log.
    /// That stands there before there is a log, so that a crash between the two repeats on the same
    /// node and on no other.
    package static func decide(
        identity: NodeIdentity, isBootstrapNode: Bool, isLogThere: Bool
    ) -> StartDecision {
        switch (isLogThere, identity.hasLog, isBootstrapNode) {
        case (true, _, _): .resume
        case (false, true, _): .startOver
        case (false, false, true): .bootstrap
        case (false, false, false): .join
        }
    }
}
