import ClusterState
import OpenSSL

/// Does single steps of a plan, under the cluster's lock.
struct EnrolmentWork {
    let request: EnrolmentRequest
    let survey: EnrolmentSurvey

    /// Does a step, and says so in one line.
    func perform(
        _ step: EnrolmentStep, data: GuardedDirectory,
        shared: GuardedDirectory
    ) throws(EnrolmentError) -> String {
        switch step {
        case .createIdentity:
            try NodeIdentity.make(nowSeconds: request.nowSeconds).write(in: data)
        case .forget(let node):
            try forget(node, shared)
        case .foundCluster:
            try found(shared)
        case .tidyKeys:
            try tidyKeys(shared)
        case .announceAuthority:
            try announce(shared)
        case .promoteAuthority:
            let until = request.nowSeconds + request.policy.leafSeconds
            try change(shared) { $0.promote(untilSeconds: until) }
        case .dropAuthorities:
            try change(shared) { _ = $0.dropExpired(nowSeconds: request.nowSeconds) }
        case .writeBundle:
            let bundle = try document().bundle
            try shared.replace(EnrolmentSurvey.bundleName, with: Array(bundle.utf8))
        case .enterCluster:
            var identity = try identity()
            try identity.enter(try document().cluster, in: data)
        case .copyBundle:
            try CredentialFiles.writeBundle(try document().bundle, in: data)
        case .issueCertificate:
            try issue(data)
        case .publish:
            try publish(shared)
        case .sign(let name):
            return try answer(name, data: data, shared: shared)
        case .copyView:
            let view = EnrolmentPlan(survey, request).view(try document())
            try data.replace(ClusterView.fileName, with: view.octets)
        }
        return describe(step)
    }

    /// What a step does, in one line.
    func describe(_ step: EnrolmentStep) -> String {
        switch step {
        case .createIdentity: "gave this node an identity in \(request.dataDirectory)"
        case .forget(let node): "forgot the node \(node)"
        case .foundCluster: "founded a cluster in \(request.place.path)"
        case .tidyKeys: "put the authority's key in its place"
        case .announceAuthority: "made a new authority, which issues once every node trusts it"
        case .promoteAuthority: "the new authority issues from now on"
        case .dropAuthorities: "an old authority is trusted no more"
        case .writeBundle: "wrote the authorities to \(request.place.path)"
        case .enterCluster: "entered the cluster"
        case .copyBundle: "copied the authorities to \(request.dataDirectory)"
        case .issueCertificate(let reason): "issued a certificate for this node: \(reason)"
        case .publish: "published this node as \(request.name)"
        case .sign: "answered a request of the agent for a signature"
        case .copyView: "told the agent about the cluster"
        }
    }

    // MARK: What has to be there by now

    private func identity() throws(EnrolmentError) -> NodeIdentity {
        guard let identity = survey.identity else {
            preconditionFailure("a plan gives an identity first")
        }
        return identity
    }

    private func document() throws(EnrolmentError) -> ClusterDocument {
        guard let document = survey.document else {
            preconditionFailure("a plan founds a cluster before it goes on")
        }
        return document
    }

    // MARK: The cluster

    /// The key first: a key without a document is a leftover, a document without its key is a
    /// cluster that nobody can join.
    private func found(_ shared: GuardedDirectory) throws(EnrolmentError) {
        let authority = try newAuthority()
        try shared.replace(AuthorityKeys.currentName, with: Array(authority.keyPEM.utf8))
        let document: ClusterDocument
        do {
            document = try ClusterDocument.make(
                name: request.clusterName, node: try identity().node,
                authority: authority.certificate, nowSeconds: request.nowSeconds)
        } catch let error as OpenSSLError {
            throw .cryptography(error)
        } catch let error as EnrolmentError {
            throw error
        } catch {
            preconditionFailure("nothing else is thrown here: \(error)")
        }
        try shared.replace(ClusterDocument.fileName, with: document.octets)
    }

    private func newAuthority() throws(EnrolmentError) -> CertificateAuthority {
        do {
            return try CertificateAuthority.create(
                name: "pipam \(request.clusterName)".asCommonName,
                validDays: request.policy.authorityDays, nowSeconds: request.nowSeconds)
        } catch {
            throw .cryptography(error)
        }
    }

    /// The key before the certificate, for the same reason.
    private func announce(_ shared: GuardedDirectory) throws(EnrolmentError) {
        let authority = try newAuthority()
        try shared.replace(AuthorityKeys.nextName, with: Array(authority.keyPEM.utf8))
        var document = try document()
        do { try document.announce(authority.certificate) } catch { throw .cryptography(error) }
        try shared.replace(ClusterDocument.fileName, with: document.octets)
    }

    private func change(
        _ shared: GuardedDirectory, _ body: (inout ClusterDocument) -> Void
    ) throws(EnrolmentError) {
        var document = try document()
        body(&document)
        try shared.replace(ClusterDocument.fileName, with: document.octets)
    }

    /// After a new authority has begun to issue, its key takes the place of the old one; a key that
    /// no certificate belongs to is what a crash left behind.
    private func tidyKeys(_ shared: GuardedDirectory) throws(EnrolmentError) {
        if AuthorityKeys.isOf(survey.keys.next, try document().issuer) {
            try shared.rename(AuthorityKeys.nextName, to: AuthorityKeys.currentName)
        } else {
            try shared.remove(AuthorityKeys.nextName)
        }
    }

    private func forget(
        _ node: NodeID, _ shared: GuardedDirectory
    ) throws(EnrolmentError) {
        let folder = try shared.makeSubdirectory(PublishedNode.folder)
        try folder.remove(PublishedNode.fileName(of: node))
    }

    // MARK: This node

    private func issue(_ data: GuardedDirectory) throws(EnrolmentError) {
        let document = try document()
        let identity = try identity()
        guard let authority = survey.keys.authority(document.issuer) else {
            throw .damaged(
                path: "\(request.place.path)/\(AuthorityKeys.currentName)",
                reason: "missing, or not the key of the authority that issues",
                remedy: "put it back from a backup")
        }
        let key: PrivateKey
        let certificate: Certificate
        do {
            key = try PrivateKey.generate()
            certificate = try authority.issue(
                try key.publicKey, uri: identity.uri(in: document.cluster),
                name: request.name.asCommonName, nowSeconds: request.nowSeconds,
                notAfterSeconds: request.nowSeconds + request.policy.leafSeconds)
        } catch {
            throw .cryptography(error)
        }
        try CredentialFiles.write(key, certificate, in: data)
    }

    private func publish(_ shared: GuardedDirectory) throws(EnrolmentError) {
        guard let credentials = survey.credentials else {
            preconditionFailure("a plan issues a certificate before it publishes it")
        }
        let node = EnrolmentPlan(survey, request).published(
            try identity(), credentials, try document())
        let folder = try shared.makeSubdirectory(PublishedNode.folder)
        try folder.replace(PublishedNode.fileName(of: node.node), with: node.octets)
    }
}

extension String {
    /// At most 64 characters (RFC 5280 appendix A.1, ub-common-name).
    fileprivate var asCommonName: String { String(prefix(64)) }
}
