import HTTPClient

extension ControlError {
    /// The error that an answer tells.
    init(_ response: HTTPResponse) {
        guard let (problem, remedy, oldest) = Self.parts(response.body) else {
            self = .broken(
                "the agent answered with status \(response.status)", remedy: "see the agent's log")
            return
        }
        switch response.status {
        case 400: self = .invalid(problem, remedy: remedy)
        case 403: self = .notPermitted(problem, remedy: remedy)
        case 404: self = .notFound(problem, remedy: remedy)
        case 405: self = .methodNotAllowed(problem, remedy: remedy)
        case 409: self = .conflict(problem, remedy: remedy)
        case 410: self = .gone(problem, remedy: remedy, oldest: oldest)
        case 413: self = .tooLarge(problem, remedy: remedy)
        case 503: self = .unavailable(problem, remedy: remedy)
        default: self = .broken(problem, remedy: remedy)
        }
    }

    /// The error that stands in the last line where events broke off.
    init(lostEvents line: [UInt8]) {
        let parts = Self.parts(line)
        let problem = parts?.problem ?? "the events broke off"
        let remedy = parts?.remedy ?? ""
        self =
            switch parts?.oldest {
            case .some(let oldest) where oldest > 0: .gone(problem, remedy: remedy, oldest: oldest)
            default: .unavailable(problem, remedy: remedy)
            }
    }

    /// A JSON object is an error and not an event or an answer.
    static func isMessage(_ octets: [UInt8]) -> Bool { parts(octets) != nil }

    private static func parts(
        _ octets: [UInt8]
    ) -> (problem: String, remedy: String, oldest: UInt64)? {
        guard let object = try? JSONValue(parsing: octets), let problem = object["error"]?.text
        else { return nil }
        let oldest = object["oldest"]?.integer.map { UInt64(clamping: $0) }
        return (problem, object["remedy"]?.text ?? "", oldest ?? 0)
    }
}
