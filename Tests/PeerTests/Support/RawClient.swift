import NIOCore
import NIOPosix
import OpenSSL
import Synchronization

@testable import Consensus

/// A client that says whatever a test wants it to.
final class RawClient: Sendable {
    struct State: Sendable {
        var peer: TLSPeer?
        var frames: [Frame] = []
        var isClosed = false
        var error = ""
    }

    let board: Board<State>
    private let channel: any Channel

    private init(board: Board<State>, channel: any Channel) {
        self.board = board
        self.channel = channel
    }

    /// Connects, with TLS if there is a context.
    static func connect(_ address: String, tls: TLSContext?) async throws -> RawClient {
        guard let address = PeerAddress(address) else { throw PeerError.stopped }
        let board = Board(State())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                do {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            TLSHandler(tls, handshakeTimeout: .seconds(60)))
                    }
                    try channel.pipeline.syncOperations.addHandler(RawHandler(board))
                    return channel.eventLoop.makeSucceededVoidFuture()
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
            .connect(host: address.host, port: address.port).get()
        return RawClient(board: board, channel: channel)
    }

    func write(_ octets: [UInt8]) async {
        // The other side may have closed already; the test looks at that.
        try? await channel.writeAndFlush(ByteBuffer(bytes: octets)).get()
    }

    func write(_ kind: FrameKind, _ content: [UInt8] = []) async {
        var buffer = ByteBuffer()
        buffer.writeFrame(kind, content)
        await write(Array(buffer.readableBytesView))
    }

    func shakeHands() async throws {
        try await board.wait { $0.peer != nil }
    }

    /// Greets as node `number`.
    func greet(
        as number: UInt64, identity: String? = nil, cluster: String = "test",
        purpose: Hello.Purpose = .messages, incarnation: UInt64 = 1,
        versions: ClosedRange<UInt32> = Hello.versions
    ) async {
        let hello = Hello(
            versions: versions, purpose: purpose, cluster: cluster,
            identity: identity ?? TestAuthority.identity(number), replica: ReplicaID(number),
            incarnation: incarnation)
        await write(.hello, hello.encoded())
    }

    /// What came before the other side closed.
    func closed() async throws -> State {
        try await board.wait { $0.isClosed }
        return board.read { $0 }
    }

    func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    func close() async {
        try? await channel.close()
    }
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let board: Board<RawClient.State>
    private var reader = FrameReader()

    init(_ board: Board<RawClient.State>) {
        self.board = board
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let peer = event as? TLSPeer else { return }
        board.change { $0.peer = peer }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { reader.take($0) }
        while let frame = try? reader.next() { board.change { $0.frames.append(frame) } }
    }

    func channelInactive(context: ChannelHandlerContext) {
        board.change { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        board.change { $0.error = "\(error)" }
        context.close(promise: nil)
    }
}

extension TLSContext {
    /// A client with these credentials, or with none.
    static func client(
        _ credentials: PeerCredentials?, trusting authority: TestAuthority,
        protocols: [String] = [PeerProtocol.raft]
    ) throws -> TLSContext {
        try TLSContext(
            role: .client,
            chain: try credentials.map { try Certificate.chain(pem: $0.chain) } ?? [],
            key: try credentials.map { try PrivateKey(pem: $0.key) },
            trust: .authorities([authority.authority.certificate]),
            protocols: protocols.map { TLSProtocol($0) })
    }
}
