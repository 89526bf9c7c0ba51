import ArgumentParser
import Control
import Glibc

/// Options of the verbs that tell how something stands.
struct AttentionOptions: ParsableArguments {
    @Flag(help: "Exit with status 2 if something needs a person.")
    var exitCode = false
}

/// The options of every verb.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The agent's socket (default: $PIPAM_SOCKET, else /run/pipam/control.sock).",
            valueName: "path"))
    var socket: String?

    @Flag(help: "Print what the agent answers, as JSON.")
    var json = false

    /// Something was done, and something needs a person.
    static let attention = ExitCode(2)

    /// Nobody knows whether it was done.
    static let unknownOutcome = ExitCode(3)

    /// Asks, prints the answer, and ends with status 2 if it needs attention.
    func show<Answer>(
        _ call: @autoclosure () throws -> ControlCall<Answer>, text: KeyPath<Answer, String>,
        needsAttention: (Answer) -> Bool = { _ in false }
    ) async throws {
        let isAttentionNeeded = try await withClient { client in
            needsAttention(try await print(try call(), of: client, text: text))
        }
        if isAttentionNeeded { throw Self.attention }
    }

    /// Asks and prints the answer.
    func print<Answer>(
        _ call: ControlCall<Answer>, of client: ControlClient, text: KeyPath<Answer, String>
    ) async throws -> Answer {
        let octets = try await client.octets(of: call)
        let answer = try call.answer(from: octets)
        try StandardStreams.emit(json ? octets : Array(answer[keyPath: text].utf8))
        return answer
    }

    /// Runs something with a client; an error is told in its own words, and the status is 1, or 3
    /// where it is not known whether something was done.
    func withClient<Value>(
        _ body: (ControlClient) async throws -> Value
    ) async throws -> Value {
        StandardStreams.keepOpen()
        do {
            return try await body(ControlClient(socketPath: socketPath))
        } catch {
            StandardStreams.complain("pipamctl: \(error)")
            if case ControlError.unknownOutcome = error { throw Self.unknownOutcome }
            throw ExitCode.failure
        }
    }

    private var socketPath: String {
        socket ?? getenv("PIPAM_SOCKET").map { String(cString: $0) }
            ?? ControlSettings.defaultSocketPath
    }
}
