import COpenSSL
import NIOCore

/// Why a connection's TLS ended.
package enum TLSError: Error, Hashable, Sendable {
    /// The handshake failed, on our side or by an alert from the other.
    case handshakeFailed(reason: String)
    /// The handshake was not over in time.
    case handshakeTimeout
    /// What came after the handshake is damaged, or the other side refused our certificate.
    case broken(reason: String)
    /// Something was to be written before the handshake or after the end.
    case notOpen
}

extension TLSError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .handshakeFailed(let reason): "the TLS handshake failed: \(reason)"
        case .handshakeTimeout: "the TLS handshake took too long"
        case .broken(let reason): "TLS ended: \(reason)"
        case .notOpen: "TLS is not open"
        }
    }
}

/// What a completed handshake tells of the other side.
package struct TLSPeer: Hashable, Sendable {
    /// What it showed; `nil` if it was not asked.
    package let certificate: Certificate?
    /// What both agreed to speak; `nil` if the other side named nothing.
    package let protocolName: String?
    /// 32 octets that only the two ends of this very connection know (RFC 9266): a proof over them
    /// is of no use on another connection.
    package let channelBinding: [UInt8]
}

/// One connection's TLS over two buffers in memory. Nothing here blocks or knows of sockets.
struct TLSSession: ~Copyable {
    /// What one call left.
    enum Progress {
        /// It did what it was to do.
        case done
        /// More must come from the other side first.
        case wantsMore
        /// The other side ended in good order.
        case ended
    }

    /// The largest record's plaintext (RFC 8446 section 5.1).
    private static let recordOctets = 16 * 1024

    private let session: OwnedObject
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    init(_ context: TLSContext) throws(OpenSSLError) {
        let session = try context.makeSession()
        let incoming = try Self.memory()
        let outgoing: OpaquePointer
        do throws(OpenSSLError) {
            outgoing = try Self.memory()
        } catch {
            BIO_free(incoming)
            throw error
        }
        // The session owns both from here on.
        SSL_set_bio(session.pointer, incoming, outgoing)
        switch context.role {
        case .client: SSL_set_connect_state(session.pointer)
        case .server: SSL_set_accept_state(session.pointer)
        }
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
    }

    private static func memory() throws(OpenSSLError) -> OpaquePointer {
        guard let memory = BIO_new(BIO_s_mem()) else {
            throw .unavailable(what: "memory", reason: lastErrorText())
        }
        return memory
    }

    /// Takes octets from the network.
    func take(_ octets: ByteBuffer) throws(TLSError) {
        let taken = octets.withUnsafeReadableBytes { bytes in
            BIO_write(incoming, bytes.baseAddress, Int32(clamping: bytes.count))
        }
        guard Int(taken) == octets.readableBytes else { throw .broken(reason: lastErrorText()) }
    }

    /// Goes on with the handshake.
    func shakeHands() throws(TLSError) -> Progress {
        ERR_clear_error()
        let status = SSL_do_handshake(session.pointer)
        if status == 1 { return .done }
        switch SSL_get_error(session.pointer, status) {
        case SSL_ERROR_WANT_READ: return .wantsMore
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: throw .handshakeFailed(reason: failure())
        }
    }

    /// Moves what can be decrypted to the end of `plaintext`.
    func read(into plaintext: inout ByteBuffer) throws(TLSError) -> Progress {
        while true {
            ERR_clear_error()
            var count = 0
            let status = unsafeRead(into: &plaintext, &count)
            if status == 1 { continue }
            switch SSL_get_error(session.pointer, status) {
            case SSL_ERROR_WANT_READ: return .wantsMore
            case SSL_ERROR_ZERO_RETURN: return .ended
            default: throw .broken(reason: failure())
            }
        }
    }

    /// Encrypts all of `plaintext` and moves the outcome to the end of `ciphertext`, record by
    /// record, so that little is held twice.
    func write(_ plaintext: ByteBuffer, into ciphertext: inout ByteBuffer) throws(TLSError) {
        var rest = plaintext
        while rest.readableBytes > 0 {
            ERR_clear_error()
            var count = 0
            let status = rest.withUnsafeReadableBytes { bytes in
                SSL_write_ex(
                    session.pointer, bytes.baseAddress, min(bytes.count, Self.recordOctets), &count)
            }
            // Into memory it either succeeds or fails for good.
            guard status == 1 else { throw .broken(reason: failure()) }
            rest.moveReaderIndex(forwardBy: count)
            drain(into: &ciphertext)
        }
    }

    /// Moves what is to go to the network to the end of `ciphertext`.
    func drain(into ciphertext: inout ByteBuffer) {
        let pending = Int(BIO_ctrl_pending(outgoing))
        guard pending > 0 else { return }
        ciphertext.writeWithUnsafeMutableBytes(minimumWritableBytes: pending) { room in
            Int(max(0, BIO_read(outgoing, room.baseAddress, Int32(pending))))
        }
    }

    /// Says goodbye; the words are among what `drain` gives.
    func end() {
        ERR_clear_error()
        SSL_shutdown(session.pointer)
        ERR_clear_error()
    }

    /// Who is on the other side. Only after the handshake.
    func peer() throws(TLSError) -> TLSPeer {
        var binding = [UInt8](repeating: 0, count: 32)
        let label = "EXPORTER-Channel-Binding"
        let status = SSL_export_keying_material(
            session.pointer, &binding, binding.count, label, label.utf8.count, nil, 0, 1)
        guard status == 1 else { throw .handshakeFailed(reason: lastErrorText()) }
        return TLSPeer(
            certificate: try certificate(), protocolName: protocolName(), channelBinding: binding)
    }

    private func unsafeRead(into plaintext: inout ByteBuffer, _ count: inout Int) -> Int32 {
        var status: Int32 = 0
        plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: 1024) { room in
            status = SSL_read_ex(session.pointer, room.baseAddress, room.count, &count)
            return status == 1 ? count : 0
        }
        return status
    }

    private func certificate() throws(TLSError) -> Certificate? {
        guard let shown = SSL_get1_peer_certificate(session.pointer) else { return nil }
        do {
            let handle = try OwnedObject.certificate(shown)
            return try Certificate(handle.pointer)
        } catch {
            throw .handshakeFailed(reason: "\(error)")
        }
    }

    private func protocolName() -> String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(session.pointer, &name, &count)
        guard let name, count > 0 else { return nil }
        return String(
            decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// What is wrong, with the verdict about the certificate if that is the reason.
    private func failure() -> String {
        let verdict = SSL_get_verify_result(session.pointer)
        let reason = lastErrorText()
        guard verdict != Int(X509_V_OK) else { return reason }
        return reason + " (" + String(cString: X509_verify_cert_error_string(verdict)) + ")"
    }
}
