import COpenSSL

/// SHA-384 (FIPS 180-4) by libcrypto.
package enum SHA384Digest {
    /// 48 octets.
    package static func of(_ octets: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let status = EVP_Digest(octets, octets.count, &digest, &count, EVP_sha384(), nil)
        precondition(status == 1 && count == 48, "libcrypto gives no SHA-384: \(lastErrorText())")
        return Array(digest.prefix(48))
    }
}
