import Foundation
package import HTTPClient

/// A program run to its end.
package enum Command {
    /// What came of it.
    package struct Outcome: CustomStringConvertible {
        /// Its exit status.
        package let status: Int32
        /// What it printed on standard output.
        package let output: String
        /// What it printed on standard error.
        package let errors: String

        /// The output as a document.
        package var json: JSONValue {
            get throws {
                do {
                    return try JSONValue(parsing: Array(output.utf8))
                } catch {
                    throw TestServer.Failure(description: "\(self): \(error)")
                }
            }
        }

        package var description: String { "status \(status): \(output)\(errors)" }
    }

    /// What it printed on standard output.
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil
    ) throws -> String {
        try outcome(program, arguments, environment: environment).output
    }

    /// Everything that came of it.
    package static func outcome(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil
    ) throws -> Outcome {
        let process = Process()
        process.environment = environment ?? ProcessInfo.processInfo.environment
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        // A file: two pipes could not be read one after the other.
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-errors-\(UUID().uuidString)")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        process.standardError = try FileHandle(forWritingTo: file)
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: try String(contentsOf: file, encoding: .utf8))
    }
}
