import DNSWire
import Inventory
import Nameserver
import Testing
import Zones

extension TestServer {
    /// Asks with DO and room for what comes of it.
    fileprivate func askSecurely(
        _ text: String, _ type: RecordType, over transport: Transport = .udp,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> TestAnswer {
        var query = TestQuery(text, type, payloadOctets: 4_096)
        query.wantsSignatures = true
        return try ask(query, over: transport, sourceLocation: sourceLocation)
    }
}

extension [TestRecord] {
    /// Owner and type of each, "xx. A" or, for a signature, "xx. RRSIG A".
    fileprivate var kinds: [String] {
        map { record in
            guard record.type == .rrsig else { return "\(record.owner) \(record.type)" }
            let covered = UInt16(record.data[0]) << 8 | UInt16(record.data[1])
            return "\(record.owner) RRSIG \(RecordType(rawValue: covered))"
        }
    }

    /// Owners of one type.
    fileprivate func owners(_ type: RecordType) -> [String] {
        filter { $0.type == type }.map(\.owner)
    }
}

/// Each set with its signature.
private func signed(_ sets: String...) -> [String] {
    sets.flatMap { set in
        let words = set.split(separator: " ")
        return [set, "\(words[0]) RRSIG \(words[1])"]
    }
}

@Suite("RFC 4035 appendix B: answers of a signed zone") struct RFC4035AppendixB {
    private static func server() throws -> TestServer {
        try TestServer(MadeSignatures.store(hashed: false), payloadOctets: 4_096)
    }

    @Test func b1Answer() throws {
        let answer = try Self.server().askSecurely("x.w.example", .mx)
        #expect(answer.code == 0 && answer.isAuthoritative)
        #expect(answer.answer.kinds == signed("x.w.example. MX"))
        #expect(answer.authority.isEmpty)
        #expect(answer.additional.kinds == signed("xx.example. A", "xx.example. AAAA"))
        let data = answer.answer[1].data
        let set = MadeSignatures.sign(mx("x.w.example.", 1, "xx.example."), apex: "example.")
        #expect(data == set.signatures[0])
        #expect(answer.answer[1].ttlSeconds == 300)
    }

    @Test func b2NameError() throws {
        let answer = try Self.server().askSecurely("ml.example", .a)
        #expect(answer.code == 3 && answer.answer.isEmpty && answer.additional.isEmpty)
        #expect(
            answer.authority.kinds
                == signed("example. SOA", "b.example. NSEC", "example. NSEC"))
        #expect(answer.authority.allSatisfy { $0.ttlSeconds == 60 })
    }

    @Test func b3NoData() throws {
        let answer = try Self.server().askSecurely("ns1.example", .mx)
        #expect(answer.code == 0 && answer.answer.isEmpty)
        #expect(answer.authority.kinds == signed("example. SOA", "ns1.example. NSEC"))
    }

    @Test func b4ReferralToASignedZone() throws {
        let answer = try Self.server().askSecurely("mc.a.example", .mx)
        #expect(!answer.isAuthoritative && answer.answer.isEmpty)
        #expect(
            answer.authority.kinds
                == ["a.example. NS", "a.example. NS"] + signed("a.example. DS"))
        // Glue is not signed, the address of another name of the zone is.
        #expect(answer.additional.kinds == ["ns1.a.example. A"] + signed("ns2.example. A"))
    }

    @Test func b5ReferralToAnUnsignedZone() throws {
        let answer = try Self.server().askSecurely("mc.b.example", .mx)
        #expect(!answer.isAuthoritative)
        #expect(
            answer.authority.kinds == ["b.example. NS"] + signed("b.example. NSEC"))
        #expect(answer.additional.kinds == ["ns1.b.example. A"])
    }

    @Test func b6WildcardExpansion() throws {
        let answer = try Self.server().askSecurely("a.z.w.example", .mx)
        #expect(answer.code == 0 && answer.answer.kinds == signed("a.z.w.example. MX"))
        // The labels of the wildcard's own name, by which a resolver knows.
        #expect(answer.answer[1].data[3] == 2)
        #expect(answer.authority.kinds == signed("x.y.w.example. NSEC"))
        #expect(answer.additional.kinds == signed("ai.example. A"))
    }

    @Test func b7WildcardNoData() throws {
        let answer = try Self.server().askSecurely("a.z.w.example", .aaaa)
        #expect(answer.code == 0 && answer.answer.isEmpty)
        #expect(
            Set(answer.authority.kinds)
                == Set(
                    signed("example. SOA", "*.w.example. NSEC", "x.y.w.example. NSEC")))
    }

    @Test func b8NoDSAtTheApex() throws {
        let answer = try Self.server().askSecurely("example", .ds)
        #expect(answer.code == 0 && answer.isAuthoritative)
        #expect(answer.authority.kinds == signed("example. SOA", "example. NSEC"))
    }
}

/// Beside appendix B.
@Suite("RFC 4035 section 3.1: what a signed zone answers") struct RFC4035Section3_1 {
    private static func server(more: [RecordSet] = []) throws -> TestServer {
        try TestServer(MadeSignatures.store(hashed: false, more: more), payloadOctets: 4_096)
    }

    @Test(arguments: [("x.w.example", RecordType.mx), ("ml.example", .a), ("mc.a.example", .a)])
    func withoutDONothingOfItIsSent(question: String, type: RecordType) throws {
        for payload in [nil, 4_096] as [UInt16?] {
            let answer = try Self.server().ask(
                TestQuery(question, type, payloadOctets: payload))
            let all = answer.answer + answer.authority + answer.additional
            #expect(
                !all.isEmpty && !all.contains { [.rrsig, .nsec, .ds].contains($0.type) })
        }
    }

    @Test(arguments: [RecordType.nsec, .dnskey, .rrsig])
    func whoeverAsksForThemGetsThem(type: RecordType) throws {
        let answer = try Self.server().ask("example", type)
        #expect(answer.code == 0 && answer.answer.map(\.type) == [type])
    }

    @Test func anEmptyNonTerminalIsProvedByWhatIsInFrontOfIt() throws {
        let answer = try Self.server().askSecurely("y.w.example", .a)
        #expect(answer.code == 0)
        #expect(answer.authority.kinds == signed("example. SOA", "x.w.example. NSEC"))
    }

    @Test func oneRecordThatProvesTwoThingsStandsThereOnce() throws {
        // Both a.w and *.y come behind x.w... and in front of what is next.
        let answer = try Self.server().askSecurely("a.y.w.example", .a)
        #expect(answer.code == 3)
        #expect(answer.authority.kinds == signed("example. SOA", "x.w.example. NSEC"))
    }

    @Test func namesBelowADelegationAreNotInTheChain() throws {
        // In canonical order glue stands between the delegation and the name.
        let answer = try Self.server().askSecurely("ac.example", .a)
        #expect(answer.code == 3)
        #expect(
            answer.authority.kinds
                == signed("example. SOA", "a.example. NSEC", "example. NSEC"))
    }

    @Test func theParentAnswersForDS() throws {
        let server = try Self.server()
        let delegated = try server.askSecurely("a.example", .ds)
        #expect(delegated.isAuthoritative && delegated.answer.kinds == signed("a.example. DS"))
        let unsigned = try server.askSecurely("b.example", .ds)
        #expect(unsigned.isAuthoritative && unsigned.answer.isEmpty)
        #expect(unsigned.authority.kinds == signed("example. SOA", "b.example. NSEC"))
    }

    @Test func anAliasByWildcardIsProvedBehindAllAnswers() throws {
        let more = [
            names("*.c.example.", .cname, "xx.example."),
            MadeSignatures.nsec("*.c.example.", next: "ns1.example."),
        ]
        let answer = try Self.server(more: more).askSecurely("q.c.example", .a)
        #expect(answer.code == 0)
        #expect(answer.answer.kinds == signed("q.c.example. CNAME", "xx.example. A"))
        #expect(answer.authority.kinds == signed("*.c.example. NSEC"))
    }

    @Test func anAliasToNothingIsProvedByItsOwnZone() throws {
        let store = try MadeSignatures.store(hashed: false)
        let sets = [
            soa("example.net."), names("example.net.", .ns, "ns1.example."),
            names("www.example.net.", .cname, "ml.example."),
        ]
        try store.publish([.replaced(apex: name("example.net."), sets: sets)])
        let answer = try TestServer(store, payloadOctets: 4_096)
            .askSecurely("www.example.net", .a)
        #expect(answer.code == 3 && answer.answer.kinds == ["www.example.net. CNAME"])
        #expect(
            answer.authority.kinds
                == signed("example. SOA", "b.example. NSEC", "example. NSEC"))
    }

    @Test func aRedirectionIsSignedAndWhatFollowsFromItIsNot() throws {
        let more = [
            RecordSet(
                owner: name("r.example."), type: .dname, ttlSeconds: 300,
                data: [name("w.example.").wire]),
            MadeSignatures.nsec("r.example.", next: "*.w.example."),
        ]
        let answer = try Self.server(more: more).askSecurely("x.r.example", .mx)
        #expect(
            answer.answer.kinds
                == signed("r.example. DNAME") + ["x.r.example. CNAME"] + signed("x.w.example. MX"))
    }

    @Test func aSetGoesWithItsSignaturesOrNotAtAll() throws {
        var query = TestQuery("x.w.example", .mx, payloadOctets: 512)
        query.wantsSignatures = true
        let large = (0..<30).map { "192.0.2.\($0)" }
        let addresses = RecordSet(
            owner: name("big.example."), type: .a, ttlSeconds: 300,
            data: large.compactMap { IPAddress($0)?.octets })
        let server = try Self.server(more: [addresses])
        // What is additional is left out.
        let small = try server.ask(query)
        #expect(!small.isTruncated)
        #expect(small.answer.kinds == signed("x.w.example. MX"))
        for type in [RecordType.a, .aaaa] {
            let count = small.additional.owners(type).count
            #expect(small.additional.kinds.filter { $0.hasSuffix("RRSIG \(type)") }.count == count)
        }
        // 480 octets of addresses fit, with their signature they do not.
        query.name = TestQuery("big.example", .a).name
        query.type = 1
        let answer = try server.ask(query)
        #expect(answer.isTruncated && answer.answer.isEmpty && answer.authority.isEmpty)
        #expect(try server.ask(query, over: .tcp).answer.count == 31)
    }

    @Test func signaturesAreOfOneSetOverUDPAndOfAllOverTCP() throws {
        let server = try Self.server()
        #expect(try server.askSecurely("xx.example", .rrsig).answer.count == 1)
        let answer = try server.askSecurely("xx.example", .rrsig, over: .tcp)
        #expect(
            Set(answer.answer.kinds) == [
                "xx.example. RRSIG A", "xx.example. RRSIG AAAA", "xx.example. RRSIG NSEC",
            ])
        let none = try server.askSecurely("ns1.a.example", .rrsig)
        #expect(!none.isAuthoritative && none.answer.isEmpty)
    }

    @Test func aSetMayHaveSeveralSignatures() throws {
        let set = MadeSignatures.sign(a("two.example.", "192.0.2.77"), apex: "example.", tag: 8)
        let answer = try Self.server(more: [set]).askSecurely("two.example", .a)
        #expect(answer.answer.count == 3)
        #expect(Set(answer.answer.dropFirst().map { Array($0.data[16..<18]) }) == [[0, 7], [0, 8]])
    }

    @Test func signaturesThatAreNotTheSetsAreRefused() throws {
        let good = MadeSignatures.sign(a("x.example.", "192.0.2.1"), apex: "example.")
        for (offset, count) in [(1, 1), (7, 1), (18, 1), (20, 100)] {
            var data = good.signatures[0]
            if count == 1 { data[offset] ^= 1 } else { data.removeLast(data.count - offset) }
            let bad = good.signed(with: [data])
            #expect(throws: NameserverError.self, "\(offset)") {
                try MadeSignatures.store(hashed: false, more: []).publish([
                    .signed(ZoneDifference(apex: name("example."), removed: [], changed: [bad]))
                ])
            }
        }
    }
}

@Suite("RFC 5155 section 7.2: proofs by hashes") struct RFC5155Section7_2 {
    private static func server() throws -> TestServer {
        try TestServer(MadeSignatures.store(hashed: true), payloadOctets: 4_096)
    }

    /// The owners of NSEC3 records, each with a signature.
    private func owners(_ records: [TestRecord]) -> Set<String> {
        let owners = records.owners(.nsec3)
        #expect(Set(owners).count == owners.count)
        for owner in owners { #expect(records.kinds.contains("\(owner) RRSIG NSEC3")) }
        return Set(owners)
    }

    private func hashes(_ names: String...) -> Set<String> {
        Set(names.compactMap { MadeSignatures.hashes[$0].map { "\($0).example." } })
    }

    @Test func section2NameError() throws {
        let answer = try Self.server().askSecurely("ml.example", .a)
        #expect(answer.code == 3)
        // Of the encloser, around ml.example, around *.example.
        #expect(owners(answer.authority) == hashes("example.", "*.w.example.", "a.example."))
        #expect(answer.authority.kinds.prefix(2) == signed("example. SOA")[...])
    }

    @Test func behindTheLastHashComesTheFirst() throws {
        let answer = try Self.server().askSecurely("c.x.w.example", .a)
        #expect(answer.code == 3)
        // The one of the encloser is around *.x.w.example too.
        #expect(owners(answer.authority) == hashes("x.w.example.", "ns2.example."))
    }

    @Test(arguments: ["ns1.example", "y.w.example"])
    func section3And4NoData(question: String) throws {
        let answer = try Self.server().askSecurely(question, .mx)
        #expect(answer.code == 0 && answer.answer.isEmpty)
        #expect(owners(answer.authority) == hashes(question + "."))
    }

    @Test func section5WildcardNoData() throws {
        let answer = try Self.server().askSecurely("a.z.w.example", .aaaa)
        #expect(answer.code == 0 && answer.answer.isEmpty)
        #expect(owners(answer.authority) == hashes("w.example.", "*.w.example."))
    }

    @Test func section6WildcardAnswer() throws {
        let answer = try Self.server().askSecurely("a.z.w.example", .mx)
        #expect(answer.answer.kinds == signed("a.z.w.example. MX"))
        #expect(owners(answer.authority) == hashes("*.w.example."))
    }

    @Test func section7Referral() throws {
        let answer = try Self.server().askSecurely("mc.b.example", .a)
        #expect(!answer.isAuthoritative)
        #expect(owners(answer.authority) == hashes("b.example."))
        #expect(
            try Self.server().askSecurely("b.example", .ds).authority.owners(.nsec3)
                == ["\(MadeSignatures.hashes["b.example."] ?? "").example."])
    }

    @Test func section8OwnersOfHashesAreNoNames() throws {
        let server = try Self.server()
        let owner = try #require(MadeSignatures.hashes["example."])
        for type in [RecordType.nsec3, .a, .rrsig] {
            let answer = try server.askSecurely("\(owner).example", type)
            #expect(answer.code == 3 && answer.answer.isEmpty)
        }
        #expect(try server.askSecurely("example", .nsec3).answer.isEmpty)
    }

    @Test func otherParametersAreNotWorkedOut() throws {
        // With NSEC records beside them, those prove; without, the zone has no proofs.
        let sets = MadeSignatures.example(hashed: true).map { set in
            guard set.key.type == .nsec3param else { return set }
            return RecordSet(
                owner: set.key.owner, type: .nsec3param, ttlSeconds: 0, data: [[1, 0, 0, 9, 0]])
        }
        let store = ZoneStore()
        try store.publish([.replaced(apex: name("example."), sets: sets)])
        let answer = try TestServer(store, payloadOctets: 4_096).askSecurely("ml.example", .a)
        #expect(answer.code == 3 && answer.authority.kinds == signed("example. SOA"))
    }
}

@Suite struct SignedChangeTests {
    /// Hashes come, move and go like names, without being any.
    @Test func hashesFollowChanges() throws {
        let store = try MadeSignatures.store(hashed: true)
        let before = store.statistics
        let hash = "pbn4nk3h3dv0jeu6t5ufkc4ke7dmodi0"
        let added = [
            MadeSignatures.nsec3(hash, next: hash, apex: "example."),
            a("ml.example.", "192.0.2.44"),
        ].map { MadeSignatures.sign($0, apex: "example.") }
        let server = TestServer(store, payloadOctets: 4_096)
        for round in 0..<3 {
            try store.publish([
                .signed(ZoneDifference(apex: name("example."), removed: [], changed: added))
            ])
            let answer = try server.askSecurely("ml.example", .mx)
            #expect(answer.authority.owners(.nsec3) == ["\(hash).example."], "\(round)")
            try store.publish([
                .signed(
                    ZoneDifference(
                        apex: name("example."), removed: added.map(\.key), changed: []))
            ])
            #expect(try server.askSecurely("ml.example", .mx).code == 3)
            #expect(store.statistics.names == before.names)
            #expect(store.statistics.recordSets == before.recordSets)
        }
        // What was given up is gathered and given back, hashes included.
        for round in 0..<30_000 {
            let set = RecordSet(
                owner: added[1].key.owner, type: .txt, ttlSeconds: 1,
                data: [[2] + octets(UInt16(round & 0xFFFF))])
            try store.publish([
                .signed(
                    ZoneDifference(
                        apex: name("example."), removed: round % 2 == 0 ? [] : [added[0].key],
                        changed: [set] + (round % 2 == 0 ? [added[0]] : [])))
            ])
        }
        #expect(store.statistics.sizeOctets < 8 << 20)
        let answer = try server.askSecurely("x.w.example", .a)
        #expect(answer.authority.kinds.contains { $0.hasSuffix("RRSIG NSEC3") })
    }

    @Test func aZoneThatIsUnsignedAgainProvesNothing() throws {
        let store = try MadeSignatures.store(hashed: true)
        let plain = MadeSignatures.example(hashed: true)
            .filter { ![.nsec3, .nsec3param, .dnskey].contains($0.key.type) }.map(\.unsigned)
        try store.publish([.replaced(apex: name("example."), sets: plain)])
        let answer = try TestServer(store).askSecurely("ml.example", .a)
        #expect(answer.authority.kinds == ["example. SOA"])
    }
}
