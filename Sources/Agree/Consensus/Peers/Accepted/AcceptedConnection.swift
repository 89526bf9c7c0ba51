import NIOCore
import OpenSSL

/// One connection that somebody else opened.
///
///     shaking hands ──> greeting ──> a member's messages     ──> closed
///           │               ├──────> a member's snapshot     ──>
///           │               └──────> one certified question  ──>
///           └──> one question without certificate            ──>
///
/// After the answer to a snapshot or a stranger it is ending: the other side hangs up.
///
/// What arrives before we know who is there is bounded by the frames that have a place there.
final class AcceptedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case shakingHands
        case greeting
        case messages
        case snapshot
        case question
        case joining
        case ending
        case closed
    }

    /// How long the answer to a stranger may take.
    private static let joinMilliseconds: UInt32 = 30_000
    /// How long any answer may take.
    private static let longestMilliseconds: UInt32 = 60_000

    let address: String
    private let hub: PeerHub
    private var state = State.shakingHands
    private var context: ChannelHandlerContext?
    private var reader = FrameReader()
    private var tls: TLSPeer?
    private var hello: Hello?
    private var member: ReplicaID?
    private var hasGreeted = false
    private var deadline: Scheduled<Void>?
    private var lastHeard = NIODeadline.now()
    private var watch: Scheduled<Void>?
    private var openQuestions = 0
    private var intake: SnapshotIntake?

    init(hub: PeerHub, address: String) {
        self.hub = hub
        self.address = address
        reader.maximumOctets = FrameKind.hello.maximumOctets
    }

    // MARK: For the hub

    /// The name in the certificate, once it is known.
    var identity: String? { hello == nil ? nil : tls?.certificate?.uris.first }
    var certificate: Certificate? { tls?.certificate }
    var replica: ReplicaID? { member }
    var incarnation: UInt64? { hello?.incarnation }
    /// Ends when its other side is no member any more.
    var isForMembersOnly: Bool { member != nil }
    var isStranger: Bool {
        switch state {
        case .question: member == nil
        case .joining: true
        case .shakingHands, .greeting, .messages, .snapshot, .ending, .closed: false
        }
    }
    var isTakingSnapshot: Bool { intake != nil }

    /// For the same purpose and from the same member.
    func isLike(_ other: AcceptedConnection) -> Bool {
        member != nil && member == other.member && hello?.purpose == other.hello?.purpose
    }

    /// Tells the other side why, and ends.
    func refuse(_ refusal: ConnectionRefusal, _ reason: String) {
        guard state != .closed else { return }
        if refusal == .membership, member == nil, let name = tls?.certificate?.uris.first {
            hub.log.refusedStranger(name, peer: peerName, reason: reason)
        } else {
            hub.log.refused(refusal, peer: peerName, reason: reason)
        }
        if tls != nil {
            write(.refusal, RefusalNote(refusal, reason).encoded())
        }
        end()
    }

    /// Ends when what is under way had time to arrive.
    func retire(after grace: TimeAmount) {
        guard state != .closed, let context else { return }
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: grace) { [self] in
            refuse(.replaced, "another connection took its place")
        }
    }

    /// The other side hangs up when it has read our last word; hanging up first could lose it.
    private func linger() {
        guard state != .closed, let context else { return }
        state = .ending
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(
            in: hub.settings.limits.replacedGrace.amount
        ) { [self] in end() }
    }

    /// Ends without a word.
    func end() {
        guard state != .closed else { return }
        state = .closed
        deadline?.cancel()
        watch?.cancel()
        intake?.cut()
        intake = nil
        if !hasGreeted {
            hasGreeted = true
            hub.greeted(self)
        }
        hub.ended(self)
        context?.close(promise: nil)
    }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = context.eventLoop.assumeIsolated().scheduleTask(
            in: hub.settings.limits.handshakeTimeout.amount
        ) { [self] in
            refuse(.handshakeTimeout, "it did not say who it is in time")
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let peer = event as? TLSPeer { recognise(peer) }
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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? TLSError {
        case .handshakeTimeout: refuse(.handshakeTimeout, "\(error)")
        case .handshakeFailed, .broken: refuse(.handshake, "\(error)")
        // The other side went away; nothing to hold against it.
        case .notOpen, nil: end()
        }
    }

    // MARK: Who is there

    private var peerName: String {
        (tls?.certificate?.uris.first).map { "\($0) at \(address)" } ?? address
    }

    private func recognise(_ peer: TLSPeer) {
        guard state == .shakingHands else { return }
        tls = peer
        switch peer.protocolName {
        case PeerProtocol.raft:
            guard peer.certificate?.uris.count == 1 else {
                return refuse(.identity, "its certificate is not on exactly one name")
            }
            state = .greeting
        case PeerProtocol.join:
            state = .joining
            reader.maximumOctets = FrameKind.join.maximumOctets
            guard hub.hasRoomForStranger, hub.allowsJoin(from: address) else {
                return refuse(.overload, "too many requests to join, try again in a minute")
            }
        default:
            refuse(.version, "it speaks another protocol")
        }
    }

    private func take(_ frame: Frame) {
        switch (state, frame.kind) {
        case (.greeting, .hello):
            greet(Hello(frame.content))
        case (.messages, .message):
            deliver(frame.content)
        case (.messages, .ping), (.snapshot, .ping), (.question, .ping):
            // Pongs for somebody who does not read them would pile up.
            if context?.channel.isWritable == true { write(.pong) }
        case (.messages, .request), (.question, .request):
            answer(frame.content)
        case (.snapshot, .snapshot) where intake == nil:
            beginSnapshot(frame.content)
        case (.snapshot, .chunk) where intake != nil, (.snapshot, .end) where intake != nil:
            intake?.take(frame)
        case (.joining, .join) where !hasGreeted:
            answerJoin(frame.content)
        case (.ending, _):
            // Was under way before our last word could be read.
            break
        default:
            refuse(.frame, "a frame of kind \(frame.kind) has no place here")
        }
    }

    private func greet(_ hello: Hello?) {
        guard let hello else { return refuse(.frame, "its hello cannot be read") }
        if let (refusal, reason) = objection(to: hello) { return refuse(refusal, reason) }
        self.hello = hello
        member = hub.member(hello.identity)
        switch hello.purpose {
        case .messages: state = .messages
        case .snapshot: state = .snapshot
        case .question: state = .question
        }
        if member == nil, !hub.hasRoomForStranger {
            return refuse(.overload, "too many questions by strangers")
        }
        settle()
        reader.maximumOctets = FrameHeader.maximumOctets
        write(.welcome, hub.hello(hello.purpose).encoded())
        if state != .question { hub.replaceOthers(like: self) }
    }

    private func objection(to hello: Hello) -> (ConnectionRefusal, String)? {
        if !hello.versions.overlaps(Hello.versions) {
            return (.version, "it speaks versions \(hello.versions)")
        }
        if hello.cluster != hub.settings.cluster {
            return (.cluster, "it belongs to cluster \(hello.cluster)")
        }
        guard let own = tls?.certificate?.uris.first, own == hello.identity else {
            return (.identity, "it says that it is \(hello.identity)")
        }
        guard let replica = hub.member(own) else {
            return hello.purpose == .question ? nil : (.membership, "it is no member")
        }
        if hello.replica != replica, hello.purpose != .question {
            return (.identity, "it says that it is another replica")
        }
        // A question may come from a node that does not know its replica yet.
        if hello.purpose != .question, !hub.accepts(incarnation: hello.incarnation, of: replica) {
            return (.incarnation, "its incarnation is \(hello.incarnation)")
        }
        return nil
    }

    /// The other side is known: from here on only silence and age end the connection.
    private func settle() {
        guard let context else { return }
        hasGreeted = true
        hub.greeted(self)
        deadline?.cancel()
        let limits = hub.settings.limits
        let loop = context.eventLoop.assumeIsolated()
        let age =
            member == nil
            ? .milliseconds(Int64(Self.longestMilliseconds)) : limits.acceptedAge.amount
        deadline = loop.scheduleTask(in: age) { [self] in
            refuse(.replaced, "it was open too long")
        }
        listen(
            for: state == .snapshot ? limits.snapshotStall.amount : limits.idleTimeout.amount,
            on: loop)
    }

    /// Ends the connection when nothing is heard for `patience`.
    private func listen(for patience: TimeAmount, on loop: NIOIsolatedEventLoop) {
        let rest = lastHeard + patience - .now()
        guard rest > .nanoseconds(0) else { return refuse(.silence, "nothing was heard from it") }
        watch = loop.scheduleTask(in: rest) { [self] in
            if state != .closed { listen(for: patience, on: loop) }
        }
    }

    // MARK: What it wants

    private func deliver(_ message: [UInt8]) {
        guard let member else { return refuse(.membership, "it is no member") }
        hub.log.count { $0.receivedMessages += 1 }
        hub.handler.received(message: message, from: member)
    }

    private func answer(_ content: [UInt8]) {
        guard let question = Exchange(content), let identity else {
            return refuse(.frame, "a question cannot be read")
        }
        let caller: PeerCaller
        if let member {
            caller = .member(member, identity: identity)
        } else {
            caller = .certified(identity: identity)
            guard openQuestions == 0 else { return refuse(.overload, "one question at a time") }
        }
        guard openQuestions < hub.settings.limits.requests else {
            return refuse(.overload, "too many questions at once")
        }
        openQuestions += 1
        ask(question.octets, from: caller, milliseconds: question.word) { [self] answer in
            let octets = answer.flatMap { $0.count <= Exchange.maximumOctets ? $0 : nil }
            let reply = Exchange(
                number: question.number, word: octets == nil ? 1 : 0, octets: octets ?? [])
            // Answers count until they have left: who does not read them may not ask more.
            write(.answer, reply.encoded()) { [self] in openQuestions -= 1 }
        }
    }

    private func answerJoin(_ content: [UInt8]) {
        guard let tls else { return }
        hasGreeted = true
        hub.greeted(self)
        let caller = PeerCaller.anonymous(address: address, channelBinding: tls.channelBinding)
        deadline?.cancel()
        ask(content, from: caller, milliseconds: Self.joinMilliseconds) { [self] answer in
            guard let answer, answer.count <= FrameKind.joinAnswer.maximumOctets else {
                return refuse(.overload, "there is no answer now")
            }
            write(.joinAnswer, answer)
            linger()
        }
    }

    /// Has the handler answer in a task of its own; `then` runs here, with nothing after a
    /// deadline.
    private func ask(
        _ octets: [UInt8], from caller: PeerCaller, milliseconds: UInt32,
        then: @escaping ([UInt8]?) -> Void
    ) {
        let handler = hub.handler
        let loop = hub.loop
        let bound = NIOLoopBound(then, eventLoop: loop)
        let patience = Duration.milliseconds(min(milliseconds, Self.longestMilliseconds))
        hub.run {
            let answer = await firstOf(within: patience) {
                await handler.request(octets, from: caller)
            }
            loop.execute { bound.value(answer) }
        }
    }

    private func beginSnapshot(_ content: [UInt8]) {
        guard let member, let offer = SnapshotOffer(content) else {
            return refuse(.frame, "its snapshot cannot be read")
        }
        guard hub.hasRoomForSnapshot else {
            return refuse(.overload, "too many snapshots at once")
        }
        guard let channel = context?.channel else { return }
        let bound = NIOLoopBound(self, eventLoop: hub.loop)
        let intake = SnapshotIntake(channel: channel)
        self.intake = intake
        hub.run(
            intake.job(offer, from: member, handler: hub.handler, log: hub.log) { isStored in
                bound.value.concludeSnapshot(isStored)
            })
    }

    private func concludeSnapshot(_ isStored: Bool) {
        intake = nil
        write(.stored, [isStored ? 1 : 0])
        linger()
    }

    private func write(
        _ kind: FrameKind, _ content: [UInt8] = [], left: (() -> Void)? = nil
    ) {
        guard state != .closed, let context else { return }
        var frame = context.channel.allocator.buffer(
            capacity: FrameHeader.octetCount + content.count)
        frame.writeFrame(kind, content)
        guard let left else {
            return context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in left() }
        context.writeAndFlush(wrapOutboundOut(frame), promise: written)
    }
}

/// What `work` gives, or nothing if that takes longer than `patience`; then it is cancelled.
func firstOf<Value: Sendable>(
    within patience: Duration, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await work() }
        group.addTask {
            try? await Task.sleep(for: patience)
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
}
