import Control
import Inventory
import Logging
import ServiceLifecycle

/// Runs a service that listens. What keeps it from listening is told and tried again: the rest of
/// the agent works without it.
struct PersistentService: Service {
    private static let retryInterval = Duration.seconds(5)

    let service: any Service
    /// Hears what is wrong; `nil` when nothing is any more.
    let report: @Sendable (String) -> Void
    let logger: Logger

    func run() async throws {
        var last = ""
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                try await service.run()
                return
            } catch {
                let problem = "\(error)"
                if problem != last { logger.error("\(problem), retrying") }
                last = problem
                report(problem)
            }
            // Cancelled at the end, which the loop sees.
            try? await cancelWhenGracefulShutdown {
                try await Task.sleep(for: Self.retryInterval)
            }
        }
    }
}

extension AgentControl {
    /// The control socket and the metrics, as the configuration has them.
    func services(_ configuration: Configuration, logger: Logger) -> [any Service] {
        [controlService(configuration.control, logger)]
            + (configuration.metrics.map { [metricsService($0, logger)] } ?? [])
    }

    private func controlService(
        _ control: Configuration.Control, _ logger: Logger
    ) -> any Service {
        var settings = ControlSettings()
        settings.socketPath = control.socket
        settings.group = control.group ?? ControlSettings.packageGroup
        let board = board
        let server = ControlServer(service: self, settings: settings, logger: logger) {
            board.update { $0.control = .init(endpoints: [control.socket]) }
            logger.notice("control socket open", metadata: ["socket": "\(control.socket)"])
        }
        return PersistentService(
            service: server,
            report: { problem in
                board.update { $0.control = .init(problem: problem) }
            }, logger: logger)
    }

    private func metricsService(
        _ address: Configuration.ListenAddress, _ logger: Logger
    ) -> any Service {
        var settings = MetricsServer.Settings()
        settings.host = address.address.description
        settings.port = address.port
        let board = board
        board.update { $0.metrics = .init() }
        let server = MetricsServer(service: self, settings: settings, logger: logger) { _ in
            board.update { $0.metrics = .init(endpoints: ["\(address)"]) }
        }
        return PersistentService(
            service: server,
            report: { problem in
                board.update { $0.metrics = .init(problem: problem) }
            }, logger: logger)
    }
}
