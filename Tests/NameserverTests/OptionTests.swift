import DNSWire
import Inventory
import Nameserver
import Testing
import Zones

/// An OPT record's options in a query.
private func option(_ code: UInt16, _ data: [UInt8] = []) -> [UInt8] {
    octets(code) + octets(UInt16(data.count)) + data
}

/// A server that answers whoever asks, from wherever.
private final class OptionServer {
    let store: ZoneStore
    private var responder: Responder
    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Responder.maximumOctets, alignment: 16)

    init(_ store: ZoneStore, _ change: (inout AnswerSettings) -> Void = { _ in }) {
        self.store = store
        var settings = AnswerSettings()
        change(&settings)
        responder = Responder(payloadOctets: 1_232, settings: settings, counters: counters)
    }

    let counters = AnswerCounters()

    deinit {
        room.deallocate()
    }

    func ask(
        _ wire: [UInt8], from client: ClientAddress = ClientAddress(ipv4: 0x0102_0309),
        at seconds: UInt32 = 1_000_000, over transport: Transport = .udp
    ) throws -> TestAnswer? {
        guard
            let size = responder.answer(
                wire.span, from: store.snapshot, over: transport, for: client, at: seconds,
                into: room)
        else { return nil }
        let wire = Array(room[..<size])
        return try #require(TestAnswer(wire) as TestAnswer?)
    }
}

/// A query with options.
private func query(
    _ name: String, _ options: [[UInt8]], _ type: RecordType = .a, recordClass: UInt16 = 1
) -> [UInt8] {
    var query = TestQuery(name, type, payloadOctets: 4_096)
    query.recordClass = recordClass
    let all = options.flatMap { $0 }
    return Array(query.wire.dropLast(2)) + octets(UInt16(all.count)) + all
}

@Suite("RFC 7873: cookies") struct RFC7873 {
    private let client: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    @Test func section5_2_3AClientGetsACookieAndIsKnownByIt() throws {
        let server = try OptionServer(exampleStore())
        let first = try #require(
            try server.ask(query("www.example.com", [option(10, client)])))
        let cookie = try #require(first.options[10])
        #expect(first.answer.count == 3 && cookie.count == 24 && cookie.starts(with: client))
        let second = try #require(
            try server.ask(query("www.example.com", [option(10, cookie)])))
        #expect(second.options[10] == cookie)
        var sum = AnswerStatistics()
        sum.add(server.counters)
        #expect(sum.knownClients == 1)
    }

    @Test func section5_2_2OtherLengthsBreakTheFormat() throws {
        let server = try OptionServer(exampleStore())
        for count in 0...45 {
            let cookie = Array(repeating: 7 as UInt8, count: count)
            let answer = try #require(
                try server.ask(query("www.example.com", [option(10, cookie)])))
            #expect(answer.code == (count == 8 || (16...40).contains(count) ? 0 : 1), "\(count)")
        }
    }

    @Test func section5_4AQueryMayAskForNothingButACookie() throws {
        let server = try OptionServer(exampleStore())
        let opt: [UInt8] = [0, 0, 41, 16, 0, 0, 0, 0, 0] + octets(12) + option(10, client)
        let head = octets(9) + octets(0) + octets(0) + octets(0) + octets(0) + octets(1)
        let answer = try #require(try server.ask(head + opt))
        #expect(answer.code == 0 && answer.question.isEmpty && answer.options[10]?.count == 24)
        let without = octets(9) + octets(0) + octets(0) + octets(0) + octets(0) + octets(0)
        #expect(try server.ask(without)?.code == 1)
    }

    @Test func secretsComeFromOutside() throws {
        let store = try exampleStore()
        let server = OptionServer(store)
        let shown = CookieSecrets(current: SipHashKey(low: 1, high: 2))
        store.use(shown)
        let address = ClientAddress(ipv4: 0x0102_0309)
        let made = shown.reply(
            to: CookieOption(client: 0x0807_0605_0403_0201), from: address, at: 1_000_000)
        let answer = try #require(
            try server.ask(query("www.example.com", [option(10, client)]), from: address))
        let head = withUnsafeBytes(of: made.cookie.head.littleEndian) { Array($0) }
        let hash = withUnsafeBytes(of: made.cookie.hash.littleEndian) { Array($0) }
        #expect(answer.options[10] == client + head + hash)
        store.use(CookieSecrets(current: SipHashKey(low: 3, high: 4), other: shown.current))
        _ = try server.ask(query("www.example.com", [option(10, client + head + hash)]))
        var sum = AnswerStatistics()
        sum.add(server.counters)
        #expect(sum.knownClients == 1)
    }

    @Test func cookiesCanBeOff() throws {
        let server = try OptionServer(exampleStore()) { $0.usesCookies = false }
        let answer = try #require(
            try server.ask(query("www.example.com", [option(10, client)])))
        #expect(answer.options.isEmpty && answer.answer.count == 3)
    }
}

@Suite("RFC 5001 and RFC 4892: which server this is") struct ServerIdentity {
    @Test func nothingIsToldUnlessSet() throws {
        let server = try OptionServer(exampleStore())
        let answer = try #require(try server.ask(query("www.example.com", [option(3)])))
        #expect(answer.options.isEmpty)
        for name in ["id.server", "version.bind", "hostname.bind", "version.server"] {
            #expect(try server.ask(query(name, [], .txt, recordClass: 3))?.code == 5)
        }
    }

    @Test func whatIsSetIsTold() throws {
        let server = try OptionServer(exampleStore()) {
            $0.identity = Array("pve1".utf8)
            $0.version = Array("pipam".utf8)
        }
        let answer = try #require(try server.ask(query("www.example.com", [option(3)])))
        #expect(answer.options[3] == Array("pve1".utf8) && answer.answer.count == 3)
        for (name, text) in [
            ("id.server", "pve1"), ("hostname.bind", "pve1"), ("VERSION.bind", "pipam"),
            ("version.server", "pipam"),
        ] {
            let answer = try #require(try server.ask(query(name, [], .txt, recordClass: 3)))
            #expect(answer.code == 0 && answer.isAuthoritative)
            #expect(answer.answer.map(\.data) == [[UInt8(text.utf8.count)] + Array(text.utf8)])
            #expect(answer.answer.map(\.ttlSeconds) == [0])
        }
        #expect(try server.ask(query("id.server", [], .a, recordClass: 3))?.code == 5)
        #expect(try server.ask(query("id.servers", [], .txt, recordClass: 3))?.code == 5)
    }
}

@Suite("RFC 7828: keepalive") struct RFC7828 {
    @Test func section3_3_2TheTimeIsToldOverTCPOnly() throws {
        let server = try OptionServer(exampleStore()) { $0.keepalive = .seconds(12) }
        let wire = query("www.example.com", [option(11)])
        #expect(try server.ask(wire, over: .tcp)?.options == [11: octets(120)])
        #expect(try server.ask(wire, over: .udp)?.options == [:])
    }
}

@Suite("RFC 8914: extended errors") struct RFC8914 {
    @Test func section4ReasonsAreTold() throws {
        let server = try OptionServer(exampleStore())
        let cases: [(String, UInt16, UInt16, UInt16)] = [
            ("www.example.org", 1, 5, 20), ("example.com", 252, 5, 18), ("example.com", 249, 4, 21),
        ]
        for (name, type, code, reason) in cases {
            let answer = try #require(
                try server.ask(query(name, [], RecordType(rawValue: type))))
            #expect(answer.code == code && answer.options[15] == octets(reason), "\(name)")
        }
        let plain = try #require(try server.ask(TestQuery("www.example.org", .a).wire))
        #expect(plain.code == 5 && plain.optPayloadOctets == nil)
        let empty = OptionServer(ZoneStore())
        let answer = try #require(try empty.ask(query("www.example.org", [])))
        #expect(answer.code == 2 && answer.options[15] == octets(14))
        #expect(try server.ask(query("none.example.com", []))?.options == [:])
    }
}

@Suite("RFC 6891 section 6.1.2: other options") struct OtherOptions {
    @Test func unknownOptionsAreIgnored() throws {
        let server = try OptionServer(exampleStore())
        let subnet = option(8, [0, 1, 24, 0, 192, 0, 2])
        let answer = try #require(
            try server.ask(query("www.example.com", [option(65_001, [1, 2]), subnet])))
        #expect(answer.code == 0 && answer.answer.count == 3 && answer.options.isEmpty)
    }

    @Test func optionsThatRunOverTheEndBreakTheFormat() throws {
        let server = try OptionServer(exampleStore())
        #expect(try server.ask(query("www.example.com", [octets(3) + octets(1)]))?.code == 1)
        #expect(try server.ask(query("www.example.com", [[0, 3, 0]]))?.code == 1)
    }

    @Test func roomForOptionsIsReserved() throws {
        let big = RecordSet(
            owner: name("big.example.com."), type: .a, ttlSeconds: 1,
            data: (0..<73).map { [10, 0, 0, $0] })
        let server = try OptionServer(store(["example.com.": [big]]))
        // 12 + 21 + 73 * 16 + 11 = 1,212; a cookie makes that 1,240.
        #expect(try server.ask(query("big.example.com", []))?.isTruncated == false)
        let cookie = option(10, Array(repeating: 1, count: 8))
        let answer = try #require(try server.ask(query("big.example.com", [cookie])))
        #expect(answer.isTruncated && answer.options[10]?.count == 24)
    }
}

@Suite("Response rate limiting") struct RateLimitTests {
    private let stranger = ClientAddress(ipv4: 0x0102_0309)

    private func flood(
        _ server: OptionServer, _ count: Int, at seconds: UInt32 = 1_000,
        from client: ClientAddress, _ wire: (Int) -> [UInt8]
    ) throws -> (full: Int, slipped: Int, dropped: Int) {
        var (full, slipped, dropped) = (0, 0, 0)
        for index in 0..<count {
            guard let answer = try server.ask(wire(index), from: client, at: seconds) else {
                dropped += 1
                continue
            }
            if answer.isTruncated || answer.optTTL == 0x0100_0000 {
                #expect(answer.answer.isEmpty && answer.authority.isEmpty)
                slipped += 1
            } else {
                full += 1
            }
        }
        return (full, slipped, dropped)
    }

    @Test func equalAnswersAreLimitedAndEverySecondSlips() throws {
        let server = try OptionServer(exampleStore()) { $0.rateLimit.answersPerSecond = 10 }
        let wire = TestQuery("www.example.com", .a).wire
        let first = try flood(server, 110, from: stranger) { _ in wire }
        #expect(first == (10, 50, 50))
        // The debt of fifteen seconds, no more, is to be waited for.
        #expect(try flood(server, 1, at: 1_005, from: stranger) { _ in wire }.full == 0)
        #expect(try flood(server, 1, at: 1_020, from: stranger) { _ in wire }.full == 1)
        var sum = AnswerStatistics()
        sum.add(server.counters)
        #expect(sum.limited + sum.slipped >= 100)
    }

    @Test func madeUpNamesCountTogether() throws {
        for suffix in ["wild.example.com", "example.com", "sub.example.com", "example.org"] {
            let server = try OptionServer(exampleStore()) { $0.rateLimit.answersPerSecond = 10 }
            let result = try flood(server, 30, from: stranger) {
                TestQuery("n\($0).\(suffix)", .a).wire
            }
            #expect(result == (10, 10, 10), "\(suffix)")
        }
    }

    @Test func othersAreNotConcerned() throws {
        let server = try OptionServer(exampleStore()) { $0.rateLimit.answersPerSecond = 10 }
        let wire = TestQuery("www.example.com", .a).wire
        #expect(try flood(server, 50, from: stranger) { _ in wire }.full == 10)
        let neighbour = ClientAddress(ipv4: 0xFF02_0309)
        #expect(try flood(server, 5, from: neighbour) { _ in wire }.full == 0)
        let other = ClientAddress(ipv4: 0x0103_0309)
        #expect(try flood(server, 5, from: other) { _ in wire }.full == 5)
        let private10 = ClientAddress(ipv4: 0x0102_030A)
        #expect(try flood(server, 50, from: private10) { _ in wire }.full == 50)
        #expect(try server.ask(wire, from: stranger, at: 1_000, over: .tcp)?.answer.count == 3)
    }

    @Test func aCookieIsWorthMoreThanTCP() throws {
        let server = try OptionServer(exampleStore()) {
            $0.rateLimit.answersPerSecond = 10
            $0.rateLimit.slip = 1
        }
        let wire = query("www.example.com", [option(10, [1, 2, 3, 4, 5, 6, 7, 8])])
        for _ in 0..<10 { _ = try server.ask(wire, from: stranger, at: 1_000) }
        let told = try #require(try server.ask(wire, from: stranger, at: 1_000))
        // BADCOOKIE is 23: 7 in the header, 1 in OPT.
        #expect(told.code == 7 && told.optTTL == 0x0100_0000 && !told.isTruncated)
        let cookie = try #require(told.options[10])
        let again = query("www.example.com", [option(10, cookie)])
        for _ in 0..<50 {
            #expect(try server.ask(again, from: stranger, at: 1_000)?.answer.count == 3)
        }
    }

    /// Above five times the question, what a signed zone says counts as several answers.
    @Test func longAnswersOfSignedZonesCountAsSeveral() throws {
        for (isSecure, full) in [(true, 4...6), (false, 20...20)] {
            let server = try OptionServer(MadeSignatures.store(hashed: true)) {
                $0.rateLimit.answersPerSecond = 20
            }
            var query = TestQuery("ml.example", .a, payloadOctets: 1_232)
            query.wantsSignatures = isSecure
            let result = try flood(server, 60, from: stranger) { _ in query.wire }
            #expect(full.contains(result.full), "\(result)")
        }
    }

    @Test(arguments: [0, 1]) func slipIsASetting(slip: Int) throws {
        let server = try OptionServer(exampleStore()) {
            $0.rateLimit.answersPerSecond = 1
            $0.rateLimit.slip = slip
        }
        let wire = TestQuery("www.example.com", .a).wire
        let result = try flood(server, 11, from: stranger) { _ in wire }
        #expect(result == (slip == 0 ? (1, 0, 10) : (1, 10, 0)))
    }

    @Test func noLimitIsNone() throws {
        let server = try OptionServer(exampleStore()) { $0.rateLimit.answersPerSecond = 0 }
        let wire = TestQuery("www.example.com", .a).wire
        #expect(try flood(server, 500, from: stranger) { _ in wire }.full == 500)
    }
}

@Suite struct CountingTests {
    @Test func answersAreCountedByZone() throws {
        let server = try OptionServer(exampleStore())
        for name in ["www.example.com", "none.example.com", "host.example.net", "a.example.org"] {
            _ = try server.ask(TestQuery(name, .a).wire)
        }
        var sum = AnswerStatistics()
        sum.add(server.counters, numbers: server.store.snapshot.numbers)
        #expect(sum.zones[name("example.com.")] == 2)
        #expect(sum.zones[name("example.net.")] == 1)
        #expect(sum.otherZones == 0)
        try server.store.publish([.removed(apex: name("example.net."))])
        var later = AnswerStatistics()
        later.add(server.counters, numbers: server.store.snapshot.numbers)
        #expect(later.zones[name("example.net.")] == nil && later.otherZones == 1)
    }

    @Test func oneQueryInSoManyIsKept() throws {
        let server = try OptionServer(exampleStore()) { $0.sampleInterval = 3 }
        for index in 0..<9 {
            _ = try server.ask(TestQuery("N\(index).example.com", .aaaa).wire)
        }
        let samples = server.counters.takeSamples()
        #expect(samples.map(\.name) == [2, 5, 8].map { name("n\($0).example.com.") })
        #expect(samples.allSatisfy { $0.code == .nameError && $0.type == .aaaa })
        #expect(samples.allSatisfy { $0.client?.description == "9.3.2.1" && $0.sizeOctets > 12 })
        #expect(samples.allSatisfy { $0.seconds == 1_000_000 && $0.transport == .udp })
        #expect(server.counters.takeSamples().isEmpty)
    }

    @Test func samplesThatNobodyTakesAreBounded() throws {
        let server = try OptionServer(exampleStore()) { $0.sampleInterval = 1 }
        for _ in 0..<500 { _ = try server.ask(TestQuery("www.example.com", .a).wire) }
        #expect(server.counters.takeSamples().count == 64)
        _ = try server.ask(TestQuery("www.example.com", .a).wire)
        #expect(server.counters.takeSamples().count == 1)
    }
}
