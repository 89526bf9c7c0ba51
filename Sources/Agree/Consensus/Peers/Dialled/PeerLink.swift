import NIOCore
import Synchronization

/// A queue that other threads fill.
final class SharedQueue: Sendable {
    /// What is handed to a connection at a time, in octets.
    private static let batchOctets = 128 * 1024

    private let queue: Mutex<SendQueue>

    init(_ limits: PeerLimits) {
        queue = Mutex(
            SendQueue(maximumOctets: limits.queueOctets, maximumCount: limits.queueMessages))
    }

    /// Puts a message at the end; `isFirst` says that somebody has to be woken for it.
    func append(_ message: [UInt8], isHeartbeat: Bool) -> (SendQueue.Outcome, isFirst: Bool) {
        queue.withLock { queue in
            let outcome = queue.append(message, isHeartbeat: isHeartbeat)
            guard outcome.isQueued, !queue.isAwaited else { return (outcome, false) }
            queue.isAwaited = true
            return (outcome, true)
        }
    }

    /// The next messages. Once there are none, whoever appends has to wake somebody.
    func takeBatch() -> [[UInt8]] {
        queue.withLock { queue in
            var batch: [[UInt8]] = []
            var octets = 0
            while octets < Self.batchOctets, let message = queue.popFirst() {
                octets += message.count
                batch.append(message)
            }
            if batch.isEmpty { queue.isAwaited = false }
            return batch
        }
    }

    /// Takes messages from now on.
    func open() { queue.withLock { $0.isOpen = true } }

    /// Takes none, forgets what waits, and says how many that were.
    func close() -> Int {
        queue.withLock { queue in
            queue.isOpen = false
            queue.isAwaited = false
            return queue.clear()
        }
    }

    /// What waits: octets and messages.
    var size: (octets: Int, count: Int) { queue.withLock { ($0.octets, $0.count) } }
}

/// Keeps one connection to one peer for our messages: dials, waits, dials again.
///
///     dialling ──> open ──> dialling ...      each address in turn
///        └──> waiting ──^                     after the last of them
///
/// While open it may dial once more, to change over to a connection with newer certificates without
/// a gap.
final class PeerLink {
    let peer: Peer
    let queue: SharedQueue
    private unowned let hub: PeerHub
    private var current: DialledConnection?
    private var dialled: DialledConnection?
    private var isDialling = false
    private var isStopped = false
    /// Credentials changed while a connection with the old ones was being made.
    private var isOutdated = false
    private var address = 0
    private var backoff: Backoff
    private var generator = SystemRandomNumberGenerator()
    private var timer: Scheduled<Void>?
    private var openedAt = NIODeadline.now()

    init(_ peer: Peer, hub: PeerHub, queue: SharedQueue) {
        self.peer = peer
        self.hub = hub
        self.queue = queue
        let limits = hub.settings.limits
        backoff = Backoff(
            shortestNanoseconds: limits.shortestBackoff.amount.nanoseconds,
            longestNanoseconds: limits.longestBackoff.amount.nanoseconds)
    }

    /// Whether messages go out.
    var isOpen: Bool { current != nil }

    /// Begins.
    func start() { dial() }

    /// Ends for good.
    func stop() {
        isStopped = true
        timer?.cancel()
        let lost = queue.close()
        hub.log.count { $0.droppedMessages += lost }
        current?.retire()
        dialled?.retire()
        current = nil
        dialled = nil
    }

    /// Changes over to a connection with the credentials of now.
    func renew() {
        if isDialling {
            isOutdated = true
        } else if isOpen {
            dial()
        }
    }

    /// Sends what waits, as far as the connection takes it.
    func pump() {
        guard let current else { return }
        while current.isWritable {
            let batch = queue.takeBatch()
            guard !batch.isEmpty else { return }
            var frames = ByteBufferAllocator().buffer(
                capacity: batch.reduce(0) { $0 + $1.count + FrameHeader.octetCount })
            for message in batch { frames.writeFrame(.message, message) }
            let count = batch.count
            hub.log.count { $0.sentMessages += count }
            current.write(frames)
        }
    }

    /// Asks the peer something on the same connection.
    func ask(_ octets: [UInt8], within patience: TimeAmount, promise: EventLoopPromise<[UInt8]>) {
        guard let current else {
            return promise.fail(PeerError.unreachable(peer: name, reason: "not connected"))
        }
        current.ask(octets, within: patience, promise: promise)
    }

    private var name: String { peer.identity }

    private func dial() {
        guard !isStopped, !isDialling else { return }
        guard !peer.addresses.isEmpty else { return }
        isDialling = true
        queue.open()
        hub.dial(
            .init(
                address: peer.addresses[address], identity: peer.identity, replica: peer.replica),
            purpose: .messages,
            events: DialledConnection.Events(
                opened: { [weak self] connection, hello in
                    self?.opened(connection, hello)
                },
                writable: { [weak self] _ in self?.pump() },
                closed: { [weak self] connection, error in self?.closed(connection, error) }
            ),
            started: { [weak self] connection in self?.dialled = connection })
    }

    private func opened(_ connection: DialledConnection, _ hello: Hello) -> ConnectionRefusal? {
        guard hub.accepts(incarnation: hello.incarnation, of: peer.replica) else {
            return .incarnation
        }
        isDialling = false
        dialled = nil
        let former = current
        current = connection
        openedAt = .now()
        timer?.cancel()
        timer = hub.loop.assumeIsolated().scheduleTask(in: hub.settings.limits.redialAge.amount) {
            [weak self] in
            self?.dial()
        }
        hub.log.count { $0.openedLinks += 1 }
        former?.retire()
        hub.handler.reached(peer.replica)
        pump()
        if isOutdated {
            isOutdated = false
            dial()
        }
        return nil
    }

    private func closed(_ connection: DialledConnection, _ error: PeerError) {
        guard !isStopped else { return }
        hub.log.note("\(error)", peer: name)
        if connection === current {
            current = nil
            hub.handler.lost(peer.replica)
            if !isDialling { redial() }
            return
        }
        isDialling = false
        isOutdated = false
        dialled = nil
        address = (address + 1) % peer.addresses.count
        guard address == 0 else { return dial() }
        wait()
    }

    /// At once if the connection was a lasting one, else after a pause: whoever welcomes us and
    /// then hangs up must not keep both busy.
    private func redial() {
        guard openedAt + hub.settings.limits.longestBackoff.amount < .now() else { return wait() }
        backoff.reset()
        dial()
    }

    private func wait() {
        if current == nil {
            let lost = queue.close()
            hub.log.count { $0.droppedMessages += lost }
            hub.handler.lost(peer.replica)
        }
        let pause = TimeAmount.nanoseconds(backoff.next(using: &generator))
        timer?.cancel()
        timer = hub.loop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            self?.dial()
        }
    }
}
