import ClusterState
import Consensus
import Control
import Inventory
import Logging
import OpenSSL
import ServiceLifecycle
import Synchronization

/// This node's part in its cluster: the log, the connections to the other members, and what keeps
/// both going. A host that belongs to none waits here for a token.
final class ClusterRuntime: Service {
    /// What is known once the log is open.
    struct Membership: Sendable {
        let cluster: ClusterID
        let name: String
        let network: PeerNetwork
        let host: ReplicaHost
    }

    /// Before it stops, a leader waits for another to lead for so long.
    private static let handOverPatience = Duration.seconds(2)

    let configuration: Configuration
    let keeper: StateKeeper
    let handle = LogHandle()
    let desk: EnrolmentDesk
    let identity: NodeIdentity
    /// The secrets of the cluster that this node knows.
    let secrets = SecretRing()
    /// Rings when they are others than before.
    let secretsChanged = Signal()
    /// What they are closed with for this node; `nil` for a witness, which gets none.
    let sealingKey: AgreementKey?
    let logger: Logger
    private let lock: SharedLock
    let peers: ClusterPeers
    private let begun: Mutex<ClusterStart>
    let membership = Mutex<Membership?>(nil)
    let silent = Mutex<[NodeID: Duration]>([:])
    let acquaintances = Mutex(Acquaintances())
    /// Since when this node has heard no leader; `nil` while it does.
    let leaderless = Mutex<ContinuousClock.Instant?>(.now)
    private let joined: AsyncStream<ClusterStart>
    private let join: AsyncStream<ClusterStart>.Continuation
    let leadChanged = Mutex<@Sendable () -> Void>({})
    private let memberChanges: AsyncStream<Void>
    private let memberChange: AsyncStream<Void>.Continuation
    private let endings: AsyncStream<Void>
    private let ending: AsyncStream<Void>.Continuation
    private let recoveries: AsyncStream<Void>
    private let recovery: AsyncStream<Void>.Continuation
    private let readiness: AsyncStream<Void>
    let ready: AsyncStream<Void>.Continuation
    let standing = Mutex<JoinReply?>(nil)
    private let removed = Mutex(false)
    let forwarding = Mutex<@Sendable ([UInt8]) async -> [UInt8]>({ _ in [] })

    /// Finds out who this node is. Nothing listens before `run`.
    init(
        configuration: Configuration, publish: @escaping StateKeeper.Publisher, logger: Logger
    ) async throws {
        self.configuration = configuration
        var logger = logger
        logger[metadataKey: "node"] = "\(configuration.cluster.node ?? LocalHost.name())"
        self.logger = logger
        lock = SharedLock(try DataDirectoryLock(directory: configuration.dataDirectory))
        let start = try await ClusterStart.prepare(
            configuration, nowSeconds: WallClock.nowSeconds())
        for warning in start.warnings { logger.warning("\(warning)") }
        identity = start.identity
        sealingKey =
            configuration.cluster.role == .witness
            ? nil : try SealingKey.take(in: DataDirectory.open(configuration.dataDirectory))
        begun = Mutex(start)
        keeper = StateKeeper(
            node: start.identity.node, incarnation: start.identity.incarnation, publish: publish)
        desk = EnrolmentDesk(dataDirectory: configuration.dataDirectory)
        peers = ClusterPeers(desk: desk, keeper: keeper, logger: logger)
        (joined, join) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (memberChanges, memberChange) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        (endings, ending) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (recoveries, recovery) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (readiness, ready) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        await keeper.attach(handle)
    }

    /// The cluster, as soon as this node belongs to one.
    var current: Membership? { membership.withLock { $0 } }

    /// How this node's start went.
    var start: ClusterStart { begun.withLock { $0 } }

    /// Members that are silent, since when; only on the leader.
    var silentMembers: [NodeID: Duration] { silent.withLock { $0 } }

    /// From now on, requests that other nodes hand on to us as the leader go there.
    func forward(to answer: @escaping @Sendable ([UInt8]) async -> [UInt8]) {
        forwarding.withLock { $0 = answer }
    }

    /// From now on, this is called whenever who leads may have changed.
    func onLeadChange(_ call: @escaping @Sendable () -> Void) {
        leadChanged.withLock { $0 = call }
    }

    /// The members are others than before, or are reached elsewhere.
    func membersChanged() { memberChange.yield() }

    /// Waits until this node belongs to a cluster. `false` if the agent is stopped before.
    func isReady() async -> Bool {
        for await _ in readiness { return true }
        return false
    }

    /// What this host is called among the nodes.
    var nodeName: String { configuration.cluster.node ?? LocalHost.name() }

    /// This node was taken out of the cluster.
    var wasRemoved: Bool { removed.withLock { $0 } }

    /// Ends the agent, which has to be started on another log.
    func endForRecovery() { recovery.yield() }

    /// This node has left, or was taken out: the others would refuse it again and again.
    func markRemoved() {
        removed.withLock { $0 = true }
        current?.network.update(peers: [])
    }

    /// What the log takes on the disk.
    func logOctets() -> UInt64 {
        DirectorySize.octets(below: ClusterStart.logDirectory(configuration))
    }

    /// What a member last said of this node's wish to join; `nil` if nobody did.
    var joinReply: JoinReply? { standing.withLock { $0 } }

    /// This host was given what it needs to join: goes on from there.
    func enter(_ start: ClusterStart) {
        begun.withLock { $0 = start }
        join.yield(start)
    }

    /// Runs until the task is cancelled or the log fails, which ends the agent: it cannot go on
    /// without knowing what it promised.
    func run() async throws {
        try await withGracefulShutdownHandler { [self] in
            var start = start
            if start.decision == nil {
                logger.notice(
                    """
                    this host belongs to no cluster yet; run pipam enroll as root, or pipamctl \
                    cluster join with a token
                    """)
                guard let entered = await joined.first(where: { _ in true }) else { return }
                start = entered
            }
            try await run(from: start)
        } onGracefulShutdown: { [self] in
            // A host that goes for a while should not cost the others an election time-out.
            ending.yield()
            join.finish()
        }
    }

    private func run(from start: ClusterStart) async throws {
        guard let view = start.view, let decision = start.decision else { return }
        let membership = try await open(view, decision)
        self.membership.withLock { $0 = membership }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await membership.network.run() }
            group.addTask { try await membership.host.run() }
            group.addTask { [self] in await keeper.run() }
            group.addTask { [self] in await followLead(membership.host) }
            group.addTask { [self] in
                for await _ in memberChanges { await updatePeers() }
            }
            group.addTask { [self] in await introduceMyself() }
            group.addTask { [self] in await duties().run() }
            if let duty = secretDuty() { group.addTask { await duty.run() } }
            group.addTask { [self] in await keepCredentials(membership.network) }
            group.addTask { [self] in try await belong(view, decision) }
            group.addTask { [self] in
                for await _ in endings {
                    _ = await membership.host.handOver(within: Self.handOverPatience)
                    return
                }
            }
            group.addTask { [self] in
                for await _ in recoveries { throw RecoveryDone() }
            }
            // Whatever ends first ends the rest. Whoever listens to the host may end before it,
            // which alone knows why: its error is waited for.
            try await group.next()
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch is CancellationError {
                // Whoever was cancelled says so, which is no news.
            }
        }
    }
}

/// Holds the lock for as long as somebody holds this.
private final class SharedLock: Sendable {
    private let lock: DataDirectoryLock

    init(_ lock: consuming DataDirectoryLock) { self.lock = lock }
}
