package import Logging
import ServiceLifecycle

/// Serves the control API on a unix socket until it is stopped.
package struct ControlServer: Service {
    private let service: any ControlService
    private let settings: ControlSettings
    private let logger: Logger
    private let whenListening: @Sendable () -> Void

    /// - `service`: who answers.
    /// - `logger`: gets a line for each request that writes, with who made it.
    /// - `whenListening`: called once, when clients can connect.
    package init(
        service: any ControlService, settings: ControlSettings = ControlSettings(),
        logger: Logger, whenListening: @escaping @Sendable () -> Void = {}
    ) {
        self.service = service
        self.settings = settings
        self.logger = logger
        self.whenListening = whenListening
    }

    /// Listens and answers. Throws `ControlError.cannotListen`. When stopped, it cancels what is
    /// under way and takes the socket away.
    package func run() async throws {
        let access = try SocketAccess(groupName: settings.group)
        let socket = try ControlSocket(settings.socketPath, access: access)
        let responder = ControlResponder(
            service: service, settings: settings, access: access, logger: logger)
        let listener = HTTPListener(
            maximumConnections: ControlSettings.maximumConnections,
            maximumHeaderOctets: ControlSettings.maximumHeaderOctets,
            idleTimeout: settings.idleTimeout, writeDeadline: settings.questionDeadline,
            logger: logger, respond: responder.respond)
        let descriptor = try socket.duplicate()
        whenListening()
        do {
            try await cancelWhenGracefulShutdown { try await listener.run(socket: descriptor) }
        } catch is CancellationError {
            return
        }
    }
}
