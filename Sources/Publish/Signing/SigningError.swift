package import Inventory
package import OpenSSL

/// Why a zone could not be signed.
package enum SigningError: Error, Hashable, Sendable {
    /// No key is active that signs the zone, or none is there that signs the keys.
    case noKey(signs: String)
    /// A key that has to sign was not opened.
    case closedKey(tag: UInt16)
    /// What was opened is not the private half of the key of this tag.
    case wrongKey(tag: UInt16)
    /// The zone has no SOA set.
    case noAuthority
    /// Hashes of names do not fit in front of the zone's name.
    case nameTooLong(DomainName)
    /// libcrypto refused.
    case openSSL(OpenSSLError)
}

extension SigningError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noKey(let signs): "no key is there that signs \(signs)"
        case .closedKey(let tag): "the private half of key \(tag) is not open"
        case .wrongKey(let tag): "what was opened is not the private half of key \(tag)"
        case .noAuthority: "the zone has no SOA record"
        case .nameTooLong(let apex):
            "\(apex) is too long for NSEC3: sign it with NSEC"
        case .openSSL(let error): error.description
        }
    }
}
