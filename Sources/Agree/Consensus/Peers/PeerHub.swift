import Logging
import NIOCore
import NIOPosix
import OpenSSL
import Synchronization

/// What takes longer than the event loop may wait: runs in a task of its own.
typealias PeerJob = @Sendable () async -> Void

/// Everything between this node and the others that belongs to the event loop: who is a member, the
/// connections, the credentials. One thread serves all of it.
final class PeerHub {
    let settings: PeerSettings
    let handler: any PeerHandler
    let log: PeerLog
    let loop: any EventLoop
    private(set) var tls: PeerTLS
    private let jobs: AsyncStream<PeerJob>.Continuation
    private var peers: [ReplicaID: Peer] = [:]
    private var identities: [String: ReplicaID] = [:]
    private var links: [ReplicaID: PeerLink] = [:]
    private var incarnations: [ReplicaID: UInt64] = [:]
    private var listeners: [any Channel] = []
    private var accepted: [ObjectIdentifier: AcceptedConnection] = [:]
    private var gate: HandshakeGate
    private var joins: AddressLimiter
    private var isStopped = false
    /// Questions that wait for their answer.
    private var questions: [UInt64: EventLoopPromise<[UInt8]>] = [:]
    private var lastQuestion: UInt64 = 0

    init(
        settings: PeerSettings, handler: any PeerHandler, log: PeerLog, loop: any EventLoop,
        tls: PeerTLS, jobs: AsyncStream<PeerJob>.Continuation
    ) {
        self.settings = settings
        self.handler = handler
        self.log = log
        self.loop = loop
        self.tls = tls
        self.jobs = jobs
        gate = HandshakeGate(settings.limits)
        joins = AddressLimiter(perMinute: settings.limits.joinsPerMinute)
    }

    // MARK: Membership

    /// Talks with these from now on, through the queues given for them, and with nobody else.
    func update(_ changed: [(peer: Peer, queue: SharedQueue)]) {
        guard !isStopped else { return }
        let wanted = Dictionary(changed.map { ($0.peer.replica, $0) }) { first, _ in first }
        for (replica, link) in links where wanted[replica]?.peer != link.peer {
            link.stop()
            links[replica] = nil
        }
        peers = wanted.mapValues(\.peer)
        identities = Dictionary(peers.values.map { ($0.identity, $0.replica) }) { first, _ in first
        }
        incarnations = incarnations.filter { peers[$0.key] != nil }
        for connection in accepted.values {
            guard let identity = connection.identity, connection.isForMembersOnly,
                identities[identity] != connection.replica
            else { continue }
            connection.refuse(.membership, "it is no longer a member")
        }
        for (replica, entry) in wanted where links[replica] == nil {
            let link = PeerLink(entry.peer, hub: self, queue: entry.queue)
            links[replica] = link
            link.start()
        }
    }

    /// The member with this name in its certificate.
    func member(_ identity: String) -> ReplicaID? { identities[identity] }

    /// The peer, if it is one.
    func peer(_ replica: ReplicaID) -> Peer? { peers[replica] }

    /// Whom messages reach now.
    var reachable: [ReplicaID] { links.filter { $0.value.isOpen }.keys.sorted() }

    /// Notes a member's incarnation. False if it had a higher one before.
    func accepts(incarnation: UInt64, of replica: ReplicaID) -> Bool {
        if let seen = incarnations[replica], seen > incarnation {
            log.rolledBack(replica, from: seen, to: incarnation)
            handler.rolledBack(replica, from: seen, to: incarnation)
            return false
        }
        incarnations[replica] = incarnation
        return true
    }

    // MARK: Sending

    /// Looks into the queues of these.
    func pump(_ replicas: [ReplicaID]) {
        for replica in replicas { links[replica]?.pump() }
    }

    /// Asks a member something on its connection.
    func ask(
        _ replica: ReplicaID, _ octets: [UInt8], within patience: TimeAmount,
        promise: EventLoopPromise<[UInt8]>
    ) {
        guard let link = links[replica] else {
            return promise.fail(PeerError.unknownPeer(replica))
        }
        link.ask(octets, within: patience, promise: promise)
    }

    /// Nobody waits for an answer longer than the network lives: one whose connection is still
    /// being made when the event loop ends would hear of nothing.
    func watch(_ promise: EventLoopPromise<[UInt8]>) {
        guard !isStopped else { return promise.fail(PeerError.stopped) }
        lastQuestion += 1
        let number = lastQuestion
        questions[number] = promise
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in questions[number] = nil }
    }

    /// Says who we are on a connection for `purpose`.
    func hello(_ purpose: Hello.Purpose) -> Hello {
        Hello(
            purpose: purpose, cluster: settings.cluster, identity: settings.identity,
            replica: settings.replica, incarnation: settings.incarnation)
    }

    /// Makes a connection. `started` is given it before anything happens to it.
    func dial(
        _ target: DialledConnection.Target, purpose: Hello.Purpose,
        events: DialledConnection.Events, started: (DialledConnection) -> Void = { _ in }
    ) {
        let connection = DialledConnection(
            target: target, hello: hello(purpose), limits: settings.limits, log: log,
            events: events)
        started(connection)
        guard !isStopped, let address = PeerAddress(target.address) else {
            let bound = NIOLoopBound(connection, eventLoop: loop)
            return loop.execute { bound.value.fail("it is no address") }
        }
        PeerSockets.connect(
            address, with: connection, tls: tls.client, limits: settings.limits, on: loop)
    }

    // MARK: Accepting

    /// Prepares a connection that somebody opened.
    func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        let address = channel.remoteAddress?.ipAddress ?? "unknown"
        guard !isStopped, accepted.count < settings.limits.connections, gate.enter(address) else {
            log.refused(.overload, peer: address, reason: "too many connections")
            return channel.close()
        }
        let connection = AcceptedConnection(hub: self, address: address)
        accepted[ObjectIdentifier(connection)] = connection
        do {
            let handler = try TLSHandler(
                tls.server, handshakeTimeout: settings.limits.handshakeTimeout.amount)
            try channel.pipeline.syncOperations.addHandlers(handler, connection)
            return channel.eventLoop.makeSucceededVoidFuture()
        } catch {
            connection.refuse(.overload, "\(error)")
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    /// A connection knows its other side, or has ended before that.
    func greeted(_ connection: AcceptedConnection) {
        gate.leave(connection.address)
    }

    /// A connection has ended.
    func ended(_ connection: AcceptedConnection) {
        accepted[ObjectIdentifier(connection)] = nil
    }

    /// A connection of a member is for use: older ones of the same kind are not needed any more.
    /// Those of a former life of the member end at once, others when what is under way has come.
    func replaceOthers(like connection: AcceptedConnection) {
        for other in accepted.values where other !== connection && other.isLike(connection) {
            if other.incarnation == connection.incarnation {
                other.retire(after: settings.limits.replacedGrace.amount)
            } else {
                other.refuse(.replaced, "its node has started again")
            }
        }
    }

    /// Whether one more stranger may ask something.
    var hasRoomForStranger: Bool {
        accepted.values.count(where: \.isStranger) <= settings.limits.strangers
    }

    /// Whether one more snapshot may come in.
    var hasRoomForSnapshot: Bool {
        accepted.values.count(where: \.isTakingSnapshot) < settings.limits.snapshots
    }

    /// Whether somebody without certificate may ask something now.
    func allowsJoin(from address: String) -> Bool {
        joins.allows(address, nowNanoseconds: NIODeadline.now().uptimeNanoseconds)
    }

    /// Runs something in a task of its own.
    func run(_ job: @escaping PeerJob) { jobs.yield(job) }

    // MARK: Life

    func listens(on channel: any Channel) { listeners.append(channel) }

    /// Uses other credentials from now on.
    func renew(_ tls: PeerTLS) {
        guard tls.credentials != self.tls.credentials else { return }
        self.tls = tls
        for connection in accepted.values {
            if let certificate = connection.certificate, !tls.believes(certificate) {
                connection.refuse(.authority, "its authority is no longer believed")
            }
        }
        for link in links.values { link.renew() }
    }

    /// Ends everything.
    func stop() {
        isStopped = true
        for listener in listeners { listener.close(promise: nil) }
        for link in links.values { link.stop() }
        links = [:]
        for connection in accepted.values { connection.end() }
        for promise in questions.values { promise.fail(PeerError.stopped) }
        jobs.finish()
    }
}

/// How many handshakes are under way, together and from each address: each costs a signature, and
/// whoever is slow must not keep the others out.
struct HandshakeGate {
    private let maximum: Int
    private let maximumPerAddress: Int
    private var count = 0
    private var addresses: [String: Int] = [:]

    init(_ limits: PeerLimits) {
        maximum = limits.handshakes
        maximumPerAddress = limits.handshakesPerAddress
    }

    /// Lets one more in. False if there are too many.
    mutating func enter(_ address: String) -> Bool {
        let own = addresses[address, default: 0]
        guard count < maximum, own < maximumPerAddress else { return false }
        count += 1
        addresses[address] = own + 1
        return true
    }

    /// One that was let in is done.
    mutating func leave(_ address: String) {
        guard let own = addresses[address] else { return }
        count -= 1
        addresses[address] = own == 1 ? nil : own - 1
    }
}
