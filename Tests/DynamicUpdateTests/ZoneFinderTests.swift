import DNSWire
import Inventory
import TestSupport
import Testing
import Zones

@testable import DynamicUpdate

/// Which zones a server has, by what it answers.
@Suite struct ZoneFinderTests {
    // MARK: What is asked for

    @Test(arguments: [
        ("web1.example.net.", "example.net."), ("example.net.", "net."), ("net.", "net."),
        ("a.b.example.net.", "b.example.net."),
        ("9.2.0.192.in-addr.arpa.", "2.0.192.in-addr.arpa."),
        ("2.0.192.in-addr.arpa.", "2.0.192.in-addr.arpa."),
        ("0.192.in-addr.arpa.", "0.192.in-addr.arpa."),
        ("9.8/29.2.0.192.in-addr.arpa.", "2.0.192.in-addr.arpa."),
        ("in-addr.arpa.", "in-addr.arpa."),
        (
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
            "5.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."
        ),
        ("8.b.d.0.1.0.0.2.ip6.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa."),
    ]) func neighboursShareAQuestion(owner: String, expected: String) throws {
        let probe = ZoneFinder.probe(for: try Sample.name(owner), listed: [])
        #expect("\(probe)" == expected)
    }

    @Test func anApexIsAskedForItself() throws {
        let zones = Set(try ["example.net.", "net.", "2.0.192.in-addr.arpa."].map(Sample.name))
        for zone in zones { #expect(ZoneFinder.probe(for: zone, listed: zones) == zone) }
        let host = try Sample.name("a.example.net.")
        #expect(ZoneFinder.probe(for: host, listed: zones) == (try Sample.name("example.net.")))
    }

    @Test func theQuestionIsForTheSOA() throws {
        let request = ZoneFinder.question(try Sample.name("a.net."), id: 0x0102)
        let head: [UInt8] = [1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        #expect(request.octets == head + [1, 97, 3, 110, 101, 116, 0, 0, 6, 0, 1])
    }

    // MARK: What servers answer

    @Test(arguments: [
        ("soa", "example.net."), ("soa-nx", "nothing.example.net."),
        ("soa-signed", "nothing.example.net."),
    ]) func serversNameTheZone(recording: String, name: String) throws {
        let exchanges = RecordedExchange.named(recording)
        #expect(exchanges.count == 2)
        for exchange in exchanges {
            let message = try Sample.message(exchange.answers[0])
            let finding = ZoneFinder.finding(message, for: try Sample.name(name))
            #expect(finding == .zone(try Sample.name("example.net.")))
        }
    }

    @Test func serversPointElsewhere() throws {
        let finding = { (exchange: RecordedExchange, name: String) in
            ZoneFinder.finding(
                try Sample.message(exchange.answers[0]), for: try Sample.name(name))
        }
        let above = ZoneFinder.Finding.above(try Sample.name("example.net."))
        for exchange in RecordedExchange.named("alias") {
            #expect(try finding(exchange, "www.example.net.") == above)
        }
        let alias = ZoneFinder.Finding.above(try Sample.name("alias.example.net."))
        for exchange in RecordedExchange.named("redirected") {
            #expect(try finding(exchange, "x.alias.example.net.") == alias)
        }
        for exchange in RecordedExchange.named("referral") {
            #expect(try finding(exchange, "x.sub.example.net.") == .none)
        }
        for exchange in RecordedExchange.named("refused") {
            #expect(try finding(exchange, "example.org.") == .none)
        }
    }

    // MARK: What they might

    /// An answer without a question.
    private static func answer(
        code: UInt16 = 0, isAuthoritative: Bool = true, answers: [WireRecord] = [],
        authorities: [WireRecord] = []
    ) throws -> ServerMessage {
        var octets: [UInt8] = [0, 0, isAuthoritative ? 0x84 : 0x80, UInt8(code), 0, 0]
        octets += [0, UInt8(answers.count), 0, UInt8(authorities.count), 0, 0]
        for record in answers + authorities {
            octets += record.owner + [0, UInt8(record.type), 0, 1, 0, 0, 0, 1]
            octets += [0, UInt8(record.data.count)] + record.data
        }
        return try Sample.message(octets)
    }

    private static func finding(_ message: ServerMessage) throws -> ZoneFinder.Finding {
        ZoneFinder.finding(message, for: try Sample.name("a.example.net."))
    }

    @Test func theZoneIsTheOneAround() throws {
        for zone in ["a.example.net.", "example.net.", "net.", "."] {
            let soa = try Sample.soa(1, of: zone)
            let expected = ZoneFinder.Finding.zone(try Sample.name(zone))
            #expect(try Self.finding(Self.answer(answers: [soa])) == expected)
            #expect(try Self.finding(Self.answer(authorities: [soa])) == expected)
            #expect(try Self.finding(Self.answer(code: 3, authorities: [soa])) == expected)
        }
        for zone in ["b.a.example.net.", "example.org.", "b.example.net."] {
            let soa = try Sample.soa(1, of: zone)
            #expect(try Self.finding(Self.answer(authorities: [soa])) == .none)
        }
    }

    @Test func builtInZonesAreNone() throws {
        let owner = try Sample.name("2.0.192.in-addr.arpa.")
        let name = try Sample.name("1.2.0.192.in-addr.arpa.")
        let finding = { (data: [UInt8]) in
            let soa = WireRecord(owner: owner.wire, type: 6, ttlSeconds: 1, data: data)
            return ZoneFinder.finding(try Self.answer(authorities: [soa]), for: name)
        }
        let numbers = [UInt8](repeating: 0, count: 16)
        #expect(try finding(owner.wire + [0, 0, 0, 0, 0] + numbers) == .none)
        // Each of the three may be so in a zone that somebody made.
        #expect(try finding(owner.wire + [0, 0, 0, 0, 1] + numbers) == .zone(owner))
        #expect(try finding(owner.wire + [1, 97, 0, 0, 0, 0, 0] + numbers) == .zone(owner))
        #expect(try finding(name.wire + [0, 0, 0, 0, 0] + numbers) == .zone(owner))
    }

    @Test func withoutAuthorityThereIsNone() throws {
        let soa = try Sample.soa(1)
        let lame = try Self.answer(isAuthoritative: false, authorities: [soa])
        #expect(try Self.finding(lame) == .none)
        #expect(try Self.finding(Self.answer()) == .none)
        #expect(try Self.finding(Self.answer(code: 3)) == .none)
    }

    @Test(arguments: [(1, nil), (2, nil), (4, nil), (5, true), (6, nil), (9, true), (15, nil)])
    func refusalsAndFailuresDiffer(code: UInt16, isNone: Bool?) throws {
        let finding = try Self.finding(Self.answer(code: code))
        #expect(finding == (isNone == true ? .none : .failed(code)))
    }

    @Test func aliasesOfTheRootHaveNothingAbove() throws {
        let alias = try Sample.record("a.example.net.", .cname, "b.example.net.")
        let message = try Self.answer(answers: [alias])
        #expect(ZoneFinder.finding(message, for: .root) == .none)
    }

    // MARK: What is remembered

    @Test func answersAreBelievedForAWhile() throws {
        let now = ContinuousClock.now
        let names = Set(try ["b.net.", "a.net.", "c.net."].map(Sample.name))
        var finder = ZoneFinder()
        #expect(finder.unknown(names, now: now) == names.sorted())
        let zone = try Sample.name("net.")
        finder.note(try Sample.name("a.net."), zone: zone, now: now)
        finder.note(try Sample.name("b.net."), zone: nil, now: now)
        #expect(finder.unknown(names, now: now) == [try Sample.name("c.net.")])
        #expect(finder.zone(around: try Sample.name("a.net.")) == zone)
        #expect(finder.zone(around: try Sample.name("b.net.")) == nil)
        let (found, none) = ZoneFinder.lifetimes
        #expect(finder.unknown(names, now: now + none).count == 1)
        // That there is none is forgotten first.
        let later = finder.unknown(names, now: now + none + .seconds(1))
        #expect(later == [try Sample.name("b.net."), try Sample.name("c.net.")])
        #expect(finder.unknown(names, now: now + found).count == 2)
        let late = now + found + .seconds(1)
        #expect(finder.unknown(names, now: late) == names.sorted())
    }

    @Test func unsignedDenialsContradictZones() throws {
        let now = ContinuousClock.now
        let (name, zone) = (try Sample.name("a.b.net."), try Sample.name("net."))
        var finder = ZoneFinder()
        finder.note(name, zone: nil, now: now, isVerified: false)
        // Nothing is known that says otherwise.
        #expect(finder.contradiction == nil)
        finder.note(try Sample.name("c.org."), zone: try Sample.name("org."), now: now)
        #expect(finder.contradiction == nil)
        finder.note(try Sample.name("c.net."), zone: zone, now: now)
        #expect(finder.contradiction == name)
        // A signed one is believed: the zone may be delegated there.
        finder.note(name, zone: nil, now: now)
        #expect(finder.contradiction == nil)
    }

    @Test func itForgetsBeforeItGrows() throws {
        let now = ContinuousClock.now
        var finder = ZoneFinder()
        let zone = try Sample.name("net.")
        let name = { (number: Int) in
            // Hexadecimal digits, from "a" on.
            let label = stride(from: 16, through: 0, by: -4).map {
                UInt8(ascii: "a") + UInt8(number >> $0 & 15)
            }
            return try #require(DomainName(label: label, in: zone))
        }
        for number in 0..<ZoneFinder.maximum {
            finder.note(try name(number), zone: zone, now: now)
        }
        let known = Set(try (0..<100).map(name))
        #expect(finder.unknown(known, now: now).isEmpty)
        // Old ones go first; where there are none, all.
        finder.note(try name(ZoneFinder.maximum), zone: zone, now: now)
        #expect(finder.unknown(known, now: now).count == 100)
        #expect(finder.zone(around: try name(ZoneFinder.maximum)) == zone)
    }
}
