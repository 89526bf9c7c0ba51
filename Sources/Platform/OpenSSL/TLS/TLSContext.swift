import COpenSSL

/// One application protocol that a server speaks (ALPN, RFC 7301).
package struct TLSProtocol: Hashable, Sendable {
    /// As on the wire: 1...64 octets of ASCII.
    package let name: String
    /// A client must show a certificate of one of our authorities. What a client that shows none
    /// may say is a matter of its own protocol, so that no state of another one can be reached
    /// without a certificate by mistake.
    package let asksForCertificate: Bool

    /// Joins the two.
    package init(_ name: String, asksForCertificate: Bool = true) {
        precondition(
            (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F },
            "not the name of a protocol: \(name)")
        self.name = name
        self.asksForCertificate = asksForCertificate
    }
}

/// What many connections share: our certificate, whom we believe, and the protocols. TLS 1.3 only,
/// without tickets, early data and renegotiation. Replaced as a whole when anything changes.
package final class TLSContext: Sendable {
    /// Who opens the connection.
    package enum Role: Sendable {
        case client
        case server
    }

    /// Whom a client or server believes.
    package enum Trust: Sendable {
        /// Whoever has a certificate of one of these authorities.
        case authorities([Certificate])
        /// Whoever has a certificate of the authority with this fingerprint and shows that
        /// authority's certificate too: for a client that knows nothing but a token.
        case pinnedAuthority(CertificateFingerprint)
        /// Whoever comes, for a server that answers everybody. With `asking`, clients are asked for
        /// a certificate, and one that shows any proves that it has its key and nothing more:
        /// names, dates and issuers are not looked at, and what the key may do is for whoever is
        /// behind to say.
        case anyone(asking: Bool)
    }

    /// The most that the other side's certificates may take, in octets.
    private static let maximumCertificateOctets = 16 * 1024

    let role: Role
    private let context: SharedObject
    private let offer: ProtocolOffer

    /// Prepares handshakes. `chain` begins with our own certificate, on `key`; both are absent for
    /// a client that has none yet. `protocols` begins with the preferred one.
    package init(
        role: Role, chain: [Certificate], key: PrivateKey?, trust: Trust,
        protocols: [TLSProtocol]
    ) throws(OpenSSLError) {
        let method = role == .client ? TLS_client_method() : TLS_server_method()
        let context = try OwnedObject(SSL_CTX_new(method), "TLS context") { SSL_CTX_free($0) }
        let offer = ProtocolOffer(protocols: protocols, trust: trust)
        try Self.restrict(context.pointer)
        if let key, let leaf = chain.first {
            try Self.present(leaf, others: chain.dropFirst(), key: key, in: context.pointer)
        }
        try Self.believe(trust, role: role, offer: offer, in: context.pointer)
        try Self.speak(offer, role: role, in: context.pointer)
        self.role = role
        self.context = SharedObject(context)
        self.offer = offer
    }

    /// A new connection's half, an `SSL`.
    func makeSession() throws(OpenSSLError) -> OwnedObject {
        try OwnedObject(SSL_new(context.pointer), "TLS session") { SSL_free($0) }
    }

    private static func restrict(_ context: OpaquePointer) throws(OpenSSLError) {
        let version = Int(TLS1_3_VERSION)
        guard SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, version, nil) == 1,
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, version, nil) == 1,
            SSL_CTX_set_num_tickets(context, 0) == 1
        else { throw .unavailable(what: "TLS 1.3", reason: lastErrorText()) }
        SSL_CTX_set_options(context, pipam_no_renegotiation | pipam_no_ticket)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, maximumCertificateOctets, nil)
        // Between writes a connection holds no buffers; the chain is sent as we give it.
        SSL_CTX_ctrl(
            context, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN), nil)
    }

    private static func present(
        _ leaf: Certificate, others: ArraySlice<Certificate>, key: PrivateKey,
        in context: OpaquePointer
    ) throws(OpenSSLError) {
        let certificate = try leaf.handle()
        let secret = try key.handle()
        guard SSL_CTX_use_certificate(context, certificate.pointer) == 1,
            SSL_CTX_use_PrivateKey(context, secret.pointer) == 1,
            SSL_CTX_check_private_key(context) == 1
        else { throw .unusable(what: "certificate and key", reason: lastErrorText()) }
        for other in others {
            let handle = try other.handle()
            let pointer = UnsafeMutableRawPointer(handle.pointer)
            guard SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, pointer) == 1 else {
                throw .unusable(what: "certificate chain", reason: lastErrorText())
            }
        }
    }

    private static func believe(
        _ trust: Trust, role: Role, offer: ProtocolOffer, in context: OpaquePointer
    ) throws(OpenSSLError) {
        SSL_CTX_set_verify(
            context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        switch trust {
        case .anyone(let asks):
            guard role == .server else {
                throw .unusable(what: "trust", reason: "a client must know its server")
            }
            SSL_CTX_set_verify(context, asks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
            SSL_CTX_set_cert_verify_callback(context, acceptShown, nil)
        case .authorities(let authorities):
            let store = SSL_CTX_get_cert_store(context)
            for authority in authorities {
                let handle = try authority.handle()
                guard X509_STORE_add_cert(store, handle.pointer) == 1 else {
                    throw .unusable(what: "authority", reason: lastErrorText())
                }
            }
        case .pinnedAuthority:
            guard role == .client else {
                throw .unusable(what: "trust", reason: "a server must know its authorities")
            }
            SSL_CTX_set_cert_verify_callback(
                context, judgePinned, Unmanaged.passUnretained(offer).toOpaque())
        }
    }

    private static func speak(
        _ offer: ProtocolOffer, role: Role, in context: OpaquePointer
    ) throws(OpenSSLError) {
        switch role {
        case .client:
            // It alone of OpenSSL's functions returns 0 for success.
            guard SSL_CTX_set_alpn_protos(context, offer.wire, UInt32(offer.wire.count)) == 0
            else { throw .unavailable(what: "list of protocols", reason: lastErrorText()) }
        case .server:
            // Each session keeps this object's context alive, and that keeps the offer.
            SSL_CTX_set_alpn_select_cb(
                context, chooseProtocol, Unmanaged.passUnretained(offer).toOpaque())
        }
    }
}

/// What OpenSSL's callbacks are given to decide by.
private final class ProtocolOffer: Sendable {
    let protocols: [TLSProtocol]
    let trust: TLSContext.Trust
    /// Each name behind its length.
    let wire: [UInt8]

    init(protocols: [TLSProtocol], trust: TLSContext.Trust) {
        self.protocols = protocols
        self.trust = trust
        wire = protocols.flatMap { [UInt8($0.name.utf8.count)] + Array($0.name.utf8) }
    }

    /// Whom it asks is not a matter of the protocol then.
    var answersAnyone: Bool {
        if case .anyone = trust { true } else { false }
    }

    /// Where in a client's list one of ours stands, the preferred one first.
    func choice(among list: UnsafeBufferPointer<UInt8>) -> (TLSProtocol, Range<Int>)? {
        for own in protocols {
            var index = 0
            while index < list.count {
                let name = index + 1..<index + 1 + Int(list[index])
                guard name.upperBound <= list.count else { return nil }
                if list[name].elementsEqual(own.name.utf8) { return (own, name) }
                index = name.upperBound
            }
        }
        return nil
    }
}

/// OpenSSL's callback for a server: chooses a protocol, and with it whether the client has to show
/// a certificate. It runs before the server asks for one. Without a common protocol the handshake
/// ends; a client that names none at all keeps the duty to show a certificate, where there is one.
private func chooseProtocol(
    session: OpaquePointer?, chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    chosenOctets: UnsafeMutablePointer<UInt8>?, list: UnsafePointer<UInt8>?, listOctets: UInt32,
    reference: UnsafeMutableRawPointer?
) -> Int32 {
    guard let reference, let list, let chosen, let chosenOctets else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    let offer = Unmanaged<ProtocolOffer>.fromOpaque(reference).takeUnretainedValue()
    let names = UnsafeBufferPointer(start: list, count: Int(listOctets))
    guard let (own, place) = offer.choice(among: names) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    if !own.asksForCertificate, !offer.answersAnyone {
        SSL_set_verify(session, SSL_VERIFY_NONE, nil)
    }
    // What is chosen may point into the client's list.
    chosen.pointee = list + place.lowerBound
    chosenOctets.pointee = UInt8(place.count)
    return SSL_TLSEXT_ERR_OK
}

/// OpenSSL's callback for a server that answers anyone: a certificate that is shown is taken for
/// what it is, a key. That the client has that key is proven by the handshake itself.
private func acceptShown(context: OpaquePointer?, reference: UnsafeMutableRawPointer?) -> Int32 {
    guard let context else { return 0 }
    X509_STORE_CTX_set_error(context, X509_V_OK)
    return 1
}

/// OpenSSL's callback for a client that knows only its authority's fingerprint: the authority is
/// taken from what the server shows, and everything else is checked as usual.
private func judgePinned(context: OpaquePointer?, reference: UnsafeMutableRawPointer?) -> Int32 {
    guard let context, let reference else { return 0 }
    let offer = Unmanaged<ProtocolOffer>.fromOpaque(reference).takeUnretainedValue()
    X509_STORE_CTX_set_error(context, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT)
    guard case .pinnedAuthority(let pinned) = offer.trust,
        let shown = X509_STORE_CTX_get0_untrusted(context), let trusted = OPENSSL_sk_new_null()
    else { return 0 }
    // The stack borrows what it holds.
    defer { OPENSSL_sk_free(trusted) }
    for index in 0..<OPENSSL_sk_num(shown) {
        guard let certificate = OPENSSL_sk_value(shown, index),
            let read = try? Certificate(OpaquePointer(certificate)), read.fingerprint == pinned
        else { continue }
        OPENSSL_sk_push(trusted, certificate)
    }
    guard OPENSSL_sk_num(trusted) > 0 else { return 0 }
    X509_STORE_CTX_set_error(context, X509_V_OK)
    X509_STORE_CTX_set0_trusted_stack(context, trusted)
    return X509_verify_cert(context) == 1 ? 1 : 0
}
