import COpenSSL

/// The authorities that chains are checked against.
struct CertificateStore: ~Copyable, Sendable {
    private let store: SharedObject

    /// Reads the authorities that `trust` names. Throws if its file holds none.
    init(_ trust: PeerTrust) throws(OpenSSLError) {
        let store = try OwnedObject(X509_STORE_new(), "certificate store") { X509_STORE_free($0) }
        if trust.includesSystemRoots {
            // Without ca-certificates installed the directory is empty, which trusts nobody.
            X509_STORE_set_default_paths(store.pointer)
        }
        if let file = trust.authorityFile, X509_STORE_load_file(store.pointer, file) != 1 {
            throw .unreadableAuthorities(file: file, reason: lastErrorText())
        }
        self.store = SharedObject(store)
    }

    /// What is wrong with a server's chain or names; `nil` if nothing is. `leaf` is an `X509`,
    /// `chain` a stack of what else the server sent; both stay the caller's.
    func objection(toLeaf leaf: OpaquePointer, chain: OpaquePointer?, host: String) -> String? {
        guard let context = X509_STORE_CTX_new() else { return lastErrorText() }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store.pointer, leaf, chain) == 1,
            X509_STORE_CTX_set_default(context, "ssl_server") == 1,
            let parameters = X509_STORE_CTX_get0_param(context),
            Self.expect(host, in: parameters)
        else { return lastErrorText() }
        if X509_verify_cert(context) == 1 { return nil }
        let code = X509_STORE_CTX_get_error(context)
        return String(cString: X509_verify_cert_error_string(Int(code)))
    }

    private static func expect(_ host: String, in parameters: OpaquePointer) -> Bool {
        // A pinned leaf or an intermediate authority in the file is trusted as it stands.
        let flags = UInt(X509_V_FLAG_PARTIAL_CHAIN) | UInt(X509_V_FLAG_TRUSTED_FIRST)
        guard X509_VERIFY_PARAM_set_flags(parameters, flags) == 1 else { return false }
        X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 { return true }
        ERR_clear_error()
        return X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1
    }
}
