import ClusterState
import OpenSSL

/// What there is: in the cluster's directory and in the data directory.
struct EnrolmentSurvey {
    /// `nil`: this data directory is new.
    var identity: NodeIdentity?
    /// `nil`: there is no cluster yet.
    var document: ClusterDocument?
    /// The bundle as it stands in the cluster's directory.
    var sharedBundle: String?
    /// The keys of the authorities.
    var keys = AuthorityKeys(current: nil, next: nil)
    /// All that are published.
    var nodes: [PublishedNode] = []
    /// The files with which the agent asks for signatures.
    var requests: [String] = []
    /// What could not be read and is no reason to stop.
    var problems: [String] = []
    /// The node's own copy of the bundle.
    var ownBundle: String?
    /// The node's own key and certificate.
    var credentials: CredentialFiles?
    /// Why they cannot be used although they are there.
    var credentialProblem: String?
    /// The agent's copy of what it needs to know.
    var view: ClusterView?

    /// Looks at both places. `shared` is `nil` where there is no cluster's directory yet.
    static func take(
        _ request: EnrolmentRequest, data: GuardedDirectory?,
        shared: GuardedDirectory?
    ) throws(EnrolmentError) -> EnrolmentSurvey {
        var survey = EnrolmentSurvey()
        try survey.look(at: data)
        try survey.lookAtShared(shared, isReplicated: request.place.proxmoxRoot != nil)
        return survey
    }

    private mutating func look(at data: GuardedDirectory?) throws(EnrolmentError) {
        guard let data else { return }
        identity = try NodeIdentity.read(in: data)
        ownBundle = try CredentialFiles.bundle(in: data)
        do {
            credentials = try CredentialFiles.read(in: data)
        } catch {
            credentialProblem = "\(error)"
        }
        let owner = try data.standing().owner
        if let found = try CredentialFiles.owner(in: data), found.user != owner.user {
            credentials = nil
            credentialProblem = "the key is not the agent's"
        }
        view = try? ClusterView.read(in: data)
        if let folder = try data.subdirectory(SigningRequest.folder) {
            requests = try folder.names(maximum: SigningRequest.maximumCount)
                .filter { $0.hasSuffix(".json") }
        }
    }

    private mutating func lookAtShared(
        _ shared: GuardedDirectory?, isReplicated: Bool
    ) throws(EnrolmentError) {
        guard let shared else { return }
        document = try ClusterDocument.read(
            ClusterDocument.fileName, in: shared, remedy: ClusterDocument.remedy)
        sharedBundle = try shared.read(Self.bundleName, maximumOctets: 65_536).map {
            String(decoding: $0.octets, as: UTF8.self)
        }
        keys = try AuthorityKeys.read(in: shared, isReplicated: isReplicated)
        (nodes, problems) = try PublishedNode.readAll(in: shared)
    }

    /// The bundle's name in the cluster's directory.
    static let bundleName = "ca.crt"

    /// The agent could run with what it has, whatever is due.
    func isUsable(nowSeconds: Int64) -> Bool {
        guard let identity, let cluster = identity.cluster, let credentials, view != nil else {
            return false
        }
        return credentials.objection(uri: identity.uri(in: cluster), nowSeconds: nowSeconds) == nil
    }
}
