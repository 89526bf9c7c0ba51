package import OpenSSL

/// What a node shows its peers and what it checks theirs with: the files below `tls` in its data
/// directory.
///
/// Key and certificate stand in one file, so that they are replaced together. The bundle is always
/// written before a certificate by one of its authorities.
package struct CredentialFiles: Equatable, Sendable {
    static let directoryName = "tls"
    static let nodeName = "node.pem"
    static let bundleName = "ca.crt"
    private static let maximumOctets = 65_536

    /// The node's own key.
    package let key: PrivateKey
    /// Vouches for that key.
    package let certificate: Certificate
    /// The authorities that are trusted.
    package let authorities: [Certificate]
    /// The two files as they were read.
    package let nodePEM: String
    /// The file of the authorities as it was read.
    package let bundlePEM: String

    /// Reads both; `nil` if one of them is missing. Throws if they are damaged, do not belong
    /// together, or the key can be read by others than its owner.
    package static func read(
        in data: GuardedDirectory
    ) throws(EnrolmentError) -> CredentialFiles? {
        guard let directory = try data.subdirectory(directoryName),
            let node = try directory.read(nodeName, maximumOctets: maximumOctets),
            let bundle = try directory.read(bundleName, maximumOctets: maximumOctets)
        else { return nil }
        let path = "\(directory.path)/\(nodeName)"
        let remedy = "run pipam enroll as root, or join anew by token"
        guard node.mode & 0o077 == 0 else {
            throw .damaged(
                path: path, reason: "others than its owner may read the key", remedy: remedy)
        }
        let nodePEM = String(decoding: node.octets, as: UTF8.self)
        let bundlePEM = String(decoding: bundle.octets, as: UTF8.self)
        do {
            let key = try PrivateKey(pem: nodePEM)
            let certificate = try Certificate(pem: nodePEM)
            guard try key.publicKey == certificate.publicKey else {
                throw EnrolmentError.damaged(
                    path: path, reason: "the key is not that of the certificate", remedy: remedy)
            }
            return CredentialFiles(
                key: key, certificate: certificate,
                authorities: try Certificate.chain(pem: bundlePEM), nodePEM: nodePEM,
                bundlePEM: bundlePEM)
        } catch let error as EnrolmentError {
            throw error
        } catch {
            throw .damaged(path: path, reason: "\(error)", remedy: remedy)
        }
    }

    /// The bundle alone, as it was last copied.
    static func bundle(in data: GuardedDirectory) throws(EnrolmentError) -> String? {
        guard let directory = try data.subdirectory(directoryName) else { return nil }
        return try directory.read(bundleName, maximumOctets: maximumOctets).map {
            String(decoding: $0.octets, as: UTF8.self)
        }
    }

    /// Whose the file of the key is; `nil` without one.
    static func owner(
        in data: GuardedDirectory
    ) throws(EnrolmentError) -> GuardedDirectory.Owner? {
        guard let directory = try data.subdirectory(directoryName) else { return nil }
        return try directory.read(nodeName, maximumOctets: maximumOctets)?.owner
    }

    static func writeBundle(
        _ pem: String, in data: GuardedDirectory
    ) throws(EnrolmentError) {
        let directory = try data.makeSubdirectory(directoryName)
        try directory.replace(bundleName, with: Array(pem.utf8))
    }

    static func write(
        _ key: PrivateKey, _ certificate: Certificate, in data: GuardedDirectory
    ) throws(EnrolmentError) {
        let text: String
        do { text = key.pem + (try certificate.pem) } catch { throw .cryptography(error) }
        let directory = try data.makeSubdirectory(directoryName)
        try directory.replace(nodeName, with: Array(text.utf8))
    }

    /// What keeps peers from accepting them; `nil` if nothing does.
    package func objection(uri: String, nowSeconds: Int64) -> String? {
        guard certificate.uris == [uri] else { return "the certificate is of another node" }
        guard certificate.notAfterSeconds > nowSeconds else { return "the certificate has expired" }
        guard authorities.contains(where: certificate.isIssued) else {
            return "no authority of the bundle issued the certificate"
        }
        return nil
    }
}

extension EnrolmentError {
    /// OpenSSL refused something that it has no reason to refuse.
    static func cryptography(_ error: OpenSSLError) -> EnrolmentError {
        .refused(reason: "\(error)", remedy: "report this")
    }
}
