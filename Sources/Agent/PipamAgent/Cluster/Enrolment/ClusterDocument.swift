package import ClusterState
package import Inventory
package import OpenSSL

/// `cluster.json`: that there is a cluster, and whom its members trust. Whoever may write the
/// directory is root on one of the hosts, so what stands here is believed.
package struct ClusterDocument: Equatable, Sendable {
    /// What an authority is good for. An authority is `issuing` from its start, or comes first.
    ///
    ///     coming ──> issuing ──> leaving ──> gone
    package enum AuthorityState: String, Codable, Equatable, Sendable {
        /// Trusted, and issues once every node trusts it.
        case coming
        /// Issues all certificates.
        case issuing
        /// Trusted until what it issued has expired.
        case leaving
    }

    /// A certificate authority of the cluster.
    package struct Authority: Codable, Equatable, Sendable {
        /// In PEM form.
        package let certificate: String
        /// Of that certificate.
        package let fingerprint: CertificateFingerprint
        /// What it is good for.
        package internal(set) var state: AuthorityState
        /// Of one that leaves: when the last of its leaves has expired, in seconds since 1970.
        package internal(set) var untilSeconds: Int64?
    }

    /// At most one that comes, one that issues, and those that leave.
    static let maximumAuthorities = 4
    /// The longest name of a cluster.
    static let maximumNameOctets = 64

    /// Who the cluster is; the name is for people.
    package let cluster: ClusterID
    /// What people call it.
    package let name: String
    /// The node that founds the log. Written before there is a log, and never changed.
    package let bootstrapNode: NodeID
    /// In seconds since 1970.
    package let createdSeconds: Int64
    /// The issuing one first, then the others, oldest first.
    package private(set) var authorities: [Authority]
    let version: Int

    /// A new cluster, founded by `node`.
    static func make(
        name: String, node: NodeID, authority: Certificate, nowSeconds: Int64
    ) throws(OpenSSLError) -> ClusterDocument {
        let octets = RandomOctets.make(16)
        let half = { (range: Range<Int>) in
            octets[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        return ClusterDocument(
            cluster: ClusterID(high: half(0..<8), low: half(8..<16)),
            name: String(decoding: name.utf8.prefix(maximumNameOctets), as: UTF8.self),
            bootstrapNode: node, createdSeconds: nowSeconds,
            authorities: [try entry(authority, .issuing)], version: version)
    }

    private static func entry(
        _ certificate: Certificate, _ state: AuthorityState
    ) throws(OpenSSLError) -> Authority {
        Authority(
            certificate: try certificate.pem, fingerprint: certificate.fingerprint, state: state)
    }

    /// The one that issues.
    package var issuer: Authority {
        guard let issuer = authorities.first(where: { $0.state == .issuing }) else {
            preconditionFailure("a document without an issuer is refused when it is read")
        }
        return issuer
    }

    /// The one that comes, during a change of authorities.
    package var coming: Authority? { authorities.first { $0.state == .coming } }

    /// All that members trust, in PEM form.
    package var bundle: String { authorities.map(\.certificate).joined() }

    /// What tells them apart.
    package var fingerprints: Set<CertificateFingerprint> { Set(authorities.map(\.fingerprint)) }
}

// MARK: - Change of authorities

extension ClusterDocument {
    /// A second authority is trusted from now on.
    mutating func announce(_ certificate: Certificate) throws(OpenSSLError) {
        precondition(coming == nil, "two authorities would come at one time")
        authorities.append(try Self.entry(certificate, .coming))
    }

    /// The one that comes issues from now on; `untilSeconds` is when the last certificate of the
    /// one before will have expired.
    mutating func promote(untilSeconds: Int64) {
        guard let coming else { preconditionFailure("no authority comes") }
        for index in authorities.indices where authorities[index].state == .issuing {
            authorities[index].state = .leaving
            authorities[index].untilSeconds = untilSeconds
        }
        for index in authorities.indices
        where authorities[index].fingerprint == coming.fingerprint {
            authorities[index].state = .issuing
        }
        authorities.sort { $0.state == .issuing && $1.state != .issuing }
    }

    /// Those whose certificates have all expired are trusted no more. True if there were any.
    mutating func dropExpired(nowSeconds: Int64) -> Bool {
        let before = authorities.count
        authorities.removeAll { authority in
            authority.state == .leaving && authority.untilSeconds.map { $0 < nowSeconds } ?? false
        }
        return authorities.count < before
    }
}

extension ClusterDocument: VersionedDocument {
    static let version = 1
    static let maximumOctets = 32_768
    /// The file in the cluster's directory.
    static let fileName = "cluster.json"
    static let remedy =
        "put it back from a backup; a cluster that is new in earnest needs an empty directory, and "
        + "an empty data_dir on every host"

    enum CodingKeys: String, CodingKey {
        case version, cluster, name, bootstrapNode, authorities
        case createdSeconds = "created"
    }

    var objection: String? {
        let states = authorities.map(\.state)
        guard states.filter({ $0 == .issuing }).count == 1, states.first == .issuing,
            states.filter({ $0 == .coming }).count <= 1,
            states.count <= Self.maximumAuthorities
        else { return "not one authority issues and at most one comes" }
        for authority in authorities {
            guard let certificate = try? Certificate(pem: authority.certificate),
                certificate.fingerprint == authority.fingerprint
            else { return "the certificate of \(authority.fingerprint) is damaged" }
        }
        return nil
    }
}
