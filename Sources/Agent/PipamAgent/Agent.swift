import ClusterState
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
package struct Agent: Sendable {
    private let path: String?
    private let environment: [String: String]
    private let loaded: ConfigurationFile.Loaded
    private let keeper: StateKeeper
    private let store: ZoneStore
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
            of: ClusterWatch.self, bufferingPolicy: .bufferingNewest(1))
        var services: [any Service] = [
            WatchService(first: try await watch(for: loaded), replacements: replacements),
            ReloadService(logger: logger) { try await reload(continuation) },
        ]
        if let settings = try NameserverSettings(configuration) {
            services.insert(
                NameserverService(settings: settings, store: store, logger: logger), at: 0)
        }
        logger.info("pipam runs", metadata: ["configuration": "\(loaded.path)"])
        try await ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        ).run()
        logger.info("pipam stopped")
    }

    private func watch(for loaded: ConfigurationFile.Loaded) async throws -> ClusterWatch {
        guard let cluster = await keeper.state.cluster else {
            preconditionFailure("the keeper founds a cluster before anything else")
        }
        return ClusterWatch(
            source: try loaded.makeSource(cluster: cluster), keeper: keeper,
            configuration: loaded.configuration,
            fallbackHosts: Self.fallbackHosts(loaded.configuration), logger: logger)
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
    private func reload(_ continuation: AsyncStream<ClusterWatch>.Continuation) async throws {
        let new = try ConfigurationFile.load(path: path, environment: environment)
        let watch = try await watch(for: new)
        let changes = try await keeper.configure(
            ClusterSettings(new.configuration), atSeconds: WallClock.nowSeconds())
        logger.log(changes)
        Self.log(new, to: logger)
        if new.configuration.nameserver != loaded.configuration.nameserver
            || new.configuration.dataDirectory != loaded.configuration.dataDirectory
        {
            logger.warning("[nameserver] and data_dir change with a restart, ignoring until then")
        }
        continuation.yield(watch)
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
