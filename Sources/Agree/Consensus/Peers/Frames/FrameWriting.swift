import NIOCore

extension ByteBuffer {
    /// Appends one frame.
    mutating func writeFrame(_ kind: FrameKind, _ content: [UInt8] = []) {
        writeInteger(
            FrameHeader.word(kind: kind, octets: content.count), endianness: .little)
        writeBytes(content)
    }
}
