/// Whom we believe to be the server we asked for. A server is accepted if its certificate is one of
/// the pinned ones, or if its chain leads to an authority and its names hold the host asked for.
package struct PeerTrust: Hashable, Sendable {
    /// A file with authorities in PEM form, such as a copy of Proxmox's pve-root-ca.pem.
    package var authorityFile: String?
    /// The authorities that the operating system trusts count too.
    package var includesSystemRoots: Bool
    /// Certificates accepted whatever their names, dates and issuer say.
    package var pinned: Set<CertificateFingerprint>
    /// Every certificate is accepted. For laboratories: whoever sits between reads the token.
    package var acceptsAnyPeer: Bool

    /// The system's authorities and nothing else.
    package static let system = PeerTrust()

    /// Joins the four.
    package init(
        authorityFile: String? = nil, includesSystemRoots: Bool = true,
        pinned: Set<CertificateFingerprint> = [], acceptsAnyPeer: Bool = false
    ) {
        self.authorityFile = authorityFile
        self.includesSystemRoots = includesSystemRoots
        self.pinned = pinned
        self.acceptsAnyPeer = acceptsAnyPeer
    }
}

/// Why a server was not accepted.
package struct PeerRefusal: Hashable, Sendable {
    /// What is wrong with the chain or the names, in OpenSSL's words.
    package let reason: String
    /// The certificate that the server showed, so that an operator can compare and pin it; `nil`
    /// when it showed none.
    package let fingerprint: CertificateFingerprint?
}
