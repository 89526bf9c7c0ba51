import COpenSSL

/// SHA-1 (FIPS 180-4) over one short message after the other, for the hashes of names that RFC 5155
/// has: nothing rests on nobody finding two names with one hash. It takes no memory but its own.
package struct SHA1Hasher: ~Copyable {
    /// Octets of a digest.
    package static let octets = 20

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

    /// Puts the digest of octets into a buffer of 20 octets or more.
    package mutating func hash(
        _ octets: UnsafeRawBufferPointer, into digest: UnsafeMutableRawBufferPointer
    ) {
        precondition(digest.count >= Self.octets, "no room for a digest")
        var count: UInt32 = 0
        let place = digest.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let status =
            EVP_DigestUpdate(context, octets.baseAddress, octets.count)
            & EVP_DigestFinal_ex(context, place, &count)
            & EVP_DigestInit_ex(context, nil, nil)
        precondition(status == 1 && count == Self.octets, "no SHA-1: \(lastErrorText())")
    }

    /// The digest's 20 octets as three numbers in network order: comparing them compares the
    /// octets.
    package mutating func digest(
        of octets: [UInt8]
    ) -> (first: UInt64, second: UInt64, third: UInt32) {
        withUnsafeTemporaryAllocation(byteCount: Self.octets, alignment: 1) { buffer in
            octets.withUnsafeBytes { hash($0, into: buffer) }
            let number = { (range: Range<Int>) in
                range.reduce(UInt64(0)) { $0 << 8 | UInt64(buffer[$1]) }
            }
            return (number(0..<8), number(8..<16), UInt32(number(16..<20)))
        }
    }
}
