import Consensus
import FoundationEssentials
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// One of three replicas: the real host, log and network, and a state machine that keeps the
/// commands in memory, as etcd keeps its keys.
///
/// Clients send commands of `commandOctets` over TCP and get the first eight octets back once the
/// command is applied here. On standard input, "lead" asks whether it leads, "commit N" has N
/// commits made one after the other within this process.
struct BenchReplica {
    static let commandOctets = 1_024
    private static let incarnation: UInt64 = 1

    let directory: String
    let number: UInt64
    let peerPorts: [Int]
    let clientPort: Int

    func run() async throws {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let id = Self.replica(number)
        let state = directory + "/\(number)"
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true)
        let relay = Relay()
        let network = try PeerNetwork(
            settings: PeerSettings(
                cluster: "bench", identity: BenchAuthority.identity(number), replica: id,
                incarnation: Self.incarnation,
                listen: ["127.0.0.1:\(peerPorts[Int(number) - 1])"]),
            credentials: BenchCredentials(directory: directory, number: number), handler: relay,
            logger: logger)
        _ = try await network.start()
        network.update(peers: peers)
        try WriteAheadLog.create(
            in: state, identity: LogIdentity(cluster: "bench", replica: id))
        var settings = HostSettings(replica: id, cluster: "bench", directory: state)
        // As etcd's defaults: 100 ms and 1 s.
        settings.tick = .milliseconds(100)
        settings.bootstrap = peers.map { FirstMember(id: $0.replica, context: []) }
        let machine = Commands()
        let host = try ReplicaHost(
            settings: settings, machine: machine, transport: network, logger: logger)
        relay.attach(host)
        try await serve(host, machine)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await network.run() }
            group.addTask { try await host.run() }
            group.addTask { await obey(host, machine) }
            // Standard input ends, or something fails: either way it is over.
            _ = await group.nextResult()
            exit(0)
        }
    }

    static func replica(_ number: UInt64) -> ReplicaID {
        guard let id = ReplicaID(number) else { preconditionFailure("0 is no replica") }
        return id
    }

    private var peers: [Peer] {
        zip(1..., peerPorts).map { number, port in
            Peer(
                replica: Self.replica(UInt64(number)),
                identity: BenchAuthority.identity(UInt64(number)),
                addresses: ["127.0.0.1:\(port)"])
        }
    }

    private func serve(_ host: ReplicaHost, _ machine: Commands) async throws {
        _ = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        CommandHandler(host: host, machine: machine))
                }
            }
            .bind(host: "127.0.0.1", port: clientPort).get()
    }

    private func obey(_ host: ReplicaHost, _ machine: Commands) async {
        while let line = readLine() {
            let words = line.split(separator: " ")
            switch (words.first, words.last.flatMap { Int($0) }) {
            case ("lead", _):
                let status = await host.currentStatus()
                print(status?.role == .leader ? "yes" : "no")
            case ("commit", let count?):
                var microseconds: [Double] = []
                for _ in 0..<count {
                    microseconds.append(await commit(host, machine) / .microseconds(1))
                }
                print(microseconds.map { "\($0)" }.joined(separator: " "))
            default: print("what?")
            }
            fflush(nil)
        }
    }

    /// From the proposal until it is applied.
    private func commit(_ host: ReplicaHost, _ machine: Commands) async -> Duration {
        let clock = ContinuousClock()
        let ticket = UInt64.random(in: 1 ... .max)
        let command =
            withUnsafeBytes(of: ticket) { Array($0) }
            + [UInt8](repeating: 7, count: Self.commandOctets - 8)
        let (applied, continuation) = AsyncStream.makeStream(of: Void.self)
        machine.expect(ticket) { continuation.finish() }
        return await clock.measure {
            async let accepted = host.propose(command)
            for await _ in applied {}
            _ = await accepted
        }
    }
}

/// Hands messages on.
private final class Relay: PeerHandler {
    private let host = Mutex<ReplicaHost?>(nil)

    func attach(_ new: ReplicaHost) { host.withLock { $0 = new } }

    func received(message: [UInt8], from replica: ReplicaID) {
        host.withLock { $0 }?.received(message, from: replica)
    }

    func beginSnapshot(
        from replica: ReplicaID, descriptor: SnapshotDescriptor
    ) async throws(ConsensusError) -> any SnapshotSink { throw .stopped }

    func request(_ octets: [UInt8], from caller: PeerCaller) async -> [UInt8] { [] }
    func reached(_ replica: ReplicaID) {}
    func lost(_ replica: ReplicaID) { host.withLock { $0 }?.reportUnreachable(replica) }
    func rolledBack(_ replica: ReplicaID, from seen: UInt64, to shown: UInt64) {}
}

/// Keeps the latest commands, and tells those who wait for theirs.
final class Commands: StateMachine {
    private struct State {
        var index: UInt64 = 0
        var kept: [UInt64: [UInt8]] = [:]
        var expected: [UInt64: @Sendable () -> Void] = [:]
    }
    /// etcd's client uses as many keys.
    private static let keys: UInt64 = 10_000
    private let state = Mutex(State())

    func expect(_ ticket: UInt64, _ done: @escaping @Sendable () -> Void) {
        state.withLock { $0.expected[ticket] = done }
    }

    func apply(_ entries: [CommittedEntry]) {
        let done = state.withLock { state in
            var done: [@Sendable () -> Void] = []
            for entry in entries {
                state.index = entry.index
                guard case .command(let octets) = entry.content else { continue }
                let ticket = octets.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
                state.kept[entry.index % Self.keys] = octets
                if let call = state.expected.removeValue(forKey: ticket) { done.append(call) }
            }
            return done
        }
        for call in done { call() }
    }

    func capture() -> SnapshotCapture {
        let state = state.withLock { ($0.index, Array($0.kept.values)) }
        let rest = Mutex(state.1[...])
        return SnapshotCapture(appliedIndex: state.0) { rest.withLock { $0.popFirst() } }
    }

    func restore(
        _ descriptor: SnapshotDescriptor, nextChunk: @escaping @Sendable () throws -> [UInt8]?
    ) throws {
        while try nextChunk() != nil {}
        state.withLock { $0.index = descriptor.index }
    }
}

/// Takes commands of one size from a connection.
private final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let host: ReplicaHost
    private let machine: Commands
    private var received = ByteBuffer()

    init(host: ReplicaHost, machine: Commands) {
        self.host = host
        self.machine = machine
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var octets = unwrapInboundIn(data)
        received.writeBuffer(&octets)
        let channel = context.channel
        while let command = received.readBytes(length: BenchReplica.commandOctets) {
            let ticket = command.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            machine.expect(ticket) {
                var answer = ByteBuffer()
                answer.writeInteger(ticket, endianness: .little)
                channel.writeAndFlush(answer, promise: nil)
            }
            // What came of it is told when it is applied.
            _ = context.eventLoop.makeFutureWithTask { [host] in await host.propose(command) }
        }
        received.discardReadBytes()
    }
}
