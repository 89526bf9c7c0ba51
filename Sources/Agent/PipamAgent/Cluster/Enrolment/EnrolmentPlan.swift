import ClusterState
import OpenSSL

/// One thing to do. After each of them the two directories are as good as after the last one; a
/// crash between two of them is made up for by the next run.
enum EnrolmentStep: Equatable {
    case createIdentity
    case forget(NodeID)
    case foundCluster
    case tidyKeys
    case announceAuthority
    case promoteAuthority
    case dropAuthorities
    case writeBundle
    case enterCluster
    case copyBundle
    case issueCertificate(reason: String)
    case publish
    case sign(String)
    case copyView
}

/// What is due. A function of what there is, what is asked for and the time.
struct EnrolmentPlan {
    private let survey: EnrolmentSurvey
    private let request: EnrolmentRequest

    init(_ survey: EnrolmentSurvey, _ request: EnrolmentRequest) {
        self.survey = survey
        self.request = request
    }

    /// What is due now, in order; empty if nothing is. The first is to be done, then everything is
    /// looked at again.
    func steps() throws(EnrolmentError) -> [EnrolmentStep] {
        try checkPlace()
        var steps: [EnrolmentStep] = []
        if survey.identity == nil { steps.append(.createIdentity) }
        guard let document = survey.document else {
            return steps + [
                .foundCluster, .writeBundle, .enterCluster, .copyBundle,
                .issueCertificate(reason: "there was none"), .publish, .copyView,
            ]
        }
        try checkIdentity(document)
        if let forgotten = request.forgotten, survey.nodes.contains(where: { $0.node == forgotten })
        {
            steps.append(.forget(forgotten))
        }
        let changes = try authoritySteps(document)
        steps += changes
        if survey.sharedBundle != document.bundle || !changes.isEmpty {
            steps.append(.writeBundle)
        }
        if survey.identity?.cluster == nil { steps.append(.enterCluster) }
        if survey.ownBundle != document.bundle || !changes.isEmpty { steps.append(.copyBundle) }
        if let reason = certificateReason(document) {
            steps.append(.issueCertificate(reason: reason))
        }
        if !steps.isEmpty || !isPublished(document) { steps.append(.publish) }
        steps += survey.requests.map(EnrolmentStep.sign)
        if !steps.isEmpty || survey.view != view(document) { steps.append(.copyView) }
        return steps
    }

    // MARK: What must not be

    /// A missing document is a new cluster only if nothing tells of an old one.
    private func checkPlace() throws(EnrolmentError) {
        guard survey.document == nil else { return }
        let path = "\(request.place.path)/\(ClusterDocument.fileName)"
        if let cluster = survey.identity?.cluster {
            throw .damaged(
                path: path, reason: "missing, and this node belongs to the cluster \(cluster)",
                remedy: ClusterDocument.remedy)
        }
        guard survey.nodes.isEmpty, survey.problems.isEmpty, survey.sharedBundle == nil else {
            throw .damaged(
                path: path, reason: "missing, and there are traces of a cluster beside it",
                remedy: ClusterDocument.remedy)
        }
        guard !request.rotatesAuthority, request.forgotten == nil else {
            throw .refused(reason: "there is no cluster yet", remedy: "run pipam enroll alone")
        }
    }

    /// A data directory that was copied to another host must not become a second host of one name.
    /// A node of another number than before is no copy: a recovery gave it a new one.
    private func checkIdentity(_ document: ClusterDocument) throws(EnrolmentError) {
        guard let identity = survey.identity else { return }
        if let own = identity.cluster, own != document.cluster {
            throw NodeIdentity.foreign(own, document.cluster, request.dataDirectory)
        }
        for other in survey.nodes {
            let isSelf = other.node == identity.node
            guard isSelf ? other.name == request.name : other.replica != identity.replica else {
                throw .refused(
                    reason: "the host \(other.name) is enrolled as \(other.node) with the number "
                        + "\(other.replica), which \(request.dataDirectory) of \(request.name) "
                        + "claims as well",
                    remedy: "if the data directory was copied, empty it on the host it was copied "
                        + "to; if the host was renamed, run pipam enroll --forget \(other.node)")
            }
        }
        if request.forgotten == identity.node {
            throw .refused(
                reason: "\(identity.node) is this node itself",
                remedy: "run it on another host, or have this one leave the cluster")
        }
    }

    // MARK: Authorities

    private func authoritySteps(
        _ document: ClusterDocument
    ) throws(EnrolmentError) -> [EnrolmentStep] {
        var steps: [EnrolmentStep] = []
        if document.authorities.contains(where: isGone) { steps.append(.dropAuthorities) }
        let isSwapped =
            AuthorityKeys.isOf(survey.keys.next, document.issuer)
            && !AuthorityKeys.isOf(survey.keys.current, document.issuer)
        if isSwapped || (survey.keys.next != nil && document.coming == nil) {
            steps.append(.tidyKeys)
        }
        if document.coming != nil {
            if mayPromote(document) { steps.append(.promoteAuthority) }
            return steps
        }
        guard request.rotatesAuthority else { return steps }
        guard !request.place.isOwn || survey.nodes.allSatisfy({ $0.node == survey.identity?.node })
        else {
            throw .refused(
                reason: "members that joined by token would not learn of a new authority",
                remedy: "change it in a cluster of one, or give the cluster a directory")
        }
        guard !document.authorities.contains(where: { $0.state == .leaving && !isGone($0) }) else {
            throw .refused(
                reason: "an earlier authority is still trusted until its last certificate expires",
                remedy: "try again after that; pipam enroll says when")
        }
        return steps + [.announceAuthority]
    }

    private func isGone(_ authority: ClusterDocument.Authority) -> Bool {
        authority.state == .leaving
            && authority.untilSeconds.map { $0 < request.nowSeconds } ?? false
    }

    /// Every node that can still be connected to trusts the one that comes, and its agent has had
    /// the time to notice.
    private func mayPromote(_ document: ClusterDocument) -> Bool {
        guard let coming = document.coming, survey.problems.isEmpty else { return false }
        let latest = request.nowSeconds - request.policy.settleSeconds
        return waiting(for: coming.fingerprint).isEmpty
            && survey.nodes.allSatisfy { $0.publishedSeconds <= latest }
    }

    /// The nodes that do not trust an authority yet, of those that can still be connected to.
    func waiting(for authority: CertificateFingerprint) -> [PublishedNode] {
        survey.nodes.filter {
            $0.expiresSeconds > request.nowSeconds && !$0.authorities.contains(authority)
        }
    }

    // MARK: This node

    private func certificateReason(_ document: ClusterDocument) -> String? {
        guard let identity = survey.identity else { return "there was none" }
        guard let credentials = survey.credentials else {
            return survey.credentialProblem ?? "there was none"
        }
        let certificate = credentials.certificate
        guard certificate.uris == [identity.uri(in: document.cluster)] else {
            return "the one there is of another node"
        }
        guard certificate.notAfterSeconds > request.nowSeconds else {
            return "the one before has expired"
        }
        guard let issuer = try? Certificate(pem: document.issuer.certificate),
            certificate.isIssued(by: issuer)
        else { return "another authority issues now" }
        return request.nowSeconds >= CertificatePolicy.renewalSeconds(of: certificate)
            ? "two thirds of its time are over" : nil
    }

    private func isPublished(_ document: ClusterDocument) -> Bool {
        guard let identity = survey.identity, let credentials = survey.credentials,
            let own = survey.nodes.first(where: { $0.node == identity.node })
        else { return false }
        return own.saysTheSame(as: published(identity, credentials, document))
    }

    /// What is to be published of this node.
    func published(
        _ identity: NodeIdentity, _ credentials: CredentialFiles, _ document: ClusterDocument
    ) -> PublishedNode {
        let issuer = document.authorities.first { authority in
            credentials.authorities.contains {
                $0.fingerprint == authority.fingerprint && credentials.certificate.isIssued(by: $0)
            }
        }
        let bundle = credentials.authorities.map(\.fingerprint)
        return PublishedNode(
            node: identity.node, replica: identity.replica, name: request.name, role: request.role,
            addresses: request.addresses, certificate: credentials.certificate.fingerprint,
            issuer: issuer?.fingerprint ?? document.issuer.fingerprint,
            expiresSeconds: credentials.certificate.notAfterSeconds,
            authorities: bundle.sorted { $0.description < $1.description },
            program: request.program, publishedSeconds: request.nowSeconds, vouchedBy: nil,
            version: PublishedNode.version)
    }

    /// What the agent is to know.
    func view(_ document: ClusterDocument) -> ClusterView {
        ClusterView(
            cluster: document.cluster, name: document.name, bootstrapNode: document.bootstrapNode,
            nodes: survey.nodes)
    }
}
