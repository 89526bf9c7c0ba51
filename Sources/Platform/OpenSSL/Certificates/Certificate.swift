import COpenSSL
import Glibc

/// An X.509 certificate (RFC 5280), read once; what we ask of it stands beside its octets.
package struct Certificate: Hashable, Sendable {
    /// The most certificates that are read from one text.
    package static let maximumChain = 16

    /// The certificate itself.
    package let der: [UInt8]
    /// From when on it holds, in seconds since 1970.
    package let notBeforeSeconds: Int64
    /// Until when it holds, in seconds since 1970.
    package let notAfterSeconds: Int64
    /// The alternative names of kind URI, in the certificate's order.
    package let uris: [String]
    /// The key that it vouches for.
    package let publicKey: PublicKey

    /// Reads DER. Throws if it is damaged or if anything follows.
    package init(der: [UInt8]) throws(OpenSSLError) {
        let handle = try Self.decoded(der)
        try self.init(handle.pointer)
    }

    /// Reads the first certificate of a text in PEM form.
    package init(pem: String) throws(OpenSSLError) {
        guard let first = try Self.chain(pem: pem).first else {
            throw .unusable(what: "certificate", reason: "the text holds none")
        }
        self = first
    }

    /// Reads an `X509`, which stays the caller's.
    init(_ certificate: OpaquePointer) throws(OpenSSLError) {
        der = try derOctets("certificate") { i2d_X509(certificate, $0) }
        notBeforeSeconds = try Self.seconds(X509_get0_notBefore(certificate))
        notAfterSeconds = try Self.seconds(X509_get0_notAfter(certificate))
        var status: Int32 = 0
        let names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &status, nil)
        uris = try AlternativeNames.uris(in: names, status: status)
        guard let key = X509_get0_pubkey(certificate) else {
            throw .unusable(what: "certificate", reason: lastErrorText())
        }
        publicKey = try PublicKey(encoding: key)
    }

    /// All certificates of a text, in its order; empty if there are none. Throws if one of them is
    /// damaged or if there are more than `maximumChain`.
    package static func chain(pem: String) throws(OpenSSLError) -> [Certificate] {
        let memory = try PEMText.reading(pem, as: "certificate")
        var chain: [Certificate] = []
        while let read = PEM_read_bio_X509(memory.pointer, nil, { _, _, _, _ in 0 }, nil) {
            let handle = try OwnedObject.certificate(read)
            guard chain.count < maximumChain else {
                throw .unusable(what: "certificate", reason: "more than \(maximumChain) of them")
            }
            chain.append(try Certificate(handle.pointer))
        }
        // The end of the text shows as a missing first line; anything else is damage.
        let reason = UInt(ERR_peek_last_error()) & UInt(ERR_REASON_MASK)
        let text = lastErrorText()
        guard reason == UInt(PEM_R_NO_START_LINE) else {
            throw .unusable(what: "certificate", reason: text)
        }
        return chain
    }

    /// The certificate in PEM form.
    package var pem: String {
        get throws(OpenSSLError) {
            let handle = try handle()
            return try PEMText.written("certificate") { PEM_write_bio_X509($0, handle.pointer) }
        }
    }

    /// What tells it from all others.
    package var fingerprint: CertificateFingerprint {
        guard let fingerprint = CertificateFingerprint(octets: SHA256Digest.of(der)) else {
            preconditionFailure("a SHA-256 digest is not 32 octets long")
        }
        return fingerprint
    }

    /// The issuer's name is that of `authority`, which may issue, and its key made the signature.
    /// Says nothing of dates.
    package func isIssued(by authority: Certificate) -> Bool {
        guard let own = try? handle(), let other = try? authority.handle(),
            let key = X509_get0_pubkey(other.pointer)
        else { return false }
        defer { ERR_clear_error() }
        return X509_check_ca(other.pointer) == 1
            && X509_check_issued(other.pointer, own.pointer) == X509_V_OK
            && X509_verify(own.pointer, key) == 1
    }

    /// The certificate as OpenSSL wants it.
    func handle() throws(OpenSSLError) -> OwnedObject {
        try Self.decoded(der)
    }

    private static func decoded(_ der: [UInt8]) throws(OpenSSLError) -> OwnedObject {
        var end: Int?
        let read = readDER(der) { place, count in
            let start = place
            let certificate = d2i_X509(nil, &place, count)
            if let start, let place { end = place - start }
            return certificate
        }
        guard let read else { throw .unusable(what: "certificate", reason: lastErrorText()) }
        let handle = try OwnedObject.certificate(read)
        guard end == der.count else {
            throw .unusable(what: "certificate", reason: "something follows it")
        }
        return handle
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) throws(OpenSSLError) -> Int64 {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else {
            throw .unusable(what: "certificate", reason: "its dates cannot be read")
        }
        return Int64(timegm(&parts))
    }
}

/// Subject alternative names (RFC 5280 section 4.2.1.6) of kind URI.
enum AlternativeNames {
    /// A generous length for one; names that are longer are refused.
    static let maximumOctets = 512

    /// The URIs among `names`, which is a stack of `GENERAL_NAME` and is freed here. `status` is
    /// OpenSSL's: -1 if there is no such extension.
    static func uris(
        in names: UnsafeMutableRawPointer?, status: Int32
    ) throws(OpenSSLError) -> [String] {
        guard let names = names.map({ OpaquePointer($0) }) else {
            guard status == -1 else {
                throw .unusable(what: "certificate", reason: "its names cannot be read")
            }
            return []
        }
        defer { GENERAL_NAMES_free(names) }
        var uris: [String] = []
        for index in 0..<OPENSSL_sk_num(names) {
            guard let name = OPENSSL_sk_value(names, index) else { continue }
            var kind: Int32 = 0
            let value = GENERAL_NAME_get0_value(
                name.assumingMemoryBound(to: GENERAL_NAME.self), &kind)
            guard kind == GEN_URI, let value else { continue }
            let text = UnsafePointer(value.assumingMemoryBound(to: ASN1_STRING.self))
            uris.append(try uri(text))
        }
        return uris
    }

    /// A stack of one `GENERAL_NAME` that holds `uri`.
    static func names(uri: String) throws(OpenSSLError) -> OwnedObject {
        guard isUsable(uri.utf8) else {
            throw .unusable(what: "URI", reason: "it is empty, too long or not plain ASCII")
        }
        let names = try OwnedObject(OPENSSL_sk_new_null(), "stack of names") {
            GENERAL_NAMES_free($0)
        }
        guard let name = GENERAL_NAME_new() else {
            throw .unavailable(what: "name", reason: lastErrorText())
        }
        guard OPENSSL_sk_push(names.pointer, name) > 0 else {
            GENERAL_NAME_free(name)
            throw .unavailable(what: "name", reason: lastErrorText())
        }
        guard let text = ASN1_STRING_type_new(V_ASN1_IA5STRING) else {
            throw .unavailable(what: "text", reason: lastErrorText())
        }
        // The name owns the text from here on, and the stack the name.
        GENERAL_NAME_set0_value(name, GEN_URI, text)
        guard ASN1_STRING_set(text, uri, Int32(uri.utf8.count)) == 1 else {
            throw .unavailable(what: "text", reason: lastErrorText())
        }
        return names
    }

    private static func uri(_ text: UnsafePointer<ASN1_STRING>) throws(OpenSSLError) -> String {
        let octets = UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(text), count: Int(ASN1_STRING_length(text)))
        // A zero or a letter of another script could make one name look like another.
        guard isUsable(octets) else {
            throw .unusable(what: "certificate", reason: "one of its URIs is not plain ASCII")
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private static func isUsable(_ octets: some Collection<UInt8>) -> Bool {
        !octets.isEmpty && octets.count <= maximumOctets
            && octets.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
