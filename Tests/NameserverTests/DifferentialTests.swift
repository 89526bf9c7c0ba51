import Foundation
import Testing

/// The same questions to zone-server and to Knot, NSD and BIND, about the same zone.
@Suite struct DifferentialTests {
    /// Few, as CI runs this; `dns_differential.py --queries` asks as many as one likes.
    @Test(arguments: [1, 2]) func answersAreThoseOfOthers(seed: Int) throws {
        let output = try ask("dns_differential.py", ["--queries", "5000", "--seed", "\(seed)"])
        #expect(output.contains("5000 queries"), "\(output)")
        expectPeers(in: output)
    }

    /// The same zone signed, with DO and without.
    @Test(arguments: ["nsec", "nsec3", "optout"])
    func signedAnswersAreThoseOfOthers(denial: String) throws {
        let output = try ask("dns_differential.py", ["--queries", "3000", "--signed", denial])
        #expect(output.contains("3000 queries"), "\(output)")
        expectPeers(in: output)
    }

    /// Unbound, which knows the zone's key, takes each answer of ours for what it is.
    @Test(arguments: ["nsec", "nsec3", "optout"])
    func signedAnswersHold(denial: String) throws {
        let output = try ask("dns_validate.py", ["--queries", "3000", "--signed", denial])
        #expect(output.contains("3000 queries, ") && !output.contains("NOT HOLD"), "\(output)")
        let counts = output.split(whereSeparator: { $0 == "," || $0 == " " }).compactMap {
            Int($0)
        }
        // In a zone with opt-out much is not secure; elsewhere the script itself wants all to be.
        #expect(counts.count >= 3 && counts[1] > 2_000 && counts[2] > 500, "\(output)")
    }

    private func expectPeers(in output: String) {
        for peer in ["knot", "nsd", "bind"] {
            #expect(output.contains("\(peer): ") && !output.contains("DIFFERENCES"), "\(output)")
        }
    }

    private func ask(_ script: String, _ arguments: [String]) throws -> String {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let script = root.appendingPathComponent("Tests/Servers/\(script)").path
        let program = Bundle.main.executableURL?.deletingLastPathComponent()
            .appendingPathComponent("zone-server").path
        let built = root.appendingPathComponent(".build/debug/zone-server").path
        let server = [program, built].compactMap { $0 }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        return try run("python3", [script, try #require(server)] + arguments)
    }
}
