import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// Accepts connections and has their requests answered. Hummingbird speaks HTTP on each; accepting
/// is ours, since a listening unix socket comes with its mode set, and each connection with what
/// the kernel knows of the peer.
struct HTTPListener: Sendable {
    /// An accepted connection.
    typealias Connection = (peer: SocketPeer?, channel: HTTP1Channel.Value)

    let maximumConnections: Int
    let maximumHeaderOctets: Int
    let idleTimeout: Duration
    /// From the first octet of an answer to the last; events apart.
    let writeDeadline: Duration
    let logger: Logger
    let respond: @Sendable (Request, SocketPeer?) async -> Response
    private let accepted = AcceptedConnections()

    /// Accepts at a listening socket, which it closes, until the task is cancelled.
    func run(socket: CInt) async throws {
        let server =
            try await bootstrap
            .bind(
                socket, serverBackPressureStrategy: .init(lowWatermark: 1, highWatermark: 2),
                childChannelInitializer: accept)
        try await serve(server)
    }

    /// Accepts at a TCP address until the task is cancelled. `whenListening` is told the port.
    func run(
        host: String, port: Int, whenListening: @Sendable (Int) -> Void
    ) async throws {
        let server =
            try await bootstrap
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(
                host: host, port: port,
                serverBackPressureStrategy: .init(lowWatermark: 1, highWatermark: 2),
                childChannelInitializer: accept)
        whenListening(server.channel.localAddress?.port ?? port)
        try await serve(server)
    }

    /// A peer may end its side of the connection with its request and still read the answer.
    private var bootstrap: ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
    }

    private func serve(_ server: NIOAsyncChannel<Connection, Never>) async throws {
        do {
            try await accept(from: server)
        } catch {
            await accepted.end()
            throw error
        }
        await accepted.end()
    }

    private func accept(from server: NIOAsyncChannel<Connection, Never>) async throws {
        try await server.executeThenClose { connections in
            try await withThrowingTaskGroup(of: Void.self) { group in
                var served = 0
                for try await (peer, channel) in connections {
                    if served == maximumConnections {
                        try await group.next()
                        served -= 1
                    }
                    served += 1
                    group.addTask {
                        accepted.release(channel)
                        let http = httpChannel(peer)
                        await http.handle(value: channel, logger: logger)
                    }
                }
                group.cancelAll()
            }
        }
    }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Connection> {
        guard accepted.admit() else {
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        let peer: SocketPeer? =
            (try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { SocketPeer(socket: $0) }) ?? nil
        return httpChannel(peer).setup(channel: channel, logger: logger).always { [accepted] in
            switch $0 {
            case .success(let connection): accepted.hold(connection)
            case .failure: accepted.drop()
            }
        }.map { (peer, $0) }
    }

    private func httpChannel(_ peer: SocketPeer?) -> HTTP1Channel {
        HTTP1Channel(
            responder: { request, writer, channel in
                let response = await respond(request, peer)
                try await write(response, to: writer, of: request, on: channel)
            },
            configuration: .init(
                idleTimeout: TimeAmount(idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: maximumHeaderOctets,
                    maxHeaderListSize: maximumHeaderOctets)))
    }

    /// A peer that does not read its answer loses the connection, but not one that follows events:
    /// that costs no memory.
    @concurrent private func write(
        _ response: Response, to writer: consuming ResponseWriter, of request: Request,
        on channel: any Channel
    ) async throws {
        // The answer to HEAD has no body; nothing here is asked with it.
        let body = request.method == .head ? ResponseBody() : response.body
        guard body.contentLength != nil else {
            return try await writer.write(response: response.head, body: body)
        }
        let end = channel.eventLoop.scheduleTask(in: TimeAmount(writeDeadline)) {
            channel.close(mode: .all, promise: nil)
        }
        defer { end.cancel() }
        try await writer.write(response: response.head, body: body)
        if response.status.code == 413 {
            // What is left of the body would be read until its end.
            channel.eventLoop.scheduleTask(in: Self.lingering) {
                channel.close(mode: .all, promise: nil)
            }
        }
    }

    /// How long a peer whose request was refused half read has to read why.
    private static let lingering: TimeAmount = .seconds(1)
}
