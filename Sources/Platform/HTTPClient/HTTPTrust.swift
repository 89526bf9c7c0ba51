import OpenSSL

/// Whom to believe to be the server asked for. A server is accepted if its certificate is one of
/// the pinned ones, or if its chain leads to an authority and its names hold the host asked for.
package struct HTTPTrust: Hashable, Sendable {
    /// The path of a file with authorities in PEM form.
    package var authorityFile: String?
    /// The authorities that the operating system trusts count too.
    package var includesSystemRoots: Bool
    /// SHA-256 fingerprints of certificates that are accepted whatever their names, dates and
    /// issuer say: `AA:BB:...` or 64 hexadecimal digits.
    package var fingerprints: [String]
    /// Every certificate is accepted. For laboratories: whoever sits between reads the token.
    package var acceptsAnyServer: Bool

    /// Joins the four; by default the system's authorities and nothing else.
    package init(
        authorityFile: String? = nil, includesSystemRoots: Bool = true,
        fingerprints: [String] = [], acceptsAnyServer: Bool = false
    ) {
        self.authorityFile = authorityFile
        self.includesSystemRoots = includesSystemRoots
        self.fingerprints = fingerprints
        self.acceptsAnyServer = acceptsAnyServer
    }

    /// Reads file and fingerprints.
    func verifier() throws(HTTPError) -> PeerVerifier {
        var pinned: Set<CertificateFingerprint> = []
        for text in fingerprints {
            guard let fingerprint = CertificateFingerprint(text) else {
                throw .invalidRequest(
                    "every request",
                    reason: "\"\(text)\" is no SHA-256 fingerprint (AA:BB:... of 32 octets)")
            }
            pinned.insert(fingerprint)
        }
        let trust = PeerTrust(
            authorityFile: authorityFile, includesSystemRoots: includesSystemRoots,
            pinned: pinned, acceptsAnyPeer: acceptsAnyServer)
        do {
            return try PeerVerifier(trust)
        } catch {
            throw .invalidRequest("every request", reason: "\(error)")
        }
    }
}
