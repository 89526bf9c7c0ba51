import COpenSSL
import Synchronization

/// A pair of keys that signs short messages often: kept decoded, and of the two kinds whose halves
/// and signatures have a fixed length in DNSSEC (RFC 6605 section 4, RFC 8080 sections 3 and 4).
package final class KeyPair: Sendable {
    /// Which kind of keys.
    package enum Kind: Hashable, Sendable, CaseIterable {
        /// ECDSA on P-256 with SHA-256; a signature is made with a random number and thus never
        /// the same twice.
        case p256
        /// Ed25519 (RFC 8032).
        case ed25519

        /// The length of the public half, in octets: both coordinates of a point on P-256.
        package var publicOctets: Int {
            switch self {
            case .p256: 64
            case .ed25519: 32
            }
        }
    }

    /// The length of the private half, in octets, of either kind.
    package static let privateOctets = 32
    /// The length of a signature, in octets, of either kind.
    package static let signatureOctets = 64

    /// Which kind of keys.
    package let kind: Kind
    /// The public half: both coordinates of the point without a mark in front, or as RFC 8032 has
    /// it.
    package let publicKey: [UInt8]
    private let key: SharedObject
    /// Looking the algorithm up takes about a tenth of the time of a signature: contexts stay.
    private let contexts: [SigningContext]

    /// So many threads sign at the same time, and more wait for one of them.
    package static let simultaneousSigners = 4

    private final class SigningContext: Sendable {
        let object: Mutex<SharedObject>

        init(_ object: consuming OwnedObject) {
            self.object = Mutex(SharedObject(object))
        }
    }

    private init(_ kind: Kind, key: consuming OwnedObject) throws(OpenSSLError) {
        self.kind = kind
        publicKey = try Self.publicKey(of: key.pointer, kind)
        var contexts: [SigningContext] = []
        for _ in 0..<Self.simultaneousSigners {
            contexts.append(SigningContext(try Self.signingContext(for: key.pointer, kind)))
        }
        self.contexts = contexts
        self.key = SharedObject(key)
    }

    /// A new pair from the system's random numbers.
    package static func generate(_ kind: Kind) throws(OpenSSLError) -> KeyPair {
        let type = kind == .p256 ? EVP_PKEY_EC : EVP_PKEY_ED25519
        let context = try OwnedObject(EVP_PKEY_CTX_new_id(type, nil), "key generator") {
            EVP_PKEY_CTX_free($0)
        }
        var generated: OpaquePointer?
        guard EVP_PKEY_keygen_init(context.pointer) == 1,
            kind != .p256
                || EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.pointer, NID_X9_62_prime256v1)
                    == 1,
            EVP_PKEY_keygen(context.pointer, &generated) == 1
        else { throw .unavailable(what: "key", reason: lastErrorText()) }
        return try KeyPair(kind, key: .key(generated))
    }

    /// A pair by its private half of 32 octets. Throws if that is no key of its kind.
    package convenience init(_ kind: Kind, privateKey: [UInt8]) throws(OpenSSLError) {
        guard privateKey.count == Self.privateOctets else {
            throw .unusable(what: "private key", reason: "it has not 32 octets")
        }
        let read: OpaquePointer?
        switch kind {
        case .p256:
            var der = Self.derBeforePrivateKey + privateKey + Self.derBehindPrivateKey
            defer { erase(&der) }
            read = readDER(der) { d2i_PrivateKey(EVP_PKEY_EC, nil, &$0, $1) }
        case .ed25519:
            read = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, privateKey, privateKey.count)
        }
        guard let read else { throw .unusable(what: "private key", reason: lastErrorText()) }
        try self.init(kind, key: .key(read))
    }

    /// Gives the private half, 32 octets, and erases its copy of them afterwards.
    package func withPrivateKey<Result>(
        _ use: (_ octets: [UInt8]) throws(OpenSSLError) -> Result
    ) throws(OpenSSLError) -> Result {
        var octets = [UInt8](repeating: 0, count: Self.privateOctets)
        defer { erase(&octets) }
        switch kind {
        case .p256:
            var number: OpaquePointer?
            guard EVP_PKEY_get_bn_param(key.pointer, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 else {
                throw .unavailable(what: "private key", reason: lastErrorText())
            }
            let secret = try OwnedObject(number, "private key") { BN_clear_free($0) }
            guard BN_bn2binpad(secret.pointer, &octets, Int32(octets.count)) == octets.count else {
                throw .unavailable(what: "private key", reason: lastErrorText())
            }
        case .ed25519:
            var count = octets.count
            guard EVP_PKEY_get_raw_private_key(key.pointer, &octets, &count) == 1,
                count == octets.count
            else { throw .unavailable(what: "private key", reason: lastErrorText()) }
        }
        return try use(octets)
    }

    /// The signature of a message, 64 octets.
    package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        // The longest in DER form has 72 octets.
        var signature = [UInt8](repeating: 0, count: 80)
        var count = signature.count
        let status = withContext { context in
            // Without a key and an algorithm, those that it was made with.
            let status = EVP_DigestSignInit(context, nil, nil, nil, nil)
            return status == 1
                ? EVP_DigestSign(context, &signature, &count, message, message.count)
                : status
        }
        guard status == 1, count <= signature.count else {
            throw .unavailable(what: "signature", reason: lastErrorText())
        }
        let made = Array(signature.prefix(count))
        return kind == .p256 ? try Self.numbers(ofDER: made) : made
    }

    /// Uses a context that nobody else does now.
    private func withContext(_ use: (OpaquePointer) -> Int32) -> Int32 {
        for context in contexts {
            let status = context.object.withLockIfAvailable { use($0.pointer) }
            if let status { return status }
        }
        return contexts[0].object.withLock { use($0.pointer) }
    }

    /// The signature is this key's, over this message.
    package static func isValid(
        _ signature: [UInt8], over message: [UInt8], kind: Kind, publicKey: [UInt8]
    ) throws(OpenSSLError) -> Bool {
        guard signature.count == signatureOctets else { return false }
        let key = try publicHandle(publicKey, kind)
        let context = try OwnedObject(EVP_MD_CTX_new(), "signature context") { EVP_MD_CTX_free($0) }
        let digest = kind == .p256 ? EVP_sha256() : nil
        guard EVP_DigestVerifyInit(context.pointer, nil, digest, nil, key.pointer) == 1 else {
            throw .unavailable(what: "signature context", reason: lastErrorText())
        }
        let form = kind == .p256 ? try der(ofNumbers: signature) : signature
        let status = EVP_DigestVerify(
            context.pointer, form, form.count, message, message.count)
        ERR_clear_error()
        return status == 1
    }
}

// MARK: - Forms

extension KeyPair {
    /// ECPrivateKey (RFC 5915 section 3) without a public half, which OpenSSL then computes.
    private static let derBeforePrivateKey: [UInt8] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20]
    /// The curve: prime256v1.
    private static let derBehindPrivateKey: [UInt8] = [
        0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
    ]
    /// SubjectPublicKeyInfo (RFC 5480 section 2) up to the coordinates.
    private static let derBeforePoint: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
        0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    private static func signingContext(
        for key: OpaquePointer, _ kind: Kind
    ) throws(OpenSSLError) -> OwnedObject {
        let context = try OwnedObject(EVP_MD_CTX_new(), "signature context") { EVP_MD_CTX_free($0) }
        let digest = kind == .p256 ? EVP_sha256() : nil
        guard EVP_DigestSignInit(context.pointer, nil, digest, nil, key) == 1 else {
            throw .unavailable(what: "signature context", reason: lastErrorText())
        }
        return context
    }

    private static func publicKey(
        of key: OpaquePointer, _ kind: Kind
    ) throws(OpenSSLError) -> [UInt8] {
        // A point has a mark in front that it is not compressed.
        let mark = kind == .p256 ? 1 : 0
        var octets = [UInt8](repeating: 0, count: kind.publicOctets + mark)
        var count = octets.count
        let status =
            switch kind {
            case .p256:
                EVP_PKEY_get_octet_string_param(
                    key, OSSL_PKEY_PARAM_PUB_KEY, &octets, octets.count, &count)
            case .ed25519: EVP_PKEY_get_raw_public_key(key, &octets, &count)
            }
        guard status == 1, count == octets.count, kind != .p256 || octets[0] == 4 else {
            throw .unavailable(what: "public key", reason: lastErrorText())
        }
        return Array(octets.dropFirst(mark))
    }

    private static func publicHandle(
        _ publicKey: [UInt8], _ kind: Kind
    ) throws(OpenSSLError) -> OwnedObject {
        guard publicKey.count == kind.publicOctets else {
            throw .unusable(what: "public key", reason: "its length is wrong")
        }
        let read =
            switch kind {
            case .p256: readDER(derBeforePoint + publicKey) { d2i_PUBKEY(nil, &$0, $1) }
            case .ed25519:
                EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
            }
        guard let read else { throw .unusable(what: "public key", reason: lastErrorText()) }
        return try .key(read)
    }

    /// The two numbers of an ECDSA signature, 32 octets each.
    private static func numbers(ofDER der: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        let signature = try OwnedObject(readDER(der) { d2i_ECDSA_SIG(nil, &$0, $1) }, "signature") {
            ECDSA_SIG_free($0)
        }
        var octets = [UInt8](repeating: 0, count: signatureOctets)
        let half = Int32(signatureOctets / 2)
        let status = octets.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return false }
            return BN_bn2binpad(ECDSA_SIG_get0_r(signature.pointer), start, half) == half
                && BN_bn2binpad(ECDSA_SIG_get0_s(signature.pointer), start + Int(half), half)
                    == half
        }
        guard status else { throw .unavailable(what: "signature", reason: lastErrorText()) }
        return octets
    }

    private static func der(ofNumbers octets: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        let signature = try OwnedObject(ECDSA_SIG_new(), "signature") { ECDSA_SIG_free($0) }
        let half = signatureOctets / 2
        let first = BN_bin2bn(Array(octets.prefix(half)), Int32(half), nil)
        let second = BN_bin2bn(Array(octets.suffix(half)), Int32(half), nil)
        // It takes both over, or none of them.
        guard first != nil, second != nil, ECDSA_SIG_set0(signature.pointer, first, second) == 1
        else {
            BN_free(first)
            BN_free(second)
            throw .unavailable(what: "signature", reason: lastErrorText())
        }
        return try derOctets("signature") { i2d_ECDSA_SIG(signature.pointer, $0) }
    }
}

/// Overwrites a secret, in a way that no compiler leaves out.
func erase(_ octets: inout [UInt8]) {
    octets.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}
