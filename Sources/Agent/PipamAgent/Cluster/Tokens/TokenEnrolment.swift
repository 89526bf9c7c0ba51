import ClusterState
import OpenSSL

/// The other side of a token: what a host does that joins with one, and later to stay.
package struct TokenEnrolment: Sendable {
    /// What is sent to a member, and what its answer has to fit.
    package struct Pending: Sendable {
        /// Who this node is.
        package let identity: NodeIdentity
        /// The question, to be sent as it is; may be sent again until there is an answer.
        package let question: [UInt8]
        let uri: MemberURI
        let key: PrivateKey
    }

    private let data: GuardedDirectory

    /// Opens the data directory, making it if there is none.
    package init(dataDirectory: String) throws(EnrolmentError) {
        data = try DataDirectory.open(dataDirectory)
    }

    /// Prepares to join. Throws if this host belongs to a cluster already.
    package func begin(
        token: JoinToken, name: String, role: Configuration.Cluster.Role,
        addresses: [MemberAddress], nowSeconds: Int64
    ) throws(EnrolmentError) -> Pending {
        guard token.expiresSeconds > UInt64(max(0, nowSeconds)) else {
            throw .refused(
                reason: "the token has expired, or the clock of this host is wrong",
                remedy: "check the clock, and make a new one with pipamctl cluster token")
        }
        guard try data.subdirectory(ClusterPlace.ownFolder) == nil else {
            throw .refused(
                reason: "this host has founded a cluster of its own in \(data.path)",
                remedy: "stop the agent, empty data_dir and set cluster.directory = \"\"")
        }
        var identity: NodeIdentity
        if let found = try NodeIdentity.read(in: data) {
            identity = found
        } else {
            identity = .make(nowSeconds: nowSeconds)
            try identity.write(in: data)
        }
        if let cluster = identity.cluster, cluster != token.cluster {
            throw NodeIdentity.foreign(cluster, token.cluster, data.path)
        }
        let key = try Self.newKey()
        let request = try AdmissionRequest(
            token: token, identity: identity, key: key, name: name, role: role,
            addresses: addresses)
        return Pending(
            identity: identity, question: EnrolmentQuestion.admission(request).octets,
            uri: request.uri, key: key)
    }

    /// Prepares to renew the certificate, with a new key; `nil` as long as two thirds of its time
    /// are not over.
    package func beginRenewal(nowSeconds: Int64) throws(EnrolmentError) -> Pending? {
        guard let identity = try NodeIdentity.read(in: data), let cluster = identity.cluster,
            let credentials = try CredentialFiles.read(in: data),
            nowSeconds >= CertificatePolicy.renewalSeconds(of: credentials.certificate)
        else { return nil }
        let key = try Self.newKey()
        let uri = MemberURI(cluster: cluster, node: identity.node)
        do {
            let request = try CertificateRequest(key: key, uri: uri.text)
            return Pending(
                identity: identity,
                question: EnrolmentQuestion.renewal(request: request.der).octets, uri: uri, key: key
            )
        } catch {
            throw .cryptography(error)
        }
    }

    /// Takes a member's answer: checks it and puts down what it brings. Throws a refusal as it was
    /// given; whatever throws has changed nothing that counts.
    package func finish(
        _ pending: Pending, answer octets: [UInt8], nowSeconds: Int64
    ) throws(EnrolmentError) -> NodeIdentity {
        let grant: EnrolmentAnswer.Grant
        switch EnrolmentAnswer(octets: octets) {
        case .granted(let found):
            grant = found
        case .refused(let reason, let isTransient):
            throw isTransient
                ? .unwritable(path: "the member that was asked", reason: reason)
                : .refused(reason: reason, remedy: "make a new token with pipamctl cluster token")
        case .authority, nil:
            throw .refused(
                reason: "the member's answer is not understood",
                remedy: "use the same version of pipam on both hosts")
        }
        let certificate = try check(grant, for: pending, nowSeconds: nowSeconds)
        try CredentialFiles.writeBundle(grant.bundle, in: data)
        try CredentialFiles.write(pending.key, certificate, in: data)
        let view = ClusterView(
            cluster: grant.cluster, name: grant.name, bootstrapNode: grant.bootstrapNode,
            nodes: grant.nodes)
        try data.replace(ClusterView.fileName, with: view.octets)
        // Read again: the agent may have counted a start meanwhile.
        var identity = try NodeIdentity.read(in: data) ?? pending.identity
        try identity.enter(grant.cluster, in: data)
        return identity
    }

    /// Takes the authority that a full member was given, so that this host can sign too.
    package func takeAuthority(_ octets: [UInt8]) throws(EnrolmentError) {
        guard case .authority(let handover) = EnrolmentAnswer(octets: octets),
            handover.document.objection == nil,
            let identity = try NodeIdentity.read(in: data),
            identity.cluster == handover.document.cluster,
            let key = try? PrivateKey(pem: handover.key),
            AuthorityKeys.isOf(handover.key, handover.document.issuer)
        else {
            throw .refused(
                reason: "what came is not the authority of this cluster", remedy: "report this")
        }
        let shared = try data.makeSubdirectory(ClusterPlace.ownFolder)
        try shared.replace(AuthorityKeys.currentName, with: Array(key.pem.utf8))
        try shared.replace(
            EnrolmentSurvey.bundleName, with: Array(handover.document.bundle.utf8))
        let folder = try shared.makeSubdirectory(PublishedNode.folder)
        for node in handover.nodes where node.objection == nil {
            try folder.replace(PublishedNode.fileName(of: node.node), with: node.octets)
        }
        // Last: without it nothing there counts.
        try shared.replace(ClusterDocument.fileName, with: handover.document.octets)
    }

    private func check(
        _ grant: EnrolmentAnswer.Grant, for pending: Pending, nowSeconds: Int64
    ) throws(EnrolmentError) -> Certificate {
        guard grant.cluster == pending.uri.cluster,
            let certificate = try? Certificate(pem: grant.certificate),
            let authorities = try? Certificate.chain(pem: grant.bundle),
            let publicKey = try? pending.key.publicKey, certificate.publicKey == publicKey,
            certificate.uris == [pending.uri.text],
            authorities.contains(where: certificate.isIssued),
            grant.nodes.allSatisfy({ $0.objection == nil })
        else {
            throw .refused(
                reason: "the member's answer is not for this node", remedy: "report this")
        }
        guard certificate.notBeforeSeconds <= nowSeconds, nowSeconds < certificate.notAfterSeconds
        else {
            throw .refused(
                reason: "the certificate that was given is not valid at this host's time",
                remedy: "check the clocks of both hosts")
        }
        return certificate
    }

    private static func newKey() throws(EnrolmentError) -> PrivateKey {
        do { return try PrivateKey.generate() } catch { throw .cryptography(error) }
    }
}
