import COpenSSL

/// SHA-256 (FIPS 180-4) of one message after the other, each whole or piece by piece.
/// `SHA256Digest` looks the algorithm up each time, which takes longer than the digest of a short
/// message itself.
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

    /// The message's next piece.
    package mutating func update(_ octets: [UInt8]) {
        let status = EVP_DigestUpdate(context, octets, octets.count)
        precondition(status == 1, "no SHA-256: \(lastErrorText())")
    }

    /// The message's digest, 32 octets. What comes then is another message.
    package mutating func finish() -> [UInt8] { end { Array($0) } }

    /// A whole message: the first 16 of the digest's 32 octets, as two numbers in network order.
    /// Nothing is allocated.
    package mutating func half(of octets: [UInt8]) -> (high: UInt64, low: UInt64) {
        update(octets)
        return end { digest in
            let number = { (range: Range<Int>) in
                range.reduce(UInt64(0)) { $0 << 8 | UInt64(digest[$1]) }
            }
            return (high: number(0..<8), low: number(8..<16))
        }
    }

    private mutating func end<Value>(
        _ read: (Slice<UnsafeMutableBufferPointer<UInt8>>) -> Value
    ) -> Value {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) { buffer in
            var count: UInt32 = 0
            let status =
                EVP_DigestFinal_ex(context, buffer.baseAddress, &count)
                & EVP_DigestInit_ex(context, nil, nil)
            precondition(status == 1 && count == 32, "no SHA-256: \(lastErrorText())")
            return read(buffer.prefix(32))
        }
    }
}
