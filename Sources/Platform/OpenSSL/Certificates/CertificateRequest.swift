import COpenSSL

/// A request for a certificate (PKCS #10, RFC 2986). Its signature by the key it names proves that
/// whoever made it holds that key.
package struct CertificateRequest: Hashable, Sendable {
    /// The request itself.
    package let der: [UInt8]
    /// The name that it asks for.
    package let uri: String
    /// The key that it asks for.
    package let publicKey: PublicKey

    /// The largest request that is read, in octets.
    package static let maximumOctets = 8 * 1024

    /// Asks for a certificate on `key` under the name `uri`, and signs that with `key`.
    package init(key: PrivateKey, uri: String) throws(OpenSSLError) {
        let secret = try key.handle()
        let request = try OwnedObject.request(X509_REQ_new())
        let names = try AlternativeNames.names(uri: uri)
        let extensions = try OwnedObject(OPENSSL_sk_new_null(), "stack of extensions") {
            OPENSSL_sk_pop_free($0, { pipam_extension_free($0) })
        }
        let named = try OwnedObject(
            X509V3_EXT_i2d(NID_subject_alt_name, 0, UnsafeMutableRawPointer(names.pointer)),
            "extension"
        ) { X509_EXTENSION_free($0) }
        // The stack frees what it holds: it gets a copy of its own.
        guard let copy = X509_EXTENSION_dup(named.pointer) else {
            throw .unavailable(what: "extension", reason: lastErrorText())
        }
        guard OPENSSL_sk_push(extensions.pointer, UnsafeRawPointer(copy)) > 0 else {
            X509_EXTENSION_free(copy)
            throw .unavailable(what: "extension", reason: lastErrorText())
        }
        guard X509_REQ_set_version(request.pointer, 0) == 1,
            X509_REQ_set_pubkey(request.pointer, secret.pointer) == 1,
            X509_REQ_add_extensions(request.pointer, extensions.pointer) == 1,
            X509_REQ_sign(request.pointer, secret.pointer, EVP_sha256()) > 0
        else { throw .unavailable(what: "certificate request", reason: lastErrorText()) }
        let pointer = request.pointer
        try self.init(der: derOctets("certificate request") { i2d_X509_REQ(pointer, $0) })
    }

    /// Reads a request and verifies its signature. Throws if it is damaged, if its signature is not
    /// by the key that it names, or if it asks for anything but one URI.
    package init(der: [UInt8]) throws(OpenSSLError) {
        guard der.count <= Self.maximumOctets else {
            throw .unusable(what: "certificate request", reason: "it is too long")
        }
        let request = try Self.decoded(der)
        guard let key = X509_REQ_get0_pubkey(request.pointer),
            X509_REQ_verify(request.pointer, key) == 1
        else {
            ERR_clear_error()
            throw .unusable(what: "certificate request", reason: "its signature is wrong")
        }
        let names = try Self.names(in: request.pointer)
        guard names.count == 1 else {
            throw .unusable(what: "certificate request", reason: "it asks for other than one URI")
        }
        let encoded = try PublicKey(encoding: key)
        publicKey = try PublicKey(der: encoded.der)
        uri = names[0]
        self.der = der
    }

    private static func decoded(_ der: [UInt8]) throws(OpenSSLError) -> OwnedObject {
        var end: Int?
        let read = readDER(der) { place, count in
            let start = place
            let request = d2i_X509_REQ(nil, &place, count)
            if let start, let place { end = place - start }
            return request
        }
        guard let read else {
            throw .unusable(what: "certificate request", reason: lastErrorText())
        }
        let request = try OwnedObject.request(read)
        guard end == der.count else {
            throw .unusable(what: "certificate request", reason: "something follows it")
        }
        return request
    }

    private static func names(in request: OpaquePointer) throws(OpenSSLError) -> [String] {
        guard let extensions = X509_REQ_get_extensions(request) else { return [] }
        defer { OPENSSL_sk_pop_free(extensions, { pipam_extension_free($0) }) }
        var status: Int32 = 0
        let names = X509V3_get_d2i(extensions, NID_subject_alt_name, &status, nil)
        return try AlternativeNames.uris(in: names, status: status)
    }
}
