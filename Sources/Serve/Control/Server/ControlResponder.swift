import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// One request to one answer.
struct ControlResponder: Sendable {
    let service: any ControlService
    let settings: ControlSettings
    let access: SocketAccess
    let logger: Logger

    /// The answer; every error is one.
    ///
    /// - `peer`: who asks; `nil` if the kernel does not tell.
    func respond(to request: Request, from peer: SocketPeer?) async -> Response {
        do throws(ControlError) {
            guard let peer, access.admits(peer) else {
                logger.warning(
                    "control request refused",
                    metadata: ["user": "\(peer?.user.description ?? "unknown")"])
                throw .notPermitted("you may not use this socket", remedy: access.remedy)
            }
            return try await answer(request, peer)
        } catch {
            var response = Response(error)
            if case .methodNotAllowed = error {
                let path = (request.head.path ?? "/").prefix { $0 != "?" }
                response.headers[.allow] = RequestTarget.methods(at: path).joined(separator: ", ")
            }
            return response
        }
    }

    private func answer(
        _ request: Request, _ peer: SocketPeer
    ) async throws(ControlError) -> Response {
        let (route, arguments) = try await read(request)
        if route.kind == .action {
            logger.notice(
                "control request",
                metadata: [
                    "path": "\(route.template)", "user": "\(peer.user)",
                    "process": "\(peer.process)",
                ])
        }
        let reply = try await route.reply(to: arguments, from: service, within: settings)
        switch reply {
        case .json(let octets, let status):
            return Response(octets, type: "application/json", status: status)
        case .text(let text, let type):
            return Response(Array(text.utf8), type: type)
        case .events(let query):
            return try EventStream(query: query, events: service.events)
                .response(to: request)
        }
    }

    // MARK: Reading

    private func read(_ request: Request) async throws(ControlError) -> (Route, Route.Arguments) {
        let target = try RequestTarget(request.head.path ?? "/")
        let (route, values) = try target.route(for: request.method.rawValue)
        if let limit = route.textLimit {
            var arguments = try Route.Arguments(path: values, query: target.query, body: [])
            arguments.text = try await body(of: request, limit: limit)
            return (route, arguments)
        }
        let body = route.kind == .action ? try await body(of: request) : []
        return (route, try Route.Arguments(path: values, query: target.query, body: body))
    }

    private func body(
        of request: Request, limit: Int = ControlSettings.maximumBodyOctets
    ) async throws(ControlError) -> [UInt8] {
        try await withDeadline(settings.questionDeadline) { () throws(ControlError) in
            do {
                return Array(buffer: try await request.body.collect(upTo: limit))
            } catch is NIOTooManyBytesError {
                throw .tooLarge("the body is longer than \(limit) octets", remedy: "send less")
            } catch {
                throw .invalid("the body broke off: \(error)", remedy: "send it again")
            }
        }
    }
}
