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

    /// Where a verb is carried out, from its configuration.
    private enum Place {
        case running(ControlClient)
        case here(LocalAgent)
    }

    /// Compares everything with the providers and puts it right.
    package static func reconcile(
        path: String?, environment: [String: String], _ options: ReconcileOptions,
        warn: (String) -> Void
    ) async throws -> ReconcileAnswer {
        let request = ReconcileRequest(
            dryRun: options.isDryRun, approve: options.approves, force: options.forces)
        switch try await place(path, environment, warn) {
        case .running(let client):
            if options.resumes {
                _ = try await client.answer(to: .setPublishing(isPaused: false))
            }
            do {
                _ = try await client.answer(to: .collect)
            } catch ControlError.unavailable(let problem, _),
                ControlError.unknownOutcome(let problem, _)
            {
                warn("\(problem); going on with what the agent knows")
            }
            return try await client.answer(to: .reconcile(request))
        case .here(let agent):
            try await agent.collect()
            if options.resumes { _ = try await agent.control.setPublishing(isPaused: false) }
            return try await agent.control.reconcile(request)
        }
    }

    /// Removes everything of ours from the providers, and pauses publishing.
    package static func clean(
        path: String?, environment: [String: String], _ request: CleanRequest,
        warn: (String) -> Void
    ) async throws -> CleanAnswer {
        switch try await place(path, environment, warn) {
        case .running(let client): return try await client.answer(to: .clean(request))
        case .here(let agent): return try await agent.control.clean(request)
        }
    }

    /// Whether all is well.
    package static func health(
        path: String?, environment: [String: String], warn: (String) -> Void
    ) async throws -> HealthAnswer {
        switch try await place(path, environment, warn) {
        case .running(let client): return try await client.answer(to: .health)
        case .here(let agent):
            await agent.probe()
            return try await agent.control.health()
        }
    }

    private static func place(
        _ path: String?, _ environment: [String: String], _ warn: (String) -> Void
    ) async throws -> Place {
        let loaded = try ConfigurationFile.load(path: path, environment: environment)
        loaded.warnings.forEach { warn("\($0)") }
        let client = try ControlClient(socketPath: loaded.configuration.control.socket)
        if try client.isAgentRunning() { return .running(client) }
        let logger = Logger(label: "pipam") { _ in
            StandardErrorLog(level: .warning, isJournal: false)
        }
        return .here(try await LocalAgent(loaded, logger: logger))
    }
}
