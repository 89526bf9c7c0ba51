import Foundation
import Simulation
import Testing

/// The whole cluster under every fault there is, from seeds. In processes of their own, so that a
/// run that traps is known by its seed.
@Suite struct SimulationTests {
    /// What happens in so many runs for sure; a harness in which it does not shows nothing.
    private static let expected: [Coverage.Item] = [
        .elections, .transfers, .kills, .powerLosses, .lossesOfRecords, .syncFailures, .diskFull,
        .pauses, .partitions, .oneWayPartitions, .clockJumps, .badLinks, .lostMessages,
        .duplicatedMessages, .cutMessages, .forgedMessages, .snapshotsTaken, .snapshotsInstalled,
        .learnersAdded, .promotions, .demotions, .removals, .replacements, .repeats, .unknown,
        .claims,
        .conflicts, .expiries, .settlements, .reads, .staleReads, .droppedReports,
        .settingsChanges, .zoneVersions, .tornRecords, .reorderedSectors,
    ]

    @Test func fiveHundredSeeds() async throws {
        async let even = SimulateProcess.run(first: 0, count: 250)
        async let odd = SimulateProcess.run(first: 250, count: 250)
        var coverage = Coverage()
        for output in try await [even, odd] {
            #expect(output.status == 0, "\(output.breaches)")
            coverage.add(output.coverage)
        }
        #expect(coverage[.runs] == 500)
        #expect(coverage[.undecided] == 0)
        #expect(coverage[.acknowledged] > 500 * 20)
        for item in Self.expected {
            #expect(coverage[item] > 0, "no \(item.rawValue) in 500 runs")
        }
    }

    /// Votes are all that stands between two leaders, and they have to outlive whoever gave them.
    @Test func crashesInElections() async throws {
        async let even = SimulateProcess.run(first: 0, count: 50, kind: "elections")
        async let odd = SimulateProcess.run(first: 50, count: 50, kind: "elections")
        var coverage = Coverage()
        for output in try await [even, odd] {
            #expect(output.status == 0, "\(output.breaches)")
            coverage.add(output.coverage)
        }
        #expect(coverage[.runs] == 100)
        #expect(coverage[.crashesInElections] > 100)
    }

    /// Neither the process nor what ran before in it makes a difference.
    @Test func aSeedAlwaysGivesTheSameRun() async throws {
        async let all = SimulateProcess.run(first: 1_000, count: 6)
        async let some = SimulateProcess.run(first: 1_003, count: 3)
        let (long, short) = (try await all.ends, try await some.ends)
        #expect(short.count == 3)
        #expect(long.suffix(3) == short)
        #expect(Set(long).count == 6)
    }

    /// Runs that showed a mistake when it was found, with the number of nodes. A seed means another
    /// run once scenarios change; NewcomerTests holds both mistakes for good.
    @Test(arguments: [
        // A replica that joined after the last snapshot was sent that snapshot for ever.
        (21, 5), (26, 3),
        // A snapshot was acknowledged before the commit index that it is read by was on the disk.
        (1308, 3),
    ])
    func formerFailure(seed: Int, size: Int) async throws {
        let output = try await SimulateProcess.run(first: seed, count: 1, size: size)
        #expect(output.status == 0, "\(output.breaches)")
    }
}

/// The program `simulate`, run to its end.
private struct SimulateProcess {
    let status: Int32
    /// What it found, and how to see it again.
    let breaches: String
    let coverage: Coverage
    /// What stands for each run.
    let ends: [Substring]

    /// `size`: 0 for 3 and 5 nodes in turn.
    static func run(
        first: Int, count: Int, size: Int = 0, kind: String = "ordinary"
    ) async throws -> SimulateProcess {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-simulate-\(UUID().uuidString)")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug/simulate")
        process.arguments = [String(first), String(count), String(size), kind]
        process.standardOutput = try FileHandle(forWritingTo: file)
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let breaches = lines.filter { $0.hasPrefix("violation") || $0.hasPrefix("replay") }
        return SimulateProcess(
            status: status,
            // After a crash, the run that had begun.
            breaches: (breaches + lines.suffix(1)).joined(separator: "\n"),
            coverage: Coverage(text: lines.last { $0.hasPrefix("coverage") } ?? ""),
            ends: lines.filter { $0.hasPrefix("end") })
    }
}
