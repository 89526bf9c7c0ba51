import Glibc
import NIOCore
import NIOPosix
import OpenSSL

/// Sockets between agents: how they are opened and what the kernel is told about them.
enum PeerSockets {
    /// After so long without an acknowledgement the kernel gives a connection up.
    private static let userTimeoutMilliseconds = 5000
    /// Seconds of silence before the kernel asks, between questions, and how many of them.
    private static let keepalive = (idle: 10, interval: 3, count: 3)
    /// What a channel holds before it says that it is not writable.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(
        low: 128 * 1024, high: 512 * 1024)

    /// Opens a connection for `connection`, which hears of it whether that works or not.
    static func connect(
        _ address: PeerAddress, with connection: DialledConnection, tls: TLSContext,
        limits: PeerLimits, on loop: any EventLoop
    ) {
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let bootstrap = options(for: ClientBootstrap(group: loop))
            .connectTimeout(limits.connectTimeout.amount)
            .channelInitializer { channel in
                do {
                    let handler = try TLSHandler(
                        tls, handshakeTimeout: limits.handshakeTimeout.amount)
                    try channel.pipeline.syncOperations.addHandlers(handler, bound.value)
                    return channel.eventLoop.makeSucceededVoidFuture()
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
        let opening: EventLoopFuture<any Channel>
        if let literal = try? SocketAddress(ipAddress: address.host, port: address.port) {
            opening = bootstrap.connect(to: literal)
        } else {
            opening = bootstrap.connect(host: address.host, port: address.port)
        }
        opening.whenFailure { error in
            bound.value.fail("\(error)")
        }
    }

    /// Accepts connections for `hub`.
    static func listen(
        _ address: PeerAddress, for hub: NIOLoopBoundBox<PeerHub?>, on loop: any EventLoop
    ) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(tcp(TCP_KEEPIDLE), value: .init(keepalive.idle))
            .childChannelOption(tcp(TCP_KEEPINTVL), value: .init(keepalive.interval))
            .childChannelOption(tcp(TCP_KEEPCNT), value: .init(keepalive.count))
            .childChannelOption(tcp(TCP_USER_TIMEOUT), value: .init(userTimeoutMilliseconds))
            .childChannelOption(.writeBufferWaterMark, value: waterMark)
            .childChannelInitializer { channel in
                guard let hub = hub.value else { return channel.close() }
                return hub.accept(channel)
            }
        return try await bootstrap.bind(host: address.host, port: address.port).get()
    }

    private static func options(for bootstrap: ClientBootstrap) -> ClientBootstrap {
        bootstrap
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(tcp(TCP_KEEPIDLE), value: .init(keepalive.idle))
            .channelOption(tcp(TCP_KEEPINTVL), value: .init(keepalive.interval))
            .channelOption(tcp(TCP_KEEPCNT), value: .init(keepalive.count))
            .channelOption(tcp(TCP_USER_TIMEOUT), value: .init(userTimeoutMilliseconds))
            .channelOption(.writeBufferWaterMark, value: waterMark)
    }

    private static func tcp(_ name: Int32) -> ChannelOptions.Types.SocketOption {
        .tcpOption(.init(rawValue: name))
    }
}
