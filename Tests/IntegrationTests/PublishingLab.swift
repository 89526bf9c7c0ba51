import Foundation
import HTTPClient
import Synchronization
import TestServers
import Testing

/// Whole programs between a cluster and a PowerDNS server. One after the other: each of them wants
/// the processor for itself.
@Suite(.serialized) enum PublishingTests {}

/// A cluster, a PowerDNS server with zones, and an agent that is to bring the two into step.
final class PublishingLab {
    /// The zones that PowerDNS has unless told otherwise.
    static let zones = ["example.com.", "10.in-addr.arpa."]

    /// Proxmox.
    let cluster: TestServer
    /// The provider.
    let powerDNS: PowerDNSServer
    /// Does not run yet.
    let agent: RunningAgent

    /// Starts the servers and writes the configuration.
    init(
        _ guests: [SampleGuest], zones: [String] = zones, isApproved: Bool = true,
        adjust: (inout AgentConfiguration) -> Void = { _ in }
    ) async throws {
        async let cluster = Self.cluster(guests)
        powerDNS = try await PowerDNSServer()
        for zone in zones { try await powerDNS.makeZone(zone) }
        self.cluster = try await cluster
        agent = try RunningAgent(cluster: self.cluster, powerDNS: powerDNS) { settings in
            if isApproved { settings.powerDNS = "auto_approve = true" }
            // Collections come when the test asks for them.
            settings.collectInterval = 3_600
            settings.quickInterval = 3_600
            adjust(&settings)
        }
    }

    /// A cluster of three nodes.
    static func cluster(_ guests: [SampleGuest]) async throws -> TestServer {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(try SampleGuest.file(guests).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await TestServer("fakepve_cluster.py", [file.path, "--nodes", "3"])
    }

    /// Starts the agent and waits until the provider is in step.
    func start() async throws {
        try await agent.start()
        _ = try agent.control("collect")
        try await inStep()
    }

    /// Waits until the agent says that the provider is in step.
    func inStep(_ what: Comment = "the provider is in step") async throws {
        try await eventually(what) { try state() == "in_step" }
    }

    /// How the agent says that the provider stands.
    func state() throws -> String {
        try agent.answer("status")["providers"]?.elements?.first?["state"]?.text ?? ""
    }

    /// What the agent says is to be done.
    func problems() throws -> [String] {
        (try agent.answer("status")["problems"]?.elements ?? []).map { problem in
            [problem["about"], problem["message"], problem["remedy"]]
                .map { $0?.text ?? "" }.joined(separator: "; ")
        }
    }

    /// Does something to several guests.
    func all(_ guests: some Sequence<Int>, _ words: String) async throws {
        for vmid in guests { try await cluster.command("{\"vmid\": \(vmid), \(words)}") }
    }

    /// The records of a zone of ours as a zone file has them, and those that PowerDNS transfers;
    /// neither with SOA and NS.
    func zoneAtBoth(_ zone: String) throws -> (ours: [String], theirs: [String]) {
        let file = try agent.control("zone", "show", zone, "--zonefile").output
        let transfer = try Command.run(
            "dig",
            [
                "@127.0.0.1", "-p", "\(powerDNS.dnsPort)", "+noall", "+answer", "+onesoa",
                zone, "AXFR",
            ])
        return (Self.records(file), Self.records(transfer))
    }

    private static func records(_ text: String) -> [String] {
        text.split(separator: "\n").filter { !$0.hasPrefix(";") }
            .map { $0.split(whereSeparator: { $0 == "\t" || $0 == " " }).joined(separator: " ") }
            .filter { !$0.contains(" IN SOA ") && !$0.contains(" IN NS ") }.sorted()
    }
}

extension PowerDNSServer {
    /// Creates a zone.
    func makeZone(_ zone: String, kind: String = "Native") async throws {
        let rest =
            kind == "Slave"
            ? "\"masters\": [\"127.0.0.1\"]" : "\"nameservers\": [\"ns1.example.net.\"]"
        try await call(
            .post, "/zones", "{\"name\": \"\(zone)\", \"kind\": \"\(kind)\", \(rest)}")
    }

    /// Every record set of a zone as the API has it, by name and type, SOA apart.
    func sets(_ zone: String = "example.com.") async throws -> [String: JSONValue] {
        let document = try JSONValue(parsing: try await call(.get, "/zones/\(zone)").body)
        let sets = (document["rrsets"]?.elements ?? []).map { set in
            ("\(set["name"]?.text ?? "") \(set["type"]?.text ?? "")", Self.sorted(set))
        }
        return Dictionary(sets) { $1 }.filter { !$0.key.hasSuffix(" SOA") }
    }

    /// The records of a set in an order of their own: the server has none.
    private static func sorted(_ set: JSONValue) -> JSONValue {
        guard var members = set.members, let records = set["records"]?.elements else { return set }
        members["records"] = .array(
            records.sorted { $0["content"]?.text ?? "" < $1["content"]?.text ?? "" })
        return .object(members)
    }

    /// What of a zone bears somebody's mark, by name and type.
    func marked(_ zone: String = "example.com.") async throws -> Set<String> {
        Set(
            try await sets(zone).filter { _, set in
                (set["comments"]?.elements ?? []).contains {
                    $0["account"]?.text?.hasPrefix("pipam/") ?? false
                }
            }.keys)
    }

    /// Changes record sets past the proxy; `sets` are those of a PATCH.
    func edit(_ zone: String, _ sets: [String]) async throws {
        try await call(
            .patch, "/zones/\(zone)", "{\"rrsets\": [\(sets.joined(separator: ","))]}")
    }

    /// A record set that replaces what is there, without a comment unless one is kept.
    static func set(_ name: String, _ type: String, _ contents: String..., ttl: Int = 300) -> String
    {
        let records = contents.map {
            let text = $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "{\"content\": \"\(text)\", \"disabled\": false}"
        }
        return """
            {"name": "\(name)", "type": "\(type)", "ttl": \(ttl), "changetype": "REPLACE",
             "records": [\(records.joined(separator: ","))]}
            """
    }

    /// The removal of a record set.
    static func removal(_ name: String, _ type: String) -> String {
        "{\"name\": \"\(name)\", \"type\": \"\(type)\", \"changetype\": \"DELETE\"}"
    }

    /// Requests that write since the last count.
    func writes() async throws -> Int {
        let requests = try await counts().requests
        return ["PATCH", "POST", "PUT", "DELETE"].reduce(0) { $0 + (requests[$1] ?? 0) }
    }
}

/// Looks at a zone of PowerDNS again and again, and takes note of names that are not there.
final class NameWatch: Sendable {
    private let report = Report()
    private let task: Task<Void, Never>

    /// Begins. `sets` are names with types.
    init(_ server: PowerDNSServer, zone: String = "example.com.", _ sets: Set<String>) {
        task = Task { [report] in
            while !Task.isCancelled {
                // A server that does not answer has not lost anything.
                if let present = try? await server.sets(zone).keys {
                    report.note(sets.subtracting(present))
                }
                try? await Task.sleep(for: .milliseconds(30))
            }
        }
    }

    /// Ends it, and returns what was not there at some time.
    func stop() async -> Set<String> {
        task.cancel()
        await task.value
        return report.missing
    }

    private final class Report: Sendable {
        private let names = Mutex<Set<String>>([])
        var missing: Set<String> { names.withLock { $0 } }
        func note(_ more: Set<String>) { names.withLock { $0.formUnion(more) } }
    }
}
