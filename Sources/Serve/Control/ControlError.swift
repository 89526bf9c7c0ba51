/// Why something about the control socket failed. Each case but the last ones is an answer of the
/// API, with a status code of its own. The first value says what is wrong, `remedy` what to do.
package enum ControlError: Error, Hashable, Sendable {
    /// What was asked makes no sense: status 400.
    case invalid(String, remedy: String)
    /// The user may not use the socket: status 403, or the file's mode.
    case notPermitted(String, remedy: String)
    /// There is no such thing: status 404.
    case notFound(String, remedy: String)
    /// The resource does not do that: status 405.
    case methodNotAllowed(String, remedy: String)
    /// It cannot be done as things stand: status 409.
    case conflict(String, remedy: String)
    /// An address cannot be had or settled: status 409.
    case addressConflict(String, remedy: String, AddressConflict)
    /// The events asked for are not held any more, or not yet; `oldest` is the first that is, or
    /// the next that will be: status 410.
    case gone(String, remedy: String, oldest: UInt64)
    /// The request's body is too large: status 413.
    case tooLarge(String, remedy: String)
    /// It cannot be done now, and perhaps later: status 503.
    case unavailable(String, remedy: String)

    /// The cluster did not answer in time: it may have been done, or may be yet: status 504.
    case unknownOutcome(String, remedy: String)

    /// No agent answers at the socket.
    case noAgent(String, remedy: String)
    /// The socket or address cannot be listened at.
    case cannotListen(String, remedy: String)
    /// The agent's answer makes no sense, or the exchange broke.
    case broken(String, remedy: String)

    /// What is wrong.
    package var problem: String { parts.problem }

    /// What to do; empty when there is nothing.
    package var remedy: String { parts.remedy }

    private var parts: (problem: String, remedy: String) {
        switch self {
        case .invalid(let problem, let remedy), .notPermitted(let problem, let remedy),
            .notFound(let problem, let remedy), .methodNotAllowed(let problem, let remedy),
            .conflict(let problem, let remedy), .addressConflict(let problem, let remedy, _),
            .gone(let problem, let remedy, _), .unknownOutcome(let problem, let remedy),
            .tooLarge(let problem, let remedy), .unavailable(let problem, let remedy),
            .noAgent(let problem, let remedy), .cannotListen(let problem, let remedy),
            .broken(let problem, let remedy):
            (problem, remedy)
        }
    }
}

extension ControlError: CustomStringConvertible {
    package var description: String { remedy.isEmpty ? problem : "\(problem); \(remedy)" }
}
