import COpenSSL
import Synchronization

/// Decides about servers for one `PeerTrust`. Its authorities are read once, when it is made.
package final class PeerVerifier: Sendable {
    private let trust: PeerTrust
    private let authorities: CertificateStore

    /// Throws if the file of authorities cannot be used.
    package init(_ trust: PeerTrust) throws(OpenSSLError) {
        self.trust = trust
        authorities = try CertificateStore(trust)
    }

    /// Why the server behind a handshake is refused; `nil` if it is accepted.
    fileprivate func refusal(ofPeerIn context: OpaquePointer, host: String) -> PeerRefusal? {
        guard let leaf = X509_STORE_CTX_get0_cert(context) else {
            return PeerRefusal(reason: "the server shows no certificate", fingerprint: nil)
        }
        guard let fingerprint = Self.fingerprint(of: leaf) else {
            return PeerRefusal(reason: lastErrorText(), fingerprint: nil)
        }
        if trust.acceptsAnyPeer || trust.pinned.contains(fingerprint) { return nil }
        let chain = X509_STORE_CTX_get0_untrusted(context)
        guard let objection = authorities.objection(toLeaf: leaf, chain: chain, host: host) else {
            return nil
        }
        let others = trust.pinned.isEmpty ? "" : ", and its certificate is not the pinned one"
        return PeerRefusal(reason: objection + others, fingerprint: fingerprint)
    }

    private static func fingerprint(of leaf: OpaquePointer) -> CertificateFingerprint? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(leaf, EVP_sha256(), &digest, &count) == 1, Int(count) <= digest.count
        else { return nil }
        return CertificateFingerprint(octets: digest.prefix(Int(count)))
    }
}

/// One handshake's verdict: installed in the TLS context before it, asked for the refusal after it.
package final class PeerVerification: Sendable {
    private let verifier: PeerVerifier
    private let host: String
    private let judged = Mutex<PeerRefusal?>(nil)

    /// A handshake with `host`, a name or a literal address without brackets.
    package init(verifier: PeerVerifier, host: String) {
        self.verifier = verifier
        self.host = host
    }

    /// Why the server was refused; `nil` before the handshake and if it was accepted.
    package var refusal: PeerRefusal? { judged.withLock { $0 } }

    /// Makes the verifier judge the peer of every handshake that `context`, an `SSL_CTX`, makes.
    /// The context keeps this object alive. False if OpenSSL refuses, in which case the context
    /// must not be used.
    package func install(in context: UnsafeMutableRawPointer) -> Bool {
        let context = OpaquePointer(context)
        let reference = Unmanaged.passRetained(self)
        guard SSL_CTX_set_ex_data(context, Self.slot, reference.toOpaque()) == 1 else {
            reference.release()
            return false
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_set_cert_verify_callback(context, judgePeer, reference.toOpaque())
        // A second handshake on a live connection would be judged after its request is over.
        SSL_CTX_set_options(context, pipam_no_renegotiation)
        return true
    }

    fileprivate func accepts(_ context: OpaquePointer) -> Bool {
        let refusal = verifier.refusal(ofPeerIn: context, host: host)
        judged.withLock { $0 = refusal }
        // OpenSSL reports this code to the TLS user also when the callback accepts.
        X509_STORE_CTX_set_error(
            context, refusal == nil ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION)
        return refusal == nil
    }

    /// Where a context keeps its reference; the callback gives it back when the context ends.
    private static let slot = CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_SSL_CTX, 0, nil, nil, nil
    ) { _, reference, _, _, _, _ in
        guard let reference else { return }
        Unmanaged<PeerVerification>.fromOpaque(reference).release()
    }
}

/// OpenSSL's callback: 1 accepts the peer.
private func judgePeer(context: OpaquePointer?, reference: UnsafeMutableRawPointer?) -> Int32 {
    guard let context, let reference else { return 0 }
    let verification = Unmanaged<PeerVerification>.fromOpaque(reference).takeUnretainedValue()
    return verification.accepts(context) ? 1 : 0
}
