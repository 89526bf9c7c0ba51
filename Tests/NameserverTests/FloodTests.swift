import Foundation
import Testing

/// What strangers can send grows no memory: distinct names below a wildcard and elsewhere, cookies,
/// connections that stay half open.
@Suite struct FloodTests {
    /// Few, as CI runs this; `make bench ONLY=dns-floods` sends ten times as many.
    @Test func floodsGrowNoMemory() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let script = root.appendingPathComponent("Tests/Servers/dns_floods.py").path
        let program = Bundle.main.executableURL?.deletingLastPathComponent()
            .appendingPathComponent("zone-server").path
        let built = root.appendingPathComponent(".build/debug/zone-server").path
        let server = [program, built].compactMap { $0 }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        let output = try run(
            "python3",
            [script, "--program", try #require(server), "--queries", "20000"])
        for kind in ["wildcard", "random", "cookies", "stream", "half_open", "overlong"] {
            #expect(output.contains("flood_\(kind)_kb="), "\(output)")
        }
        #expect(!output.contains("more than") && !output.contains("does not answer"), "\(output)")
    }
}
