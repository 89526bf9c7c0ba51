package import OpenSSL
import Synchronization

/// The certificate that DNS over TLS shows now. Connections that were opened under one before keep
/// it: replacing it disturbs nobody.
package final class ServedIdentity: Sendable {
    /// What clients name that speak DNS (RFC 9103 section 7.1). One that names nothing is answered,
    /// one that names only others is not.
    static let protocolName = "dot"

    private struct Held {
        var identity: ServerIdentity?
        var context: TLSContext?
    }

    private let asksForCertificates: Bool
    private let held = Mutex(Held())

    /// None yet.
    ///
    /// - `asksForCertificates`: clients are asked for one, and need none.
    package init(asksForCertificates: Bool = false) {
        self.asksForCertificates = asksForCertificates
    }

    /// Shows another one from the next connection on. Throws, with the one before in force, if it
    /// cannot be used.
    package func replace(with identity: ServerIdentity) throws(OpenSSLError) {
        let context = try identity.context(
            protocols: [TLSProtocol(Self.protocolName, asksForCertificate: false)],
            asksForCertificates: asksForCertificates)
        held.withLock { $0 = Held(identity: identity, context: context) }
    }

    /// What is shown; `nil` as long as there is nothing.
    package var current: ServerIdentity? { held.withLock { $0.identity } }

    var context: TLSContext? { held.withLock { $0.context } }
}

/// What TLS tells of a client.
struct SecurePeer: Hashable, Sendable {
    /// It named DNS as what it speaks.
    let speaksDNS: Bool
    /// SHA-256 of the public key in the certificate that it showed; it has the secret one.
    let publicKeyDigest: [UInt8]?

    init(speaksDNS: Bool, publicKeyDigest: [UInt8]? = nil) {
        self.speaksDNS = speaksDNS
        self.publicKeyDigest = publicKeyDigest
    }

    init(_ peer: TLSPeer) {
        self.init(
            speaksDNS: peer.protocolName == ServedIdentity.protocolName,
            publicKeyDigest: peer.certificate?.publicKey.digest)
    }
}
