import Inventory
import NIOCore
import NIOPosix
import OpenSSL

/// Answers TCP and TLS on SwiftNIO, on a thread of its own: clients come here for what is too long
/// for UDP, or not for everybody's ears, which one thread has time for.
final class StreamService: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let plain: Gate
    /// `nil` where TLS is not spoken.
    private let secure: Gate?

    /// Starts the thread.
    init(
        settings: NameserverSettings, store: ZoneStore, doors: StreamDoors,
        office: TransferOffice, identity: ServedIdentity, dnstap: DnstapService?
    ) async throws(NameserverError) {
        let loop = group.next()
        do {
            (plain, secure) = try await loop.submit {
                let gate = { (transport: Transport, door: StreamDoors.Door) in
                    let desk = StreamDesk(
                        transport, settings: settings, store: store, counters: door.counters,
                        office: office, tap: dnstap.map { Tap($0) })
                    return Gate(
                        transport: transport, settings: settings, identity: identity,
                        limits: door.limits,
                        desk: NIOLoopBound(desk, eventLoop: loop),
                        queue: NIOLoopBound(HandshakeQueue(), eventLoop: loop))
                }
                return (gate(.tcp, doors.plain), doors.secure.map { gate(.tls, $0) })
            }.get()
        } catch {
            throw .workerFailed(reason: "the TCP thread does not start: \(error)")
        }
    }

    /// Takes an endpoint; nobody is accepted before `accept`.
    func bind(
        _ endpoint: Endpoint, over transport: Transport
    ) async throws(NameserverError) -> Listener {
        guard let gate = transport == .tls ? secure : plain else {
            preconditionFailure("an endpoint for TLS without its settings")
        }
        do {
            let address = try SocketAddress(
                ipAddress: endpoint.address.description, port: Int(endpoint.port))
            let channel = try await bootstrap(gate).bind(to: address).get()
            let port = channel.localAddress?.port ?? Int(endpoint.port)
            return Listener(
                channel: channel, transport: transport,
                endpoint: Endpoint(address: endpoint.address, port: UInt16(port)))
        } catch let error as IOError {
            throw NameserverError(errno: error.errnoCode, endpoint: endpoint, transport: transport)
        } catch {
            throw .endpointFailed(endpoint, transport: transport, reason: "\(error)")
        }
    }

    /// The thread, for others that have as little to do.
    var eventLoop: any EventLoop { group.next() }

    /// Closes all listeners and connections, and ends the thread.
    func stop() async {
        // It fails only if it was called before; then there is nothing left to do.
        try? await group.shutdownGracefully()
    }

    private func bootstrap(_ gate: Gate) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: gate.settings.tcp.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RefusalSink())
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try gate.admit(channel) }
            }
    }
}

/// What the connections of one transport have in common, on the thread that serves them.
private struct Gate: Sendable {
    /// There are too many connections, or nothing to show: the new one is closed.
    private struct NotAdmitted: Error {}

    let transport: Transport
    let settings: NameserverSettings
    let identity: ServedIdentity
    let limits: ConnectionLimits
    let desk: NIOLoopBound<StreamDesk>
    let queue: NIOLoopBound<HandshakeQueue>

    /// Gives a new connection its handlers, or throws.
    func admit(_ channel: any Channel) throws {
        do {
            let admission = try place(for: channel)
            channel.closeFuture.whenComplete { _ in admission.release() }
            switch transport {
            case .udp, .tcp:
                try channel.pipeline.syncOperations.addHandler(
                    StreamHandler(settings: settings.tcp, desk: desk.value))
            case .tls:
                try secure(channel, admission)
            }
        } catch {
            limits.countRefusal()
            throw error
        }
    }

    private func place(for channel: any Channel) throws -> ConnectionLimits.Admission {
        guard let client = ConnectionLimits.Client(channel.remoteAddress) else {
            throw NotAdmitted()
        }
        switch limits.admit(client) {
        case .admitted(let admission): return admission
        case .clientHasEnough: throw NotAdmitted()
        case .full:
            guard queue.value.closeFirst(), case .admitted(let admission) = limits.admit(client)
            else { throw NotAdmitted() }
            return admission
        }
    }

    private func secure(
        _ channel: any Channel, _ admission: ConnectionLimits.Admission
    ) throws {
        guard let tls = settings.tls, let context = identity.context else {
            throw NotAdmitted()
        }
        let handler = try TLSHandler(
            context, handshakeTimeout: TimeAmount(tls.handshakeTimeout), allowsHalfClosure: true)
        let ticket = queue.value.add(channel, admission)
        // Also for one that closes before its handlers hear of it at all.
        channel.closeFuture.whenComplete { [queue] _ in queue.value.remove(ticket) }
        let answers = StreamHandler(settings: settings.tcp, desk: desk.value) {
            [queue = queue.value, limits] isDone in
            queue.remove(ticket)
            if !isDone { limits.countFailedHandshake() }
        }
        try channel.pipeline.syncOperations.addHandlers([handler, answers])
    }
}

/// What outlives the thread that serves connections: their counters.
struct StreamDoors: Sendable {
    /// One transport's.
    struct Door: Sendable {
        let counters = AnswerCounters()
        let limits: ConnectionLimits
    }

    let plain: Door
    let secure: Door?

    init(_ settings: NameserverSettings) {
        let perClient = settings.tcp.connectionsPerClient
        plain = Door(
            limits: ConnectionLimits(total: settings.tcp.connections, perClient: perClient))
        secure = settings.tls.map {
            Door(limits: ConnectionLimits(total: $0.connections, perClient: perClient))
        }
    }
}

/// A bound TCP socket.
struct Listener: Sendable {
    fileprivate let channel: any Channel
    fileprivate let transport: Transport
    /// Where it is bound, with the port that the kernel chose if none was asked for.
    let endpoint: Endpoint

    /// Begins to accept connections; those that came meanwhile waited in the backlog.
    func accept() async throws(NameserverError) {
        do {
            try await channel.setOption(.autoRead, value: true).get()
        } catch {
            throw .endpointFailed(endpoint, transport: transport, reason: "\(error)")
        }
    }

    /// Gives the endpoint back.
    func close() async {
        // A listener that is closed already is what we want.
        try? await channel.close()
    }
}

/// Takes the errors of connections that were not admitted, which were closed by then.
private final class RefusalSink: ChannelInboundHandler {
    typealias InboundIn = any Channel

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
