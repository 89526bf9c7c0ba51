import COpenSSL

/// One object of OpenSSL's and the duty to free it.
struct OwnedObject: ~Copyable {
    /// Valid as long as this value is.
    let pointer: OpaquePointer
    private let free: @Sendable (OpaquePointer) -> Void

    /// Takes over `pointer`, which `free` ends. Throws if OpenSSL gave none.
    init(
        _ pointer: OpaquePointer?, _ what: String, free: @escaping @Sendable (OpaquePointer) -> Void
    ) throws(OpenSSLError) {
        guard let pointer else { throw .unavailable(what: what, reason: lastErrorText()) }
        self.pointer = pointer
        self.free = free
    }

    deinit { free(pointer) }
}

extension OwnedObject {
    /// A certificate, an `X509`.
    static func certificate(_ pointer: OpaquePointer?) throws(OpenSSLError) -> OwnedObject {
        try OwnedObject(pointer, "certificate") { X509_free($0) }
    }

    /// A key, an `EVP_PKEY`.
    static func key(_ pointer: OpaquePointer?) throws(OpenSSLError) -> OwnedObject {
        try OwnedObject(pointer, "key") { EVP_PKEY_free($0) }
    }

    /// A request for a certificate, an `X509_REQ`.
    static func request(_ pointer: OpaquePointer?) throws(OpenSSLError) -> OwnedObject {
        try OwnedObject(pointer, "certificate request") { X509_REQ_free($0) }
    }

    /// An empty `BIO` in memory.
    static func memory() throws(OpenSSLError) -> OwnedObject {
        try OwnedObject(BIO_new(BIO_s_mem()), "memory") { BIO_free($0) }
    }
}

/// An object of OpenSSL's that several threads use at once.
///
/// Unchecked: only for an `X509_STORE`, an `SSL_CTX` or an `EVP_PKEY`, which OpenSSL guards with
/// locks of its own; whoever makes one changes nothing in it after sharing it. Anything else goes
/// behind a lock of ours, as the `EVP_MD_CTX` of a `KeyPair` does.
struct SharedObject: ~Copyable, @unchecked Sendable {
    private let object: OwnedObject

    /// Takes over an object that is complete.
    init(_ object: consuming OwnedObject) {
        self.object = object
    }

    /// Valid as long as this value is.
    var pointer: OpaquePointer { object.pointer }
}

/// Texts in PEM form through memory.
enum PEMText {
    /// The largest text that is read, in octets: some dozens of certificates.
    static let maximumOctets = 64 * 1024

    /// What `write` puts into a `BIO`.
    static func written(
        _ what: String, by write: (OpaquePointer) -> Int32
    ) throws(OpenSSLError) -> String {
        let memory = try OwnedObject.memory()
        guard write(memory.pointer) == 1 else {
            throw .unavailable(what: what, reason: lastErrorText())
        }
        var text = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(memory.pointer)))
        let count = BIO_read(memory.pointer, &text, Int32(text.count))
        guard count == text.count else {
            throw .unavailable(what: what, reason: lastErrorText())
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Opens `text` for reading as `what`.
    static func reading(_ text: String, as what: String) throws(OpenSSLError) -> OwnedObject {
        guard text.utf8.count <= maximumOctets else {
            throw .unusable(what: what, reason: "more than \(maximumOctets) octets")
        }
        let memory = try OwnedObject.memory()
        let octets = Array(text.utf8)
        guard BIO_write(memory.pointer, octets, Int32(octets.count)) == octets.count else {
            throw .unavailable(what: "memory", reason: lastErrorText())
        }
        return memory
    }
}
