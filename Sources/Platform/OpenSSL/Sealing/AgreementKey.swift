import COpenSSL

/// A secret key on X25519 (RFC 7748): with the other's public half, two come to a secret that only
/// they know.
package struct AgreementKey: Hashable, Sendable {
    /// The length of either half in octets.
    package static let octets = 32

    /// The secret itself: for a file that only its owner reads, never for a log.
    package let secret: [UInt8]
    /// The half that may be shown to anybody.
    package let publicKey: [UInt8]

    /// A new key from the system's random numbers.
    package static func generate() throws(OpenSSLError) -> AgreementKey {
        try AgreementKey(secret: RandomOctets.make(octets))
    }

    /// Any 32 octets are a key.
    package init(secret: [UInt8]) throws(OpenSSLError) {
        self.secret = secret
        let key = try Self.handle(secret)
        var half = [UInt8](repeating: 0, count: Self.octets)
        var count = half.count
        guard EVP_PKEY_get_raw_public_key(key.pointer, &half, &count) == 1, count == half.count
        else { throw .unavailable(what: "public key", reason: lastErrorText()) }
        publicKey = half
    }

    /// What the holder of the other half comes to as well. Throws for a half of small order, with
    /// which everybody would come to the same (RFC 7748 section 6.1).
    package func agree(with other: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard other.count == Self.octets else {
            throw .unusable(what: "public key", reason: "it has \(other.count) octets")
        }
        let own = try Self.handle(secret)
        let half = try OwnedObject.key(
            EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, other, other.count))
        let work = try OwnedObject(EVP_PKEY_CTX_new(own.pointer, nil), "key agreement") {
            EVP_PKEY_CTX_free($0)
        }
        var shared = [UInt8](repeating: 0, count: Self.octets)
        var count = shared.count
        guard EVP_PKEY_derive_init(work.pointer) == 1,
            EVP_PKEY_derive_set_peer(work.pointer, half.pointer) == 1,
            EVP_PKEY_derive(work.pointer, &shared, &count) == 1, count == shared.count
        else { throw .unusable(what: "public key", reason: lastErrorText()) }
        return shared
    }

    private static func handle(_ secret: [UInt8]) throws(OpenSSLError) -> OwnedObject {
        guard secret.count == octets else {
            throw .unusable(what: "key", reason: "it has \(secret.count) octets")
        }
        return try OwnedObject.key(
            EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, secret, secret.count))
    }
}

extension AgreementKey: CustomStringConvertible {
    /// Tells nothing of the secret.
    package var description: String { "agreement key" }
}

extension AgreementKey: CustomReflectable {
    /// Hides the secret from dumps.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
