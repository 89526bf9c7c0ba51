import CSystemCalls
import Glibc
import HTTPClient

/// Talks to a running agent over its control socket.
package struct ControlClient: Sendable {
    /// The longest answer that is read.
    private static let maximumAnswerOctets = 256 << 20
    private static let questionDeadline: Duration = .seconds(60)
    /// Longer than an agent gives itself, so that it can say what took so long.
    private static let actionDeadline: Duration = .seconds(660)
    /// As good as for ever.
    private static let followDeadline: Duration = .seconds(100 * 365 * 86_400)

    private let path: String
    private let client: HTTPClient

    /// - `socketPath`: where the agent listens.
    package init(
        socketPath: String = ControlSettings.defaultSocketPath
    ) throws(ControlError) {
        path = socketPath
        do {
            client = try HTTPClient()
        } catch {
            throw .broken("\(error)", remedy: "see what the system lacks")
        }
    }

    /// Whether an agent listens. Throws `notPermitted` where that cannot be told because the user
    /// may not use the socket.
    package func isAgentRunning() throws(ControlError) -> Bool {
        let connection = pipam_unix_connect(path)
        if connection >= 0 {
            close(connection)
            return true
        }
        switch -connection {
        case ENOENT, ENOTDIR, ECONNREFUSED: return false
        case EACCES, EPERM:
            throw .notPermitted(
                "you may not use \(path)",
                remedy: "run this as root, or have the user added to the group of the socket")
        default:
            throw .broken(
                "\(path): \(String(cString: strerror(-connection)))",
                remedy: "give the path of the agent's socket")
        }
    }

    /// What the agent answers.
    package func answer<Answer>(
        to call: ControlCall<Answer>
    ) async throws(ControlError) -> Answer {
        try call.answer(from: try await octets(of: call))
    }

    /// The same as the agent sent it: JSON, or a zone file.
    package func octets<Answer>(
        of call: ControlCall<Answer>
    ) async throws(ControlError) -> [UInt8] {
        let request = request(
            call.isAction ? .post : .get, call.target, body: call.body, type: call.bodyType,
            deadline: call.isAction ? Self.actionDeadline : Self.questionDeadline)
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            throw try explanation(of: error, isAction: call.isAction)
        }
        // Health that is not well is an answer, of status 503.
        let isHealth = Answer.self == HealthAnswer.self && response.status == 503
        guard response.isSuccess || isHealth && !Self.isError(response) else {
            throw ControlError(response)
        }
        return response.body
    }

    /// Hands over events, one line of JSON each with its end, as they come.
    ///
    /// - `from`: the index of the first; 0 for the oldest that is held.
    /// - `follow`: wait for further ones, until the task is cancelled or `take` returns false.
    package func events(
        from: UInt64, follow: Bool, take: ([UInt8]) async -> Bool
    ) async throws(ControlError) {
        let request = request(
            .get, "/v1/events?from=\(from)&follow=\(follow)", body: nil,
            deadline: follow ? Self.followDeadline : Self.questionDeadline)
        var lines = LineBuffer()
        var last: [UInt8] = []
        var isStopped = false
        let response: HTTPResponse
        do {
            response = try await client.receive(request) { part in
                for line in lines.take(part) {
                    last = line
                    guard !ControlError.isMessage(line) else { continue }
                    guard await take(line) else {
                        isStopped = true
                        return false
                    }
                }
                return true
            }
        } catch {
            if isStopped { return }
            if follow, case .broken = error {
                throw .unavailable(
                    "the agent ended the stream", remedy: "follow again once it runs")
            }
            throw try explanation(of: error)
        }
        guard response.isSuccess else { throw ControlError(response) }
        if ControlError.isMessage(last) { throw ControlError(lostEvents: last) }
    }

    private func request(
        _ method: HTTPRequest.Method, _ target: String, body: [UInt8]?,
        type: String = "application/json", deadline: Duration
    ) -> HTTPRequest {
        var request = HTTPRequest(method, "http://localhost\(target)", body: body)
        request.deadline = deadline
        request.maximumResponseOctets = Self.maximumAnswerOctets
        request.unixSocket = path
        if body != nil { request.headers = [("Content-Type", type)] }
        return request
    }

    /// Says what is wrong with the socket rather than what libcurl met.
    private func explanation(
        of error: HTTPError, isAction: Bool = false
    ) throws(ControlError) -> ControlError {
        switch error {
        case .broken, .timedOut:
            guard isAction else { break }
            return .unknownOutcome(
                "the agent did not answer (\(error)): it may have been done, or may be yet",
                remedy: "see how it stands before you ask again")
        case .unreachable:
            guard try isAgentRunning() else {
                return .noAgent(
                    "no agent listens at \(path)",
                    remedy: "start it (systemctl start pipam), or name its socket with --socket")
            }
        case .invalidRequest, .untrusted, .tooLarge, .busy, .cancelled: break
        }
        return .broken("\(error)", remedy: "see the agent's log")
    }

    private static func isError(_ response: HTTPResponse) -> Bool {
        ControlError.isMessage(response.body)
    }
}

extension ControlCall {
    /// The answer in what the agent sent.
    package func answer(from octets: [UInt8]) throws(ControlError) -> Answer {
        if let text = String(decoding: octets, as: UTF8.self) as? Answer { return text }
        return try JSONText.decode(Answer.self, from: octets)
    }
}

/// Cuts a stream into lines.
private struct LineBuffer {
    /// A longer line is handed over in pieces.
    private static let maximumOctets = 64 << 10

    private var rest: [UInt8] = []

    /// The lines that are whole now, each with its end.
    mutating func take(_ part: [UInt8]) -> [[UInt8]] {
        rest += part
        var lines: [[UInt8]] = []
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(Array(rest[start...end]))
            start = end + 1
        }
        rest.removeFirst(start)
        if rest.count > Self.maximumOctets {
            lines.append(rest)
            rest = []
        }
        return lines
    }
}
