package import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The connections between the nodes of a cluster: TLS 1.3 with certificates on both sides, one
/// connection dialled to each peer for our messages, one more for each snapshot.
///
/// Everything happens on one thread of its own (`PeerHub`); this is what others hold of it.
package final class PeerNetwork: PeerTransport {
    private let settings: PeerSettings
    private let source: any CredentialsSource
    private let log: PeerLog
    private let group: MultiThreadedEventLoopGroup
    private let hub: NIOLoopBoundBox<PeerHub?>
    private let jobs: AsyncStream<PeerJob>
    private let queues = Mutex<[ReplicaID: SharedQueue]>([:])
    private let sending = Mutex<Set<ReplicaID>>([])
    /// Nothing may be given to the event loop any more: it would be lost, and somebody would wait.
    private let hasEnded = Mutex(false)

    /// Reads the credentials. Nothing happens on the network before `start`.
    package init(
        settings: PeerSettings, credentials: any CredentialsSource, handler: any PeerHandler,
        logger: Logger
    ) throws(PeerError) {
        let tls = try PeerTLS(credentials.read(), identity: settings.identity)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let log = PeerLog(logger)
        let (jobs, continuation) = AsyncStream<PeerJob>.makeStream()
        let hub = NIOLoopBoundBox.makeEmptyBox(valueType: PeerHub.self, eventLoop: loop)
        loop.execute {
            hub.value = PeerHub(
                settings: settings, handler: handler, log: log, loop: loop, tls: tls,
                jobs: continuation)
        }
        self.settings = settings
        self.group = group
        self.hub = hub
        self.log = log
        self.jobs = jobs
        source = credentials
    }

    // MARK: Life

    /// Accepts connections from now on. Returns where, each `host:port`: a port of 0 in the
    /// settings becomes one that was free. `run` has to follow.
    package func start() async throws(PeerError) -> [String] {
        var bound: [String] = []
        for text in settings.listen {
            guard let address = PeerAddress(text) else {
                throw .cannotListen(address: text, reason: "it is no address and port")
            }
            do {
                let channel = try await PeerSockets.listen(address, for: hub, on: loop)
                execute { $0.listens(on: channel) }
                let host = address.host.contains(":") ? "[\(address.host)]" : address.host
                bound.append("\(host):\(channel.localAddress?.port ?? address.port)")
            } catch {
                throw .cannotListen(address: text, reason: "\(error)")
            }
        }
        return bound
    }

    /// Answers questions and takes snapshots until its task is cancelled or `stop` is called; then
    /// everything is closed. To be called once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await job() }
            }
            group.cancelAll()
        }
        await shutDown()
    }

    /// Ends `run`.
    package func stop() {
        execute { $0.stop() }
    }

    /// Reads the credentials again. New connections use them; our own connections are changed over
    /// at once, those of others when they dial again, and those whose authority is gone are cut.
    /// Throws, and changes nothing, if they cannot be used.
    package func reload() throws(PeerError) {
        let tls = try PeerTLS(source.read(), identity: settings.identity)
        execute { $0.renew(tls) }
    }

    // MARK: PeerTransport

    /// Talks with these peers from now on and with no others.
    package func update(peers: [Peer]) {
        let others = peers.filter { $0.replica != settings.replica }
        let limits = settings.limits
        let entries = queues.withLock { queues in
            let kept = queues
            queues = [:]
            return others.map { peer in
                let queue = queues[peer.replica] ?? kept[peer.replica] ?? SharedQueue(limits)
                queues[peer.replica] = queue
                return (peer: peer, queue: queue)
            }
        }
        execute { $0.update(entries) }
    }

    /// Queues messages. Those for which there is no place or no connection are dropped and counted.
    package func send(_ messages: [OutgoingMessage]) {
        var woken: [ReplicaID] = []
        var dropped = 0
        var droppedHeartbeats = 0
        queues.withLock { queues in
            for message in messages {
                guard let queue = queues[message.receiver],
                    message.octets.count <= FrameKind.message.maximumOctets
                else {
                    dropped += 1
                    continue
                }
                let (outcome, isFirst) = queue.append(
                    message.octets, isHeartbeat: message.kind == .heartbeat)
                if !outcome.isQueued { dropped += 1 }
                droppedHeartbeats += outcome.droppedHeartbeats
                if isFirst { woken.append(message.receiver) }
            }
        }
        if dropped + droppedHeartbeats > 0 {
            let lost = (dropped, droppedHeartbeats)
            log.count { counters in
                counters.droppedMessages += lost.0
                counters.droppedHeartbeats += lost.1
            }
        }
        guard !woken.isEmpty else { return }
        execute { [woken] in $0.pump(woken) }
    }

    /// Sends a snapshot on a connection of its own. False at once if as many as allowed are under
    /// way, or one to the same peer.
    package func sendSnapshot(
        to replica: ReplicaID, message: [UInt8], descriptor: SnapshotDescriptor, path: String
    ) async -> Bool {
        let mayBegin = sending.withLock { sending in
            sending.count < settings.limits.snapshots && sending.insert(replica).inserted
        }
        guard mayBegin else { return false }
        defer { sending.withLock { _ = $0.remove(replica) } }
        let sender = SnapshotSender(
            execute: execute, loop: loop, limits: settings.limits,
            offer: SnapshotOffer(descriptor: descriptor, message: message))
        do throws(PeerError) {
            try await sender.send(to: replica, path: path)
            log.count { $0.sentSnapshots += 1 }
            return true
        } catch {
            log.note("snapshot not sent: \(error)", peer: "\(replica)")
            return false
        }
    }

    // MARK: Questions

    /// Asks a member something, on the connection that there is.
    package func request(
        to replica: ReplicaID, _ octets: [UInt8], within patience: Duration
    ) async throws(PeerError) -> [UInt8] {
        try await exchange(octets) { hub, promise in
            hub.ask(replica, octets, within: patience.amount, promise: promise)
        }
    }

    /// Asks the node `identity` at `address`, whether it and we are members or not, on a connection
    /// of its own.
    package func request(
        address: String, identity: String, _ octets: [UInt8], within patience: Duration
    ) async throws(PeerError) -> [UInt8] {
        try await exchange(octets) { hub, promise in
            hub.dial(
                .init(address: address, identity: identity, replica: nil), purpose: .question,
                events: DialledConnection.Events(
                    opened: { connection, _ in
                        connection.ask(octets, within: patience.amount, promise: promise)
                        let bound = NIOLoopBound(connection, eventLoop: hub.loop)
                        promise.futureResult.whenComplete { _ in bound.value.retire() }
                        return nil
                    },
                    closed: { _, error in promise.fail(error) }))
        }
    }

    // MARK: For people

    /// What happened since the start.
    package var counters: PeerCounters { log.counters }

    /// Whom our messages reach now, sorted.
    package func reachable() async -> [ReplicaID] {
        let promise = loop.makePromise(of: [ReplicaID].self)
        execute(
            { promise.succeed($0.reachable) }, orElse: { promise.succeed([]) })
        return (try? await promise.futureResult.get()) ?? []
    }

    /// What waits for a peer: octets and messages.
    package func waiting(for replica: ReplicaID) -> (octets: Int, messages: Int) {
        let size = queues.withLock { $0[replica]?.size }
        return (size?.octets ?? 0, size?.count ?? 0)
    }

    private var loop: any EventLoop { hub.eventLoop }

    private func exchange(
        _ octets: [UInt8],
        _ begin: @escaping @Sendable (PeerHub, EventLoopPromise<[UInt8]>) -> Void
    ) async throws(PeerError) -> [UInt8] {
        guard octets.count <= Exchange.maximumOctets else {
            throw .tooLarge(octets: octets.count)
        }
        let promise = loop.makePromise(of: [UInt8].self)
        execute(
            {
                $0.watch(promise)
                begin($0, promise)
            }, orElse: { promise.fail(PeerError.stopped) })
        do {
            return try await promise.futureResult.get()
        } catch {
            throw error as? PeerError ?? .stopped
        }
    }

    /// Runs something on the event loop, or `otherwise` if it is too late for that.
    private func execute(
        _ work: @escaping @Sendable (PeerHub) -> Void,
        orElse otherwise: @escaping @Sendable () -> Void = {}
    ) {
        let isTaken = hasEnded.withLock { hasEnded in
            guard !hasEnded else { return false }
            loop.execute { [hub] in
                if let hub = hub.value { work(hub) } else { otherwise() }
            }
            return true
        }
        if !isTaken { otherwise() }
    }

    private func shutDown() async {
        let promise = loop.makePromise(of: Void.self)
        hasEnded.withLock { hasEnded in
            hasEnded = true
            loop.execute { [hub] in
                hub.value?.stop()
                hub.value = nil
                promise.succeed()
            }
        }
        // Neither can fail, unless it was all shut down before.
        try? await promise.futureResult.get()
        try? await group.shutdownGracefully()
    }
}
