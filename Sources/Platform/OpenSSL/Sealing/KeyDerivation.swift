/// Keys out of secrets: HKDF with SHA-256 (RFC 5869).
package enum KeyDerivation {
    /// The most octets that one secret gives for one purpose (RFC 5869 section 2.3).
    package static let maximumOctets = 255 * 32

    /// Octets that nobody can foresee who does not know the secret.
    ///
    /// - `salt`: need not be secret; makes the result another one each time it is.
    /// - `info`: what the result is for; results for different ones tell nothing of each other.
    /// - `octets`: 0...`maximumOctets`.
    package static func hkdf(
        _ secret: [UInt8], salt: [UInt8], info: [UInt8], octets count: Int
    ) -> [UInt8] {
        precondition(0...maximumOctets ~= count, "\(count) octets out of one secret")
        let zeros = [UInt8](repeating: 0, count: 32)
        let key = MessageCode.make(over: secret, secret: salt.isEmpty ? zeros : salt)
        var result: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 0
        while result.count < count {
            number += 1
            block = MessageCode.make(over: block + info + [number], secret: key)
            result += block
        }
        return Array(result.prefix(count))
    }
}
