package import Control
import Logging

/// The verbs about providers: through the agent where one runs, by themselves otherwise.
package enum ProviderVerbs {
    /// What `reconcile` is told.
    package struct ReconcileOptions: Sendable {
        /// Nothing is written.
        package var isDryRun = false
        /// Zones that were never written to are approved.
        package var approves = false
        /// What the brake holds back goes through too.
        package var forces = false
        /// Publishing is resumed before.
        package var resumes = false

        /// Writes what is approved.
        package init() {}
    }

    /// Compares everything with the providers and puts it right.
    package static func reconcile(
        path: String?, environment: [String: String], _ options: ReconcileOptions,
        warn: (String) -> Void
    ) async throws -> ReconcileAnswer {
        let request = ReconcileRequest(
            dryRun: options.isDryRun, approve: options.approves, force: options.forces)
        let loaded = try load(path, environment, warn)
        guard let client = try runningAgent(loaded) else {
            return try await LocalAgent.run(loaded, logger: logger) { agent in
                try await agent.collect()
                if options.resumes { _ = try await agent.control.setPublishing(isPaused: false) }
                return try await agent.control.reconcile(request)
            }
        }
        if options.resumes {
            _ = try await client.answer(to: .setPublishing(isPaused: false))
        }
        do {
            _ = try await client.answer(to: .collect)
        } catch ControlError.unavailable(let problem, _) {
            warn("\(problem); going on with what the agent knows")
        }
        return try await client.answer(to: .reconcile(request))
    }

    /// Removes everything of ours from the providers, and pauses publishing.
    package static func clean(
        path: String?, environment: [String: String], _ request: CleanRequest,
        warn: (String) -> Void
    ) async throws -> CleanAnswer {
        let loaded = try load(path, environment, warn)
        if let client = try runningAgent(loaded) {
            return try await client.answer(to: .clean(request))
        }
        return try await LocalAgent.run(loaded, logger: logger) { agent in
            try await agent.control.clean(request)
        }
    }

    /// Whether all is well.
    package static func health(
        path: String?, environment: [String: String], warn: (String) -> Void
    ) async throws -> HealthAnswer {
        let loaded = try load(path, environment, warn)
        if let client = try runningAgent(loaded) { return try await client.answer(to: .health) }
        return try await LocalAgent.run(loaded, logger: logger) { agent in
            await agent.probe()
            return try await agent.control.health()
        }
    }

    private static func load(
        _ path: String?, _ environment: [String: String], _ warn: (String) -> Void
    ) throws -> ConfigurationFile.Loaded {
        let loaded = try ConfigurationFile.load(path: path, environment: environment)
        loaded.warnings.forEach { warn("\($0)") }
        return loaded
    }

    /// `nil` where none runs.
    private static func runningAgent(
        _ loaded: ConfigurationFile.Loaded
    ) throws -> ControlClient? {
        let client = try ControlClient(socketPath: loaded.configuration.control.socket)
        return try client.isAgentRunning() ? client : nil
    }

    private static let logger = Logger(label: "pipam") { _ in
        StandardErrorLog(level: .warning, isJournal: false)
    }
}
