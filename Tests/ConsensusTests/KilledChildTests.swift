import Foundation
import Testing

@testable import Consensus

/// A child that is killed, or whose disk is full, while it writes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct KilledChildTests {
    private static var child: String {
        Bundle.main.bundleURL.deletingLastPathComponent().path + "/log-child"
    }

    /// Starts the child, kills it after some lines, gives its lines and how it ended.
    private func run(
        _ arguments: [String], killAfter lines: Int
    ) throws -> (lines: [UInt64], status: Int32, errors: String) {
        let process = Process()
        let path =
            FileManager.default.isExecutableFile(atPath: Self.child)
            ? Self.child : FileManager.default.currentDirectoryPath + "/.build/debug/log-child"
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        var text = Data()
        var isKilled = false
        while case let piece = output.fileHandleForReading.availableData, !piece.isEmpty {
            text += piece
            if !isKilled, text.count(where: { $0 == 10 }) >= lines {
                isKilled = true
                kill(process.processIdentifier, SIGKILL)
            }
        }
        process.waitUntilExit()
        let complaint = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let whole = text.prefix(through: text.lastIndex(of: 10) ?? text.startIndex)
        let numbers = String(decoding: whole, as: UTF8.self).split(separator: "\n").compactMap {
            UInt64($0)
        }
        return (numbers, process.terminationStatus, complaint)
    }

    @Test func whatWasAcknowledgedIsThereAfterEachKill() throws {
        let scratch = try Scratch()
        var acknowledged: UInt64 = 0
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            // Now and then a record is larger than a page, or than the room left in a segment.
            let size = [1, 100, 5_000, 300_000].randomElement(using: &random) ?? 1
            let more = Int.random(in: 1...30, using: &random)
            let (lines, status, errors) = try run(
                [scratch.path, "\(size)"], killAfter: Int(acknowledged) + more)
            #expect(errors.isEmpty, "\(errors)")
            #expect(status == SIGKILL)
            // Committed entries are told again from the first on, without a gap.
            #expect(lines == lines.indices.map { UInt64($0 + 1) })
            let last = try #require(lines.last)
            #expect(last >= acknowledged)
            acknowledged = last
        }
    }

    @Test func aFullDiskEndsItAndLosesNothing() throws {
        try #require(getuid() == 0, "mounting a file system needs root")
        let scratch = try Scratch()
        let mount = { (arguments: [String]) in
            let process = try Process.run(
                URL(fileURLWithPath: "/usr/bin/env"), arguments: arguments)
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
        try #require(
            try mount(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", scratch.path]))
        defer { _ = try? mount(["umount", scratch.path]) }
        let (lines, status, errors) = try run([scratch.path, "100000"], killAfter: .max)
        #expect(status == 3, "\(errors)")
        #expect(errors.contains("no space left on device"))
        let last = try #require(lines.last)
        #expect(last > 50)
        // Still full: it says so again and destroys nothing.
        let again = try run([scratch.path, "100000", "\(last + 100)"], killAfter: .max)
        #expect(again.status == 3, "\(again.errors)")
        #expect(again.lines.starts(with: lines))
        try #require(
            try mount(["mount", "-o", "remount,size=64m", scratch.path]))
        let after = try run([scratch.path, "100", "\(last + 100)"], killAfter: .max)
        #expect(after.status == 0, "\(after.errors)")
        #expect(after.lines == (1...last + 100).map { $0 })
    }
}
