import Foundation
import HTTPClient
import TestServers
import Testing

/// A zone that a whole agent signs, judged by the tools of others.
@Suite(.serialized) struct SigningTests {
    /// - `zones`: lines of the configuration about zones.
    private func start(zones: String = "") async throws -> (TestServer, RunningAgent) {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(SampleGuest.file(SampleGuest.several(30)).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let cluster = try await TestServer("fakepve_cluster.py", [file.path, "--nodes", "3"])
        let agent = try RunningAgent(cluster: cluster, powerDNS: nil) { settings in
            settings.zones = zones
            settings.control = """
                [nameserver.transfer]
                allow = ["127.0.0.1"]
                """
        }
        try await agent.start()
        try await eventually("all guests are published") {
            try agent.addresses("vm130.example.com") == ["10.0.0.130"]
        }
        return (cluster, agent)
    }

    private func standing(_ agent: RunningAgent) throws -> JSONValue {
        let answer = try agent.answer("zone", "dnssec", "status", "example.com.")
        guard case .array(let zones)? = answer["zones"] else {
            Issue.record("\(answer)")
            return .null
        }
        return try #require(zones.first)
    }

    private func waitUntilSigned(_ agent: RunningAgent) async throws {
        try await eventually("the zone is signed") {
            let standing = try standing(agent)
            return standing["state"]?.text == "signed" && standing["waiting"]?.integer == 0
        }
    }

    /// The zone as it is served, and what verifiers say of it.
    private func verify(_ agent: RunningAgent, isCombined: Bool = true) throws -> String {
        let file = agent.directory.appendingPathComponent("signed.zone")
        let zone = try agent.dig("+onesoa", "example.com", "AXFR")
        try zone.write(to: file, atomically: true, encoding: .utf8)
        for words in [
            ["dnssec-verify", "-q", isCombined ? "-z" : "-q", "-o", "example.com", file.path],
            ["ldns-verify-zone", file.path],
            ["kzonecheck", "-d", "on", "-o", "example.com", file.path],
        ] {
            let outcome = try Command.outcome(words[0], Array(words.dropFirst()))
            #expect(outcome.status == 0, "\(words[0]): \(outcome)")
        }
        return zone
    }

    /// What delv says of a name, with the keys that the zone has as its anchor.
    private func delve(
        _ agent: RunningAgent, _ zone: String, _ name: String, _ type: String
    ) throws -> String {
        let keys = zone.split(separator: "\n").compactMap { line -> String? in
            guard let range = line.range(of: "DNSKEY\t257 ") else { return nil }
            let words = line[range.upperBound...].split(separator: " ")
            return "\"example.com.\" static-key 257 \(words[0]) \(words[1]) "
                + "\"\(words.dropFirst(2).joined())\";"
        }
        let anchor = agent.directory.appendingPathComponent("anchor")
        try "trust-anchors { \(keys.joined(separator: " ")) };\n"
            .write(to: anchor, atomically: true, encoding: .utf8)
        return try Command.run(
            "delv",
            [
                "@127.0.0.1", "-p", "\(agent.port)", "-a", anchor.path, "+root=example.com", name,
                type,
            ])
    }

    @Test(arguments: [
        ["--denial", "nsec"],
        ["--denial", "nsec3", "--algorithm", "ed25519", "--separate-keys"],
    ])
    func aZoneIsSignedAndStaysSo(options: [String]) async throws {
        let (cluster, agent) = try await start()
        let begun = try agent.control(["zone", "dnssec", "enable", "example.com"] + options)
        #expect(begun.status == 0, "\(begun)")
        try await waitUntilSigned(agent)
        let isCombined = !options.contains("--separate-keys")
        let zone = try verify(agent, isCombined: isCombined)
        for (name, type) in [
            ("vm101.example.com", "A"), ("nothing.example.com", "A"), ("vm101.example.com", "MX"),
            ("example.com", "SOA"),
        ] {
            let answer = try delve(agent, zone, name, type)
            #expect(answer.contains("fully validated"), "\(name) \(type): \(answer)")
        }
        // What changes is signed.
        try await cluster.command(SampleGuest(300).addition)
        try await eventually("the guest is published") {
            try !agent.addresses("vm300.example.com").isEmpty
        }
        #expect(try verify(agent, isCombined: isCombined).contains("vm300.example.com."))
        let gone = try agent.control("record", "remove", "vm300.example.com", "A")
        #expect(gone.status == 1)
        // Nothing is signed again after a restart.
        let before = try agent.dig("+dnssec", "+short", "vm101.example.com", "A")
        #expect(agent.stop() == 0)
        try await agent.start()
        try await eventually("it answers as before") {
            try agent.dig("+dnssec", "+short", "vm101.example.com", "A") == before
        }
        #expect(before.split(separator: "\n").count == 2)
    }

    @Test func itIsUnsignedInTwoSteps() async throws {
        let (cluster, agent) = try await start()
        defer { withExtendedLifetime(cluster) {} }
        #expect(try agent.control("zone", "dnssec", "enable", "example.com").status == 0)
        try await waitUntilSigned(agent)
        let again = try agent.control("zone", "dnssec", "enable", "example.com")
        #expect(again.status == 1 && again.errors.contains("signed already"), "\(again)")
        let early = try agent.control(
            "zone", "dnssec", "disable", "example.com", "--parent-removed")
        #expect(early.status == 1, "\(early)")
        #expect(try agent.control("zone", "dnssec", "disable", "example.com").status == 0)
        try await eventually("the parent is told") {
            try agent.dig("+short", "example.com", "CDS") == "0 0 0 00\n"
        }
        _ = try verify(agent)
        let done = try agent.control(
            "zone", "dnssec", "disable", "example.com", "--parent-removed")
        #expect(done.status == 0 && done.output == "No zone is signed.\n", "\(done)")
        try await eventually("nothing is signed any more") {
            try agent.dig("+dnssec", "example.com", "SOA").contains("RRSIG") == false
        }
    }

    /// All keys of a zone by those of another algorithm; resolvers believe it at any time.
    @Test func theAlgorithmIsChanged() async throws {
        let (cluster, agent) = try await start(
            zones: "ttl_guest = 1\nttl_static = 1\nttl_ns = 1\nsoa_minimum = 1")
        defer { withExtendedLifetime(cluster) {} }
        let begun = try agent.control(
            "zone", "dnssec", "enable", "example.com", "--key-ttl", "1", "--propagation", "1",
            "--parent-ttl", "1")
        #expect(begun.status == 0, "\(begun)")
        try await waitUntilSigned(agent)
        let old = try verify(agent)
        let roll = ["zone", "dnssec", "roll", "--algorithm", "ed25519", "example.com"]
        let rolled = try agent.control(roll)
        #expect(rolled.status == 0 && rolled.output.contains("presigning"), "\(rolled)")
        let again = try agent.control(roll)
        #expect(again.status == 1 && again.errors.contains("still being changed"), "\(again)")
        try await eventually("the parent is to have the new key's DS record") {
            try agent.dig("+short", "example.com", "CDS").contains(" 15 2 ")
        }
        let both = try agent.dig("+onesoa", "example.com", "AXFR")
        #expect(both.contains("DNSKEY\t257 3 13 ") && both.contains("DNSKEY\t257 3 15 "))
        // Who knows the old key alone, and who knows the new one alone.
        for anchor in [
            old,
            both.split(separator: "\n").filter { !$0.contains("257 3 13 ") }
                .joined(separator: "\n"),
        ] {
            let answer = try delve(agent, anchor, "vm101.example.com", "A")
            #expect(answer.contains("fully validated"), "\(answer)")
        }
        try await eventually("somebody has to see to the parent") {
            try agent.control("status").output.contains("a new key waits for the parent zone")
        }
        #expect(try agent.control("zone", "dnssec", "ds-seen", "example.com").status == 0)
        try await eventually("the old key is gone, and what it signed") {
            let zone = try agent.dig("+onesoa", "example.com", "AXFR")
            return !zone.contains("DNSKEY\t257 3 13 ")
                && !zone.contains("RRSIG\tA 13 ") && zone.contains("RRSIG\tA 15 ")
        }
        let new = try verify(agent)
        #expect(try delve(agent, new, "vm101.example.com", "A").contains("fully validated"))
        let standing = try standing(agent)
        #expect(standing["algorithm"]?.text == "ed25519")
    }
}
