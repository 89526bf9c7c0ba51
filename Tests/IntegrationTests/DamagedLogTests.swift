import Foundation
import TestServers
import Testing

/// An agent whose log was damaged says so and does not start: guessing would make two truths.
@Suite struct DamagedLogTests {
    @Test func theAgentSaysWhereTheLogIsDamagedAndWhatToDo() async throws {
        let guests = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(#"{"guests": []}"#.utf8).write(to: guests)
        defer { try? FileManager.default.removeItem(at: guests) }
        let cluster = try await TestServer("fakepve_cluster.py", [guests.path])
        let agent = try RunningAgent(cluster: cluster)
        try await agent.start()
        #expect(agent.stop() == 0)
        try damage(below: agent.directory)
        try agent.launch()
        try await eventually("the agent says what is wrong") {
            agent.log.contains("the replicated log is damaged")
        }
        #expect(agent.log.contains(".wal at octet "))
        #expect(agent.log.contains("let it join again under a new identity"))
        #expect(agent.stop() == 1)
    }

    /// Turns a bit in what the first entries say, far from the end.
    private func damage(below directory: URL) throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
        let segment = try #require(paths.first { $0.hasSuffix(".wal") })
        let file = directory.appendingPathComponent(segment)
        var octets = try Data(contentsOf: file)
        let uri = try #require(octets.range(of: Data("127.0.0.1".utf8)))
        octets[uri.lowerBound] ^= 0x10
        try octets.write(to: file)
    }
}
