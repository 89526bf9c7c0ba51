import COpenSSL

/// SHA-256 (FIPS 180-4) by libcrypto.
package enum SHA256Digest {
    /// 32 octets.
    package static func of(_ octets: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let status = EVP_Digest(octets, octets.count, &digest, &count, EVP_sha256(), nil)
        // Memory apart, it fails only where the system's policy forbids SHA-256, and TLS with it.
        precondition(status == 1 && count == 32, "libcrypto gives no SHA-256: \(lastErrorText())")
        return Array(digest.prefix(32))
    }
}
