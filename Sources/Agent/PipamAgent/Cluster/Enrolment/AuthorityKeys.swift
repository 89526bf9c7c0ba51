import OpenSSL

/// The secret keys of the cluster's authorities: the one that issues, and during a change of
/// authorities the one that comes. Which is which is decided by the certificates in the cluster's
/// document, so that a crash between two steps leaves nothing unclear.
struct AuthorityKeys {
    /// The issuing one's.
    static let currentName = "ca.key"
    /// The coming one's.
    static let nextName = "ca.next.key"
    private static let maximumOctets = 8_192

    /// In PEM form, and read only where they are needed.
    let current: String?
    let next: String?

    static func read(
        in directory: GuardedDirectory, isReplicated: Bool
    ) throws(EnrolmentError) -> AuthorityKeys {
        AuthorityKeys(
            current: try key(currentName, in: directory, isReplicated: isReplicated),
            next: try key(nextName, in: directory, isReplicated: isReplicated))
    }

    private static func key(
        _ name: String, in directory: GuardedDirectory, isReplicated: Bool
    ) throws(EnrolmentError) -> String? {
        guard let content = try directory.read(name, maximumOctets: maximumOctets) else {
            return nil
        }
        let path = "\(directory.path)/\(name)"
        guard isReplicated || content.mode & 0o077 == 0 else {
            throw .refused(
                reason: "\(path), the key of the cluster's authority, can be read by others",
                remedy: "chmod 0600 \(path), then replace the key with pipam enroll --rotate-ca")
        }
        return String(decoding: content.octets, as: UTF8.self)
    }

    /// The authority whose certificate this is; `nil` if its key is not here.
    func authority(_ authority: ClusterDocument.Authority) -> CertificateAuthority? {
        for key in [current, next].compactMap(\.self) {
            // A key that does not belong to the certificate is not the one that is looked for.
            if let found = try? CertificateAuthority(
                keyPEM: key, certificatePEM: authority.certificate)
            {
                return found
            }
        }
        return nil
    }

    /// `key` belongs to the certificate.
    static func isOf(_ key: String?, _ authority: ClusterDocument.Authority) -> Bool {
        guard let key = key.flatMap({ try? PrivateKey(pem: $0) }),
            let certificate = try? Certificate(pem: authority.certificate),
            let publicKey = try? key.publicKey
        else { return false }
        return certificate.publicKey == publicKey
    }
}
