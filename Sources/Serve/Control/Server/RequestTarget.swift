/// Path and query of a request, and the route they lead to.
struct RequestTarget: Sendable {
    let path: Substring
    /// What follows the question mark.
    let query: Substring

    /// Refuses what is longer than `ControlSettings.maximumTargetOctets`.
    init(_ text: String) throws(ControlError) {
        guard text.utf8.count <= ControlSettings.maximumTargetOctets else {
            throw .invalid(
                "the URL is longer than \(ControlSettings.maximumTargetOctets) octets",
                remedy: "ask for less")
        }
        path = text.prefix { $0 != "?" }
        query = text[path.endIndex...].dropFirst()
    }

    /// The route and the values of the names in its template.
    func route(for method: String) throws(ControlError) -> (Route, [String: String]) {
        for route in Route.all where route.method == method {
            if let values = route.match(path) { return (route, values) }
        }
        let methods = Self.methods(at: path)
        guard methods.isEmpty else {
            throw .methodNotAllowed(
                "this cannot be asked with that method",
                remedy: "ask with \(methods.joined(separator: " or "))")
        }
        throw .notFound("there is no such path", remedy: "see GET /v1/openapi.yaml")
    }

    /// The methods that a path has, sorted.
    static func methods(at path: Substring) -> [String] {
        Set(Route.all.filter { $0.match(path) != nil }.map(\.method)).sorted()
    }
}

extension Route.Arguments {
    /// Checks the syntax of each.
    init(
        path: [String: String], query: Substring, body: [UInt8]
    ) throws(ControlError) {
        self.init(
            path: RequestFields(path: path), query: try RequestFields(query: query),
            body: try RequestFields(body: body))
    }
}

extension Route {
    /// The answer within the time that is given to questions and to actions.
    func reply(
        to arguments: Arguments, from service: any ControlService, within settings: ControlSettings
    ) async throws(ControlError) -> Reply {
        let deadline = kind == .action ? settings.actionDeadline : settings.questionDeadline
        return try await withDeadline(deadline, isAction: kind == .action) {
            () throws(ControlError) in
            try await reply(to: arguments, from: service)
        }
    }
}
