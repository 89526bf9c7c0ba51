import Control
import Foundation
import HTTPClient
import Logging
import Testing
import control_fixture

/// A control server in this process, with a fake agent behind it, for as long as a closure runs.
struct RunningServer {
    let settings: ControlSettings
    let service: FakeService
    let client: ControlClient
    private let http: HTTPClient

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - `change`: what is otherwise than the defaults; the path is set already, and no group.
    static func with(
        _ service: FakeService = FakeService(), logger: Logger = quiet,
        change: (inout ControlSettings) -> Void = { _ in },
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var settings = ControlSettings()
        settings.socketPath = directory.path("control.sock")
        settings.group = nil
        change(&settings)
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = ControlServer(service: service, settings: settings, logger: logger) {
            continuation.yield()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run()
            }
            for await _ in listening { break }
            try await body(
                RunningServer(
                    settings: settings, service: service,
                    client: try ControlClient(socketPath: settings.socketPath),
                    http: try HTTPClient()))
            group.cancelAll()
        }
    }

    /// Sends a request as it stands.
    func send(
        _ method: HTTPRequest.Method, _ target: String, body: String? = nil
    ) async throws -> (status: Int, json: JSONValue, response: HTTPResponse) {
        var request = HTTPRequest(method, "http://localhost\(target)")
        request.body = body.map { Array($0.utf8) }
        request.unixSocket = settings.socketPath
        let response = try await http.send(request)
        let json = try? JSONValue(parsing: response.body)
        return (response.status, json ?? .null, response)
    }
}

/// A directory that goes with its object.
final class TemporaryDirectory {
    let url: URL

    init() throws {
        // Short, since the address of a unix socket is.
        url = URL(fileURLWithPath: "/tmp/pipam-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

/// Programs that end by themselves.
enum Program {
    /// Where the build puts the programs.
    static let directory: URL = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(".build/debug")

    /// Runs a program in an empty directory, where it may leave what it likes.
    ///
    /// - `input`: what it reads; `nil` for nothing.
    static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> (status: Int32, output: String, errors: String) {
        let directory = try TemporaryDirectory()
        let (output, errors) = (directory.path("out"), directory.path("err"))
        for path in [output, errors] {
            try #require(FileManager.default.createFile(atPath: path, contents: nil))
        }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = directory.url
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        if let input {
            try Data(input.utf8).write(to: directory.url.appendingPathComponent("in"))
            process.standardInput = FileHandle(forReadingAtPath: directory.path("in"))
        }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return (
            process.terminationStatus, try String(contentsOfFile: output, encoding: .utf8),
            try String(contentsOfFile: errors, encoding: .utf8)
        )
    }
}
