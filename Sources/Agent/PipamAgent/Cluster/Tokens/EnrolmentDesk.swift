package import ClusterState
import Inventory
import OpenSSL
import Synchronization

/// Gives out tokens and answers what nodes ask about their membership. It can sign only where the
/// authority's key can be read by the agent: in the data directory of a host that founded a cluster
/// there, or that was handed the authority. On hosts that share a directory only root can, so there
/// it leaves what it has checked to `pipam enroll` and waits for the answer.
package final class EnrolmentDesk: Sendable {
    /// Who asks, as far as its certificate has shown.
    package enum Caller: Equatable, Sendable {
        /// It showed none.
        case stranger
        /// It is a member, and this is what it does.
        case member(NodeID, Configuration.Cluster.Role)
    }

    private let dataDirectory: String
    private let policy: CertificatePolicy
    private let timing: DirectoryLock.Timing
    private let wait: Duration
    private let tokens = Mutex(TokenDesk())

    /// Nothing is read before somebody asks.
    ///
    /// - `wait`: how long root is waited for, where only root can sign.
    package init(
        dataDirectory: String, policy: CertificatePolicy = CertificatePolicy(),
        timing: DirectoryLock.Timing = DirectoryLock.Timing(), wait: Duration = .seconds(20)
    ) {
        self.wait = wait
        self.dataDirectory = dataDirectory
        self.policy = policy
        self.timing = timing
    }

    /// Gives out a token for a host that is to join by `addresses`.
    package func issueToken(
        addresses: [MemberAddress], nowSeconds: Int64,
        lifetimeSeconds: UInt64 = JoinToken.lifetimeSeconds, isForWitness: Bool = false
    ) throws(EnrolmentError) -> JoinToken {
        guard let data = try GuardedDirectory(path: dataDirectory),
            let cluster = try ClusterView.read(in: data)?.cluster,
            let credentials = try CredentialFiles.read(in: data),
            let authority = credentials.authorities.first(
                where: credentials.certificate.isIssued(by:))
        else {
            throw .refused(
                reason: "this host is no member of a cluster", remedy: "run pipam enroll")
        }
        // Who can neither sign nor have root sign gives out no tokens.
        let signsItself = try data.subdirectory(ClusterPlace.ownFolder) != nil
        let rootSigns = try isEnrolledByRoot(data)
        guard signsItself || rootSigns else { throw Self.noAuthority }
        let seconds = UInt64(max(0, nowSeconds))
        let result = tokens.withLock { desk -> Result<JoinToken, EnrolmentError> in
            do throws(EnrolmentError) {
                return .success(
                    try desk.issue(
                        cluster: cluster, addresses: addresses,
                        authority: authority.fingerprint, nowSeconds: seconds,
                        lifetimeSeconds: lifetimeSeconds, isForWitness: isForWitness))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Answers a question. Nothing that is asked makes it fail.
    package func answer(
        _ octets: [UInt8], from caller: Caller, nowSeconds: Int64
    ) async -> EnrolmentAnswer {
        guard let question = EnrolmentQuestion(octets: octets) else {
            return .refused(reason: "the question is not understood", isTransient: false)
        }
        do {
            switch (question, caller) {
            case (.admission(let request), _):
                return .granted(try await admit(request, nowSeconds: nowSeconds))
            case (.renewal(let request), .member(let node, _)):
                return .granted(try await renew(request, of: node, nowSeconds: nowSeconds))
            case (.authority, .member(_, .full)):
                return .authority(try handOver())
            case (.authority, .member(_, .witness)):
                return .refused(reason: "a witness is not given the authority", isTransient: false)
            case (.renewal, .stranger), (.authority, .stranger):
                return .refused(reason: "only a member may ask that", isTransient: false)
            }
        } catch let refusal as TokenDesk.Refusal {
            return .refused(reason: refusal.rawValue, isTransient: false)
        } catch let error as EnrolmentError {
            return .refused(reason: "\(error)", isTransient: error.isTransient)
        } catch {
            return .refused(reason: "it cannot be signed now", isTransient: true)
        }
    }

    // MARK: Signing

    private func admit(
        _ request: AdmissionRequest, nowSeconds: Int64
    ) async throws -> EnrolmentAnswer.Grant {
        let seconds = UInt64(max(0, nowSeconds))
        let refusal = tokens.withLock { desk -> TokenDesk.Refusal? in
            do throws(TokenDesk.Refusal) {
                try desk.admit(request, nowSeconds: seconds)
                return nil
            } catch {
                return error
            }
        }
        if let refusal { throw refusal }
        guard let data = try GuardedDirectory(path: dataDirectory) else { throw Self.noAuthority }
        if try data.subdirectory(ClusterPlace.ownFolder) == nil, try isEnrolledByRoot(data) {
            let newcomer = SigningRequest.Newcomer(
                replica: request.replica, name: request.name, role: request.role,
                addresses: request.addresses, program: request.program)
            return try await SigningRequest(request.request, newcomer: newcomer).ask(
                in: data, node: request.uri.node, wait: wait)
        }
        try checkNewcomer(request)
        let own = try NodeIdentity.read(in: data)?.node
        return try await sign(request.request, name: request.name, nowSeconds: nowSeconds) {
            certificate, document in
            PublishedNode(
                node: request.uri.node, replica: request.replica, name: request.name,
                role: request.role, addresses: request.addresses,
                certificate: certificate.fingerprint, issuer: document.issuer.fingerprint,
                expiresSeconds: certificate.notAfterSeconds,
                authorities: document.authorities.map(\.fingerprint), program: request.program,
                publishedSeconds: nowSeconds, vouchedBy: own, version: PublishedNode.version)
        }
    }

    /// Nobody becomes who somebody else is.
    private func checkNewcomer(_ request: AdmissionRequest) throws(EnrolmentError) {
        let shared = try authorityDirectory()
        let (nodes, _) = try PublishedNode.readAll(in: shared)
        for other in nodes {
            let isSame = other.node == request.uri.node
            guard isSame == (other.replica == request.replica),
                !isSame || other.name == request.name
            else {
                throw .refused(
                    reason: "this identity is \(other.name)'s",
                    remedy: "empty data_dir on the host that is to join")
            }
        }
    }

    private func renew(
        _ octets: [UInt8], of node: NodeID, nowSeconds: Int64
    ) async throws -> EnrolmentAnswer.Grant {
        let request: CertificateRequest
        do {
            request = try CertificateRequest(der: octets)
        } catch {
            throw EnrolmentError.refused(
                reason: "the request is damaged", remedy: "report this")
        }
        guard MemberURI(request.uri)?.node == node else {
            throw EnrolmentError.refused(
                reason: "a member may ask for itself only", remedy: "report this")
        }
        guard let data = try GuardedDirectory(path: dataDirectory) else { throw Self.noAuthority }
        if try data.subdirectory(ClusterPlace.ownFolder) == nil, try isEnrolledByRoot(data) {
            return try await SigningRequest(request, newcomer: nil).ask(
                in: data, node: node, wait: wait)
        }
        return try await sign(request, name: "\(node)", nowSeconds: nowSeconds) { _, _ in nil }
    }

    private func sign(
        _ request: CertificateRequest, name: String, nowSeconds: Int64,
        publish: @Sendable (Certificate, ClusterDocument) -> PublishedNode?
    ) async throws -> EnrolmentAnswer.Grant {
        guard let data = try GuardedDirectory(path: dataDirectory) else { throw Self.noAuthority }
        let place = try ClusterPlace.own(in: data)
        let policy = policy
        let lock = DirectoryLock(on: place, timing: timing)
        return try await lock.withLock(holder: "the agent") {
            (shared) throws(EnrolmentError) -> EnrolmentAnswer.Grant in
            guard
                let document = try ClusterDocument.read(
                    ClusterDocument.fileName, in: shared, remedy: ClusterDocument.remedy),
                let authority = try AuthorityKeys.read(in: shared, isReplicated: false)
                    .authority(document.issuer)
            else { throw Self.noAuthority }
            guard let uri = MemberURI(request.uri), uri.cluster == document.cluster else {
                throw .refused(reason: "the request is for another cluster", remedy: "report this")
            }
            do {
                let certificate = try authority.issue(
                    request, uri: uri.text, name: name, nowSeconds: nowSeconds,
                    notAfterSeconds: nowSeconds + policy.leafSeconds)
                if let node = publish(certificate, document) {
                    let folder = try shared.makeSubdirectory(PublishedNode.folder)
                    try folder.replace(PublishedNode.fileName(of: node.node), with: node.octets)
                }
                return EnrolmentAnswer.Grant(
                    cluster: document.cluster, name: document.name,
                    bootstrapNode: document.bootstrapNode, certificate: try certificate.pem,
                    bundle: document.bundle, nodes: try PublishedNode.readAll(in: shared).nodes)
            } catch let error as EnrolmentError {
                throw error
            } catch let error as OpenSSLError {
                throw .cryptography(error)
            } catch {
                preconditionFailure("nothing else is thrown here: \(error)")
            }
        }
    }

    private func handOver() throws(EnrolmentError) -> EnrolmentAnswer.Handover {
        let shared = try authorityDirectory()
        guard
            let document = try ClusterDocument.read(
                ClusterDocument.fileName, in: shared, remedy: ClusterDocument.remedy),
            let authority = try AuthorityKeys.read(in: shared, isReplicated: false)
                .authority(document.issuer)
        else { throw Self.noAuthority }
        return EnrolmentAnswer.Handover(
            document: document, key: authority.keyPEM,
            nodes: try PublishedNode.readAll(in: shared).nodes)
    }

    private func authorityDirectory() throws(EnrolmentError) -> GuardedDirectory {
        guard let data = try GuardedDirectory(path: dataDirectory),
            let shared = try data.subdirectory(ClusterPlace.ownFolder)
        else { throw Self.noAuthority }
        return shared
    }

    /// `pipam enroll` runs here, as root, with a directory that hosts share: this host was put
    /// down there by itself.
    private func isEnrolledByRoot(_ data: GuardedDirectory) throws(EnrolmentError) -> Bool {
        guard let own = try NodeIdentity.read(in: data)?.node,
            let entry = try ClusterView.read(in: data)?.nodes.first(where: { $0.node == own })
        else { return false }
        return entry.vouchedBy == nil
    }

    private static let noAuthority = EnrolmentError.refused(
        reason: "this host cannot sign: it does not hold the authority's key",
        remedy: "ask the cluster's founder, or a full member that was given it")
}
