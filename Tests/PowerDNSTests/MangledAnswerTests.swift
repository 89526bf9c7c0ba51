import ForeignZones
import HTTPClient
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import PowerDNS

/// Answers as PowerDNS gives them, cut and mangled: what comes of them is an error or a reading,
/// and no plan made of it touches what is not ours.
@Suite struct MangledAnswerTests {
    private static let base = "/api/v1/servers/localhost"
    private static let server = #"{"daemon_type": "authoritative", "version": "4.7.3", "id": "x"}"#
    private static let list =
        #"[{"id": "example.net.", "kind": "Native", "name": "example.net.", "serial": 7}]"#

    private static func ours() throws -> [RecordSet] {
        try [
            Rig.set("a.example.net.", .a, "192.0.2.1"),
            Rig.set("b.example.net.", .aaaa, "2001:db8::1", ttl: 300),
            Rig.set("c.example.net.", .cname, "a.example.net."),
            Rig.set("d.example.net.", .a, "192.0.2.4", "192.0.2.5"),
        ]
    }

    /// Ours with marks of both kinds, an orphaned mark, others' sets, another cluster's.
    private static func zone() throws -> String {
        let sets = try ours()
        var elements = sets.enumerated().map { index, set in
            var comments = "[]"
            if index < 3 {
                let mark = Mark.comment(set, of: Rig.cluster)
                comments =
                    #"[{"account": "\#(mark.account)", "content": "\#(mark.content)", "#
                    + #""modified_at": 1795338360}]"#
            }
            return element(set.key, RecordData.texts(of: set), ttl: set.ttlSeconds, comments)
        }
        for set in [sets[3], try Rig.set("gone.example.net.", .a, "192.0.2.6")] {
            elements.append(try mark(of: set, Rig.cluster))
        }
        let strange = try Rig.set("e.example.net.", .a, "192.0.2.7")
        elements.append(element(strange.key, ["192.0.2.7"], ttl: 60))
        elements.append(try mark(of: strange, Rig.stranger))
        for (owner, type, text) in [
            ("f.example.net.", RecordType.a, "192.0.2.8"), ("g.example.net.", .ptr, "x.y."),
            ("_pipam.a.h.example.net.", .txt, #"\"by hand\""#),
            ("*.example.net.", .txt, #"\"v=spf1 \u00fc\""#),
        ] { elements.append(element(try Rig.key(owner, type), [text], ttl: 60)) }
        return #"{"dnssec": false, "name": "example.net.", "rrsets": ["#
            + elements.joined(separator: ", ") + #"], "serial": 7, "soa_edit_api": "DEFAULT"}"#
    }

    private static func mark(of set: RecordSet, _ cluster: ClusterID) throws -> String {
        let owner = try #require(Registry.owner(of: set.key))
        let text = Registry.text(set, of: cluster).replacing("\"", with: "\\\"")
        return element(RecordSetKey(owner: owner, type: .txt), [text], ttl: 60)
    }

    private static func element(
        _ key: RecordSetKey, _ texts: [String], ttl: UInt32, _ comments: String = "[]"
    ) -> String {
        let records = texts.map { #"{"content": "\#($0)", "disabled": false}"# }
        return #"{"comments": \#(comments), "name": "\#(key.owner)", "records": ["#
            + records.joined(separator: ", ") + #"], "ttl": \#(ttl), "type": "\#(key.type)"}"#
    }

    /// Steps are for what is in the zone and bears our mark with the content of the time: a mark
    /// goes with whatever name the server says it stands at.
    private static func isHarmless(_ step: PowerDNSPlan.Step) throws -> Bool {
        guard step.key.owner.isAtOrBelow(try Rig.name("example.net.")) else { return false }
        switch step {
        case .create: return true
        case .remove(let key, let content) where key.type == .txt:
            return content.data[0].dropFirst().starts(
                with: "heritage=pipam,cluster=\(Rig.cluster),seal=".utf8)
        case .remove(_, let content), .change(_, let content, _):
            return try ours().contains {
                $0.key.type == content.key.type && $0.ttlSeconds == content.ttlSeconds
                    && $0.data == content.data
            }
        case .adopt: return false
        }
    }

    /// Plans for nothing, and for everything, with whatever was found.
    private static func judge(_ reading: Reading<RecordSetKey, RecordSet>) throws {
        let wanted = try "abcdefgh".map { try Rig.set("\($0).example.net.", .a, "10.0.0.9") }
        for desired in [[], wanted] {
            for adopts in [false, true] {
                var standing = Planner<RecordSetKey, RecordSet>.Standing()
                standing.isForced = true
                standing.adopts = adopts
                let plan = Planner(
                    zone: "example.net.",
                    desired: Dictionary(uniqueKeysWithValues: desired.map { ($0.key, $0) }),
                    found: reading.entries,
                    impossible: reading.impossible(among: desired.map(\.key))
                ).plan(standing)
                for step in plan.groups.flatMap(\.steps) {
                    #expect(try isHarmless(step), "\(step)")
                }
            }
        }
    }

    /// What the provider makes of an answer, without a connection.
    private static func read(_ octets: [UInt8]) throws {
        var contents = ZoneContents(cluster: Rig.cluster)
        var cuts = Cuts(apex: try Rig.name("example.net."), now: .now)
        do throws(ProviderError) {
            _ = try contents.add(octets, call: "GET", cuts: &cuts, only: nil)
        } catch { return }
        try judge(Reading(contents.entries()))
    }

    @Test func theWholeIsReadAsItIs() throws {
        var contents = ZoneContents(cluster: Rig.cluster)
        var cuts = Cuts(apex: try Rig.name("example.net."), now: .now)
        _ = try contents.add(Array(try Self.zone().utf8), call: "", cuts: &cuts, only: nil)
        let own = contents.entries().filter(\.value.isOursToChange).map(\.key)
        let gone = try Rig.key("_pipam.a.gone.example.net.", .txt)
        #expect(Set(own) == Set(try Self.ours().map(\.key)).union([gone]))
        try Self.judge(Reading(contents.entries()))
    }

    @Test func everyLengthIsSurvived() throws {
        let zone = Array(try Self.zone().utf8)
        for length in 0..<zone.count {
            #expect(throws: (any Error).self) {
                var contents = ZoneContents(cluster: Rig.cluster)
                var cuts = Cuts(apex: .root, now: .now)
                _ = try contents.add(Array(zone[..<length]), call: "", cuts: &cuts, only: nil)
            }
        }
    }

    @Test func everyOctetMayBeAnother() throws {
        var numbers = Numbers(seed: 2)
        var zone = Array(try Self.zone().utf8)
        for position in zone.indices {
            let octet = zone[position]
            for _ in 0..<3 {
                zone[position] = UInt8(truncatingIfNeeded: numbers.next())
                try Self.read(zone)
            }
            zone[position] = octet
        }
    }

    @Test(arguments: 1...8)
    func membersMayBeOfOtherTypes(seed: UInt64) throws {
        var numbers = Numbers(seed: seed)
        let zone = try JSONValue(parsing: Array(try Self.zone().utf8))
        for _ in 0..<300 {
            var mangled = zone
            for _ in 0...numbers.below(3) { mangled = Self.mangle(mangled, &numbers) }
            try Self.read(Array(Self.text(mangled).utf8))
        }
    }

    // MARK: Through a connection

    @Test func aProviderSurvivesThem() async throws {
        let server = try await TestServer("http_server.py")
        var numbers = Numbers(seed: 9)
        let zone = try Self.zone()
        let answers = [("", Self.server), ("/zones", Self.list), ("/zones/example.net.", zone)]
        for (path, body) in answers {
            for (other, sane) in answers where other != path {
                try await Self.answer(server, other, sane)
            }
            let document = try JSONValue(parsing: Array(body.utf8))
            var bodies = stride(from: 0, to: body.utf8.count, by: 97).map {
                String(decoding: body.utf8.prefix($0), as: UTF8.self)
            }
            for _ in 0..<20 { bodies.append(Self.text(Self.mangle(document, &numbers))) }
            for body in bodies {
                try await Self.answer(server, path, body)
                try await Self.look(server)
            }
        }
    }

    private static func answer(
        _ server: TestServer, _ path: String, _ body: String
    ) async throws {
        let text = Self.text(.string(body))
        try await server.command(
            "{\"do\": \"answer\", \"path\": \"\(base)\(path)\", \"body\": \(text)}")
    }

    private static func look(_ server: TestServer) async throws {
        var settings = PowerDNSSettings(
            baseURL: try server.text("url"), apiKey: try #require(APIKey("k")),
            cluster: Rig.cluster, zones: [try Rig.name("example.net.")])
        settings.marking = .registry
        let provider = try PowerDNSProvider(settings)
        let places: Set = [try Rig.name("a.example.net."), try Rig.name("f.example.net.")]
        do {
            _ = try await provider.survey(try ours().map(\.key))
            try judge(try await provider.read("example.net.", places: nil))
            try judge(try await provider.read("example.net.", places: places))
        } catch let error as ProviderError {
            #expect(!error.reason.isEmpty)
        }
    }
}

// MARK: - Mangling

extension MangledAnswerTests {
    /// SplitMix64: the same numbers for the same seed.
    struct Numbers {
        private var state: UInt64

        init(seed: UInt64) {
            state = seed
        }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var number = state
            number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
            number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
            return number ^ number >> 31
        }

        mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    }

    private static let strangers: [JSONValue] = [
        .null, .bool(true), .integer(-1), .integer(.max), .real(1e300), .integer(1 << 32),
        .string(""), .string("\u{0}\u{1F600}\\.\""), .string(String(repeating: "x.", count: 300)),
        .array([]), .object([:]), .array([.array([.array([.null])])]),
        .object(["name": .object(["records": .integer(5)])]), .string("A"), .string("60"),
    ]

    /// Puts something else in place of one value, or takes it out, or doubles it.
    private static func mangle(_ value: JSONValue, _ numbers: inout Numbers) -> JSONValue {
        guard numbers.below(5) > 0 else { return strangers[numbers.below(strangers.count)] }
        switch value {
        case .object(var members):
            let names = members.keys.sorted()
            guard !names.isEmpty else { return strangers[numbers.below(strangers.count)] }
            // The long list is what matters.
            let isList = members["rrsets"] != nil && numbers.below(4) > 0
            let name = isList ? "rrsets" : names[numbers.below(names.count)]
            let isKept = numbers.below(8) > 0
            members[name] = isKept ? members[name].map { mangle($0, &numbers) } : nil
            return .object(members)
        case .array(var elements) where !elements.isEmpty:
            let index = numbers.below(elements.count)
            switch numbers.below(8) {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            default: elements[index] = mangle(elements[index], &numbers)
            }
            return .array(elements)
        default: return strangers[numbers.below(strangers.count)]
        }
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .real(let number): return "\(number)"
        case .string(let text):
            var json = JSONWriter()
            json.string(text)
            return String(decoding: json.octets, as: UTF8.self)
        case .array(let elements):
            return "[\(elements.map { Self.text($0) }.joined(separator: ","))]"
        case .object(let members):
            let texts = members.sorted { $0.key < $1.key }.map {
                "\(Self.text(.string($0.key))): \(Self.text($0.value))"
            }
            return "{\(texts.joined(separator: ","))}"
        }
    }
}
