import ClusterState
import Control
import Logging
import Synchronization

/// Brings the settings that decide names and zones from the configuration into the cluster.
///
/// On a host that is alone, and where all hosts share a file, what the file says is proposed by
/// itself, by whoever leads. Elsewhere a file is one of several that may differ, and a person says
/// when it is to count: `pipamctl config apply`.
final class SettingsFiles: Sendable {
    private struct State {
        var loaded: ConfigurationFile.Loaded
        /// What was proposed last, and what came of it: not proposed again and again.
        var proposed: ClusterSettings?
    }

    private let state: Mutex<State>
    private let load: @Sendable () throws -> ConfigurationFile.Loaded
    let keeper: StateKeeper
    let logger: Logger

    /// Between two looks at a shared file: Proxmox's file system tells nobody of changes.
    private static let interval = Duration.seconds(5)

    /// - `load`: reads the configuration anew.
    init(
        _ loaded: ConfigurationFile.Loaded, keeper: StateKeeper, logger: Logger,
        load: @escaping @Sendable () throws -> ConfigurationFile.Loaded
    ) {
        state = Mutex(State(loaded: loaded))
        self.load = load
        self.keeper = keeper
        self.logger = logger
    }

    /// What the file of this host says.
    var settings: ClusterSettings { ClusterSettings(state.withLock { $0.loaded.configuration }) }

    /// Where it is.
    var path: String { state.withLock { $0.loaded.path } }

    /// Takes over a configuration that was read again, and has it counted where files count by
    /// themselves.
    func replace(with loaded: ConfigurationFile.Loaded) async throws {
        state.withLock { $0.loaded = loaded }
        try await proposeIfDue()
    }

    /// Looks at the file again and again where it counts by itself, until the task is cancelled.
    func run() async {
        var problem = ""
        while !Task.isCancelled {
            do {
                if state.withLock({ $0.loaded.isShared }) {
                    let loaded = try load()
                    state.withLock { $0.loaded = loaded }
                }
                try await proposeIfDue()
                problem = ""
            } catch {
                if problem != "\(error)" {
                    // It names the file, which may be the shared one.
                    logger.error("the settings cannot be used: \(error), keeping those before")
                }
                problem = "\(error)"
            }
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func proposeIfDue() async throws {
        guard await keeper.lead.isOurs else { return }
        let (loaded, proposed) = state.withLock { ($0.loaded, $0.proposed) }
        let settings = ClusterSettings(loaded.configuration)
        let isDue = await keeper.read { state in
            (loaded.isShared || state.members.count <= 1) && state.cluster != nil
                && state.settings != settings && state.pendingSettings?.settings != settings
        }
        guard isDue, settings != proposed else { return }
        let receipt = try await keeper.submit(
            [.configure(settings)], atSeconds: WallClock.nowSeconds())
        state.withLock { $0.proposed = settings }
        tell(receipt.outcomes.first)
    }

    private func tell(_ outcome: Outcome?) {
        switch outcome {
        case .settings(let version, 0):
            state.withLock { $0.proposed = nil }
            logger.notice("the settings are in force", metadata: ["version": "\(version)"])
        case .settings(let version, let names):
            logger.warning(
                """
                \(Wording.count(Int(names), "published name")) would go with the new settings; \
                they wait: look at pipamctl plan show, then pipamctl plan apply
                """, metadata: ["version": "\(version)"])
        case .refused(let refusal): logger.error("the settings were refused: \(refusal)")
        default: break
        }
    }
}

extension ConfigurationFile.Loaded {
    /// It is the same on all hosts.
    fileprivate var isShared: Bool { sharedPath != nil }
}
