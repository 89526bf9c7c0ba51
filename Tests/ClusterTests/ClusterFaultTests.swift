import Foundation
import HTTPClient
import TestServers
import Testing

/// Real agents in network namespaces, with what befalls hosts and networks, and clients throughout:
/// Tests/Servers/cluster_faults.py says what is checked. The timers are short: a heartbeat every
/// 100 ms and elections after 1 s, where the defaults are 500 ms and 5 s.
///
/// `CLUSTER_ROUNDS=100 CLUSTER_SEED=1 swift test --filter ClusterFaultTests` runs more of it.
@Suite(
    .serialized,
    .enabled(if: geteuid() == 0, "namespaces, nftables and mounts need root"))
struct ClusterFaultTests {
    /// As it is: whoever follows the link finds a Python that knows nothing of what was installed.
    private static let python = root.appendingPathComponent(".build/servers/bin/python").path

    /// Something beside the servers of the tests.
    private static func server(_ name: String) -> String {
        root.appendingPathComponent("Tests/Servers/\(name)").path
    }

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let program =
        ProcessInfo.processInfo.environment["PIPAM"]
        ?? root.appendingPathComponent(".build/debug/pipam").path

    /// What the environment says of a whole number.
    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    /// Runs a script with namespaces of its own. Whatever is made in there goes with the last
    /// process: nothing of the machine is touched.
    private func carryOut(
        _ script: String, seconds: Int, _ arguments: [String] = []
    ) throws -> Command.Outcome {
        try Command.outcome(
            "timeout",
            [
                "--signal=KILL", "\(seconds)", "unshare", "--net", "--mount", "--pid", "--fork",
                "--kill-child", "--mount-proc",
                Self.python, Self.server(script), "--program", Self.program,
            ] + arguments)
    }

    /// Runs the rounds and returns what the script prints: figures, and what it found.
    private func figures(nodes: Int, rounds: Int) throws -> JSONValue {
        let rounds = Self.number("CLUSTER_ROUNDS") ?? rounds
        let seed = Self.number("CLUSTER_SEED") ?? 1
        // As long as every round and every look at the states may take, and an end after that.
        let outcome = try carryOut(
            "cluster_faults.py", seconds: 300 + 40 * rounds,
            ["--nodes", "\(nodes)", "--rounds", "\(rounds)", "--seed", "\(seed)"])
        print(outcome.output)
        #expect(outcome.status == 0, "seed \(seed): \(outcome)")
        return try outcome.json
    }

    private func check(_ figures: JSONValue) throws {
        #expect(figures["findings"]?.elements?.isEmpty == true)
        // Clients that nobody answers would find nothing wrong.
        let rounds = try #require(figures["rounds"]?.integer)
        let done = try #require(figures["operations"]?["done"]?.integer)
        #expect(done >= 10 * rounds)
        let reads = try #require(figures["reads"]?["done"]?.integer)
        #expect(reads >= rounds)
    }

    /// Histories with a fault in them are found out.
    @Test func theChecksCanFail() throws {
        let outcome = try Command.outcome(Self.python, [Self.server("cluster_checks_test.py")])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors.contains("OK"))
    }

    /// Its own state names only members that are gone: Tests/Servers/cluster_return.py.
    @Test func aMemberComesBackToOthersThanItKnew() throws {
        let outcome = try carryOut("cluster_return.py", seconds: 900)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try outcome.json["members"]?.elements?.count == 3)
    }

    /// Those who sign die meanwhile: Tests/Servers/cluster_signing.py.
    @Test func aZoneChangesItsAlgorithm() throws {
        let outcome = try carryOut("cluster_signing.py", seconds: 900)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try outcome.json["killed"]?.elements?.count == 2)
    }

    @Test func threeAgentsAgreeAfterFaults() throws {
        try check(figures(nodes: 3, rounds: 6))
    }

    @Test func fiveAgentsAgreeAfterFaults() throws {
        try check(figures(nodes: 5, rounds: 4))
    }
}
