import DNSWire
import Inventory
import Nameserver
import Testing
import Zones

@Suite("RFC 1034 section 4.3.2: the algorithm")
struct RFC1034Section4_3_2 {
    @Test func step3aAnswersWithAllRecordsOfTheSet() throws {
        let answer = try TestServer(exampleStore()).ask("www.example.com", .a)
        #expect(answer.flags == 0x8500)
        #expect(
            Set(answer.answer.map(\.data)) == [[192, 0, 2, 1], [192, 0, 2, 2], [192, 0, 2, 3]])
        #expect(answer.answer.allSatisfy { $0.owner == "www.example.com." && $0.ttlSeconds == 300 })
        #expect(answer.authority.isEmpty && answer.additional.isEmpty)
        #expect(answer.optPayloadOctets == nil)
    }

    @Test func step3aAnswersPTR() throws {
        let answer = try TestServer(exampleStore()).ask("1.2.0.192.in-addr.arpa", .ptr)
        #expect(answer.answer.map(\.data) == [name("www.example.com.").wire])
    }

    @Test func step3aFollowsAliases() throws {
        let answer = try TestServer(exampleStore()).ask("alias.example.com", .a)
        #expect(answer.answer.map(\.type) == [.cname, .a, .a, .a])
        #expect(answer.answer.map(\.owner)[...1] == ["alias.example.com.", "www.example.com."])
        #expect(answer.code == 0 && answer.isAuthoritative)
    }

    @Test func step3aFollowsAliasesIntoAnotherZone() throws {
        let answer = try TestServer(exampleStore()).ask("away.example.com", .a)
        #expect(answer.answer.map(\.owner) == ["away.example.com.", "host.example.net."])
    }

    @Test func anAliasOutOfOurZonesEndsTheAnswer() throws {
        let answer = try TestServer(exampleStore()).ask("outside.example.com", .a)
        #expect(answer.answer.map(\.type) == [.cname])
        #expect(answer.code == 0 && answer.isAuthoritative && answer.authority.isEmpty)
    }

    @Test func aCircleOfAliasesEnds() throws {
        let answer = try TestServer(exampleStore()).ask("circle.example.com", .a)
        #expect(answer.answer.map(\.owner) == ["circle.example.com.", "ring.example.com."])
    }

    @Test func aliasesAreFollowedAtMostEightTimes() throws {
        let chain = (0..<12).map {
            names("c\($0).example.com.", .cname, "c\($0 + 1).example.com.")
        }
        let answer = try TestServer(store(["example.com.": chain])).ask("c0.example.com", .a)
        #expect(answer.answer.count == 8)
        #expect(answer.code == 0)
    }

    @Test func anAliasIsItsOwnAnswer() throws {
        let answer = try TestServer(exampleStore()).ask("alias.example.com", .cname)
        #expect(answer.answer.map(\.data) == [name("www.example.com.").wire])
    }

    @Test(arguments: ["host.sub.example.com", "sub.example.com", "ns.sub.example.com"])
    func step3bRefersWithGlue(question: String) throws {
        let answer = try TestServer(exampleStore()).ask(question, .a)
        #expect(answer.code == 0 && !answer.isAuthoritative && answer.answer.isEmpty)
        #expect(answer.authority.map(\.owner) == ["sub.example.com.", "sub.example.com."])
        #expect(answer.authority.allSatisfy { $0.type == .ns })
        #expect(answer.additional.map(\.owner) == ["ns.sub.example.com.", "ns1.example.com."])
    }

    @Test func step6AddsAddresses() throws {
        let server = try TestServer(exampleStore())
        #expect(
            try server.ask("example.com", .mx).additional.map(\.owner) == ["mail.example.com."])
        #expect(
            try server.ask("example.com", .ns).additional.map(\.owner) == ["ns1.example.com."])
    }

    @Test func aNameOutsideEveryZoneIsRefused() throws {
        let answer = try TestServer(exampleStore()).ask("www.example.org", .a)
        #expect(answer.flags == 0x8105)
        #expect(answer.authority.isEmpty)
        // Without any zone we cannot know what is ours.
        let empty = try TestServer(ZoneStore()).ask("www.example.org", .a)
        #expect(empty.code == 2)
    }

    @Test func theRootCanBeAZone() throws {
        let server = TestServer(ZoneStore())
        try server.store.publish([
            .replaced(apex: .root, sets: [soa("."), a("host.", "192.0.2.1")])
        ])
        #expect(try server.ask("host", .a).answer.map(\.owner) == ["host."])
        #expect(try server.ask("none.such", .a).authority.map(\.owner) == ["."])
        #expect(try server.ask(".", .soa).answer.count == 1)
    }
}

@Suite("RFC 2308: negative answers")
struct RFC2308 {
    @Test func section2_1NamesThatDoNotExist() throws {
        let answer = try TestServer(exampleStore()).ask("none.example.com", .a)
        #expect(answer.flags == 0x8503)
        #expect(answer.authority.map(\.owner) == ["example.com."])
        #expect(answer.authority.map(\.type) == [.soa])
        #expect(answer.answer.isEmpty)
    }

    @Test func section2_2TypesThatDoNotExist() throws {
        let answer = try TestServer(exampleStore()).ask("www.example.com", .txt)
        #expect(answer.flags == 0x8500)
        #expect(answer.authority.map(\.type) == [.soa])
    }

    @Test func section3TheTimeToLiveIsTheLesserOne() throws {
        let server = TestServer(ZoneStore())
        try server.store.publish([
            .replaced(apex: name("a.test."), sets: [soa("a.test.", ttl: 3_600, minimum: 60)]),
            .replaced(apex: name("b.test."), sets: [soa("b.test.", ttl: 30, minimum: 60)]),
        ])
        #expect(try server.ask("x.a.test", .a).authority.map(\.ttlSeconds) == [60])
        #expect(try server.ask("x.b.test", .a).authority.map(\.ttlSeconds) == [30])
        #expect(try server.ask("a.test", .soa).answer.map(\.ttlSeconds) == [3_600])
    }

    @Test func anAliasToNothingGivesTheLastCode() throws {
        let answer = try TestServer(exampleStore()).ask("gone.example.com", .a)
        #expect(answer.answer.map(\.type) == [.cname])
        #expect(answer.code == 3 && answer.isAuthoritative)
        #expect(answer.authority.map(\.type) == [.soa])
    }
}

@Suite("RFC 4592: wildcards")
struct RFC4592 {
    @Test func section2_2_2EmptyNonTerminalsExist() throws {
        let answer = try TestServer(exampleStore()).ask("empty.example.com", .a)
        #expect(answer.flags == 0x8500)
        #expect(answer.authority.map(\.type) == [.soa])
        #expect(try TestServer(exampleStore()).ask("_tcp.example.com", .a).code == 0)
        #expect(try TestServer(exampleStore()).ask("x.empty.example.com", .a).code == 3)
    }

    @Test func section3_3TheWildcardAnswersForWhatIsNotThere() throws {
        let server = try TestServer(exampleStore())
        let answer = try server.ask("some.thing.wild.example.com", .a)
        #expect(answer.answer.map(\.owner) == ["some.thing.wild.example.com."])
        #expect(answer.answer.map(\.data) == [[192, 0, 2, 9]])
        #expect(try server.ask("real.wild.example.com", .txt).answer.isEmpty)
        #expect(try server.ask("real.wild.example.com", .txt).code == 0)
        #expect(try server.ask("x.real.wild.example.com", .a).code == 3)
        #expect(try server.ask("x.wild.example.com", .mx).code == 0)
        #expect(try server.ask("wild.example.com", .a).code == 0)
    }

    @Test func section2_2_1TheRFCsOwnExample() throws {
        let server = try TestServer(
            store([
                "example.": [
                    txt("*.example.", "this is a wildcard"),
                    mx("*.example.", 10, "host1.example."),
                    txt("sub.*.example.", "this is not a wildcard"),
                    a("host1.example.", "192.0.2.1"),
                    srv("_ssh._tcp.host1.example.", 22, "host1.example."),
                    srv("_ssh._tcp.host2.example.", 22, "host1.example."),
                    names("subdel.example.", .ns, "ns.example.com."),
                ]
            ]))
        #expect(try server.ask("host3.example", .mx).answer.map(\.owner) == ["host3.example."])
        #expect(try server.ask("host3.example", .a).code == 0)
        #expect(try server.ask("foo.bar.example", .txt).answer.count == 1)
        #expect(try server.ask("host1.example", .mx).answer.isEmpty)
        #expect(try server.ask("sub.*.example", .mx).answer.isEmpty)
        #expect(try server.ask("_telnet._tcp.host1.example", .srv).code == 3)
        #expect(try server.ask("host.subdel.example", .a).isAuthoritative == false)
        #expect(try server.ask("ghost.*.example", .mx).code == 3)
    }
}

@Suite("RFC 4035 section 3.1.4.1: DS records at a child's apex")
struct RFC4035Section3_1_4_1 {
    @Test func theParentAnswers() throws {
        let answer = try TestServer(exampleStore()).ask("sub.example.com", .ds)
        #expect(answer.answer.map(\.type) == [.ds])
        #expect(answer.isAuthoritative)
    }

    @Test func theParentAnswersThoughTheChildIsOursToo() throws {
        let server = try TestServer(exampleStore())
        try server.store.publish([
            .replaced(
                apex: name("sub.example.com."),
                sets: [soa("sub.example.com."), a("host.sub.example.com.", "198.51.100.9")])
        ])
        #expect(try server.ask("sub.example.com", .ds).answer.count == 1)
        #expect(try server.ask("host.sub.example.com", .a).isAuthoritative)
        #expect(try server.ask("sub.example.com", .soa).answer.count == 1)
        // The parent's glue is not the child's data.
        #expect(try server.ask("ns.sub.example.com", .a).code == 3)
        try server.store.publish([.removed(apex: name("sub.example.com."))])
        #expect(try server.ask("host.sub.example.com", .a).isAuthoritative == false)
    }

    @Test func theChildAnswersIfTheParentIsNotOurs() throws {
        let answer = try TestServer(exampleStore()).ask("example.com", .ds)
        #expect(answer.code == 0 && answer.authority.map(\.owner) == ["example.com."])
    }
}

@Suite("RFC 4343: case")
struct RFC4343 {
    @Test func namesAreComparedWithoutCaseAndEchoedAsSent() throws {
        let query = TestQuery("wWw.ExAmPlE.cOm", .a)
        let answer = try TestServer(exampleStore()).ask(query)
        #expect(answer.answer.count == 3)
        #expect(answer.question.starts(with: query.name))
        #expect(answer.answer.allSatisfy { $0.owner == "wWw.ExAmPlE.cOm." })
    }
}

@Suite("RFC 6891: EDNS")
struct RFC6891 {
    @Test func section6_1_1AnOPTIsAnsweredByOne() throws {
        let server = try TestServer(exampleStore())
        let answer = try server.ask(TestQuery("www.example.com", .a, payloadOctets: 4_096))
        #expect(answer.optPayloadOctets == 1_232)
        #expect(answer.optTTL == 0)
    }

    @Test func section6_1_3VersionsAboveOursAreToldSo() throws {
        var wire = TestQuery("www.example.com", .a, payloadOctets: 4_096).wire
        wire[wire.count - 5] = 1
        let raw = try #require(try TestServer(exampleStore()).raw(wire))
        let answer = try #require(TestAnswer(raw))
        #expect(answer.code == 0 && answer.optTTL == 0x0100_0000)
        #expect(answer.answer.isEmpty && !answer.question.isEmpty)
    }

    @Test func section6_1_4TheDOBitIsCopied() throws {
        var wire = TestQuery("www.example.com", .a, payloadOctets: 4_096).wire
        wire[wire.count - 4] = 0x80
        let raw = try #require(try TestServer(exampleStore()).raw(wire))
        #expect(try #require(TestAnswer(raw)).optTTL == 0x8000)
    }

    @Test(arguments: [(0, 512), (100, 512), (600, 600), (4_096, 1_232)] as [(UInt16, Int)])
    func section6_2_3TheLesserPayloadBinds(client: UInt16, limit: Int) throws {
        // 16 octets a record, and 11 of OPT: each further record tells the limit.
        let sets = (1...80).map { count in
            RecordSet(
                owner: name("n\(count).example.com."), type: .a, ttlSeconds: 1,
                data: (0..<UInt8(count)).map { [10, 0, 0, $0] })
        }
        let server = try TestServer(store(["example.com.": sets]))
        for count in 1...80 {
            let query = TestQuery("n\(count).example.com", .a, payloadOctets: client)
            let raw = try #require(server.raw(query.wire))
            let full = 12 + query.name.count + 4 + 16 * count + 11
            #expect(raw.count == (full <= limit ? full : 12 + query.name.count + 4 + 11))
            #expect(try #require(TestAnswer(raw)).isTruncated == (full > limit))
        }
    }
}

@Suite("RFC 2181 section 9: truncation")
struct RFC2181Section9 {
    @Test func aSetThatDoesNotFitLeavesNothing() throws {
        let big = RecordSet(
            owner: name("big.example.com."), type: .a, ttlSeconds: 1,
            data: (0..<100).map { [10, 0, 0, $0] })
        let server = try TestServer(store(["example.com.": [big]]))
        let answer = try server.ask("big.example.com", .a)
        #expect(answer.isTruncated && answer.answer.isEmpty && answer.authority.isEmpty)
        #expect(answer.isAuthoritative && answer.code == 0)
        #expect(try server.ask("big.example.com", .a, over: .tcp).answer.count == 100)
    }

    @Test func additionalRecordsAreLeftOutSilently() throws {
        let hosts = (0..<30).map { aaaa("h\($0).example.com.", "2001:db8::\($0)") }
        let all = RecordSet(
            owner: name("s.example.com."), type: .mx, ttlSeconds: 1,
            data: (0..<30).map { octets(UInt16($0)) + name("h\($0).example.com.").wire })
        let server = try TestServer(store(["example.com.": hosts + [all]]))
        let answer = try server.ask(TestQuery("s.example.com", .mx, payloadOctets: 1_232))
        #expect(answer.answer.count == 30)
        #expect(!answer.isTruncated && (1..<30).contains(answer.additional.count))
        #expect(try server.ask("s.example.com", .mx, over: .tcp).additional.count == 30)
    }
}

@Suite("RFC 9471: glue")
struct RFC9471 {
    @Test func section3_1GlueThatDoesNotFitSetsTC() throws {
        let glue = (0..<12).map {
            aaaa("ns\($0).sub.example.com.", "2001:db8::\($0)", "2001:db8:1::\($0)")
        }
        let servers = RecordSet(
            owner: name("sub.example.com."), type: .ns, ttlSeconds: 1,
            data: (0..<12).map { name("ns\($0).sub.example.com.").wire })
        let server = try TestServer(store(["example.com.": glue + [servers]]))
        #expect(try server.ask("x.sub.example.com", .a).isTruncated)
        let answer = try server.ask("x.sub.example.com", .a, over: .tcp)
        #expect(!answer.isTruncated && answer.additional.count == 24)
    }
}

@Suite("RFC 1035 section 4.1.4: names of servers in referrals")
struct ServerNames {
    private let zone = [
        names(
            "sub.example.com.", .ns, "ns.sub.example.com.", "a.b.sub.example.com.",
            "sub.example.com.", "ns.xsub.example.com.", "ns.example.com.", "ns.example.net."),
        a("ns.sub.example.com.", "192.0.2.1"), a("a.b.sub.example.com.", "192.0.2.2"),
        a("sub.example.com.", "192.0.2.3"), a("ns.example.com.", "192.0.2.4"),
    ]

    @Test func pointAtTheDelegatedName() throws {
        let server = try TestServer(store(["example.com.": zone]))
        let query = TestQuery("sub.example.com", .a)
        let wire = try #require(server.raw(query.wire))
        let answer = try #require(TestAnswer(wire))
        #expect(Set(answer.authority.map(\.data)) == Set(zone[0].data))
        #expect(
            answer.additional.map(\.owner) == [
                "a.b.sub.example.com.", "ns.sub.example.com.", "sub.example.com.",
                "ns.example.com.",
            ])
        // What each name takes: its labels that stand nowhere yet, and a pointer; the last has all.
        let data = [5 - 2 + 2, 4 + 2, 2, 8 + 2, 3 + 2, 16].reduce(0, +)
        let records = 12 * (6 + 4) + data + 4 * 4
        #expect(wire.count == 12 + 21 + records)
    }

    @Test(arguments: ["x.SUB.example.com", "alias.example.com"])
    func pointWhereverThatStands(question: String) throws {
        let alias = names("alias.example.com.", .cname, "y.sub.example.com.")
        let server = try TestServer(store(["example.com.": zone + [alias]]))
        let answer = try server.ask(question, .a)
        // Letters are as they were asked for: who compares names does so without case.
        let data = answer.authority.map { $0.data.map { (0x41...0x5A ~= $0) ? $0 + 0x20 : $0 } }
        #expect(Set(data) == Set(zone[0].data))
        #expect(answer.additional.count == 4)
    }

    @Test func areCutNowhere() throws {
        let servers = RecordSet(
            owner: name("sub.example.com."), type: .ns, ttlSeconds: 1,
            data: (0..<40).map { name("server\($0).sub.example.com.").wire })
        let server = try TestServer(store(["example.com.": [servers]]))
        let answer = try server.ask("sub.example.com", .a)
        #expect(answer.isTruncated && answer.authority.isEmpty)
        #expect(try server.ask("sub.example.com", .a, over: .tcp).authority.count == 40)
    }
}

@Suite("RFC 8482: ANY")
struct RFC8482 {
    @Test func section4_1OneSetOverUDPAllOverTCP() throws {
        let server = try TestServer(exampleStore())
        let some = try server.ask(TestQuery("example.com", RecordTypeNumber.any))
        #expect(Set(some.answer.map(\.type)).count == 1)
        let all = try server.ask(TestQuery("example.com", RecordTypeNumber.any), over: .tcp)
        #expect(Set(all.answer.map(\.type)) == [.soa, .ns, .mx, .a, .https])
    }
}

@Suite("RFC 2782 and RFC 9460: services")
struct ServiceRecords {
    @Test func addressesOfTargetsAreAdded() throws {
        let answer = try TestServer(exampleStore()).ask(
            "_sip._tcp.example.com", .srv, over: .tcp)
        #expect(answer.answer.count == 2)
        #expect(Set(answer.additional.map(\.owner)) == ["www.example.com.", "host.example.net."])
        #expect(answer.additional.count == 5)
    }

    @Test func whatAServiceIsAnAliasOfIsAdded() throws {
        let server = try TestServer(
            store([
                "example.com.": [
                    svcb("example.com.", .https, 0, "pool.example.com."),
                    svcb("pool.example.com.", .https, 1, "."),
                    svcb("pool.example.com.", .svcb, 1, "."),
                    a("pool.example.com.", "192.0.2.1"),
                ]
            ]))
        let answer = try server.ask("example.com", .https)
        #expect(answer.additional.map(\.type) == [.a, .https])
        #expect(answer.additional.allSatisfy { $0.owner == "pool.example.com." })
    }

    @Test func aTargetOfOneDotIsTheOwner() throws {
        let answer = try TestServer(exampleStore()).ask("example.com", .https)
        #expect(answer.additional.map(\.owner) == ["example.com."])
        #expect(answer.additional.map(\.type) == [.a])
    }
}

@Suite("RFC 1035 section 4.1.1: headers")
struct RFC1035Section4_1_1 {
    @Test func answersAreNotAnswered() throws {
        var query = TestQuery("www.example.com", .a)
        query.flags |= 0x8000
        #expect(try TestServer(exampleStore()).raw(query.wire) == nil)
    }

    @Test(arguments: 1...15) func otherOpcodesAreNotImplemented(opcode: UInt16) throws {
        var query = TestQuery("www.example.com", .a)
        query.flags |= opcode << 11
        let raw = try #require(try TestServer(exampleStore()).raw(query.wire))
        #expect(
            raw == octets(0x1234) + octets(0x8104 | opcode << 11) + Array(repeating: 0, count: 8))
    }

    @Test func otherClassesAreRefused() throws {
        var query = TestQuery("version.bind", .txt)
        query.recordClass = 3
        #expect(try TestServer(exampleStore()).ask(query).code == 5)
    }

    @Test(arguments: [RecordTypeNumber.axfr, RecordTypeNumber.ixfr])
    func transfersAreRefused(type: UInt16) throws {
        for transport in [Transport.udp, .tcp] {
            let answer = try TestServer(exampleStore()).ask(
                TestQuery("example.com", type), over: transport)
            #expect(answer.code == 5 && answer.answer.isEmpty)
        }
    }

    @Test func recursionIsNotOfferedAndADAndCDAreCleared() throws {
        var query = TestQuery("www.example.com", .a)
        query.flags = 0x01F0
        #expect(try TestServer(exampleStore()).ask(query).flags == 0x8500)
    }

    @Test func countersTellWhatWasAnswered() throws {
        let counters = AnswerCounters()
        let server = TestServer(try exampleStore(), counters: counters)
        _ = try server.ask("www.example.com", .a)
        _ = try server.ask("none.example.com", .aaaa)
        _ = server.raw([])
        var sum = AnswerStatistics()
        sum.add(counters)
        #expect(sum.codes[.noError] == 1 && sum.codes[.nameError] == 1)
        #expect(sum.types[.a] == 1 && sum.types[.aaaa] == 1 && sum.dropped == 1)
    }
}

@Suite("RFC 1794: the order of addresses")
struct RFC1794 {
    @Test func anotherAddressComesFirstInEachAnswer() throws {
        let server = try TestServer(exampleStore())
        var firsts: Set<[UInt8]> = []
        for id in 0..<3 as Range<UInt16> {
            var query = TestQuery("www.example.com", .a)
            query.id = id
            let answer = try server.ask(query)
            firsts.insert(try #require(answer.answer.first).data)
            #expect(Set(answer.answer.map(\.data)).count == 3)
        }
        #expect(firsts.count == 3)
    }
}
