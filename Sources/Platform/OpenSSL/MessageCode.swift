import COpenSSL

/// HMAC-SHA256 (RFC 2104, FIPS 198-1): shows that a message comes from a holder of the secret.
package enum MessageCode {
    /// 32 octets.
    package static func make(over message: [UInt8], secret: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let made = HMAC(
            EVP_sha256(), secret, Int32(secret.count), message, message.count, &code, &count)
        precondition(made != nil && count == 32, "libcrypto gives no HMAC: \(lastErrorText())")
        return Array(code.prefix(32))
    }

    /// `code` is the one of `message`. Takes the same time wherever they differ, so that nobody can
    /// guess it octet by octet.
    package static func isValid(_ code: [UInt8], over message: [UInt8], secret: [UInt8]) -> Bool {
        let expected = make(over: message, secret: secret)
        return code.count == expected.count && CRYPTO_memcmp(code, expected, expected.count) == 0
    }
}
