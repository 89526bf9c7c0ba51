import HTTPClient

extension ControlError {
    /// The error that an answer tells.
    init(_ response: HTTPResponse) {
        self.init(status: response.status, octets: response.body)
    }

    /// The error in an answer, as `status` and `octets` of one made it.
    init(status: Int, octets: [UInt8]) {
        guard let message = Message(octets) else {
            self = .broken(
                "the agent answered with status \(status)", remedy: "see the agent's log")
            return
        }
        self.init(message, status: status)
    }

    private init(_ message: Message, status: Int) {
        let (problem, remedy) = (message.problem, message.remedy)
        switch status {
        case 400: self = .invalid(problem, remedy: remedy)
        case 403: self = .notPermitted(problem, remedy: remedy)
        case 404: self = .notFound(problem, remedy: remedy)
        case 405: self = .methodNotAllowed(problem, remedy: remedy)
        case 409:
            self =
                message.conflict.map { .addressConflict(problem, remedy: remedy, $0) }
                ?? .conflict(problem, remedy: remedy)
        case 410: self = .gone(problem, remedy: remedy, oldest: message.oldest)
        case 413: self = .tooLarge(problem, remedy: remedy)
        case 503: self = .unavailable(problem, remedy: remedy)
        case 504: self = .unknownOutcome(problem, remedy: remedy)
        default: self = .broken(problem, remedy: remedy)
        }
    }

    /// The error that stands in the last line where events broke off.
    init(lostEvents line: [UInt8]) {
        let message = Message(line)
        let problem = message?.problem ?? "the events broke off"
        let remedy = message?.remedy ?? ""
        self =
            switch message?.oldest {
            case .some(let oldest) where oldest > 0: .gone(problem, remedy: remedy, oldest: oldest)
            default: .unavailable(problem, remedy: remedy)
            }
    }

    /// A JSON object is an error and not an event or an answer.
    static func isMessage(_ octets: [UInt8]) -> Bool { Message(octets) != nil }

    /// What a JSON object says of an error.
    private struct Message {
        let problem: String
        let remedy: String
        let oldest: UInt64
        let conflict: AddressConflict?

        /// `nil` for what is none.
        init?(_ octets: [UInt8]) {
            guard let object = try? JSONValue(parsing: octets), let problem = object["error"]?.text
            else { return nil }
            self.problem = problem
            remedy = object["remedy"]?.text ?? ""
            oldest = object["oldest"]?.integer.map { UInt64(clamping: $0) } ?? 0
            conflict = object["reason"]?.text.flatMap(AddressConflict.Reason.init)
                .map { AddressConflict($0, holder: object["holder"]?.text) }
        }
    }
}
