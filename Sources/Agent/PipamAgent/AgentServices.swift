import Logging
package import Nameserver
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Answers DNS until the agent stops. What keeps it from listening - a port that is taken, an
/// address that is not there yet - is told and tried again: the rest of the agent works without it.
struct NameserverService: Service {
    private static let retryInterval = Duration.seconds(5)
    private static let sampleInterval = Duration.seconds(1)

    let settings: NameserverSettings
    let store: ZoneStore
    let board: StatusBoard
    let statistics: StatisticsSource
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await serve()
                // Cancelled at the end, which the loop sees.
                try? await Task.sleep(for: Self.retryInterval)
            }
        }
    }

    private func serve() async {
        let server = DNSServer(settings: settings, store: store) { endpoints in
            let names = endpoints.map(\.description)
            board.update { $0.nameserver = .init(endpoints: names) }
            for endpoint in names {
                logger.notice("DNS answers", metadata: ["endpoint": "\(endpoint)"])
            }
        }
        statistics.replace(with: server)
        // Ends with the server: leaving the scope cancels it.
        async let _ = logSamples(of: server)
        do {
            try await server.run()
        } catch {
            let problem = "\(error)"
            guard board.current.nameserver?.problem != problem else { return }
            board.update { $0.nameserver = .init(problem: problem) }
            logger.error("\(problem), retrying every \(Self.retryInterval)")
        }
    }

    /// Logs the queries that were taken for it, once a second: the workers tell nobody of them,
    /// which would cost all queries something.
    private func logSamples(of server: DNSServer) async {
        guard settings.answers.sampleInterval > 0 else { return }
        while !Task.isCancelled {
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.sampleInterval)
            for sample in server.takeSamples() {
                logger.info(
                    "DNS query",
                    metadata: [
                        "client": "\(sample.client.map { "\($0)" } ?? "-")",
                        "name": "\(sample.name.map { "\($0)" } ?? "-")",
                        "type": "\(sample.type)", "transport": "\(sample.transport)",
                        "rcode": "\(sample.code.map { "\($0)" } ?? "-")",
                        "octets": "\(sample.sizeOctets)",
                    ])
            }
        }
    }
}

/// Where the numbers of the name server that runs are found.
package final class StatisticsSource: Sendable {
    private let server = Mutex<DNSServer?>(nil)

    /// None yet.
    package init() {}

    /// What was answered since the name server last began; `nil` before it did.
    package var current: AnswerStatistics? { server.withLock { $0 }?.statistics }

    func replace(with new: DNSServer) {
        server.withLock { $0 = new }
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
