import OpenSSL

/// By what a node shows who it is and knows the others, each in PEM form.
package struct PeerCredentials: Hashable, Sendable {
    /// Our own certificate first.
    package let chain: String
    /// Its key.
    package let key: String
    /// The authorities that we believe: while one replaces another, both.
    package let authorities: String

    /// Any.
    package init(chain: String, key: String, authorities: String) {
        self.chain = chain
        self.key = key
        self.authorities = authorities
    }
}

/// Where the credentials are: asked at the start and at each `reload`.
package protocol CredentialsSource: Sendable {
    /// Those of now. Throws `PeerError.unusableCredentials`.
    func read() throws(PeerError) -> PeerCredentials
}

/// The protocols between agents (ALPN).
enum PeerProtocol {
    /// Between nodes, with certificates on both sides.
    static let raft = "pipam-raft/1"
    /// For one question by a node that has none yet. It has a name of its own, and is chosen before
    /// the server decides whether to ask for a certificate: so the other protocol has no way around
    /// one in any state, which a check of ours after a handshake without one might forget.
    static let join = "pipam-join/1"
}

/// What is made of the credentials, replaced as a whole.
struct PeerTLS: Sendable {
    /// The octets it was made of.
    let credentials: PeerCredentials
    let client: TLSContext
    let server: TLSContext
    private let authorities: [Certificate]

    /// Throws if they do not belong together or are not on `identity`.
    init(_ credentials: PeerCredentials, identity: String) throws(PeerError) {
        do throws(OpenSSLError) {
            var chain = try Certificate.chain(pem: credentials.chain)
            let authorities = try Certificate.chain(pem: credentials.authorities)
            guard let leaf = chain.first, leaf.uris == [identity] else {
                throw .unusable(what: "certificate", reason: "it is not on \(identity)")
            }
            guard let issuer = authorities.first(where: { leaf.isIssued(by: $0) }) else {
                throw .unusable(
                    what: "certificate", reason: "none of the authorities has issued it")
            }
            // For those that know the authority by its fingerprint only.
            if !chain.contains(issuer) { chain.append(issuer) }
            let key = try PrivateKey(pem: credentials.key)
            client = try TLSContext(
                role: .client, chain: chain, key: key, trust: .authorities(authorities),
                protocols: [TLSProtocol(PeerProtocol.raft)])
            server = try TLSContext(
                role: .server, chain: chain, key: key, trust: .authorities(authorities),
                protocols: [
                    TLSProtocol(PeerProtocol.raft),
                    TLSProtocol(PeerProtocol.join, asksForCertificate: false),
                ])
            self.authorities = authorities
            self.credentials = credentials
        } catch {
            throw .unusableCredentials(reason: "\(error)")
        }
    }

    /// One of our authorities has issued it.
    func believes(_ certificate: Certificate) -> Bool {
        authorities.contains { certificate.isIssued(by: $0) }
    }
}
