import Glibc
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// Serves `GET /metrics` for Prometheus on a TCP address until it is stopped. Everybody who reaches
/// the address may read them: they hold numbers and names, no secrets.
package struct MetricsServer: Service {
    /// Where to listen.
    package struct Settings: Hashable, Sendable {
        /// An address or a host name. Default 127.0.0.1.
        package var host = "127.0.0.1"
        /// Default 9553; 0 lets the kernel choose.
        package var port: UInt16 = 9553

        /// The defaults.
        package init() {}
    }

    private static let maximumConnections = 16
    private static let maximumHeaderOctets = 16 << 10
    private static let idleTimeout: Duration = .seconds(120)
    private static let deadline: Duration = .seconds(10)

    private let service: any ControlService
    private let settings: Settings
    private let logger: Logger
    private let whenListening: @Sendable (Int) -> Void

    /// - `service`: who gives the numbers.
    /// - `whenListening`: called once with the port, when clients can connect.
    package init(
        service: any ControlService, settings: Settings = Settings(), logger: Logger,
        whenListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.service = service
        self.settings = settings
        self.logger = logger
        self.whenListening = whenListening
    }

    /// Listens and answers. Throws `ControlError.cannotListen`.
    package func run() async throws {
        let service = service
        let listener = HTTPListener(
            maximumConnections: Self.maximumConnections,
            maximumHeaderOctets: Self.maximumHeaderOctets, idleTimeout: Self.idleTimeout,
            writeDeadline: Self.deadline, logger: logger
        ) { request, _ in await Self.respond(to: request, service) }
        do {
            try await cancelWhenGracefulShutdown {
                try await listener.run(
                    host: settings.host, port: Int(settings.port), whenListening: whenListening)
            }
        } catch is CancellationError {
            return
        } catch {
            let isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
            throw ControlError.cannotListen(
                isTaken
                    ? "\(settings.host):\(settings.port) is taken by another program"
                    : "\(settings.host):\(settings.port) cannot be listened at: \(error)",
                remedy: "name another address in metrics.listen, or set metrics.enabled = false")
        }
    }

    private static func respond(
        to request: Request, _ service: any ControlService
    ) async -> Response {
        guard request.uri.path == "/metrics" else {
            return Response(.notFound("there is no such path", remedy: "ask for /metrics"))
        }
        guard request.method == .get else {
            var response = Response(
                .methodNotAllowed("this cannot be asked with that method", remedy: "ask with GET"))
            response.headers[.allow] = "GET"
            return response
        }
        do throws(ControlError) {
            let families = try await withDeadline(deadline) { await service.metrics() }
            return Response(
                Array(MetricFamily.text(families).utf8), type: MetricFamily.contentType)
        } catch {
            return Response(error)
        }
    }
}
