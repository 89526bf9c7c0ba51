package import ClusterState
package import OpenSSL

/// `nodes/<uuid>.json`: a node as the others find it. Written by root on the node itself, or by
/// whoever vouched for it.
package struct PublishedNode: Equatable, Sendable {
    /// Who it is.
    package let node: NodeID
    /// Who it is in the log.
    package let replica: ReplicaNumber
    /// The host's name; a host that was installed anew has the name of its predecessor.
    package let name: String
    /// What it does.
    package let role: Configuration.Cluster.Role
    /// Where it is reached; 1...8.
    package let addresses: [MemberAddress]
    /// Its certificate.
    package let certificate: CertificateFingerprint
    /// Who issued that.
    package let issuer: CertificateFingerprint
    /// When it expires, in seconds since 1970.
    package let expiresSeconds: Int64
    /// The authorities that its copy of the bundle holds, sorted.
    package let authorities: [CertificateFingerprint]
    /// The version of the program that wrote this.
    package let program: String
    /// In seconds since 1970.
    package let publishedSeconds: Int64
    /// The node whose agent checked the token that it joined with; `nil`: it enrolled itself.
    package let vouchedBy: NodeID?
    let version: Int

    /// Everything but the time and the program says the same.
    func saysTheSame(as other: PublishedNode) -> Bool {
        node == other.node && replica == other.replica && name == other.name && role == other.role
            && addresses == other.addresses && certificate == other.certificate
            && issuer == other.issuer && expiresSeconds == other.expiresSeconds
            && authorities == other.authorities && program == other.program
    }
}

extension PublishedNode: VersionedDocument {
    static let version = 1
    static let maximumOctets = 8_192
    /// The folder in the cluster's directory.
    static let folder = "nodes"
    /// More files than a cluster has nodes, dead ones included.
    static let maximumCount = 256

    enum CodingKeys: String, CodingKey {
        case version, node, replica, name, role, addresses, certificate, issuer, authorities
        case program, vouchedBy
        case expiresSeconds = "expires"
        case publishedSeconds = "published"
    }

    var objection: String? {
        guard NodeName.isValid(name) else { return "the name is no host name" }
        guard (1...MemberAddress.maximumCount).contains(addresses.count) else {
            return "\(addresses.count) addresses, wanted 1...\(MemberAddress.maximumCount)"
        }
        guard authorities.count <= ClusterDocument.maximumAuthorities else {
            return "too many authorities"
        }
        return nil
    }

    /// The name of its file.
    static func fileName(of node: NodeID) -> String { "\(node).json" }

    /// All that are published, sorted by node. A file that cannot be understood, such as one of a
    /// newer version, is told beside them and keeps nobody else from going on.
    static func readAll(
        in directory: GuardedDirectory
    ) throws(EnrolmentError) -> (nodes: [PublishedNode], problems: [String]) {
        guard let folder = try directory.subdirectory(folder) else { return ([], []) }
        var nodes: [PublishedNode] = []
        var problems: [String] = []
        for name in try folder.names(maximum: maximumCount) where name.hasSuffix(".json") {
            do {
                // Another host may have removed it since.
                guard let node = try read(name, in: folder, remedy: remedy) else { continue }
                guard fileName(of: node.node) == name else {
                    throw EnrolmentError.damaged(
                        path: "\(folder.path)/\(name)", reason: "it tells of another node",
                        remedy: remedy)
                }
                nodes.append(node)
            } catch {
                problems.append("\(error)")
            }
        }
        return (nodes.sorted { $0.node.description < $1.node.description }, problems)
    }

    private static let remedy =
        "run pipam enroll on the host it is of, or remove it if there is none"
}
