/// One operation of the API: a method and a path. A table, since the OpenAPI document is compared
/// with it, and since a path that exists under another method is 405 and not 404.
struct Route: Sendable {
    /// Whether it changes anything.
    enum Kind: Sendable {
        case question
        /// It writes, or has the cluster read: logged with who asked, and given more time.
        case action
    }

    /// How a question reads replicated state unless it says so itself with `stale`.
    enum Reading: Sendable {
        /// What was agreed before the question is in the answer; that needs a quorum.
        case linearizable
        /// What this node has, at once.
        case stale
    }

    /// What a route is handed.
    struct Arguments: Sendable {
        var path: RequestFields
        var query: RequestFields
        var body: RequestFields
        /// The body of a route that takes text.
        var text: [UInt8] = []
    }

    /// What a route gives.
    enum Reply: Sendable {
        case json([UInt8], status: Int)
        case text(String, type: String)
        case events(EventQuery)
    }

    typealias Handler =
        @Sendable (inout Arguments, any ControlService) async throws(ControlError) -> Reply

    let kind: Kind
    /// With names in braces, as OpenAPI writes it: `/v1/guests/{vmid}`.
    let template: String
    /// Missing where no replicated state is shown.
    let reading: Reading?
    /// A member may have another one answer it.
    let isForwardable: Bool
    /// The body is text of at most so many octets; `nil` for JSON.
    let textLimit: Int?
    private let handler: Handler

    var method: String { kind == .question ? "GET" : "POST" }

    private let segments: [Substring]

    init(
        _ kind: Kind, _ template: String, reading: Reading? = nil, isForwardable: Bool = false,
        textLimit: Int? = nil, _ handler: @escaping Handler
    ) {
        self.kind = kind
        self.template = template
        self.reading = reading
        self.isForwardable = isForwardable
        self.textLimit = textLimit
        self.handler = handler
        segments = template.split(separator: "/", omittingEmptySubsequences: false)
    }

    /// The answer, after waiting for what was agreed before, where that is asked for.
    func reply(
        to arguments: Arguments, from service: any ControlService
    ) async throws(ControlError) -> Reply {
        var arguments = arguments
        if let reading {
            let isStale = try arguments.query.flagIfGiven("stale") ?? (reading == .stale)
            if !isStale { try await service.catchUp() }
        }
        return try await handler(&arguments, service)
    }

    /// The values of the names in the template; `nil` if the path is another one.
    func match(_ path: Substring) -> [String: String]? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            if segment.first == "{" {
                guard let value = PercentCoding.decoded(part) else { return nil }
                values[String(segment.dropFirst().dropLast())] = value
            } else if segment != part {
                return nil
            }
        }
        return values
    }
}

/// Which events are asked for.
struct EventQuery: Hashable, Sendable {
    /// The index of the first; 0 for the oldest that is held.
    let from: UInt64
    /// Further ones are waited for.
    let follows: Bool
    /// At most so many; `nil` for no bound.
    let limit: UInt64?
}
