import NIOCore
import OpenSSL

/// One connection that we dialled. After the TLS handshake both sides say who they are; then it is
/// open until one of them ends it.
///
///     shaking hands ──> greeting ──> open ──> closed
///           └───────────────┴──────────────────^
final class DialledConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whom we expect.
    struct Target {
        let address: String
        let identity: String
        /// Absent if we do not know it yet.
        let replica: ReplicaID?
    }

    /// What its owner is told, on the event loop. `closed` comes once and last.
    struct Events {
        var opened: (DialledConnection, Hello) -> ConnectionRefusal? = { _, _ in nil }
        var writable: (DialledConnection) -> Void = { _ in }
        var arrived: (DialledConnection, Frame) -> Bool = { _, _ in false }
        var closed: (DialledConnection, PeerError) -> Void = { _, _ in }
    }

    private enum State {
        case shakingHands
        case greeting
        case open
        case closed
    }

    let target: Target
    private let hello: Hello
    private let limits: PeerLimits
    private let idleTimeout: TimeAmount
    private let log: PeerLog
    private var events: Events
    private var state = State.shakingHands
    private var context: ChannelHandlerContext?
    private var reader = FrameReader()
    private var deadline: Scheduled<Void>?
    private var pings: Scheduled<Void>?
    private var lastHeard = NIODeadline.now()
    private var questions = OpenQuestions()

    init(target: Target, hello: Hello, limits: PeerLimits, log: PeerLog, events: Events) {
        self.target = target
        self.hello = hello
        self.limits = limits
        self.log = log
        self.events = events
        idleTimeout =
            hello.purpose == .snapshot ? limits.snapshotStall.amount : limits.idleTimeout.amount
        reader.maximumOctets = FrameKind.welcome.maximumOctets
    }

    // MARK: For the owner

    /// Whether more may be written without filling memory.
    var isWritable: Bool { state == .open && context?.channel.isWritable == true }

    /// The channel while it is open.
    var channel: (any Channel)? { state == .open ? context?.channel : nil }

    /// Sends what is in `frames`.
    func write(_ frames: ByteBuffer) {
        guard state == .open, let context else { return }
        context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
    }

    /// Asks something; `promise` gets the answer, or the reason why there is none.
    func ask(
        _ octets: [UInt8], within patience: TimeAmount, promise: EventLoopPromise<[UInt8]>
    ) {
        guard state == .open, let context else {
            return promise.fail(PeerError.unreachable(peer: target.address, reason: "closed"))
        }
        guard questions.count < limits.requests else {
            return promise.fail(PeerError.overloaded(peer: target.address))
        }
        let number = questions.add(promise)
        let address = target.address
        let clock = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { [self] in
            questions.take(number)?.fail(PeerError.deadline(peer: address))
        }
        promise.futureResult.assumeIsolated().whenComplete { _ in clock.cancel() }
        let milliseconds = UInt32(clamping: patience.nanoseconds / 1_000_000)
        let question = Exchange(number: number, word: milliseconds, octets: octets)
        var frame = context.channel.allocator.buffer(capacity: octets.count + 16)
        frame.writeFrame(.request, question.encoded())
        write(frame)
    }

    /// Ends it in good order; the owner hears nothing more of it.
    func retire() {
        events = Events()
        close(.unreachable(peer: target.address, reason: "ended by us"))
    }

    /// There was no connection in the first place.
    func fail(_ reason: String) {
        close(.unreachable(peer: target.address, reason: reason))
    }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(
            in: limits.handshakeTimeout.amount
        ) {
            [self] in
            refuse(.handshakeTimeout, "it did not say who it is in time")
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(.unreachable(peer: target.address, reason: "the connection was closed"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let peer = event as? TLSPeer { greet(peer, context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { reader.take($0) }
        lastHeard = .now()
        do throws(FrameError) {
            while state != .closed, let frame = try reader.next() { take(frame) }
        } catch {
            refuse(.frame, "\(error)")
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isWritable { events.writable(self) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? TLSError {
        case .handshakeTimeout: refuse(.handshakeTimeout, "\(error)")
        case .handshakeFailed, .broken: refuse(.handshake, "\(error)")
        case .notOpen, nil: close(.unreachable(peer: target.address, reason: "\(error)"))
        }
    }

    // MARK: Decisions

    private func greet(_ peer: TLSPeer, _ context: ChannelHandlerContext) {
        guard state == .shakingHands else { return }
        guard peer.protocolName == PeerProtocol.raft else {
            return refuse(.version, "it speaks another protocol")
        }
        guard let certificate = peer.certificate, certificate.uris == [target.identity] else {
            let shown = peer.certificate?.uris.first ?? "nobody"
            return refuse(.identity, "it is \(shown), not \(target.identity)")
        }
        state = .greeting
        var frame = context.channel.allocator.buffer(capacity: 256)
        frame.writeFrame(.hello, hello.encoded())
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func take(_ frame: Frame) {
        switch (state, frame.kind) {
        case (.greeting, .welcome):
            open(Hello(frame.content))
        case (.greeting, .refusal), (.open, .refusal):
            let note = RefusalNote(frame.content)
            close(.refused(peer: target.address, reason: note?.text ?? "no reason given"))
        case (.open, .pong):
            break
        case (.open, .answer):
            answer(frame)
        case (.open, _) where events.arrived(self, frame):
            break
        default:
            refuse(.frame, "a frame of kind \(frame.kind) has no place here")
        }
    }

    private func open(_ welcome: Hello?) {
        guard let welcome else { return refuse(.frame, "its welcome cannot be read") }
        if let (refusal, reason) = objection(to: welcome) { return refuse(refusal, reason) }
        deadline?.cancel()
        reader.maximumOctets = FrameHeader.maximumOctets
        state = .open
        if let refusal = events.opened(self, welcome) {
            return refuse(refusal, "its incarnation is \(welcome.incarnation)")
        }
        ping()
    }

    private func objection(to welcome: Hello) -> (ConnectionRefusal, String)? {
        if !welcome.versions.overlaps(hello.versions) {
            return (.version, "it speaks versions \(welcome.versions)")
        }
        if welcome.cluster != hello.cluster {
            return (.cluster, "it belongs to cluster \(welcome.cluster)")
        }
        if welcome.identity != target.identity {
            return (.identity, "it says that it is \(welcome.identity)")
        }
        if let replica = target.replica, welcome.replica != replica {
            let shown = welcome.replica.map { "\($0)" } ?? "none"
            return (.identity, "it says that it is replica \(shown)")
        }
        return nil
    }

    private func answer(_ frame: Frame) {
        guard let answer = Exchange(frame.content) else {
            return refuse(.frame, "an answer cannot be read")
        }
        // One that came too late has nobody waiting for it.
        guard let promise = questions.take(answer.number) else { return }
        if answer.word == 0 {
            promise.succeed(answer.octets)
        } else {
            promise.fail(PeerError.overloaded(peer: target.address))
        }
    }

    /// Asks from time to time whether the other side still reads.
    private func ping() {
        guard let context, state == .open else { return }
        guard lastHeard + idleTimeout > .now() else {
            return refuse(.silence, "nothing was heard from it")
        }
        var frame = context.channel.allocator.buffer(capacity: FrameHeader.octetCount)
        frame.writeFrame(.ping)
        write(frame)
        pings = context.eventLoop.assumeIsolated().scheduleTask(
            in: limits.pingInterval.amount
        ) { [self] in ping() }
    }

    private func refuse(_ refusal: ConnectionRefusal, _ reason: String) {
        guard state != .closed else { return }
        log.refused(refusal, peer: target.address, reason: reason)
        close(.refused(peer: target.address, reason: reason))
    }

    private func close(_ error: PeerError) {
        guard state != .closed else { return }
        state = .closed
        deadline?.cancel()
        pings?.cancel()
        let told = events
        events = Events()
        for promise in questions.takeAll() { promise.fail(error) }
        context?.close(promise: nil)
        told.closed(self, error)
    }
}

/// Questions that wait for their answers.
struct OpenQuestions {
    private var promises: [UInt32: EventLoopPromise<[UInt8]>] = [:]
    private var last: UInt32 = 0

    var count: Int { promises.count }

    mutating func add(_ promise: EventLoopPromise<[UInt8]>) -> UInt32 {
        last &+= 1
        promises[last] = promise
        return last
    }

    mutating func take(_ number: UInt32) -> EventLoopPromise<[UInt8]>? {
        promises.removeValue(forKey: number)
    }

    mutating func takeAll() -> [EventLoopPromise<[UInt8]>] {
        defer { promises = [:] }
        return Array(promises.values)
    }
}
