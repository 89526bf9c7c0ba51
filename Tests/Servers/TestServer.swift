import Foundation
package import HTTPClient

/// A server of Tests/Servers, run as a process of its own from the environment that
/// Tests/Servers/install makes. It ends when this object does.
package actor TestServer {
    /// Why a server could not be used.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// What the server printed when it was ready.
    package nonisolated let ready: JSONValue

    private let commands: FileHandle
    private let lines: AsyncStream<String>

    /// The folder of Package.swift.
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Starts a script of this folder and waits until it is ready.
    package init(_ script: String, _ arguments: [String] = []) async throws {
        let python = Self.root.appendingPathComponent(".build/servers/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Failure(description: "no \(python): run Tests/Servers/install first")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        let path = Self.root.appendingPathComponent("Tests/Servers/\(script)").path
        process.arguments = [path] + arguments
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        commands = input.fileHandleForWriting
        lines = Self.lines(of: output.fileHandleForReading)
        ready = try await Self.next(lines, of: script)
    }

    deinit {
        // The server reads the end of its input and stops; a failure means it has stopped.
        try? commands.close()
    }

    /// A text that the server printed when it was ready.
    package nonisolated func text(_ name: String) throws -> String {
        guard let text = ready[name]?.text else {
            throw Failure(description: "the server printed no \(name)")
        }
        return text
    }

    /// Sends a command, an object as JSON text, and returns what came of it.
    @discardableResult
    package func command(_ json: String) async throws -> JSONValue {
        try commands.write(contentsOf: Data((json.filter { $0 != "\n" } + "\n").utf8))
        let answer = try await Self.next(lines, of: json)
        guard answer["ok"]?.flag == true else {
            throw Failure(description: "\(json): \(answer["error"]?.text ?? "no reason")")
        }
        return answer["result"] ?? .null
    }

    private static func next(
        _ lines: AsyncStream<String>, of what: String
    ) async throws -> JSONValue {
        for await line in lines { return try JSONValue(parsing: Array(line.utf8)) }
        throw Failure(description: "\(what): the server ended")
    }

    /// Reading blocks, so it has a thread; it ends with the server.
    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            var rest = Data()
            while true {
                // What is there, at least one octet; nothing only at the end.
                let part = handle.availableData
                guard !part.isEmpty else { break }
                rest.append(part)
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
            continuation.finish()
        }
        return lines
    }
}
