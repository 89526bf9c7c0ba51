import NIOCore

/// One TCP connection (RFC 1035 section 4.2.2, RFC 7766): messages behind their lengths, any number,
/// answered in the order they came.
///
/// What a client can make us hold is bounded: one read and one incomplete query on the way in; on the
/// way out, what the kernel does not take stops the reading. Time is bounded by one clock, which only
/// complete queries wind up.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let lengthOctets = 2

    private let settings: NameserverSettings.TCP
    private let desk: StreamDesk
    private var pending = ByteBuffer()
    private var lastQuery = NIODeadline.now()
    private var clock: Scheduled<Void>?
    /// The client has ended its side; the connection closes once all was answered.
    private var isEnding = false

    /// `desk` belongs to the connection's event loop.
    init(settings: NameserverSettings.TCP, desk: StreamDesk) {
        self.settings = settings
        self.desk = desk
    }

    func channelActive(context: ChannelHandlerContext) {
        lastQuery = .now()
        wind(context, for: timeout)
        context.fireChannelActive()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        clock?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var arrived = unwrapInboundIn(data)
        pending.discardReadBytes()
        pending.writeBuffer(&arrived)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        answerPending(context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { answerPending(context) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            isEnding = true
            answerPending(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whatever went wrong with this connection, it is not worth keeping.
        context.close(promise: nil)
    }

    private var timeout: TimeAmount { TimeAmount(settings.idleTimeout) }

    /// Answers complete queries as long as the client takes the answers, then asks for more.
    private func answerPending(_ context: ChannelHandlerContext) {
        var hasWritten = false
        while context.channel.isWritable {
            guard let length = pending.getInteger(at: pending.readerIndex, as: UInt16.self) else {
                break
            }
            guard Int(length) <= settings.queryOctets else {
                context.flush()
                context.close(promise: nil)
                return
            }
            guard pending.readableBytes >= Self.lengthOctets + Int(length) else { break }
            pending.moveReaderIndex(forwardBy: Self.lengthOctets)
            guard let query = pending.readSlice(length: Int(length)) else { break }
            lastQuery = .now()
            if let answer = desk.answer(query, allocator: context.channel.allocator) {
                context.write(wrapOutboundOut(answer), promise: nil)
                hasWritten = true
            }
        }
        if hasWritten { context.flush() }
        guard context.channel.isWritable else { return }
        if isEnding {
            context.close(promise: nil)
        } else {
            context.read()
        }
    }

    private func wind(_ context: ChannelHandlerContext, for wait: TimeAmount) {
        clock = context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
            let rest = lastQuery + timeout - .now()
            if rest <= .nanoseconds(0) {
                context.close(promise: nil)
            } else {
                wind(context, for: rest)
            }
        }
    }
}

/// What all connections of one event loop share: a responder, its hold on the zones, and room for one
/// answer. Belongs to that event loop.
final class StreamDesk {
    private var responder: Responder
    private var reader: SnapshotReader
    private let room: UnsafeMutableRawBufferPointer

    init(payloadOctets: Int, store: ZoneStore, counters: AnswerCounters) {
        responder = Responder(payloadOctets: payloadOctets, counters: counters)
        reader = SnapshotReader(store: store)
        room = .allocate(byteCount: Responder.maximumOctets, alignment: 16)
    }

    deinit {
        room.deallocate()
    }

    /// An answer behind its length, or `nil` if there is to be none.
    func answer(_ query: ByteBuffer, allocator: ByteBufferAllocator) -> ByteBuffer? {
        reader.refresh()
        let size = query.withUnsafeReadableBytes { octets in
            responder.answer(
                octets.bindMemory(to: UInt8.self).span, from: reader.snapshot, over: .tcp,
                into: room)
        }
        guard let size else { return nil }
        var answer = allocator.buffer(capacity: 2 + size)
        answer.writeInteger(UInt16(size))
        answer.writeBytes(UnsafeRawBufferPointer(rebasing: room[..<size]))
        return answer
    }
}
