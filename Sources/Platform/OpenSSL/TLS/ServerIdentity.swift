import COpenSSL

/// What a server shows to everybody: its certificate, those between it and an authority, and its
/// key, all of an operator's making.
package struct ServerIdentity: Hashable, Sendable {
    /// Its own certificate.
    package let leaf: Certificate
    /// Its own certificate first.
    package let chain: [Certificate]
    /// The key of the first certificate.
    package let key: PrivateKey

    /// Joins the two. Throws if there is no certificate or the key is not that of the first one.
    package init(chain: [Certificate], key: PrivateKey) throws(OpenSSLError) {
        guard let leaf = chain.first else {
            throw .unusable(what: "certificate", reason: "there is none")
        }
        self.leaf = leaf
        self.chain = chain
        self.key = key
        let certificate = try leaf.handle()
        let secret = try key.handle()
        guard X509_check_private_key(certificate.pointer, secret.pointer) == 1 else {
            ERR_clear_error()
            throw .unusable(what: "key", reason: "it is not the key of the first certificate")
        }
    }

    /// A server's half for clients that need no certificate, asked for one or not. Throws if
    /// OpenSSL holds the key for too weak.
    package func context(
        protocols: [TLSProtocol], asksForCertificates: Bool
    ) throws(OpenSSLError) -> TLSContext {
        try TLSContext(
            role: .server, chain: chain, key: key, trust: .anyone(asking: asksForCertificates),
            protocols: protocols)
    }
}
