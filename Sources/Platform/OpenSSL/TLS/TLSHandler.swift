package import NIOCore

/// Puts TLS between a socket and the handlers behind it.
///
///     shaking hands ──> open ──> closed
///          └──────────────────────^   time is up, an alert, the socket closes
///
/// When hands were shaken, a `TLSPeer` goes through the pipeline as a user event; whoever is behind
/// decides what the other side may do. An error goes through the pipeline and closes the channel.
package final class TLSHandler: ChannelDuplexHandler {
    /// What comes from the socket.
    package typealias InboundIn = ByteBuffer
    /// What it says, decrypted.
    package typealias InboundOut = ByteBuffer
    /// What is to be said.
    package typealias OutboundIn = ByteBuffer
    /// What goes to the socket.
    package typealias OutboundOut = ByteBuffer

    private enum State {
        case shakingHands
        case open
        case closed
    }

    // Kept as long as the session, whose callbacks point into it.
    private let context: TLSContext
    private let session: TLSSession
    private let handshakeTimeout: TimeAmount
    /// The other side may end its half and still be answered.
    private let allowsHalfClosure: Bool
    private var greeting: TLSGreeting
    private var state = State.shakingHands
    private var clock: Scheduled<Void>?
    private var ciphertext = ByteBuffer()
    /// Completed when what is in `ciphertext` has gone out.
    private var promise: EventLoopPromise<Void>?

    /// What is encrypted before it is handed to the channel, at most about so much and one write:
    /// what lies here does not count for whether the channel is writable.
    private static let portionOctets = 16 * 1024

    /// One connection's handler. The time for the handshake runs from the connection's start.
    ///
    /// - `allowsHalfClosure`: when the other side ended in good order, `ChannelEvent.inputClosed`
    ///   goes through the pipeline, and the channel stays open for answers. Without it, it closes.
    package init(
        _ context: TLSContext, handshakeTimeout: TimeAmount, allowsHalfClosure: Bool = false
    ) throws(OpenSSLError) {
        self.context = context
        self.allowsHalfClosure = allowsHalfClosure
        greeting = TLSGreeting(isExpected: context.role == .server)
        self.handshakeTimeout = handshakeTimeout
        session = try TLSSession(context)
    }

    /// Begins if the socket is connected already.
    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    /// Ends without a word.
    package func handlerRemoved(context: ChannelHandlerContext) {
        finish()
    }

    /// Begins.
    package func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    /// The socket was closed.
    package func channelInactive(context: ChannelHandlerContext) {
        let wasShakingHands = state == .shakingHands
        finish()
        if wasShakingHands {
            context.fireErrorCaught(TLSError.handshakeFailed(reason: "the connection was closed"))
        }
        context.fireChannelInactive()
    }

    /// Decrypts what arrived.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let arrived = unwrapInboundIn(data)
        do throws(TLSError) {
            switch state {
            case .shakingHands:
                guard let arrived = try greeting.take(arrived) else { return }
                try session.take(arrived)
                try shakeHands(context)
                // The last flight may come with the first words.
                if case .open = state { try forward(context, octets: arrived.readableBytes) }
            case .open:
                try session.take(arrived)
                try forward(context, octets: arrived.readableBytes)
            case .closed:
                break
            }
        } catch {
            fail(context, error)
        }
    }

    /// Encrypts what is to be said; it goes with the next `flush`.
    package func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        guard state == .open else {
            promise?.fail(TLSError.notOpen)
            return
        }
        do throws(TLSError) {
            try session.write(unwrapOutboundIn(data), into: &ciphertext)
            if let promise {
                if let earlier = self.promise {
                    earlier.futureResult.cascade(to: promise)
                } else {
                    self.promise = promise
                }
            }
            if ciphertext.readableBytes >= Self.portionOctets { sendCiphertext(context) }
        } catch {
            promise?.fail(error)
            fail(context, error)
        }
    }

    /// Sends what was encrypted, in one piece.
    package func flush(context: ChannelHandlerContext) {
        sendCiphertext(context)
        context.flush()
    }

    /// Says goodbye and closes the socket.
    package func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        if state == .open {
            state = .closed
            session.end()
            session.drain(into: &ciphertext)
            sendCiphertext(context)
            context.flush()
        }
        finish()
        context.close(mode: mode, promise: promise)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard clock == nil, state == .shakingHands else { return }
        clock = context.eventLoop.assumeIsolated().scheduleTask(in: handshakeTimeout) { [self] in
            if state == .shakingHands { fail(context, .handshakeTimeout) }
        }
        do throws(TLSError) {
            try shakeHands(context)
        } catch {
            fail(context, error)
        }
    }

    private func shakeHands(_ context: ChannelHandlerContext) throws(TLSError) {
        switch try session.shakeHands() {
        case .wantsMore:
            sendDrained(context)
        case .ended:
            throw .handshakeFailed(reason: "the other side ended it")
        case .done:
            sendDrained(context)
            let peer = try session.peer()
            clock?.cancel()
            state = .open
            context.fireUserInboundEventTriggered(peer)
        }
    }

    /// Decrypts what there is and hands it on; `octets` arrived, so no more than about that is
    /// expected.
    private func forward(_ context: ChannelHandlerContext, octets: Int) throws(TLSError) {
        var plaintext = context.channel.allocator.buffer(capacity: octets)
        let progress: TLSSession.Progress
        do throws(TLSError) {
            progress = try session.read(into: &plaintext)
        } catch {
            sendDrained(context)
            throw error
        }
        // A change of keys is answered by TLS itself.
        sendDrained(context)
        if plaintext.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plaintext)) }
        guard case .ended = progress else { return }
        if allowsHalfClosure {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            context.close(promise: nil)
        }
    }

    private func sendDrained(_ context: ChannelHandlerContext) {
        session.drain(into: &ciphertext)
        guard ciphertext.readableBytes > 0 else { return }
        sendCiphertext(context)
        context.flush()
    }

    private func sendCiphertext(_ context: ChannelHandlerContext) {
        guard ciphertext.readableBytes > 0 || promise != nil else { return }
        let sent = ciphertext
        let waiting = promise
        ciphertext = ByteBuffer()
        promise = nil
        context.write(wrapOutboundOut(sent), promise: waiting)
    }

    private func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
        guard state != .closed else { return }
        // An alert tells the other side why.
        sendDrained(context)
        state = .closed
        context.fireErrorCaught(error)
        finish()
        context.close(promise: nil)
    }

    private func finish() {
        state = .closed
        clock?.cancel()
        ciphertext = ByteBuffer()
        let waiting = promise
        promise = nil
        waiting?.fail(TLSError.notOpen)
    }
}
