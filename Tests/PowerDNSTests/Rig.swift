import Foundation
import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

typealias PowerDNSPlan = Plan<RecordSetKey, RecordSet>

/// A server, a provider in front of it, and what the agent does with the two.
struct Rig {
    static let cluster = ClusterID(high: 0x1111_2222_3333_4444, low: 0x5555_6666_7777_8888)
    static let stranger = ClusterID(high: 0xAAAA_BBBB_CCCC_DDDD, low: 1)
    static let stamp = FencingStamp(term: 1, index: 1)

    let server: PowerDNSServer
    let provider: PowerDNSProvider

    /// Starts a server with some zones. `zones` are the operator's; all of `present` unless told.
    init(
        _ backend: PowerDNSServer.Backend = .sqlite, present: [String] = ["example.net."],
        zones: [String]? = nil, adjust: (inout PowerDNSSettings) -> Void = { _ in }
    ) async throws {
        server = try await PowerDNSServer(
            backend, settings: ["default-soa-content=ns1.@ hm.@ 0 1 1 1 1"])
        for zone in present { try await Self.create(zone, at: server) }
        provider = try Self.provider(server, zones: zones ?? present, adjust: adjust)
    }

    static func create(
        _ zone: String, at server: PowerDNSServer, kind: String = "Native", extra: String = ""
    ) async throws {
        try await server.call(
            .post, "/zones",
            "{\"name\":\"\(zone)\",\"kind\":\"\(kind)\","
                + "\"nameservers\":[\"ns1.example.net.\"]\(extra)}"
        )
    }

    static func provider(
        _ server: PowerDNSServer, zones: [String], cluster: ClusterID = cluster,
        adjust: (inout PowerDNSSettings) -> Void = { _ in }
    ) throws -> PowerDNSProvider {
        var settings = PowerDNSSettings(
            baseURL: server.url, apiKey: try #require(APIKey(server.key)), cluster: cluster,
            zones: try zones.map(name))
        // A machine that is busy with other tests is no reason to stop in the middle.
        settings.writeDeadline = .seconds(60)
        adjust(&settings)
        return try PowerDNSProvider(settings)
    }

    // MARK: The agent's part

    struct Cycle {
        var plans: [PowerDNSPlan] = []
        var refused: [RecordSetKey: String] = [:]
        var survey = Survey<RecordSetKey>()
        /// Everything that should be there is.
        var isSettled: Bool { plans.allSatisfy(\.isEmpty) && survey.homeless.isEmpty }
        var steps: Int { plans.reduce(0) { $0 + $1.groups.count } }
    }

    /// Surveys, reads, plans and carries out, in all zones that were surveyed. `places` narrows it
    /// to these names.
    @discardableResult
    func cycle(
        _ desired: [RecordSet], places: [String]? = nil, also zones: [String] = [],
        adopts: Bool = false, with other: PowerDNSProvider? = nil
    ) async throws -> Cycle {
        let provider = other ?? provider
        let narrowed = try places.map { Set(try $0.map(Self.name)) }
        var cycle = Cycle()
        cycle.survey = try await provider.survey(desired.map(\.key))
        for zone in Set(cycle.survey.zones.keys).union(zones).sorted()
        where cycle.survey.zones[zone]?.obstacle == nil {
            let wanted = desired.filter { cycle.survey.destinations[$0.key] == zone }
            let places = narrowed.map { $0.filter { "\($0)".hasSuffix(zone) } }
            if places?.isEmpty == true { continue }
            let reading = try await provider.read(zone, places: places)
            let plan = Planner(
                zone: zone, desired: Dictionary(uniqueKeysWithValues: wanted.map { ($0.key, $0) }),
                found: reading.entries, impossible: reading.impossible(among: wanted.map(\.key))
            )
            .plan(Self.standing(adopts: adopts))
            cycle.plans.append(plan)
            let chunks = plan.chunks(provider.chunkLimit, octets: provider.octets)
            for chunk in chunks {
                let outcome = try await provider.apply(chunk, to: zone, stamp: Self.stamp)
                cycle.refused.merge(outcome.refused) { $1 }
            }
            if !chunks.isEmpty { try await provider.finish(zone) }
        }
        return cycle
    }

    private static func standing(adopts: Bool) -> Planner<RecordSetKey, RecordSet>.Standing {
        var standing = Planner<RecordSetKey, RecordSet>.Standing()
        standing.isForced = true
        standing.adopts = adopts
        return standing
    }

    /// Runs cycles until nothing is left to do; what throws a transient error is tried again.
    /// `watch` sees what stands at the server after each.
    func converge(
        _ desired: [RecordSet], limit: Int = 8, watch: ([String]) throws -> Void = { _ in }
    ) async throws -> Int {
        for round in 1...limit {
            do {
                if try await cycle(desired).isSettled { return round }
            } catch let error as ProviderError where error.isTransient {
                // Tried again.
            }
            try watch(try await transfer())
        }
        throw TestServer.Failure(description: "not settled after \(limit) rounds")
    }

    // MARK: What stands there

    /// `rrsets` of a zone as the API shows them, as text that compares octet by octet.
    func sets(_ zone: String = "example.net.") async throws -> [String: String] {
        let response = try await server.call(.get, "/zones/\(PowerDNSClient.escaped(zone))")
        let document = try JSONValue(parsing: response.body)
        var sets: [String: String] = [:]
        for set in document["rrsets"]?.elements ?? [] {
            let key = "\(set["name"]?.text ?? "") \(set["type"]?.text ?? "")"
            sets[key] = Self.canonical(set)
        }
        return sets
    }

    private static func canonical(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            let parts = members.sorted { $0.key < $1.key }.map {
                "\($0.key):\(canonical($0.value))"
            }
            return "{\(parts.joined(separator: ","))}"
        case .array(let elements):
            return "[\(elements.map(canonical).sorted().joined(separator: ","))]"
        default: return value.text ?? "null"
        }
    }

    /// Records as AXFR brings them, "name ttl type data", without SOA and NS, sorted.
    func transfer(_ zone: String = "example.net.") async throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/dig")
        process.arguments = [
            "@127.0.0.1", "-p", "\(server.dnsPort)", "+noall", "+answer", "+time=5", "+tries=1",
            zone, "AXFR",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 4, words[3] != "SOA", words[3] != "NS" else { return nil }
            return "\(words[0]) \(words[1]) \(words[3]) \(words[4...].joined(separator: " "))"
        }.sorted()
    }

    // MARK: Values

    static func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    static func key(_ owner: String, _ type: RecordType) throws -> RecordSetKey {
        RecordSetKey(owner: try name(owner), type: type)
    }

    /// "web1.example.net." A 192.0.2.1 and the like.
    static func set(
        _ owner: String, _ type: RecordType, _ data: String..., ttl: UInt32 = 60
    ) throws -> RecordSet {
        RecordSet(
            owner: try name(owner), type: type, ttlSeconds: ttl,
            data: try data.map { try #require(RecordData.wire($0, as: type)) })
    }

    /// So many A record sets h0, h1, ...
    static func hosts(_ count: Int, in zone: String = "example.net.") throws -> [RecordSet] {
        try (0..<count).map { number in
            try set(
                "h\(number).\(zone)", .a, "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)")
        }
    }

    /// How a set looks in `transfer`.
    static func lines(_ sets: [RecordSet]) -> [String] {
        sets.flatMap { set in
            set.presentations.map { "\(set.key.owner) \(set.ttlSeconds) \(set.key.type) \($0)" }
        }.sorted()
    }
}
