import Inventory
import NIOCore
import NIOPosix

/// Answers TCP on SwiftNIO, on a thread of its own: clients come here for what is too long for UDP,
/// which one thread has time for.
final class StreamService: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let settings: NameserverSettings.TCP
    private let limits: ConnectionLimits
    private let desk: NIOLoopBound<StreamDesk>

    /// Starts the thread.
    init(
        settings: NameserverSettings, store: ZoneStore, counters: AnswerCounters,
        office: TransferOffice
    ) async throws(NameserverError) {
        self.settings = settings.tcp
        limits = ConnectionLimits(settings.tcp)
        let loop = group.next()
        do {
            desk = try await loop.submit {
                NIOLoopBound(
                    StreamDesk(
                        settings: settings, store: store, counters: counters, office: office),
                    eventLoop: loop)
            }.get()
        } catch {
            throw .workerFailed(reason: "the TCP thread does not start: \(error)")
        }
    }

    /// Takes an endpoint; nobody is accepted before `accept`.
    func bind(_ endpoint: Endpoint) async throws(NameserverError) -> Listener {
        do {
            let address = try SocketAddress(
                ipAddress: endpoint.address.description, port: Int(endpoint.port))
            let channel = try await bootstrap.bind(to: address).get()
            let port = channel.localAddress?.port ?? Int(endpoint.port)
            return Listener(
                channel: channel,
                endpoint: Endpoint(address: endpoint.address, port: UInt16(port)))
        } catch let error as IOError {
            throw NameserverError(errno: error.errnoCode, endpoint: endpoint, transport: .tcp)
        } catch {
            throw .endpointFailed(endpoint, transport: .tcp, reason: "\(error)")
        }
    }

    /// The thread, for others that have as little to do.
    var eventLoop: any EventLoop { group.next() }

    /// Closes all listeners and connections, and ends the thread.
    func stop() async {
        // It fails only if it was called before; then there is nothing left to do.
        try? await group.shutdownGracefully()
    }

    private var bootstrap: ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: settings.backlog))
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
            .childChannelInitializer { [settings, limits, desk] channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.admit(channel, to: limits)
                    try channel.pipeline.syncOperations.addHandler(
                        StreamHandler(settings: settings, desk: desk.value))
                }
            }
    }

    /// Too many connections: the new one is closed, as those there may be in use.
    private struct EnoughConnections: Error {}

    private static func admit(_ channel: any Channel, to limits: ConnectionLimits) throws {
        guard let client = ConnectionLimits.Client(channel.remoteAddress), limits.admit(client)
        else { throw EnoughConnections() }
        channel.closeFuture.whenComplete { _ in limits.release(client) }
    }
}

/// A bound TCP socket.
struct Listener: Sendable {
    fileprivate let channel: any Channel
    /// Where it is bound, with the port that the kernel chose if none was asked for.
    let endpoint: Endpoint

    /// Begins to accept connections; those that came meanwhile waited in the backlog.
    func accept() async throws(NameserverError) {
        do {
            try await channel.setOption(.autoRead, value: true).get()
        } catch {
            throw .endpointFailed(endpoint, transport: .tcp, reason: "\(error)")
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
