import ClusterState
import FoundationEssentials
import Inventory
import OpenSSL

/// `requests/<uuid>.json` in the data directory: what the agent asks root to sign, where only root
/// can read the authority's key. `pipam enroll` answers it in `answers/<uuid>.json`.
///
/// The agent has checked the token, or that the node renews for itself; root cannot. So root signs
/// for nobody that enrolled itself, and writes down who vouched.
struct SigningRequest: Equatable, Sendable {
    static let folder = "requests"
    static let answers = "answers"
    /// More than are ever waiting at one time.
    static let maximumCount = 32

    /// The request for a certificate, in DER form and base 32.
    let request: String
    /// Of a node that is new; `nil` where one renews.
    let newcomer: Newcomer?
    let version: Int

    /// What is published of a node that joins by token.
    struct Newcomer: Codable, Equatable, Sendable {
        let replica: ReplicaNumber
        let name: String
        let role: Configuration.Cluster.Role
        let addresses: [MemberAddress]
        let program: String
    }

    init(_ request: CertificateRequest, newcomer: Newcomer?) {
        self.request = Base32.encode(request.der)
        self.newcomer = newcomer
        version = Self.version
    }

    /// The request, if its proof holds.
    var certificateRequest: CertificateRequest? {
        Base32.decode(request).flatMap { try? CertificateRequest(der: $0) }
    }

    /// What tells it from an earlier one of the same node.
    var digest: String { Base32.encode(SHA256Digest.of(Array(request.utf8))) }
}

extension SigningRequest: VersionedDocument {
    static let version = 1
    static let maximumOctets = 32_768

    var objection: String? {
        guard let newcomer else { return nil }
        guard NodeName.isValid(newcomer.name), newcomer.program.utf8.count <= 64,
            (1...MemberAddress.maximumCount).contains(newcomer.addresses.count)
        else { return "it names no host" }
        return nil
    }
}

/// What root answered.
struct SigningAnswer: Equatable, Sendable {
    /// Of the request.
    let digest: String
    /// `nil` if root refused.
    let grant: EnrolmentAnswer.Grant?
    /// Why.
    let refusal: String?
    let version: Int
}

extension SigningAnswer: VersionedDocument {
    static let version = 1
    static let maximumOctets = EnrolmentAnswer.maximumOctets

    var objection: String? { (grant == nil) == (refusal == nil) ? "neither yes nor no" : nil }
}

// MARK: - The agent's side

extension SigningRequest {
    /// Asks root and waits for the answer, which is polled for since it is one small file. What was
    /// not answered stays: whoever asks again gets the answer then.
    func ask(
        in data: GuardedDirectory, node: NodeID, wait: Duration
    ) async throws(EnrolmentError) -> EnrolmentAnswer.Grant {
        let name = "\(node).json"
        let deadline = ContinuousClock.now + wait
        let requests = try data.makeSubdirectory(Self.folder)
        let answers = try data.makeSubdirectory(Self.answers)
        if let grant = try take(name, answers) { return grant }
        try requests.replace(name, with: octets)
        while ContinuousClock.now < deadline {
            do {
                try await Task.sleep(for: .milliseconds(200))
            } catch {
                throw .refused(reason: "interrupted", remedy: "ask again")
            }
            if let grant = try take(name, answers) { return grant }
        }
        throw .locked(
            path: "the authority's key", holder: "root, who signs with pipam enroll on that host",
            waitedSeconds: Int(wait.components.seconds))
    }

    private func take(
        _ name: String, _ answers: GuardedDirectory
    ) throws(EnrolmentError) -> EnrolmentAnswer.Grant? {
        let answer = try SigningAnswer.read(name, in: answers, remedy: "remove it")
        guard let answer, answer.digest == digest else { return nil }
        if let grant = answer.grant { return grant }
        try answers.remove(name)
        throw .refused(reason: answer.refusal ?? "root refused", remedy: "see pipam enroll there")
    }
}

// MARK: - Root's side

extension EnrolmentWork {
    /// Answers what the agent wrote to a file of that name. Says what was done in one line.
    func answer(
        _ name: String, data: GuardedDirectory, shared: GuardedDirectory
    ) throws(EnrolmentError) -> String {
        let requests = try data.makeSubdirectory(SigningRequest.folder)
        let found = try? SigningRequest.read(name, in: requests, remedy: "")
        guard let found, let request = found.certificateRequest, let uri = MemberURI(request.uri),
            name == "\(uri.node).json"
        else {
            try requests.remove(name)
            return "threw away a damaged request of the agent"
        }
        var grant: EnrolmentAnswer.Grant?
        var refusal: String?
        do {
            grant = try sign(found, request, uri, shared)
        } catch {
            guard !error.isTransient else { throw error }
            refusal = "\(error)"
        }
        let answer = SigningAnswer(
            digest: found.digest, grant: grant, refusal: refusal, version: SigningAnswer.version)
        try data.makeSubdirectory(SigningRequest.answers).replace(name, with: answer.octets)
        try requests.remove(name)
        return refusal.map { "refused to sign for \(uri.node): \($0)" }
            ?? "signed for \(uri.node), which this host vouches for"
    }

    private func sign(
        _ asked: SigningRequest, _ request: CertificateRequest, _ uri: MemberURI,
        _ shared: GuardedDirectory
    ) throws(EnrolmentError) -> EnrolmentAnswer.Grant {
        guard let document = survey.document, let own = survey.identity,
            let authority = survey.keys.authority(document.issuer)
        else { throw .refused(reason: "the authority's key is missing", remedy: "restore it") }
        guard uri.cluster == document.cluster else {
            throw .refused(reason: "it is for another cluster", remedy: "make a new token")
        }
        let known = survey.nodes.first { $0.node == uri.node }
        guard known == nil || known?.vouchedBy != nil, uri.node != own.node else {
            throw .refused(
                reason: "\(uri.node) enrols itself", remedy: "run pipam enroll on that host")
        }
        let newcomer = asked.newcomer
        guard let replica = newcomer?.replica ?? known?.replica,
            !survey.nodes.contains(where: { $0.replica == replica && $0.node != uri.node }),
            known == nil || known?.replica == replica, let name = newcomer?.name ?? known?.name,
            let addresses = newcomer?.addresses ?? known?.addresses
        else {
            throw .refused(reason: "it is no member, or another one", remedy: "join by a new token")
        }
        do {
            let certificate = try authority.issue(
                request, uri: uri.text, name: name, nowSeconds: self.request.nowSeconds,
                notAfterSeconds: self.request.nowSeconds + self.request.policy.leafSeconds)
            let node = PublishedNode(
                node: uri.node, replica: replica, name: name,
                role: newcomer?.role ?? known?.role ?? .witness, addresses: addresses,
                certificate: certificate.fingerprint, issuer: document.issuer.fingerprint,
                expiresSeconds: certificate.notAfterSeconds,
                authorities: document.authorities.map(\.fingerprint),
                program: newcomer?.program ?? known?.program ?? "",
                publishedSeconds: self.request.nowSeconds, vouchedBy: own.node,
                version: PublishedNode.version)
            let folder = try shared.makeSubdirectory(PublishedNode.folder)
            try folder.replace(PublishedNode.fileName(of: node.node), with: node.octets)
            return EnrolmentAnswer.Grant(
                cluster: document.cluster, name: document.name,
                bootstrapNode: document.bootstrapNode, certificate: try certificate.pem,
                bundle: document.bundle,
                nodes: survey.nodes.filter { $0.node != node.node } + [node])
        } catch let error as EnrolmentError {
            throw error
        } catch let error as OpenSSLError {
            throw .cryptography(error)
        } catch {
            preconditionFailure("nothing else is thrown here: \(error)")
        }
    }
}
