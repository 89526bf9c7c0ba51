import COpenSSL

/// AES-256-GCM (NIST SP 800-38D): who has the key can read it, and nobody else can change it.
package enum AuthenticatedCipher {
    /// The length of a key.
    package static let keyOctets = 32
    /// The length of a nonce, which may be used only once with a key.
    package static let nonceOctets = 12
    /// By so much the result is longer than what was given.
    package static let tagOctets = 16
    /// More is not taken at once.
    package static let maximumOctets = 1 << 20

    /// What was given, encrypted, and the tag behind it.
    ///
    /// - `context`: what has to be the same when it is opened.
    package static func seal(
        _ octets: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        guard octets.count <= maximumOctets else {
            throw .unusable(what: "message", reason: "more than \(maximumOctets) octets")
        }
        let work = try cipher(key: key, nonce: nonce, isEncrypting: 1)
        var result = [UInt8](repeating: 0, count: octets.count + tagOctets)
        var count: Int32 = 0
        var last: Int32 = 0
        let isDone = result.withUnsafeMutableBufferPointer { buffer in
            guard let place = buffer.baseAddress else { return false }
            return EVP_CipherUpdate(work.pointer, nil, &count, context, Int32(context.count)) == 1
                && EVP_CipherUpdate(work.pointer, place, &count, octets, Int32(octets.count)) == 1
                && EVP_CipherFinal_ex(work.pointer, place + Int(count), &last) == 1
                && Int(count + last) == octets.count
                && EVP_CIPHER_CTX_ctrl(
                    work.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(tagOctets), place + octets.count)
                    == 1
        }
        guard isDone else { throw .unavailable(what: "cipher", reason: lastErrorText()) }
        return result
    }

    /// What was sealed. Throws unless key, nonce, context and every bit are what they were.
    package static func open(
        _ sealed: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        guard tagOctets...maximumOctets + tagOctets ~= sealed.count else {
            throw .unusable(what: "sealed message", reason: "it has \(sealed.count) octets")
        }
        let work = try cipher(key: key, nonce: nonce, isEncrypting: 0)
        let content = Array(sealed.dropLast(tagOctets))
        var tag = Array(sealed.suffix(tagOctets))
        // One more, so that there is a place to write to also if nothing is written.
        var result = [UInt8](repeating: 0, count: content.count + 1)
        var count: Int32 = 0
        var last: Int32 = 0
        let isDone = result.withUnsafeMutableBufferPointer { buffer in
            guard let place = buffer.baseAddress else { return false }
            return EVP_CipherUpdate(work.pointer, nil, &count, context, Int32(context.count)) == 1
                && EVP_CipherUpdate(work.pointer, place, &count, content, Int32(content.count))
                    == 1
                && EVP_CIPHER_CTX_ctrl(
                    work.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(tagOctets), &tag) == 1
                && EVP_CipherFinal_ex(work.pointer, place + Int(count), &last) == 1
                && Int(count + last) == content.count
        }
        guard isDone else {
            ERR_clear_error()
            throw .unusable(what: "sealed message", reason: "it is not what was sealed")
        }
        return Array(result.prefix(content.count))
    }

    private static func cipher(
        key: [UInt8], nonce: [UInt8], isEncrypting: Int32
    ) throws(OpenSSLError) -> OwnedObject {
        guard key.count == keyOctets, nonce.count == nonceOctets else {
            throw .unusable(
                what: "key", reason: "\(key.count) octets, and \(nonce.count) of a nonce")
        }
        let work = try OwnedObject(EVP_CIPHER_CTX_new(), "cipher") { EVP_CIPHER_CTX_free($0) }
        guard EVP_CipherInit_ex(work.pointer, EVP_aes_256_gcm(), nil, key, nonce, isEncrypting) == 1
        else { throw .unavailable(what: "cipher", reason: lastErrorText()) }
        return work
    }
}
