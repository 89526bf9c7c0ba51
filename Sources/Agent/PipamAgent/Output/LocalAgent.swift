import ClusterState
import Control
import Inventory
import Logging
import Proxmox

/// An agent without its services, for a verb that runs where no agent does: it holds the state,
/// collects when asked, and writes to the providers.
struct LocalAgent: Sendable {
    /// What the verbs ask.
    let control: AgentControl
    private let source: ProxmoxSource
    private let board: StatusBoard

    /// Takes the state, which no agent may hold at the same time.
    init(_ loaded: ConfigurationFile.Loaded, logger: Logger) async throws {
        let configuration = loaded.configuration
        let now = WallClock.nowSeconds()
        let board = StatusBoard(startedSeconds: now)
        let keeper = try StateKeeper(
            directory: configuration.dataDirectory, nowSeconds: now, publish: { _ in })
        try await keeper.configure(ClusterSettings(configuration), atSeconds: now)
        guard let cluster = await keeper.read(\.cluster) else {
            preconditionFailure("the keeper founds a cluster before anything else")
        }
        let publishers = PublisherList()
        publishers.replace(
            with: try configuration.makePublishers(cluster: cluster, keeper: keeper) {
                report, request in
                board.update {
                    $0.providers[report.provider, default: ProviderStanding(name: report.provider)]
                        .take(report, for: request, atSeconds: WallClock.nowSeconds())
                }
            }.map(\.0))
        let feed = EventFeed(logger: logger)
        let source = try loaded.makeSource(cluster: cluster)
        self.source = source
        self.board = board
        control = AgentControl(
            events: feed.events, keeper: keeper, board: board,
            collectNow: { await Self.collect(source, keeper, board) }, publishers: publishers,
            statistics: { nil }, host: LocalHost.name())
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
        let now = WallClock.nowSeconds()
        let news = await keeper.read { state in
            News(collection, reports: reports, state: state, nowSeconds: now)
        }
        try await keeper.propose(news.bodies, atSeconds: now)
    }
}

/// The cluster could not be looked at, so nothing was done.
struct CollectionFailure: Error, CustomStringConvertible {
    let reason: String

    var description: String { "nothing was done, since the guests could not be read: \(reason)" }
}
