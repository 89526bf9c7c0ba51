import ClusterState
import Control
import Inventory
import Logging
import Proxmox

/// An agent without its services, for a verb that runs where no agent does: it opens the log of a
/// host that is alone, collects when asked, and writes to the providers.
struct LocalAgent: Sendable {
    /// What the verbs ask.
    let control: AgentControl
    private let source: ProxmoxSource
    private let keeper: StateKeeper
    private let board: StatusBoard

    /// Opens the log, which no agent may have open at the same time, and has the verb do its work.
    /// Throws on a host that is one of several members: what it has may be old, and nothing can be
    /// changed without the others.
    static func run<Answer: Sendable>(
        _ loaded: ConfigurationFile.Loaded, logger: Logger,
        _ verb: @escaping @Sendable (LocalAgent) async throws -> Answer
    ) async throws -> Answer {
        let runtime = try await ClusterRuntime(
            configuration: loaded.configuration, publish: { _ in }, logger: logger)
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                try await runtime.run()
                return nil
            }
            group.addTask {
                guard await runtime.isReady() else { return nil }
                try await settle(runtime, loaded)
                return try await verb(LocalAgent(runtime, loaded, logger))
            }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
            }
            throw CollectionFailure(reason: "this host belongs to no cluster; run pipam enroll")
        }
    }

    /// Waits for the state, and has the settings of the file count.
    private static func settle(
        _ runtime: ClusterRuntime, _ loaded: ConfigurationFile.Loaded
    ) async throws {
        let members = await runtime.keeper.read(\.members.count)
        guard members <= 1 else {
            throw CollectionFailure(
                reason: "this host is one of \(members) members; start its agent, then try again")
        }
        do {
            try await runtime.keeper.catchUp()
        } catch {
            let members = await runtime.keeper.read(\.members.count)
            guard members > 1 else { throw error }
            throw CollectionFailure(
                reason: "this host is one of \(members) members; start its agent, then try again")
        }
        let settings = ClusterSettings(loaded.configuration)
        guard await runtime.keeper.read({ $0.settings != settings }) else { return }
        try await runtime.keeper.propose(
            [.configure(settings)], atSeconds: WallClock.nowSeconds())
    }

    private init(
        _ runtime: ClusterRuntime, _ loaded: ConfigurationFile.Loaded, _ logger: Logger
    ) throws {
        guard let cluster = runtime.current?.cluster else {
            preconditionFailure("a runtime is ready once it has a cluster")
        }
        let keeper = runtime.keeper
        let board = StatusBoard(startedSeconds: WallClock.nowSeconds())
        let publishers = PublisherList()
        publishers.replace(
            with: try loaded.configuration.makePublishers(cluster: cluster, keeper: keeper) {
                report, request in
                board.update {
                    $0.providers[report.provider, default: ProviderStanding(name: report.provider)]
                        .take(report, for: request, atSeconds: WallClock.nowSeconds())
                }
            }.map { ($0.0, Signal()) })
        let feed = EventFeed(logger: logger)
        let source = try loaded.makeSource(cluster: cluster)
        self.source = source
        self.keeper = keeper
        self.board = board
        control = AgentControl(
            events: feed.events, keeper: keeper, cluster: runtime, board: board,
            collectNow: { await Self.collect(source, keeper, board) }, publishers: publishers,
            statistics: { nil }, office: SigningOffice(secrets: SecretRing()), host: LocalHost.name())
    }

    /// Looks at the whole cluster once.
    func collect() async throws {
        if let failure = await control.collectNow() { throw CollectionFailure(reason: failure) }
    }

    /// Asks whether the cluster would answer, without reading guests, and looks at the providers,
    /// since nobody did before.
    func probe() async {
        for publisher in control.publishers.current {
            _ = await publisher.perform(PublishingRequest(.show))
        }
        do {
            let gaps = try await source.selfTest().problems
            board.update {
                $0.source.gaps = gaps
                $0.source.lastSuccessSeconds = WallClock.nowSeconds()
            }
        } catch {
            board.update { $0.source.failure = error }
        }
    }

    /// Returns why nothing came of it.
    private static func collect(
        _ source: ProxmoxSource, _ keeper: StateKeeper, _ board: StatusBoard
    ) async -> String? {
        let progress = TerminalProgress(title: "guests read")
        defer { progress.clear() }
        do {
            let gaps = try await source.selfTest().problems
            let known = await keeper.read { $0.guests.mapValues { GuestPlace($0.guest) } }
            let collection = try await source.collect(
                .full, known: known, progress: progress.show)
            board.update {
                $0.source.gaps = gaps
                $0.source.problems = collection.problems
                $0.source.lastSuccessSeconds = WallClock.nowSeconds()
            }
            try await propose(collection, to: keeper)
            return nil
        } catch let error as ProxmoxError {
            board.update { $0.source.failure = error }
            return "\(error); \(error.remedy)"
        } catch {
            return "\(error)"
        }
    }

    private static func propose(_ collection: Collection, to keeper: StateKeeper) async throws {
        let notes = GuestNotesReader()
        let reports = collection.reports.map(notes.applied(to:))
        let news = await keeper.read { state in
            News(collection, reports: reports, duty: .everything, state: state)
        }
        for portion in news.portions {
            try await keeper.propose(
                portion, atSeconds: WallClock.nowSeconds(), isOrdered: true)
        }
    }
}

/// The cluster could not be looked at, so nothing was done.
struct CollectionFailure: Error, CustomStringConvertible {
    let reason: String

    var description: String { "nothing was done: \(reason)" }
}
