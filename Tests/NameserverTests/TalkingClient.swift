import Foundation
import HTTPClient
import Testing

/// A script that answers each line with one line of JSON.
final class TalkingClient {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer: [UInt8] = []

    init(_ script: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit { process.terminate() }

    /// Says a line, and waits for the answer.
    func say(_ line: String) throws -> JSONValue {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        while !buffer.contains(UInt8(ascii: "\n")) {
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty, "the script has ended")
            buffer += data
        }
        let end = buffer.firstIndex(of: UInt8(ascii: "\n")) ?? buffer.count
        let text = Array(buffer[..<end])
        buffer.removeFirst(end + 1)
        return try JSONValue(parsing: text)
    }

    /// Ends it.
    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
