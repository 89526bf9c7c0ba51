import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import DynamicUpdate

typealias UpdatePlan = Plan<RecordSetKey, RecordSet>

/// A server, a provider in front of it, and what the agent does with the two.
struct UpdateRig {
    static let cluster = ClusterID(high: 0x1111_2222_3333_4444, low: 0x5555_6666_7777_8888)
    static let stranger = ClusterID(high: 0xAAAA_BBBB_CCCC_DDDD, low: 1)
    static let stamp = FencingStamp(term: 1, index: 1)

    let server: UpdateServer
    let provider: DynamicUpdateProvider

    /// Starts a server.
    init(
        _ kind: UpdateServer.Kind, _ options: UpdateServer.Options = .init(),
        adjust: (inout DynamicUpdateSettings) -> Void = { _ in }
    ) async throws {
        server = try await UpdateServer(kind, options)
        provider = try Self.provider(server, adjust: adjust)
    }

    static func provider(
        _ server: UpdateServer, cluster: ClusterID = cluster,
        adjust: (inout DynamicUpdateSettings) -> Void = { _ in }
    ) throws -> DynamicUpdateProvider {
        var settings = DynamicUpdateSettings(
            host: "127.0.0.1", cluster: cluster, zones: [try name(HandMade.forward)])
        settings.port = server.port
        settings.key = SharedKey.key()
        // A machine that is busy with other tests is no reason to stop in the middle.
        settings.writeDeadline = .seconds(60)
        adjust(&settings)
        return DynamicUpdateProvider(settings)
    }

    // MARK: The agent's part

    struct Cycle {
        var plans: [UpdatePlan] = []
        var done: [RecordSetKey] = []
        var refused: [RecordSetKey: String] = [:]
        var survey = Survey<RecordSetKey>()
        /// Everything that should be there is.
        var isSettled: Bool { plans.allSatisfy(\.isEmpty) && survey.homeless.isEmpty }
        var steps: [UpdatePlan.Step] { plans.flatMap(\.groups).flatMap(\.steps) }
        var conflicts: [UpdatePlan.Conflict] { plans.flatMap(\.conflicts) }
        var settled: [RecordSetKey] { plans.flatMap(\.settled) }
    }

    /// Surveys, reads, plans and carries out, in all zones that were surveyed. `places` narrows it
    /// to these names; `between` happens when all is read and nothing is written.
    @discardableResult
    func cycle(
        _ desired: [RecordSet], places: [String]? = nil, adopts: Bool = false,
        with other: DynamicUpdateProvider? = nil, between: () throws -> Void = {}
    ) async throws -> Cycle {
        let provider = other ?? provider
        let narrowed = try places.map { Set(try $0.map(Self.name)) }
        var cycle = Cycle()
        cycle.survey = try await provider.survey(desired.map(\.key))
        for zone in cycle.survey.zones.keys.sorted()
        where cycle.survey.zones[zone]?.obstacle == nil {
            let wanted = desired.filter { cycle.survey.destinations[$0.key] == zone }
                .filter { narrowed?.contains($0.key.owner) ?? true }
            let places = narrowed.map { $0.filter { "\($0)".hasSuffix(zone) } }
            if places?.isEmpty == true { continue }
            let reading = try await provider.read(zone, places: places)
            var standing = Planner<RecordSetKey, RecordSet>.Standing()
            standing.isForced = true
            standing.adopts = adopts
            let plan = Planner(
                zone: zone, desired: Dictionary(uniqueKeysWithValues: wanted.map { ($0.key, $0) }),
                found: reading.entries, impossible: reading.impossible(among: wanted.map(\.key))
            )
            .plan(standing)
            cycle.plans.append(plan)
        }
        try between()
        for plan in cycle.plans {
            for chunk in plan.chunks(provider.chunkLimit, octets: provider.octets) {
                let outcome = try await provider.apply(chunk, to: plan.zone, stamp: Self.stamp)
                cycle.done += outcome.done
                cycle.refused.merge(outcome.refused) { $1 }
            }
        }
        return cycle
    }

    /// Cycles until nothing is left to do.
    @discardableResult
    func converge(_ desired: [RecordSet], limit: Int = 8) async throws -> Int {
        for round in 1...limit {
            do {
                if try await cycle(desired).isSettled { return round }
            } catch let error as ProviderError where error.isTransient {
                // Tried again.
            }
        }
        throw TestServer.Failure(description: "not settled after \(limit) rounds")
    }

    /// The records at the server without our marks.
    func plainRecords(_ zone: String = HandMade.forward) throws -> [String] {
        try server.records(zone).filter { !$0.contains("_pipam.") }
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
            data: try data.map { try #require(wire($0, type)) })
    }

    private static func wire(_ text: String, _ type: RecordType) -> [UInt8]? {
        switch type {
        case .a: IPv4Address(text)?.octets
        case .aaaa: IPv6Address(text)?.octets
        default: DomainName(text)?.wire
        }
    }

    /// So many A record sets h0, h1, ...
    static func hosts(_ count: Int) throws -> [RecordSet] {
        try (0..<count).map { number in
            try set(
                "h\(number).example.net.", .a,
                "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)")
        }
    }

    /// How a set looks in `records`.
    static func lines(_ sets: [RecordSet]) -> [String] {
        sets.flatMap { set in
            set.presentations.map { "\(set.key.owner) \(set.ttlSeconds) \(set.key.type) \($0)" }
        }.sorted()
    }
}
