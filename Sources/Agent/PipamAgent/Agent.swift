import ClusterState
import Control
import Inventory
import Logging
import Nameserver
import Proxmox
import ServiceLifecycle
import UnixSignals
import Zones

/// The agent: observe, agree, derive, publish.
///
///     Proxmox ──> ClusterWatch ──> StateKeeper ──> ZoneStore ──> DNSServer
///     (observe)   (what is new)    (apply, keep)   (compiled)    (answers)
///                                        └──> Reconciler ──> PowerDNS
///                                             (plan, write)
package struct Agent: Sendable {
    private let path: String?
    private let environment: [String: String]
    private let loaded: ConfigurationFile.Loaded
    private let keeper: StateKeeper
    private let store: ZoneStore
    private let board = StatusBoard(startedSeconds: WallClock.nowSeconds())
    private let desk = CollectionDesk()
    private let publishers = PublisherList()
    private let statistics = StatisticsSource()
    private let feed: EventFeed
    private let logger: Logger

    /// Reads the configuration and the state. Nothing listens and nothing is asked before `run`.
    ///
    /// - `path`: the configuration, `nil` to look where configurations lie.
    package init(path: String?, environment: [String: String]) async throws {
        self.path = path
        self.environment = environment
        loaded = try ConfigurationFile.load(path: path, environment: environment)
        logger = Self.makeLogger(loaded.configuration, environment)
        Self.log(loaded, to: logger)
        let store = ZoneStore()
        self.store = store
        feed = EventFeed(logger: logger)
        keeper = try StateKeeper(
            directory: loaded.configuration.dataDirectory, nowSeconds: WallClock.nowSeconds()
        ) { try store.publish($0) }
        try await keeper.configure(
            ClusterSettings(loaded.configuration), atSeconds: WallClock.nowSeconds())
    }

    /// Runs until SIGTERM or SIGINT; SIGHUP has the configuration read again.
    package func run() async throws {
        let configuration = loaded.configuration
        let (replacements, continuation) = AsyncStream.makeStream(
            of: Activity.self, bufferingPolicy: .bufferingNewest(1))
        let services: [any Service] =
            try nameservers(configuration) + control.services(configuration, logger: logger) + [
                ActivityService(
                    first: try await activity(for: loaded), replacements: replacements),
                ReloadService(logger: logger) { try await reload(continuation) },
            ]
        logger.info("pipam runs", metadata: ["configuration": "\(loaded.path)"])
        try await ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        ).run()
        logger.info("pipam stopped")
    }

    private var control: AgentControl {
        AgentControl(
            events: feed.events, keeper: keeper, board: board,
            collectNow: { [desk] in await desk.collect() }, publishers: publishers,
            statistics: { [statistics] in statistics.current }, host: LocalHost.name())
    }

    private func nameservers(_ configuration: Configuration) throws -> [any Service] {
        guard let settings = try NameserverSettings(configuration) else { return [] }
        board.update { $0.nameserver = .init() }
        return [
            NameserverService(
                settings: settings, store: store, board: board, statistics: statistics,
                logger: logger)
        ]
    }

    /// What is done under a configuration.
    private func activity(for loaded: ConfigurationFile.Loaded) async throws -> Activity {
        guard let cluster = await keeper.read(\.cluster) else {
            preconditionFailure("the keeper founds a cluster before anything else")
        }
        let watch = ClusterWatch(
            source: try loaded.makeSource(cluster: cluster), keeper: keeper,
            configuration: loaded.configuration,
            fallbackHosts: Self.fallbackHosts(loaded.configuration), desk: desk, board: board,
            logger: logger)
        let loops = try publishingLoops(loaded.configuration, cluster: cluster)
        publishers.replace(with: loops.map(\.publisher))
        let names = Set(loops.map(\.publisher.name))
        board.update { values in
            values.providers = values.providers.filter { names.contains($0.key) }
            for name in names where values.providers[name] == nil {
                values.providers[name] = ProviderStanding(name: name)
            }
        }
        let signals = loops.map(\.signal)
        let feed = feed
        await keeper.listen { commands in
            feed.take(commands)
            signals.forEach { $0.ring() }
        }
        return Activity(watch: watch, publishing: loops)
    }

    /// This host, where Proxmox shows none and the operator names none: a zone needs a name server.
    private static func fallbackHosts(_ configuration: Configuration) -> [Host] {
        let addresses =
            configuration.nameserver.listen?.filter { !$0.isWildcard }.map(\.address)
            ?? (try? LocalHost.managementAddresses()) ?? []
        guard !addresses.isEmpty else { return [] }
        return [Host(name: LocalHost.name(), addresses: Set(addresses).sorted())]
    }

    /// Takes a new configuration; throws with the old one still in force.
    private func reload(_ continuation: AsyncStream<Activity>.Continuation) async throws {
        let new = try ConfigurationFile.load(path: path, environment: environment)
        _ = try await keeper.read(\.cluster).map { try new.makeSource(cluster: $0) }
        let changes = try await keeper.configure(
            ClusterSettings(new.configuration), atSeconds: WallClock.nowSeconds())
        let activity = try await activity(for: new)
        logger.log(changes)
        Self.log(new, to: logger)
        if new.configuration.fixedAtStart != loaded.configuration.fixedAtStart {
            logger.warning(
                """
                [nameserver], [control], [metrics] and data_dir change with a restart, ignoring \
                until then
                """)
        }
        continuation.yield(activity)
        logger.notice("configuration read again", metadata: ["configuration": "\(new.path)"])
    }

    private static func makeLogger(
        _ configuration: Configuration, _ environment: [String: String]
    ) -> Logger {
        let level = Logger.Level(rawValue: configuration.logLevel.rawValue) ?? .info
        let isJournal = environment["JOURNAL_STREAM"] != nil
        return Logger(label: "pipam") { _ in
            StandardErrorLog(level: level, isJournal: isJournal)
        }
    }

    private static func log(_ loaded: ConfigurationFile.Loaded, to logger: Logger) {
        for warning in loaded.warnings {
            logger.warning("\(warning)")
        }
    }
}

extension Configuration {
    /// What counts from the start of the agent to its end.
    fileprivate var fixedAtStart: FixedSettings {
        FixedSettings(
            nameserver: nameserver, control: control, metrics: metrics,
            dataDirectory: dataDirectory)
    }

    fileprivate struct FixedSettings: Equatable {
        let nameserver: Nameserver
        let control: Control
        let metrics: ListenAddress?
        let dataDirectory: String
    }
}

// MARK: - Providers

extension Agent {
    private func publishingLoops(
        _ configuration: Configuration, cluster: ClusterID
    ) throws -> [PublishingLoop] {
        try configuration.makePublishers(cluster: cluster, keeper: keeper, tell: tell).map {
            publisher, schedule in
            PublishingLoop(
                publisher: publisher, schedule: schedule, signal: Signal(), keeper: keeper,
                board: board)
        }
    }

    /// Puts down what came of a request to a provider.
    private func tell(_ report: PublishingReport, _ request: PublishingRequest) {
        let now = WallClock.nowSeconds()
        let before = board.current.providers[report.provider]
        board.update { $0.providers[report.provider]?.take(report, for: request, atSeconds: now) }
        feed.take(report, request, before: before, after: board.current.providers[report.provider])
    }
}
