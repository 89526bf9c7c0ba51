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
///     Proxmox ──> ClusterWatch ──> StateKeeper ──> ClusterRuntime ──> the other members
///     (observe)   (what is new)         │          (agree)
///                                       ├──> ZoneStore ──> DNSServer
///                                       │    (compiled)    (answers)
///                                       └──> Reconciler ──> PowerDNS, RFC 2136
///                                            (plan, write; on whoever leads)
package struct Agent: Sendable {
    private let path: String?
    private let environment: [String: String]
    private let loaded: ConfigurationFile.Loaded
    private let cluster: ClusterRuntime
    private let store: ZoneStore
    private let board = StatusBoard(startedSeconds: WallClock.nowSeconds())
    private let desk = CollectionDesk()
    private let publishers = PublisherList()
    private let statistics = StatisticsSource()
    private let feed: EventFeed
    private let office: SigningOffice
    private let comparison = ComparisonBoard()
    private let files: SettingsFiles
    private let logger: Logger

    private var keeper: StateKeeper { cluster.keeper }

    /// Reads the configuration and finds out who this node is. Nothing listens and nothing is asked
    /// before `run`.
    ///
    /// - `path`: the configuration, `nil` to look where configurations lie.
    package init(path: String?, environment: [String: String]) async throws {
        self.path = path
        self.environment = environment
        loaded = try ConfigurationFile.load(path: path, environment: environment)
        logger = Self.makeLogger(loaded.configuration, environment)
        Self.log(loaded, to: logger)
        let store = ZoneStore(
            holdsPrivateZones: loaded.configuration.nameserver.holdsPrivateZones)
        self.store = store
        feed = EventFeed(logger: logger)
        cluster = try await ClusterRuntime(
            configuration: loaded.configuration, publish: { try store.publish($0) },
            logger: logger)
        office = SigningOffice(secrets: cluster.secrets)
        files = SettingsFiles(loaded, keeper: cluster.keeper, logger: logger) {
            try ConfigurationFile.load(path: path, environment: environment)
        }
    }

    /// Runs until SIGTERM or SIGINT; SIGHUP has the configuration read again.
    package func run() async throws {
        let configuration = loaded.configuration
        let (replacements, continuation) = AsyncStream.makeStream(
            of: Activity.self, bufferingPolicy: .bufferingNewest(1))
        let control = control
        cluster.forward { await control.answerForwarded($0) }
        await listen()
        var services: [any Service] =
            control.services(configuration, logger: logger) + [
                cluster, ReloadService(logger: logger) { try await reload(continuation) },
            ]
        if configuration.cluster.role == .full {
            services =
                try nameservers(configuration) + services + [
                    ActivityService(
                        first: { await firstActivity() }, replacements: replacements),
                    SigningDuty(keeper: keeper, office: office, logger: logger), zoneGuard,
                ]
        }
        logger.info("pipam runs", metadata: ["configuration": "\(loaded.path)"])
        try await ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        ).run()
        logger.info("pipam stopped")
    }

    private var control: AgentControl {
        AgentControl(
            events: feed.events, keeper: keeper, cluster: cluster, files: files, board: board,
            collectNow: { [desk] in await desk.collect() }, publishers: publishers,
            statistics: { [statistics] in statistics.current },
            transfers: { [statistics] in statistics.transfers },
            transports: { [statistics] in statistics.transports },
            dnstap: { [statistics] in statistics.dnstap }, office: office,
            comparison: comparison, host: LocalHost.name())
    }

    private var zoneGuard: ZoneGuard {
        ZoneGuard(
            keeper: keeper, node: cluster.identity.node,
            ask: { [cluster] in await cluster.answer(of: $0, to: $1) },
            withhold: { [store] in store.withhold($0) }, board: comparison, logger: logger)
    }

    private func nameservers(_ configuration: Configuration) throws -> [any Service] {
        guard let settings = try NameserverSettings(configuration) else { return [] }
        board.update { $0.nameserver = .init() }
        let identity = ServedIdentity(asksForCertificates: settings.transfer.asksForCertificates)
        let certificate = ServerCertificateFiles(configuration).map {
            CertificateService($0, served: identity, board: board, logger: logger)
        }
        // First, so that there is a certificate before anybody asks for it.
        return (certificate.map { [$0] } ?? []) + [
            NameserverService(
                settings: settings, store: store, identity: identity, board: board,
                statistics: statistics, logger: logger),
            CookieService(
                ring: cluster.secrets, changed: cluster.secretsChanged, store: store),
        ]
    }

    /// Hears what is applied, from the first entry on.
    private func listen() async {
        let (feed, cluster, logger, publishers) = (feed, cluster, logger, publishers)
        let office = office
        await keeper.followJournals { [store] in store.keep($0) }
        await keeper.listen { news in
            feed.take(news.commands)
            for command in news.commands {
                logger.log(command.changes)
                office.board.count(command.body)
            }
            if news.changesMembers { cluster.membersChanged() }
            publishers.ring()
            office.signal.ring()
        }
        cluster.onLeadChange {
            publishers.ring()
            office.signal.ring()
        }
    }

    /// What is done under the configuration at the start, once there is a cluster to do it for.
    private func firstActivity() async -> Activity? {
        guard await cluster.isReady() else { return nil }
        do {
            return try await activity(for: loaded)
        } catch {
            logger.error("\(error)")
            return nil
        }
    }

    /// What is done under a configuration.
    private func activity(for loaded: ConfigurationFile.Loaded) async throws -> Activity {
        guard let id = cluster.current?.cluster else {
            preconditionFailure("there is no cluster yet")
        }
        let watch = ClusterWatch(
            source: try loaded.makeSource(cluster: id), keeper: keeper,
            configuration: loaded.configuration,
            fallbackHosts: Self.fallbackHosts(loaded.configuration), desk: desk,
            duty: { [cluster] in await cluster.watchDuty() }, board: board, logger: logger)
        let loops = try publishingLoops(loaded.configuration, cluster: id)
        publishers.replace(with: loops.map { ($0.publisher, $0.signal) })
        let names = Set(loops.map(\.publisher.name))
        board.update { values in
            values.providers = values.providers.filter { names.contains($0.key) }
            for name in names where values.providers[name] == nil {
                values.providers[name] = ProviderStanding(name: name)
            }
        }
        return Activity(watch: watch, publishing: loops, files: files)
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
        _ = try ClusterSettings(new.configuration).resolvedZones()
        Self.log(new, to: logger)
        if new.configuration.fixedAtStart != loaded.configuration.fixedAtStart {
            logger.warning(
                """
                [cluster], [nameserver], [control], [metrics] and data_dir change with a restart, \
                ignoring until then
                """)
        }
        if cluster.current != nil, loaded.configuration.cluster.role == .full {
            let activity = try await activity(for: new)
            try await files.replace(with: new)
            continuation.yield(activity)
        }
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
            nameserver: nameserver, control: control, metrics: metrics, cluster: cluster,
            dataDirectory: dataDirectory)
    }

    fileprivate struct FixedSettings: Equatable {
        let nameserver: Nameserver
        let control: Control
        let metrics: ListenAddress?
        let cluster: Cluster
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
                publisher: publisher, schedule: schedule, signal: Signal(),
                keeper: keeper, board: board)
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
