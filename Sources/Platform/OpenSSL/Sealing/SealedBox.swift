/// A message for the holder of one key, from anybody: a key made for this one message agrees with
/// the reader's, and what they come to encrypts it.
///
///     public half of the message's key (32) | message | tag (16)
package enum SealedBox {
    /// By so much a box is longer than what is in it.
    package static let extraOctets = AgreementKey.octets + AuthenticatedCipher.tagOctets

    /// Closes a box.
    ///
    /// - `context`: what has to be the same when it is opened.
    package static func seal(
        _ octets: [UInt8], for publicKey: [UInt8], context: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        let once = try AgreementKey.generate()
        let shared = try once.agree(with: publicKey)
        let (key, nonce) = keys(shared, once.publicKey, publicKey, context)
        return try once.publicKey
            + AuthenticatedCipher.seal(octets, key: key, nonce: nonce, context: context)
    }

    /// Opens one. Throws unless it was closed for this key, under the same context.
    package static func open(
        _ box: [UInt8], with key: AgreementKey, context: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        guard box.count >= extraOctets else {
            throw .unusable(what: "sealed message", reason: "it has \(box.count) octets")
        }
        let once = Array(box.prefix(AgreementKey.octets))
        let shared = try key.agree(with: once)
        let (secret, nonce) = keys(shared, once, key.publicKey, context)
        return try AuthenticatedCipher.open(
            Array(box.dropFirst(AgreementKey.octets)), key: secret, nonce: nonce,
            context: context)
    }

    /// Both halves go into the salt, so that a box belongs to its reader and no other. The nonce is
    /// used once since the key is.
    private static func keys(
        _ shared: [UInt8], _ once: [UInt8], _ reader: [UInt8], _ context: [UInt8]
    ) -> (key: [UInt8], nonce: [UInt8]) {
        let octets = KeyDerivation.hkdf(
            shared, salt: once + reader, info: context,
            octets: AuthenticatedCipher.keyOctets + AuthenticatedCipher.nonceOctets)
        return (
            Array(octets.prefix(AuthenticatedCipher.keyOctets)),
            Array(octets.dropFirst(AuthenticatedCipher.keyOctets))
        )
    }
}
