import COpenSSL

/// SHA-1 (FIPS 180-4) over one message after the other: nothing but what hashes of names in DNSSEC
/// are made with (RFC 5155 section 11), which need not resist much.
package struct SHA1Hasher: ~Copyable {
    private let context: OpaquePointer

    /// Ready for any number of messages.
    package init() {
        guard let context = EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto has no memory for a digest")
        }
        self.context = context
        let status = EVP_DigestInit_ex(context, EVP_sha1(), nil)
        precondition(status == 1, "libcrypto gives no SHA-1: \(lastErrorText())")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// The digest's 20 octets as three numbers in network order: comparing them compares the
    /// octets.
    package mutating func digest(
        of octets: [UInt8]
    ) -> (first: UInt64, second: UInt64, third: UInt32) {
        var count: UInt32 = 0
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) {
            buffer in
            let status =
                EVP_DigestUpdate(context, octets, octets.count)
                & EVP_DigestFinal_ex(context, buffer.baseAddress, &count)
                & EVP_DigestInit_ex(context, nil, nil)
            precondition(status == 1 && count == 20, "no SHA-1: \(lastErrorText())")
            let number = { (range: Range<Int>) in
                range.reduce(UInt64(0)) { $0 << 8 | UInt64(buffer[$1]) }
            }
            return (number(0..<8), number(8..<16), UInt32(number(16..<20)))
        }
    }
}
