import NIOCore

/// Looks at how long a client's first message says it is before OpenSSL does, which makes room for
/// up to 128 KiB at that word: half a handshake must not cost much more than its connection.
struct TLSGreeting {
    /// The longest first message. Those of today have some hundred octets, with keys that outlast
    /// quantum computers some thousand.
    static let maximumOctets = 16 * 1024
    /// The head of a record and that of a message (RFC 8446 sections 4 and 5.1).
    private static let headOctets = 5 + 4
    /// The kind of a record that holds a handshake.
    private static let handshake: UInt8 = 22

    private var isExpected: Bool
    private var held = ByteBuffer()

    /// A client expects none.
    init(isExpected: Bool) {
        self.isExpected = isExpected
    }

    /// Takes what arrived and gives what OpenSSL may have: nothing until the head is there, then
    /// all.
    mutating func take(_ arrived: ByteBuffer) throws(TLSError) -> ByteBuffer? {
        guard isExpected else { return arrived }
        held.writeImmutableBuffer(arrived)
        let start = held.readerIndex
        guard let kind = held.getInteger(at: start, as: UInt8.self) else { return nil }
        // What is no handshake at all is for OpenSSL to refuse.
        let isHandshake = kind == Self.handshake
        guard !isHandshake || held.readableBytes >= Self.headOctets else { return nil }
        defer { held = ByteBuffer() }
        isExpected = false
        if isHandshake { try check(held) }
        return held
    }

    /// Throws if the message is too long, or cut so that its length is in another record.
    private func check(_ head: ByteBuffer) throws(TLSError) {
        let start = head.readerIndex
        guard let record = head.getInteger(at: start + 3, as: UInt16.self),
            let message = head.getInteger(at: start + 5, as: UInt32.self),
            record >= 4, message & 0xFF_FFFF <= Self.maximumOctets
        else { throw .handshakeFailed(reason: "its first message is too long") }
    }
}
