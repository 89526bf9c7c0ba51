import DNSWire
import NIOCore

/// One TCP connection (RFC 1035 section 4.2.2, RFC 7766): messages behind their lengths, any
/// number, answered in the order they came.
///
/// What a client can make us hold is bounded: one read and one incomplete query on the way in; on
/// the way out, what the kernel does not take stops the reading. Time is bounded by one clock,
/// which only complete queries wind up.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let lengthOctets = 2

    private let settings: NameserverSettings.TCP
    private let desk: StreamDesk
    private var pending = ByteBuffer()
    private var lastQuery = NIODeadline.now()
    private var clock: Scheduled<Void>?
    /// Nothing more is read; the connection closes once all was answered.
    private var isEnding = false
    private var isAnswering = false
    private var client = ClientAddress.unspecified

    /// `desk` belongs to the connection's event loop.
    init(settings: NameserverSettings.TCP, desk: StreamDesk) {
        self.settings = settings
        self.desk = desk
    }

    func channelActive(context: ChannelHandlerContext) {
        lastQuery = .now()
        client = ClientAddress(context.channel.remoteAddress) ?? .unspecified
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
        // A flush may report that the channel is writable again; the loop below sees to that.
        guard !isAnswering else { return }
        isAnswering = true
        defer { isAnswering = false }
        while context.channel.isWritable, let query = nextQuery() {
            lastQuery = .now()
            let allocator = context.channel.allocator
            if let answer = desk.answer(query, from: client, allocator: allocator) {
                context.write(wrapOutboundOut(answer), promise: nil)
            }
            if !context.channel.isWritable { context.flush() }
        }
        context.flush()
        guard context.channel.isWritable else { return }
        if isEnding {
            context.close(promise: nil)
        } else {
            context.read()
        }
    }

    /// The next complete query. One that is too long ends the connection: nothing behind it can be
    /// made out without taking it.
    private func nextQuery() -> ByteBuffer? {
        guard let length = pending.getInteger(at: pending.readerIndex, as: UInt16.self) else {
            return nil
        }
        guard Int(length) <= settings.queryOctets else {
            isEnding = true
            pending.clear()
            return nil
        }
        guard pending.readableBytes >= Self.lengthOctets + Int(length) else { return nil }
        pending.moveReaderIndex(forwardBy: Self.lengthOctets)
        return pending.readSlice(length: Int(length))
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

/// What all connections of one event loop share: a responder, its hold on the zones, and room for
/// one answer. Belongs to that event loop.
final class StreamDesk {
    private var responder: Responder
    private var reader: SnapshotReader
    private let room: UnsafeMutableRawBufferPointer

    init(settings: NameserverSettings, store: ZoneStore, counters: AnswerCounters) {
        responder = Responder(
            payloadOctets: settings.payloadOctets, settings: settings.answersAsTold,
            counters: counters)
        reader = SnapshotReader(store: store)
        room = .allocate(byteCount: Responder.maximumOctets, alignment: 16)
    }

    deinit {
        room.deallocate()
    }

    /// An answer behind its length, or `nil` if there is to be none.
    func answer(
        _ query: ByteBuffer, from client: ClientAddress, allocator: ByteBufferAllocator
    ) -> ByteBuffer? {
        reader.refresh()
        let size = query.withUnsafeReadableBytes { octets in
            responder.answer(
                octets.bindMemory(to: UInt8.self).span, from: reader.snapshot, over: .tcp,
                for: client, at: CoarseClock.seconds, into: room)
        }
        guard let size else { return nil }
        var answer = allocator.buffer(capacity: 2 + size)
        answer.writeInteger(UInt16(size))
        answer.writeBytes(UnsafeRawBufferPointer(rebasing: room[..<size]))
        return answer
    }
}
