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
                response.headers[.allow] = Self.methods(at: Self.path(of: request)).joined(
                    separator: ", ")
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
        let service = service
        let deadline =
            route.kind == .action ? settings.actionDeadline : settings.questionDeadline
        let reply = try await withDeadline(deadline) { () throws(ControlError) in
            var arguments = arguments
            return try await route.handler(&arguments, service)
        }
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
        let target = request.head.path ?? "/"
        guard target.utf8.count <= ControlSettings.maximumTargetOctets else {
            throw .invalid(
                "the URL is longer than \(ControlSettings.maximumTargetOctets) octets",
                remedy: "ask for less")
        }
        let path = Self.path(of: request)
        let (route, values) = try Self.find(request.method.rawValue, path)
        let query = target[path.endIndex...].dropFirst()
        let body = route.kind == .action ? try await body(of: request) : []
        return (
            route,
            Route.Arguments(
                path: RequestFields(path: values), query: try RequestFields(query: query),
                body: try RequestFields(body: body))
        )
    }

    private func body(of request: Request) async throws(ControlError) -> [UInt8] {
        let limit = ControlSettings.maximumBodyOctets
        return try await withDeadline(settings.questionDeadline) { () throws(ControlError) in
            do {
                return Array(buffer: try await request.body.collect(upTo: limit))
            } catch is NIOTooManyBytesError {
                throw .tooLarge("the body is longer than \(limit) octets", remedy: "send less")
            } catch {
                throw .invalid("the body broke off: \(error)", remedy: "send it again")
            }
        }
    }

    private static func path(of request: Request) -> Substring {
        let target = request.head.path ?? "/"
        return target.prefix { $0 != "?" }
    }

    private static func find(
        _ method: String, _ path: Substring
    ) throws(ControlError) -> (Route, [String: String]) {
        for route in Route.all where route.method == method {
            if let values = route.match(path) { return (route, values) }
        }
        guard methods(at: path).isEmpty else {
            throw .methodNotAllowed(
                "this cannot be asked with that method",
                remedy: "ask with \(methods(at: path).joined(separator: " or "))")
        }
        throw .notFound("there is no such path", remedy: "see GET /v1/openapi.yaml")
    }

    private static func methods(at path: Substring) -> [String] {
        Set(Route.all.filter { $0.match(path) != nil }.map(\.method)).sorted()
    }
}
