import COpenSSL

/// HMAC (RFC 2104, FIPS 198-1): shows that a message comes from a holder of the secret.
package enum MessageCode {
    /// What the code is made with.
    package enum Hash: Sendable {
        case sha256
        case sha384
        case sha512

        /// The length of a code.
        package var octets: Int {
            switch self {
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }

        fileprivate var function: OpaquePointer? {
            switch self {
            case .sha256: EVP_sha256()
            case .sha384: EVP_sha384()
            case .sha512: EVP_sha512()
            }
        }
    }

    /// As many octets as the hash gives: 32 for SHA-256.
    package static func make(
        over message: [UInt8], secret: [UInt8], hash: Hash = .sha256
    ) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let made = HMAC(
            hash.function, secret, Int32(secret.count), message, message.count, &code, &count)
        precondition(
            made != nil && count == hash.octets, "libcrypto gives no HMAC: \(lastErrorText())")
        return Array(code.prefix(hash.octets))
    }

    /// `code` is the one of `message`. Takes the same time wherever they differ, so that nobody can
    /// guess it octet by octet.
    package static func isValid(_ code: [UInt8], over message: [UInt8], secret: [UInt8]) -> Bool {
        areEqual(code, make(over: message, secret: secret))
    }

    /// Compares two codes in the same time wherever they differ.
    package static func areEqual(_ code: [UInt8], _ other: [UInt8]) -> Bool {
        code.count == other.count && CRYPTO_memcmp(code, other, other.count) == 0
    }
}
