import DNSWire
import NIOCore

/// Messages of a TCP stream, each behind its length (RFC 1035 section 4.2.2).
final class FrameCodec: ByteToMessageDecoder, MessageToByteEncoder {
    typealias InboundOut = [UInt8]
    typealias OutboundIn = [UInt8]

    func decode(
        context: ChannelHandlerContext, buffer: inout ByteBuffer
    ) throws -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self),
            buffer.readableBytes >= StreamFraming.lengthOctets + Int(length)
        else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: StreamFraming.lengthOctets)
        if let message = buffer.readBytes(length: Int(length)) {
            context.fireChannelRead(wrapInboundOut(message))
        }
        return .continue
    }

    /// What is left of a message that did not come to its end is no message.
    func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        try decode(context: context, buffer: &buffer)
    }

    func encode(data: [UInt8], out: inout ByteBuffer) throws {
        out.writeInteger(UInt16(data.count))
        out.writeBytes(data)
    }
}
