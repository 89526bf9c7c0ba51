import COpenSSL

/// Issues the certificates by which the nodes of one cluster know each other. It has no clock: the
/// caller says what time it is.
package struct CertificateAuthority: Sendable {
    /// How long before its issue a certificate holds already, since clocks differ: an hour.
    package static let backdatedSeconds: Int64 = 3600

    /// What everybody is given to check the others with.
    package let certificate: Certificate
    private let key: PrivateKey

    /// The authority's secret.
    package var keyPEM: String { key.pem }

    private init(certificate: Certificate, key: PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// Joins a key and its certificate. Throws unless they belong together and may issue.
    package init(keyPEM: String, certificatePEM: String) throws(OpenSSLError) {
        let key = try PrivateKey(pem: keyPEM)
        let certificate = try Certificate(pem: certificatePEM)
        guard try key.publicKey == certificate.publicKey else {
            throw .unusable(what: "authority", reason: "its key is not that of its certificate")
        }
        guard certificate.isIssued(by: certificate) else {
            throw .unusable(what: "authority", reason: "its certificate may not issue others")
        }
        self.init(certificate: certificate, key: key)
    }

    /// A new authority with a new key, called `name` for people to read. It holds for `validDays`
    /// from `nowSeconds`, seconds since 1970.
    package static func create(
        name: String, validDays: Int, nowSeconds: Int64
    ) throws(OpenSSLError) -> CertificateAuthority {
        let key = try PrivateKey.generate()
        let draft = CertificateDraft(
            name: name, publicKey: try key.publicKey,
            notBeforeSeconds: nowSeconds - backdatedSeconds,
            notAfterSeconds: nowSeconds + Int64(validDays) * 86_400,
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
            ])
        let certificate = try draft.signed(by: key, issuer: nil)
        return CertificateAuthority(certificate: certificate, key: key)
    }

    /// A certificate for whoever made `request`, which must ask for `uri`.
    package func issue(
        _ request: CertificateRequest, uri: String, name: String, nowSeconds: Int64,
        notAfterSeconds: Int64
    ) throws(OpenSSLError) -> Certificate {
        guard request.uri == uri else {
            throw .unusable(what: "certificate request", reason: "it asks for another name")
        }
        return try issue(
            request.publicKey, uri: uri, name: name, nowSeconds: nowSeconds,
            notAfterSeconds: notAfterSeconds)
    }

    /// A certificate by which the holder of `publicKey` is `uri` to others, as server and as
    /// client, and `name` to people. It holds from an hour before `nowSeconds` until
    /// `notAfterSeconds`, or as long as the authority itself if that is shorter; both in seconds
    /// since 1970.
    package func issue(
        _ publicKey: PublicKey, uri: String, name: String, nowSeconds: Int64,
        notAfterSeconds: Int64
    ) throws(OpenSSLError) -> Certificate {
        let draft = CertificateDraft(
            name: name, publicKey: publicKey, uri: uri,
            notBeforeSeconds: max(
                nowSeconds - Self.backdatedSeconds, certificate.notBeforeSeconds),
            notAfterSeconds: min(notAfterSeconds, certificate.notAfterSeconds),
            extensions: [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "serverAuth,clientAuth"),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid:always"),
            ])
        return try draft.signed(by: key, issuer: certificate)
    }
}

extension CertificateAuthority: CustomStringConvertible {
    /// Tells nothing of the secret.
    package var description: String { "certificate authority \(certificate.fingerprint)" }
}

/// What is to stand in a certificate before it is signed.
struct CertificateDraft {
    var name: String
    var publicKey: PublicKey
    var uri: String?
    var notBeforeSeconds: Int64
    var notAfterSeconds: Int64
    /// In the notation of OpenSSL's configuration files. Constants only: no text from outside may
    /// get in there, since that notation can name files.
    var extensions: [(identifier: Int32, value: String)]

    init(
        name: String, publicKey: PublicKey, uri: String? = nil, notBeforeSeconds: Int64,
        notAfterSeconds: Int64, extensions: [(identifier: Int32, value: String)]
    ) {
        self.name = name
        self.publicKey = publicKey
        self.uri = uri
        self.notBeforeSeconds = notBeforeSeconds
        self.notAfterSeconds = notAfterSeconds
        self.extensions = extensions
    }

    /// The finished certificate. Without an issuer it vouches for itself.
    func signed(by key: PrivateKey, issuer: Certificate?) throws(OpenSSLError) -> Certificate {
        guard notBeforeSeconds < notAfterSeconds else {
            throw .unusable(what: "validity", reason: "it ends before it begins")
        }
        let secret = try key.handle()
        let own = try publicKey.handle()
        let draft = try OwnedObject.certificate(X509_new())
        guard X509_set_version(draft.pointer, 2) == 1,
            X509_set_pubkey(draft.pointer, own.pointer) == 1
        else { throw .unavailable(what: "certificate", reason: lastErrorText()) }
        try setSerial(of: draft.pointer)
        try setDates(of: draft.pointer)
        let subject = X509_get_subject_name(draft.pointer)
        let status = X509_NAME_add_entry_by_NID(
            subject, NID_commonName, MBSTRING_UTF8, Array(name.utf8), Int32(name.utf8.count), -1, 0)
        guard status == 1 else {
            throw .unusable(what: "name", reason: lastErrorText())
        }
        if let issuer {
            let handle = try issuer.handle()
            try add(extensions, to: draft.pointer, issuer: handle.pointer)
        } else {
            try add(extensions, to: draft.pointer, issuer: draft.pointer)
        }
        if let uri {
            let names = try AlternativeNames.names(uri: uri)
            let status = X509_add1_ext_i2d(
                draft.pointer, NID_subject_alt_name, UnsafeMutableRawPointer(names.pointer), 0,
                UInt(X509V3_ADD_DEFAULT))
            guard status == 1 else {
                throw .unavailable(what: "certificate", reason: lastErrorText())
            }
        }
        guard X509_sign(draft.pointer, secret.pointer, EVP_sha256()) > 0 else {
            throw .unavailable(what: "signature", reason: lastErrorText())
        }
        let der = try { () throws(OpenSSLError) in
            let pointer = draft.pointer
            return try derOctets("certificate") { i2d_X509(pointer, $0) }
        }()
        return try Certificate(der: der)
    }

    /// 127 random bits, so that nobody foresees one (RFC 5280 section 4.1.2.2 allows 20 octets).
    private func setSerial(of draft: OpaquePointer) throws(OpenSSLError) {
        var octets = RandomOctets.make(16)
        // Positive, and of the same length each time.
        octets[0] = octets[0] & 0x7F | 0x40
        let number = BN_bin2bn(octets, Int32(octets.count), nil)
        defer { BN_free(number) }
        guard let number, BN_to_ASN1_INTEGER(number, X509_get_serialNumber(draft)) != nil else {
            throw .unavailable(what: "serial number", reason: lastErrorText())
        }
    }

    private func setDates(of draft: OpaquePointer) throws(OpenSSLError) {
        let before = ASN1_TIME_set(nil, Int(notBeforeSeconds))
        let after = ASN1_TIME_set(nil, Int(notAfterSeconds))
        defer {
            ASN1_STRING_free(before)
            ASN1_STRING_free(after)
        }
        guard let before, let after, X509_set1_notBefore(draft, before) == 1,
            X509_set1_notAfter(draft, after) == 1
        else { throw .unavailable(what: "date", reason: lastErrorText()) }
    }

    private func add(
        _ extensions: [(identifier: Int32, value: String)], to draft: OpaquePointer,
        issuer: OpaquePointer
    ) throws(OpenSSLError) {
        guard X509_set_issuer_name(draft, X509_get_subject_name(issuer)) == 1 else {
            throw .unavailable(what: "certificate", reason: lastErrorText())
        }
        for (identifier, value) in extensions {
            var context = X509V3_CTX()
            X509V3_set_ctx(&context, issuer, draft, nil, nil, 0)
            let made = try OwnedObject(
                X509V3_EXT_conf_nid(nil, &context, identifier, value), "extension"
            ) { X509_EXTENSION_free($0) }
            guard X509_add_ext(draft, made.pointer, -1) == 1 else {
                throw .unavailable(what: "extension", reason: lastErrorText())
            }
        }
    }
}
