import COpenSSL

/// SHA-256 (FIPS 180-4) over one message after the other. `SHA256Digest` looks the algorithm up
/// each time, which takes longer than the digest of a short message itself.
package struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// Ready for any number of messages.
    package init() {
        guard let context = EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto has no memory for a digest")
        }
        self.context = context
        // It fails only where the system's policy forbids SHA-256, and TLS with it.
        let status = EVP_DigestInit_ex(context, EVP_sha256(), nil)
        precondition(status == 1, "libcrypto gives no SHA-256: \(lastErrorText())")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// The first 16 of the digest's 32 octets, as two numbers in network order.
    package mutating func half(of octets: [UInt8]) -> (high: UInt64, low: UInt64) {
        var count: UInt32 = 0
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) {
            buffer in
            let status =
                EVP_DigestUpdate(context, octets, octets.count)
                & EVP_DigestFinal_ex(context, buffer.baseAddress, &count)
                & EVP_DigestInit_ex(context, nil, nil)
            precondition(status == 1 && count == 32, "no SHA-256: \(lastErrorText())")
            let number = { (range: Range<Int>) in
                range.reduce(UInt64(0)) { $0 << 8 | UInt64(buffer[$1]) }
            }
            return (high: number(0..<8), low: number(8..<16))
        }
    }
}
