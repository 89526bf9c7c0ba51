import Foundation
import Testing

/// The same questions to zone-server and to Knot, NSD and BIND, about the same zone.
@Suite struct DifferentialTests {
    /// Few, as CI runs this; `dns_differential.py --queries` asks as many as one likes.
    @Test(arguments: [1, 2]) func answersAreThoseOfOthers(seed: Int) throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let script = root.appendingPathComponent("Tests/Servers/dns_differential.py").path
        let program = Bundle.main.executableURL?.deletingLastPathComponent()
            .appendingPathComponent("zone-server").path
        let built = root.appendingPathComponent(".build/debug/zone-server").path
        let server = [program, built].compactMap { $0 }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        let output = try run(
            "python3",
            [script, try #require(server), "--queries", "5000", "--seed", "\(seed)"])
        #expect(output.contains("5000 queries"), "\(output)")
        for peer in ["knot", "nsd", "bind"] {
            #expect(output.contains("\(peer): ") && !output.contains("DIFFERENCES"), "\(output)")
        }
    }
}
