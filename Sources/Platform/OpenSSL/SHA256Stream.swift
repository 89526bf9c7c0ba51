import COpenSSL

/// SHA-256 (FIPS 180-4) of octets that come piece by piece.
package struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    /// Of nothing so far.
    package init() {
        guard let context = EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto has no memory for a digest")
        }
        self.context = context
        let status = EVP_DigestInit_ex(context, EVP_sha256(), nil)
        precondition(status == 1, "libcrypto gives no SHA-256: \(lastErrorText())")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// The next piece.
    package mutating func update(_ octets: [UInt8]) {
        let status = EVP_DigestUpdate(context, octets, octets.count)
        precondition(status == 1, "no SHA-256: \(lastErrorText())")
    }

    /// 32 octets; afterwards it is of nothing again.
    package mutating func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let status =
            EVP_DigestFinal_ex(context, &digest, &count) & EVP_DigestInit_ex(context, nil, nil)
        precondition(status == 1 && count == 32, "no SHA-256: \(lastErrorText())")
        return Array(digest.prefix(32))
    }
}
