import DNSWire
import Glibc
import NIOCore
import NIOPosix
import Planning
import Synchronization

/// Talks to the server over TCP: one connection for each piece of work, and none beyond its end.
struct DNSClient: Sendable {
    private let settings: DynamicUpdateSettings
    private let failures: Failures

    init(_ settings: DynamicUpdateSettings) {
        self.settings = settings
        failures = Failures(settings)
    }

    /// Opens a connection for `body`, which may use it until the deadline.
    func connected<Outcome: Sendable>(
        until deadline: ContinuousClock.Instant,
        _ body: (inout Conversation) async throws(ProviderError) -> Outcome
    ) async throws(ProviderError) -> Outcome {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw failures.noAnswer("no time is left") }
        let channel = try await open(within: left)
        let isLate = Atomic(false)
        // Opening took its share.
        let rest = max(ContinuousClock.now.duration(to: deadline), .zero)
        do {
            let end = channel.channel.eventLoop.scheduleTask(in: .nanoseconds(rest.nanoseconds)) {
                isLate.store(true, ordering: .relaxed)
                channel.channel.close(promise: nil)
            }
            defer { end.cancel() }
            return try await channel.executeThenClose { inbound, outbound in
                var conversation = Conversation(
                    inbound.makeAsyncIterator(), outbound, key: settings.key, failures)
                return try await body(&conversation)
            }
        } catch let error as ProviderError {
            guard isLate.load(ordering: .relaxed), error.isTransient else { throw error }
            throw failures.noAnswer("no answer in \(left)")
        } catch {
            if error is CancellationError || Task.isCancelled { throw failures.cancelled }
            throw failures.noAnswer("\(error)")
        }
    }

    private func open(
        within limit: Duration
    ) async throws(ProviderError) -> NIOAsyncChannel<[UInt8], [UInt8]> {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.nanoseconds(limit.nanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        do {
            return try await bootstrap.connect(
                host: settings.host, port: Int(settings.port)
            ) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let codec = FrameCodec()
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(codec, maximumBufferSize: 1 << 20),
                        MessageToByteHandler(codec))
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        } catch {
            if error is CancellationError || Task.isCancelled { throw failures.cancelled }
            throw failures.noAnswer(ConnectFailure.text(error))
        }
    }
}

/// Requests and answers of one connection.
struct Conversation {
    private var inbound: NIOAsyncChannelInboundStream<[UInt8]>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<[UInt8]>
    private let key: TSIGKey?
    private let failures: Failures

    init(
        _ inbound: NIOAsyncChannelInboundStream<[UInt8]>.AsyncIterator,
        _ outbound: NIOAsyncChannelOutboundWriter<[UInt8]>, key: TSIGKey?, _ failures: Failures
    ) {
        self.inbound = inbound
        self.outbound = outbound
        self.key = key
        self.failures = failures
    }

    /// A request that was sent, and what its answers are verified with.
    struct Sent {
        let id: UInt16
        /// `nil` without a key.
        fileprivate var answers: TSIGAnswers?
        /// All messages so far are to be believed.
        var isVerified: Bool { answers?.isComplete ?? true }
    }

    /// Signs a request and sends it.
    func send(_ request: RequestWriter) async throws(ProviderError) -> Sent {
        var octets = request.octets
        let id = UInt16(octets[0]) << 8 | UInt16(octets[1])
        var session = key.map { TSIGSession(key: $0) }
        session?.sign(&octets, atSeconds: Self.now())
        do {
            try await outbound.write(octets)
        } catch {
            throw failures.broken
        }
        return Sent(id: id, answers: session.map { TSIGAnswers(to: $0) })
    }

    /// The next message, which is not to be believed before `Sent.isVerified`. The caller has to
    /// find the request by the message's id.
    ///
    /// - `sent`: the requests by id, which are changed.
    /// - `allowsBareRefusal`: an unsigned REFUSED is handed on, unverified.
    mutating func receive(
        _ sent: inout [UInt16: Sent], allowsBareRefusal: Bool = false
    ) async throws(ProviderError) -> ServerMessage {
        let octets = try await nextMessage()
        let message: ServerMessage
        do {
            message = try ServerMessage(octets.span)
        } catch {
            throw failures.malformed("\(error)")
        }
        guard sent[message.header.id] != nil else {
            throw failures.malformed("an answer to nothing that was asked")
        }
        do {
            try sent[message.header.id]?.answers?.take(
                octets.span, signatureOffset: message.signatureOffset, atSeconds: Self.now())
        } catch {
            let isRefusal = message.code == ResponseCode.refused.rawValue && error == .missing
            guard allowsBareRefusal, isRefusal else {
                throw failures.unbelievable(error, code: message.code)
            }
        }
        return message
    }

    /// Sends a request and awaits its one answer.
    mutating func ask(_ request: RequestWriter) async throws(ProviderError) -> ServerMessage {
        let request = try await send(request)
        var sent = [request.id: request]
        let message = try await receive(&sent)
        guard sent[request.id]?.isVerified ?? false else { throw failures.malformed("no end") }
        return message
    }

    private mutating func nextMessage() async throws(ProviderError) -> [UInt8] {
        let message: [UInt8]?
        do {
            message = try await inbound.next(isolation: #isolation)
        } catch {
            throw failures.broken
        }
        guard let message else {
            throw Task.isCancelled ? failures.cancelled : failures.broken
        }
        return message
    }

    private static func now() -> UInt64 { UInt64(clamping: time(nil)) }
}

/// Why no connection came about, in few words.
private enum ConnectFailure {
    static func text(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        let reasons = error.connectionErrors.map { failure in
            (failure.error as? IOError).map { String(cString: strerror($0.errnoCode)) }
                ?? "\(failure.error)"
        }
        if let reason = reasons.first { return reason }
        return "its name \(error.host) has no address"
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
