import Logging
import Nameserver
import ServiceLifecycle

/// Keeps what DNS over TLS shows in step with its files: whoever renews a certificate replaces the
/// files, and need not tell us. The files are read anew every few seconds rather than watched: they
/// are small, and what replaces them goes by links, directories and other file systems, which
/// inotify(7) follows badly.
struct CertificateService: Service {
    private static let interval = Duration.seconds(5)

    private let files: ServerCertificateFiles
    private let served: ServedIdentity
    private let board: StatusBoard
    private let logger: Logger

    init(
        _ files: ServerCertificateFiles, served: ServedIdentity, board: StatusBoard,
        logger: Logger
    ) {
        self.files = files
        self.served = served
        self.board = board
        self.logger = logger
        board.update { $0.certificate = StatusBoard.ServerCertificate() }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var keeper = CertificateKeeper(files, served: served)
            var warned: CertificateDates?
            while !Task.isCancelled {
                let now = Int64(WallClock.nowSeconds())
                tell(keeper.look(atSeconds: now))
                let dates = served.current.map(CertificateDates.init)
                if let dates, dates != warned, let problem = dates.problem(atSeconds: now) {
                    logger.warning("the certificate of DNS over TLS \(problem)")
                    warned = dates
                }
                // Cancelled at the end, which the loop sees.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func tell(_ action: CertificateKeeper.Action) {
        switch action {
        case .nothing:
            break
        case .taken(let dates):
            board.update { $0.certificate = .init(dates: dates) }
            logger.notice(
                "certificate of DNS over TLS read",
                metadata: [
                    "file": "\(files.certificate)",
                    "until": "\(CertificateDates.text(dates.notAfterSeconds))",
                ])
        case .refused(let problem):
            board.update { $0.certificate?.problem = problem }
            let rest = served.current == nil ? "DNS over TLS closes connections" : "keeping the old"
            logger.error("\(problem), \(rest)")
        }
    }
}
