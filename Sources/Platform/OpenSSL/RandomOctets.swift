import COpenSSL

/// Random numbers from the generator of libcrypto, fit for keys and secrets.
package enum RandomOctets {
    /// `count` octets that nobody can foresee.
    package static func make(_ count: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        let status = RAND_bytes(&octets, Int32(count))
        // Fails only if the system has no randomness at all, and then nothing may go on.
        precondition(status == 1, "libcrypto gives no random numbers: \(lastErrorText())")
        return octets
    }
}
