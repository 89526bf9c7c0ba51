import Foundation
import Testing

@testable import PipamAgent

/// What is given back while the process runs on.
@Suite struct ProcessMemoryTests {
    /// Kilobytes of files that are in this process's memory.
    private func fileKilobytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }

    @Test func codeThatIsNotNeededIsGivenBackAndComesBack() throws {
        let before = try fileKilobytes()
        ProcessMemory.settle()
        let after = try fileKilobytes()
        #expect(after < before)
        // Code and what was relocated when it was loaded are still what they were.
        #expect(String(describing: Date(timeIntervalSince1970: 0)).contains("1970"))
        var memory = MemoryKeeper()
        memory.collected(inFull: true, broughtNews: true)
        memory.collected(inFull: true, broughtNews: false)
        memory.collected(inFull: true, broughtNews: false)
        #expect(try fileKilobytes() > 0)
    }
}
