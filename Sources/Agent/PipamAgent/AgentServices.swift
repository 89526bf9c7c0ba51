import Logging
import Nameserver
import ServiceLifecycle
import UnixSignals

/// Answers DNS until the agent stops.
struct NameserverService: Service {
    let settings: NameserverSettings
    let store: ZoneStore
    let logger: Logger

    func run() async throws {
        let server = DNSServer(settings: settings, store: store) { endpoints in
            for endpoint in endpoints {
                logger.notice("DNS answers", metadata: ["endpoint": "\(endpoint)"])
            }
        }
        try await cancelWhenGracefulShutdown { try await server.run() }
    }
}

/// Reads the configuration again at each SIGHUP. What is wrong with a new one is logged, and the
/// one before stays in force.
struct ReloadService: Service {
    let logger: Logger
    let reload: @Sendable () async throws -> Void

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try await reload()
            } catch {
                logger.error("reload: \(error), keeping the configuration before it")
            }
        }
    }
}
