import NIOCore
import NIOPosix
package import OpenSSL

/// Asks a cluster for a place, knowing only what stands in a token.
package enum PeerJoin {
    /// Asks at each address in turn until one answers. The server must show a certificate whose
    /// authority has this fingerprint. `question` is given the connection's binding and makes what
    /// is asked, at most 16 KiB; the answer is at most 64 KiB.
    package static func ask(
        addresses: [String], authority: CertificateFingerprint, within patience: Duration,
        question: @escaping @Sendable (_ channelBinding: [UInt8]) -> [UInt8]
    ) async throws(PeerError) -> [UInt8] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var last = PeerError.unreachable(peer: "the cluster", reason: "the token has no address")
        for address in addresses {
            do throws(PeerError) {
                let answer = try await ask(
                    address, authority, patience, on: group.next(), question: question)
                try? await group.shutdownGracefully()
                return answer
            } catch {
                last = error
            }
        }
        try? await group.shutdownGracefully()
        throw last
    }

    private static func ask(
        _ text: String, _ authority: CertificateFingerprint, _ patience: Duration,
        on loop: any EventLoop, question: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) async throws(PeerError) -> [UInt8] {
        guard let address = PeerAddress(text) else {
            throw .unreachable(peer: text, reason: "it is no address")
        }
        let tls: TLSContext
        do {
            tls = try TLSContext(
                role: .client, chain: [], key: nil, trust: .pinnedAuthority(authority),
                protocols: [TLSProtocol(PeerProtocol.join)])
        } catch {
            throw .unusableCredentials(reason: "\(error)")
        }
        let promise = loop.makePromise(of: [UInt8].self)
        let limits = PeerLimits()
        let opening = ClientBootstrap(group: loop)
            .connectTimeout(limits.connectTimeout.amount)
            .channelInitializer { channel in
                do {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(tls, handshakeTimeout: limits.handshakeTimeout.amount),
                        JoinConnection(peer: text, promise: promise, question: question))
                    return channel.eventLoop.makeSucceededVoidFuture()
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
            .connect(host: address.host, port: address.port)
        opening.whenFailure {
            promise.fail(PeerError.unreachable(peer: text, reason: "\($0)"))
        }
        let clock = loop.scheduleTask(in: patience.amount) {
            promise.fail(PeerError.deadline(peer: text))
        }
        opening.whenSuccess { channel in
            promise.futureResult.whenComplete { _ in
                clock.cancel()
                channel.close(promise: nil)
            }
        }
        do {
            return try await promise.futureResult.get()
        } catch {
            throw error as? PeerError ?? .stopped
        }
    }
}

/// The connection for it: one question, one answer.
private final class JoinConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let peer: String
    private let promise: EventLoopPromise<[UInt8]>
    private let question: @Sendable ([UInt8]) -> [UInt8]
    private var reader = FrameReader()
    private var hasAsked = false

    init(
        peer: String, promise: EventLoopPromise<[UInt8]>,
        question: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        self.peer = peer
        self.promise = promise
        self.question = question
        reader.maximumOctets = FrameKind.joinAnswer.maximumOctets
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let tls = event as? TLSPeer, !hasAsked else {
            return context.fireUserInboundEventTriggered(event)
        }
        hasAsked = true
        guard tls.protocolName == PeerProtocol.join else {
            return promise.fail(PeerError.refused(peer: peer, reason: "it takes no joins"))
        }
        let octets = question(tls.channelBinding)
        guard octets.count <= FrameKind.join.maximumOctets else {
            return promise.fail(PeerError.tooLarge(octets: octets.count))
        }
        var frame = context.channel.allocator.buffer(capacity: octets.count + 8)
        frame.writeFrame(.join, octets)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { reader.take($0) }
        do throws(FrameError) {
            guard let frame = try reader.next() else { return }
            switch frame.kind {
            case .joinAnswer:
                promise.succeed(frame.content)
            case .refusal:
                let text = RefusalNote(frame.content)?.text ?? "no reason given"
                promise.fail(PeerError.refused(peer: peer, reason: text))
            default:
                promise.fail(PeerError.refused(peer: peer, reason: "it speaks otherwise"))
            }
        } catch {
            promise.fail(PeerError.refused(peer: peer, reason: "\(error)"))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(PeerError.unreachable(peer: peer, reason: "the connection was closed"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(PeerError.refused(peer: peer, reason: "\(error)"))
        context.close(promise: nil)
    }
}
