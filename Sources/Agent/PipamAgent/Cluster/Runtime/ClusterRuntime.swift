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
    /// The leader speaks of the guests of a member that was silent for so long.
    private static let silence = Duration.seconds(30)

    let configuration: Configuration
    let keeper: StateKeeper
    let handle = LogHandle()
    let desk: EnrolmentDesk
    let identity: NodeIdentity
    let logger: Logger
    private let lock: SharedLock
    private let peers: ClusterPeers
    private let begun: Mutex<ClusterStart>
    private let membership = Mutex<Membership?>(nil)
    private let silent = Mutex<[NodeID: Duration]>([:])
    private let joined: AsyncStream<ClusterStart>
    private let join: AsyncStream<ClusterStart>.Continuation
    private let leadChanged = Mutex<@Sendable () -> Void>({})
    private let memberChanges: AsyncStream<Void>
    private let memberChange: AsyncStream<Void>.Continuation
    private let endings: AsyncStream<Void>
    private let ending: AsyncStream<Void>.Continuation
    private let recoveries: AsyncStream<Void>
    private let recovery: AsyncStream<Void>.Continuation
    private let readiness: AsyncStream<Void>
    private let ready: AsyncStream<Void>.Continuation
    private let standing = Mutex<JoinReply?>(nil)
    private let removed = Mutex(false)
    private let forwarding = Mutex<@Sendable ([UInt8]) async -> [UInt8]>({ _ in [] })

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

    /// This node has left.
    func markRemoved() { removed.withLock { $0 = true } }

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
            group.addTask { [self] in await duties().run() }
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
            // Whatever ends first ends the rest. Whoever listens to the host may end before the
            // host itself, which alone knows why: its error is waited for.
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

// MARK: - Opening

extension ClusterRuntime {
    private func open(
        _ view: ClusterView, _ decision: StartDecision
    ) async throws -> Membership {
        guard let id = ReplicaID(identity.replica.number) else {
            preconditionFailure("replica 0 is nobody")
        }
        let network = try await openNetwork(view, id)
        let directory = try prepareLog(view, id, decision)
        var settings = HostSettings(
            replica: id, cluster: "\(view.cluster)", directory: directory)
        let cluster = configuration.cluster
        settings.tick = cluster.heartbeatInterval
        settings.replica.electionTicks = UInt32(
            max(2, (cluster.electionTimeout / cluster.heartbeatInterval).rounded(.up)))
        // Counts only as long as the log is empty, as after a crash before its first entry.
        if view.bootstrapNode == identity.node {
            let founder = MembershipContext(
                timeSeconds: WallClock.nowSeconds(), member: try start.member(configuration))
            settings.bootstrap = [FirstMember(id: id, context: founder.encoded())]
        }
        let host = try ReplicaHost(
            settings: settings, machine: keeper, transport: network, logger: logger)
        handle.attach(host)
        peers.attach(
            ClusterPeers.Parts(
                host: host,
                joins: JoinDesk(
                    cluster: view.cluster, keeper: keeper, replica: handle, logger: logger),
                control: { [self] octets in
                    let answer = forwarding.withLock { $0 }
                    return await answer(octets)
                },
                ask: { [self] in try? await ask($0, $1, within: .seconds(5)) }))
        return Membership(cluster: view.cluster, name: view.name, network: network, host: host)
    }

    private func openNetwork(
        _ view: ClusterView, _ id: ReplicaID
    ) async throws -> PeerNetwork {
        let settings = PeerSettings(
            cluster: "\(view.cluster)", identity: identity.uri(in: view.cluster), replica: id,
            incarnation: identity.incarnation,
            listen: try configuration.cluster.listenAddresses().map(\.description))
        let network = try PeerNetwork(
            settings: settings,
            credentials: CredentialsReader(
                credentials: try NodeCredentials(dataDirectory: configuration.dataDirectory)),
            handler: peers, logger: logger)
        network.update(peers: view.nodes.compactMap { $0.peer(in: view.cluster) })
        for address in try await network.start() {
            logger.notice("members are answered", metadata: ["endpoint": "\(address)"])
        }
        return network
    }

    /// Makes the log if there is none. Returns where it is.
    private func prepareLog(
        _ view: ClusterView, _ id: ReplicaID, _ decision: StartDecision
    ) throws -> String {
        let data = try DataDirectory.open(configuration.dataDirectory)
        let directory = ClusterStart.logDirectory(configuration)
        if decision != .resume {
            _ = try data.makeSubdirectory(ClusterStart.logFolder)
            try WriteAheadLog.create(
                in: directory, identity: LogIdentity(cluster: "\(view.cluster)", replica: id))
        }
        var identity = identity
        try identity.recordLog(in: data)
        return directory
    }

    private func duties() -> LeaderDuties {
        LeaderDuties(
            keeper: keeper, replica: handle, patience: VoterKeeping.patience,
            voters: configuration.cluster.voters,
            report: { [self] in
                let now = $0
                silent.withLock { $0 = now }
            }, logger: logger)
    }
}

// MARK: - Belonging

extension ClusterRuntime {
    /// Founds the cluster, or asks to be let in; then tells the others what has changed about this
    /// node, for as long as it runs.
    private func belong(_ view: ClusterView, _ decision: StartDecision) async throws {
        // With a log, it goes on with what it has, also while nobody else answers.
        if decision == .resume { ready.yield() }
        if view.bootstrapNode == identity.node { await found(view) }
        while !Task.isCancelled, await !isMember() {
            await askToJoin(view)
            if joinReply?.standing == .refused { markRemoved() }
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: .seconds(2))
        }
        ready.yield()
        var nextCare = ContinuousClock.now
        while !Task.isCancelled {
            await reportMyself()
            if .now >= nextCare {
                nextCare = .now + (await CertificateCare(self).perform())
            }
            try? await Task.sleep(for: .seconds(10))
        }
    }

    private func isMember() async -> Bool {
        let node = identity.node
        return await keeper.read { $0.members[node] != nil }
    }

    private func found(_ view: ClusterView) async {
        while !Task.isCancelled {
            do {
                try await keeper.catchUp()
                guard await keeper.read({ $0.cluster == nil }) else { return }
                try await keeper.propose(
                    [
                        .found(view.cluster, founder: try start.member(configuration)),
                        .configure(ClusterSettings(configuration)),
                    ], atSeconds: WallClock.nowSeconds())
                return
            } catch {
                // A host of a cluster that is there already waits here for a majority.
                logger.debug("founding the cluster: \(error), retrying")
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func askToJoin(_ view: ClusterView) async {
        guard let network = current?.network, let wish = try? wish() else { return }
        for node in view.nodes where node.node != identity.node {
            guard let peer = node.peer(in: view.cluster) else { continue }
            for address in peer.addresses {
                guard
                    let octets = try? await network.request(
                        address: address, identity: peer.identity, wish, within: .seconds(5)),
                    let reply = PeerJSON.decode(JoinReply.self, octets)
                else { continue }
                take(reply, network)
                if reply.standing != .leaderless { return }
            }
        }
    }

    private func take(_ reply: JoinReply, _ network: PeerNetwork) {
        defer { standing.withLock { $0 = reply } }
        switch reply.standing {
        case .member, .joining:
            network.update(
                peers: reply.contacts.compactMap { contact in
                    ReplicaID(contact.replica).map {
                        Peer(
                            replica: $0, identity: contact.identity, addresses: contact.addresses)
                    }
                })
        case .waiting, .refused:
            if joinReply?.reason != reply.reason {
                logger.error("joining the cluster: \(reply.reason)")
            }
        case .leaderless: return
        }
    }

    private func wish() throws -> [UInt8] {
        let member = try start.member(configuration)
        return PeerQuestion.join(
            JoinWish(
                node: "\(member.node)", replica: member.replica, name: member.name,
                isWitness: member.kind == .witness, addresses: member.addresses,
                version: member.version, level: member.level)
        ).octets
    }

    /// Has the state say of this node what is so.
    private func reportMyself() async {
        guard let member = try? start.member(configuration) else { return }
        let node = identity.node
        // Voters also vouch for the time: no leader moves it on alone.
        let now = WallClock.nowSeconds()
        let isTold = await keeper.read { state in
            guard let known = state.members[node] else { return true }
            if let due = state.nextReportSeconds(of: node), due <= now { return false }
            return known.version == member.version && known.level == member.level
                && known.addresses == member.addresses
        }
        guard !isTold else { return }
        let report = MemberReport(
            node: node, version: member.version, level: member.level, addresses: member.addresses)
        // It is tried again soon.
        try? await keeper.propose([.reportMember(report)], atSeconds: WallClock.nowSeconds())
    }
}

// MARK: - While it runs

extension ClusterRuntime {
    /// Whether the others say that this node is a member no more: it may never hear of that by
    /// itself, since they do not talk with it any more.
    func isTakenOut() async -> Bool {
        guard let view = start.view else { return false }
        for _ in 0..<5 {
            await askToJoin(view)
            if joinReply?.standing == .refused { return true }
            try? await Task.sleep(for: .seconds(1))
        }
        return false
    }

    /// Asks another member. Throws if it does not answer.
    func ask(
        _ replica: ReplicaID, _ octets: [UInt8], within patience: Duration
    ) async throws(PeerError) -> [UInt8] {
        guard let network = current?.network else { throw .stopped }
        return try await network.request(to: replica, octets, within: patience)
    }

    private func followLead(_ host: ReplicaHost) async {
        var last: ReplicaID?
        for await status in host.statusChanges() {
            if status.leader != last {
                last = status.leader
                let name = await leaderName(status.leader)
                logger.notice(
                    "who leads has changed",
                    metadata: ["leader": "\(name ?? "nobody")", "term": "\(status.term)"])
                if last != nil { await keeper.proposeAgain() }
            }
            leadChanged.withLock { $0 }()
        }
    }

    private func leaderName(_ leader: ReplicaID?) async -> String? {
        guard let leader else { return nil }
        return await keeper.read { state in
            state.members.values.first { $0.replica == leader.number }?.name ?? "\(leader)"
        }
    }

    /// What this node looks at and speaks of.
    func watchDuty() async -> WatchDuty {
        let isLeader = await keeper.lead.isOurs
        let silent = silentMembers.filter { $0.value >= Self.silence }
        let own = identity.node
        let (others, absent) = await keeper.read { state in
            let members = state.members.values.filter {
                $0.kind == .full && $0.successor == nil && $0.node != own
            }
            return (
                Set(members.map(\.name)),
                Set(members.filter { silent[$0.node] != nil }.map(\.name))
            )
        }
        return WatchDuty(
            node: configuration.cluster.node ?? LocalHost.name(), others: others, silent: absent,
            isLeader: isLeader)
    }

    /// Whom to talk with, from the members of the state.
    func updatePeers() async {
        guard let current else { return }
        let cluster = current.cluster
        let peers = await keeper.read { state in
            state.members.values.compactMap { member in
                ReplicaID(member.replica).map {
                    Peer(
                        replica: $0, identity: MemberURI(cluster: cluster, node: member.node).text,
                        addresses: member.addresses)
                }
            }
        }
        // Before it is a member, it talks with those who let it in.
        guard peers.contains(where: { $0.replica.number == identity.replica.number }) else {
            return
        }
        current.network.update(peers: peers)
    }

    private func keepCredentials(_ network: PeerNetwork) async {
        guard
            let credentials = try? NodeCredentials(dataDirectory: configuration.dataDirectory)
        else { return }
        await credentials.watch { [logger] change in
            switch change {
            case .none: return
            case .unusable(let reason):
                logger.error("the new credentials cannot be used: \(reason), keeping the old ones")
            case .renewed:
                do {
                    try network.reload()
                    logger.notice("the credentials were renewed")
                } catch {
                    logger.error("the new credentials cannot be used: \(error), ignoring them")
                }
            }
        }
    }
}

extension PublishedNode {
    /// As a peer; `nil` for one that makes no sense.
    fileprivate func peer(in cluster: ClusterID) -> Peer? {
        ReplicaID(replica.number).map {
            Peer(
                replica: $0, identity: MemberURI(cluster: cluster, node: node).text,
                addresses: addresses.map(\.text))
        }
    }
}

/// Gives the transport what it asks for at its start and at each reload.
private struct CredentialsReader: CredentialsSource {
    let credentials: NodeCredentials

    func read() throws(PeerError) -> PeerCredentials {
        _ = credentials.refresh()
        let material = credentials.current
        return PeerCredentials(
            chain: material.certificatePEM, key: material.keyPEM, authorities: material.trustPEM)
    }
}

/// Holds the lock for as long as somebody holds this.
private final class SharedLock: Sendable {
    private let lock: DataDirectoryLock

    init(_ lock: consuming DataDirectoryLock) { self.lock = lock }
}
