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
    /// What DNS over TLS shows.
    let identity: ServedIdentity
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
        let server = DNSServer(settings: settings, store: store, identity: identity) { endpoints in
            let plain = settings.endpoints.count
            let names = endpoints.enumerated().map { index, endpoint in
                index < plain ? "\(endpoint)" : "\(endpoint) TLS"
            }
            board.update { $0.nameserver = .init(endpoints: names) }
            for endpoint in names {
                logger.notice("DNS answers", metadata: ["endpoint": "\(endpoint)"])
            }
        }
        statistics.replace(with: server)
        // Ends with the server: leaving the scope cancels it.
        async let _ = logSamples(of: server)
        async let _ = logTransfers(of: server)
        async let _ = logDnstap(of: server)
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

extension NameserverService {
    /// Logs when somebody begins to read dnstap, and when nobody does any more.
    private func logDnstap(of server: DNSServer) async {
        guard let socket = settings.dnstap?.socketPath else { return }
        var told: DnstapStanding?
        while !Task.isCancelled {
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.sampleInterval)
            guard let standing = server.dnstap.flatMap(DnstapStanding.init), standing != told
            else { continue }
            told = standing
            switch standing {
            case .isRead: logger.notice("dnstap is read", metadata: ["socket": "\(socket)"])
            case .isNotRead(let problem):
                logger.warning(
                    "dnstap is not read: \(problem), trying every second",
                    metadata: ["socket": "\(socket)"])
            }
        }
    }

    /// How dnstap stands, without its numbers.
    private enum DnstapStanding: Equatable {
        case isRead
        case isNotRead(problem: String)

        /// `nil` before the first attempt.
        init?(_ statistics: DnstapStatistics) {
            if statistics.isRead {
                self = .isRead
            } else if let problem = statistics.problem {
                self = .isNotRead(problem: problem)
            } else {
                return nil
            }
        }
    }

    /// Logs what became of transfers, and secondaries that do not hear us.
    private func logTransfers(of server: DNSServer) async {
        var silent: Set<Endpoint> = []
        while !Task.isCancelled {
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.sampleInterval)
            for note in server.takeTransferNotes() { log(note) }
            for secondary in server.transferStatistics.secondaries
            where secondary.isSilent != silent.contains(secondary.endpoint) {
                log(secondary)
                silent.formSymmetricDifference([secondary.endpoint])
            }
        }
    }

    private func log(_ note: TransferNote) {
        let metadata: Logger.Metadata = [
            "zone": "\(note.zone.map { "\($0)" } ?? "-")",
            "client": "\(note.client.map { "\($0)" } ?? "-")",
        ]
        switch note.event {
        case .wholeZone: logger.info("zone transferred", metadata: metadata)
        case .changes: logger.info("changes of a zone transferred", metadata: metadata)
        case .refused: logger.notice("transfer of a zone refused", metadata: metadata)
        case .badSignature: logger.notice("signature of a request refused", metadata: metadata)
        case .onlySerial, .notice, .noticeHeard, .noticeLost: break
        }
    }

    private func log(_ secondary: SecondaryStanding) {
        let metadata: Logger.Metadata = ["secondary": "\(secondary.endpoint)"]
        if secondary.isSilent {
            logger.warning(
                "a secondary does not answer notices, told again every five minutes",
                metadata: metadata)
        } else {
            logger.notice("a secondary answers notices again", metadata: metadata)
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

    /// What went over each transport since then.
    package var transports: [Transport: TransportStatistics]? {
        server.withLock { $0 }?.transports
    }

    /// What became of dnstap since then; `nil` where it is off.
    package var dnstap: DnstapStatistics? { server.withLock { $0 }?.dnstap }

    /// What became of transfers and notices since then.
    package var transfers: TransferStatistics? { server.withLock { $0 }?.transferStatistics }

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
