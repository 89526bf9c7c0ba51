import COpenSSL

/// A secret key: ours are on the curve P-256 (FIPS 186-5), which every TLS library knows and which
/// is fast; an operator's may be of any kind that OpenSSL knows.
///
/// Kept as octets and decoded when used, so that it may go from one task to another.
package struct PrivateKey: Hashable, Sendable {
    /// PKCS #8 without a passphrase.
    private let text: String

    private init(text: String) {
        self.text = text
    }

    /// A new key from the system's random numbers.
    package static func generate() throws(OpenSSLError) -> PrivateKey {
        let context = try OwnedObject(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil), "key generator") {
            EVP_PKEY_CTX_free($0)
        }
        var generated: OpaquePointer?
        guard EVP_PKEY_keygen_init(context.pointer) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.pointer, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_keygen(context.pointer, &generated) == 1
        else { throw .unavailable(what: "key", reason: lastErrorText()) }
        let key = try OwnedObject.key(generated)
        let text = try PEMText.written("key") {
            PEM_write_bio_PKCS8PrivateKey($0, key.pointer, nil, nil, 0, nil, nil)
        }
        return PrivateKey(text: text)
    }

    /// Reads a key in PEM form that needs no passphrase. Other kinds of key are refused.
    package init(pem: String) throws(OpenSSLError) {
        let key = try Self.decoded(pem)
        guard EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_EC,
            EVP_PKEY_get_bits(key.pointer) == 256
        else { throw .unusable(what: "key", reason: "it is not on the curve P-256") }
        text = try PEMText.written("key") {
            PEM_write_bio_PKCS8PrivateKey($0, key.pointer, nil, nil, 0, nil, nil)
        }
    }

    /// Reads a key of any kind in PEM form that needs no passphrase: one that an operator brings.
    package init(anyKindPEM pem: String) throws(OpenSSLError) {
        let key = try Self.decoded(pem)
        text = try PEMText.written("key") {
            PEM_write_bio_PKCS8PrivateKey($0, key.pointer, nil, nil, 0, nil, nil)
        }
    }

    /// The secret itself, in PEM form: for a file that only its owner reads, never for a log.
    package var pem: String { text }

    /// The half that may be shown to anybody.
    package var publicKey: PublicKey {
        get throws(OpenSSLError) {
            let key = try handle()
            return try PublicKey(encoding: key.pointer)
        }
    }

    /// The key as OpenSSL wants it.
    func handle() throws(OpenSSLError) -> OwnedObject {
        try Self.decoded(text)
    }

    private static func decoded(_ pem: String) throws(OpenSSLError) -> OwnedObject {
        let memory = try PEMText.reading(pem, as: "key")
        // Without a callback OpenSSL would ask for a passphrase at the terminal.
        let read = PEM_read_bio_PrivateKey(memory.pointer, nil, { _, _, _, _ in 0 }, nil)
        guard let read else { throw .unusable(what: "key", reason: lastErrorText()) }
        return try OwnedObject.key(read)
    }
}

extension PrivateKey: CustomStringConvertible {
    /// Tells nothing of the secret.
    package var description: String { "private key" }
}

extension PrivateKey: CustomReflectable {
    /// Hides the secret from dumps.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The public half of a key.
package struct PublicKey: Hashable, Sendable {
    /// SubjectPublicKeyInfo in DER form (RFC 5280 section 4.1.2.7).
    package let der: [UInt8]

    /// SHA-256 of `der`, 32 octets: what tells the key from all others, whatever certificate it
    /// stands in (RFC 7858 section 4.2 and RFC 7469 pin keys so).
    package var digest: [UInt8] { SHA256Digest.of(der) }

    /// Takes the public half out of an `EVP_PKEY`, which stays the caller's.
    init(encoding key: OpaquePointer) throws(OpenSSLError) {
        der = try derOctets("public key") { i2d_PUBKEY(key, $0) }
    }

    /// Reads SubjectPublicKeyInfo. Throws unless it is a point on P-256 and nothing follows.
    package init(der: [UInt8]) throws(OpenSSLError) {
        self.der = der
        let key = try handle()
        guard EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_EC,
            EVP_PKEY_get_bits(key.pointer) == 256
        else { throw .unusable(what: "public key", reason: "it is not on the curve P-256") }
    }

    /// The key as OpenSSL wants it.
    func handle() throws(OpenSSLError) -> OwnedObject {
        let read = readDER(der) { d2i_PUBKEY(nil, &$0, $1) }
        guard let read else { throw .unusable(what: "public key", reason: lastErrorText()) }
        return try OwnedObject.key(read)
    }
}

/// Runs one of OpenSSL's encoders: asked without room it tells the size, then it fills it.
func derOctets(
    _ what: String, _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) throws(OpenSSLError) -> [UInt8] {
    let size = encode(nil)
    guard size > 0 else { throw .unavailable(what: what, reason: lastErrorText()) }
    var octets = [UInt8](repeating: 0, count: Int(size))
    let written = octets.withUnsafeMutableBufferPointer { buffer in
        var place = buffer.baseAddress
        return encode(&place)
    }
    guard written == size else { throw .unavailable(what: what, reason: lastErrorText()) }
    return octets
}

/// Runs one of OpenSSL's decoders over all of `der`; `nil` if it fails.
func readDER(
    _ der: [UInt8], _ decode: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?
) -> OpaquePointer? {
    der.withUnsafeBufferPointer { buffer in
        var place = buffer.baseAddress
        return decode(&place, buffer.count)
    }
}
