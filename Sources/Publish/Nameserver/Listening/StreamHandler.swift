import DNSWire
import Glibc
import NIOCore
import OpenSSL

/// One connection over TCP or TLS (RFC 1035 section 4.2.2, RFC 7766, RFC 7858): messages behind
/// their lengths, any number, answered in the order they came.
///
/// What a client can make us hold is bounded: one read and one incomplete query on the way in; on
/// the way out, what the kernel does not take stops the reading. Time is bounded by one clock,
/// which only complete queries wind up.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Messages of a transfer that are written before the others on this thread have their turn.
    private static let messagesPerTurn = 4

    private let settings: NameserverSettings.TCP
    private let desk: StreamDesk
    private var pending = ByteBuffer()
    private var lastQuery = NIODeadline.now()
    private var clock: Scheduled<Void>?
    /// Nothing more is read; the connection closes once all was answered.
    private var isEnding = false
    /// It closes as soon as what was written has gone out.
    private var isClosing = false
    private var isAnswering = false
    private var client = StreamDesk.Client()
    /// Called once, when the handshake is over; `true` if it came to its end. `nil` without TLS.
    private let onHandshake: ((Bool) -> Void)?
    /// What is being sent; queries behind it wait.
    private var transfer: Transfer?

    /// `desk` belongs to the connection's event loop.
    ///
    /// - `onHandshake`: given where TLS is below, and called once: with `true` when hands were
    ///   shaken, with `false` if the connection ends before.
    init(
        settings: NameserverSettings.TCP, desk: StreamDesk, onHandshake: ((Bool) -> Void)? = nil
    ) {
        self.settings = settings
        self.desk = desk
        self.onHandshake = onHandshake
    }

    func channelActive(context: ChannelHandlerContext) {
        lastQuery = .now()
        let (remote, local) = (context.channel.remoteAddress, context.channel.localAddress)
        client.address = ClientAddress(remote) ?? .unspecified
        client.port = UInt16(clamping: remote?.port ?? 0)
        client.server = ClientAddress(local) ?? .unspecified
        client.serverPort = UInt16(clamping: local?.port ?? 0)
        wind(context, for: timeout)
        context.fireChannelActive()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        clock?.cancel()
        transfer = nil
        if client.shown == nil { onHandshake?(false) }
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
        if let peer = event as? TLSPeer {
            client.shown = SecurePeer(peer)
            lastQuery = .now()
            onHandshake?(true)
            acknowledge(context)
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            isEnding = true
            answerPending(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whatever went wrong with this connection, it is not worth keeping.
        context.close(promise: nil)
    }

    /// The end of a handshake has no answer, without tickets, and a kernel that waits for one
    /// acknowledges it 40 ms late; a client that sends small pieces one by one (RFC 896) keeps its
    /// query back until then.
    private func acknowledge(_ context: ChannelHandlerContext) {
        // Where it cannot be set, it is late.
        try? context.channel.syncOptions?.setOption(
            .tcpOption(.init(rawValue: TCP_QUICKACK)), value: 1)
    }

    private var timeout: TimeAmount { TimeAmount(settings.idleTimeout) }

    /// Answers complete queries as long as the client takes the answers, then asks for more.
    private func answerPending(_ context: ChannelHandlerContext) {
        // A flush may report that the channel is writable again; the loop below sees to that.
        guard !isAnswering else { return }
        isAnswering = true
        defer { isAnswering = false }
        var messages = 0
        while context.channel.isWritable, messages < Self.messagesPerTurn {
            if let transfer {
                messages += 1
                send(transfer, context)
            } else if let query = nextQuery() {
                lastQuery = .now()
                answer(query, context)
            } else {
                break
            }
            if !context.channel.isWritable { context.flush() }
        }
        context.flush()
        guard context.channel.isWritable else { return }
        guard transfer == nil else { return goOn(context) }
        if isEnding {
            closeWhenSent(context)
        } else {
            context.read()
        }
    }

    /// Closes once the kernel has taken everything; the clock goes on for those who read nothing.
    private func closeWhenSent(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func answer(_ query: ByteBuffer, _ context: ChannelHandlerContext) {
        switch desk.answer(query, from: client, allocator: context.channel.allocator) {
        case .nothing: break
        case .message(let answer): context.write(wrapOutboundOut(answer), promise: nil)
        case .transfer(let transfer):
            self.transfer = transfer
            // Its time may end before that of the connection.
            clock?.cancel()
            wind(context, for: min(timeout, transfer.deadline - .now()))
        }
    }

    /// The next message of a transfer. What the client has taken is a sign of life like a query.
    private func send(_ transfer: Transfer, _ context: ChannelHandlerContext) {
        lastQuery = .now()
        guard let message = transfer.next() else {
            self.transfer = nil
            // Half a zone must not look like a whole one.
            isEnding = isEnding || transfer.isBroken
            return
        }
        var buffer = context.channel.allocator.buffer(capacity: 2 + message.count)
        buffer.writeInteger(UInt16(message.count))
        buffer.writeBytes(message)
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    /// Sends on once everything else that waits on this thread was looked at.
    private func goOn(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().execute { [self] in
            if context.channel.isActive { answerPending(context) }
        }
    }

    /// The next complete query. One that is too long ends the connection: nothing behind it can be
    /// made out without taking it.
    private func nextQuery() -> ByteBuffer? {
        let limit = settings.queryOctets
        switch StreamFraming.head(of: pending.readableBytesUInt8Span, limit: limit) {
        case .message(let octets):
            pending.moveReaderIndex(forwardBy: StreamFraming.lengthOctets)
            return pending.readSlice(length: octets)
        case .incomplete: return nil
        case .overlong:
            isEnding = true
            pending.clear()
            return nil
        }
    }

    private func wind(_ context: ChannelHandlerContext, for wait: TimeAmount) {
        clock = context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
            let end = min(lastQuery + timeout, transfer?.deadline ?? .distantFuture)
            let rest = end - .now()
            if rest <= .nanoseconds(0) {
                context.close(promise: nil)
            } else {
                wind(context, for: rest)
            }
        }
    }
}
