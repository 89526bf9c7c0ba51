import ForeignZones
import Inventory
import Testing
import Zones

/// Where a zone ends within.
@Suite struct CutsTests {
    private static func cuts(_ points: (String, RecordType)...) throws -> Cuts {
        var cuts = Cuts(apex: try Sample.name("example.net."), now: .now)
        for (owner, type) in points { cuts.note(try Sample.key(owner, type)) }
        return cuts
    }

    private static func objection(_ cuts: Cuts, _ name: String) throws -> String? {
        cuts.objection(to: try Sample.name(name))
    }

    @Test func delegationsHideThemselvesAndAllBelow() throws {
        let cuts = try Self.cuts(("sub.example.net.", .ns), ("example.net.", .ns))
        for name in ["sub.example.net.", "a.sub.example.net.", "a.b.c.sub.example.net."] {
            let text = try #require(try Self.objection(cuts, name))
            #expect(text.contains("sub.example.net. is delegated by NS records in example.net."))
            #expect(text.contains("publish it in the zone sub.example.net."))
        }
        for name in ["example.net.", "a.example.net.", "xsub.example.net.", "net."] {
            #expect(try Self.objection(cuts, name) == nil, "\(name)")
        }
    }

    @Test func redirectionsHideAllBelow() throws {
        let cuts = try Self.cuts(("old.example.net.", .dname))
        #expect(try Self.objection(cuts, "a.old.example.net.")?.contains("DNAME") == true)
        #expect(try Self.objection(cuts, "old.example.net.") == nil)
        // Of the apex too.
        let whole = try Self.cuts(("example.net.", .dname))
        #expect(try Self.objection(whole, "a.example.net.")?.contains("DNAME") == true)
        #expect(try Self.objection(whole, "example.net.") == nil)
    }

    @Test func whereBothStandItIsDelegated() throws {
        let (name, sub) = ("a.sub.example.net.", "sub.example.net.")
        let cuts = try [
            Self.cuts((sub, .ns), (sub, .dname)), Self.cuts((sub, .dname), (sub, .ns)),
        ]
        for cuts in cuts {
            #expect(try Self.objection(cuts, name)?.contains("is delegated") == true)
            #expect(try Self.objection(cuts, sub)?.contains("is delegated") == true)
        }
    }

    @Test func otherTypesHideNothing() throws {
        let types: [RecordType] = [.a, .cname, .soa, .ds, .mx, .txt]
        for type in types {
            let cuts = try Self.cuts(("sub.example.net.", type))
            #expect(try Self.objection(cuts, "a.sub.example.net.") == nil)
        }
    }

    @Test func whatIsNotKnownIsAskedFor() throws {
        var cuts = try Self.cuts()
        let unknown = { (cuts: Cuts, name: String) in
            cuts.unknownAncestors(of: try Sample.name(name)).map { "\($0)" }
        }
        let all = ["b.example.net.", "example.net."]
        #expect(try unknown(cuts, "a.b.example.net.") == all)
        #expect(try unknown(cuts, "example.net.").isEmpty)
        cuts.finish([try Sample.name("b.example.net.")])
        #expect(try unknown(cuts, "a.b.example.net.") == ["example.net."])
        cuts.finish([try Sample.name("example.net.")])
        #expect(try unknown(cuts, "a.b.example.net.").isEmpty)
        #expect(try unknown(cuts, "a.c.example.net.") == ["c.example.net."])
        cuts.forget([try Sample.name("b.example.net.")])
        #expect(try unknown(cuts, "a.b.example.net.") == ["b.example.net."])
        cuts.finishAll()
        #expect(try unknown(cuts, "a.c.d.example.net.").isEmpty)
    }

    @Test func whatIsForgottenHidesNothing() throws {
        var cuts = try Self.cuts(("sub.example.net.", .ns))
        cuts.forget([try Sample.name("sub.example.net.")])
        #expect(try Self.objection(cuts, "a.sub.example.net.") == nil)
    }

    @Test func itIsBelievedForAWhile() throws {
        let now = ContinuousClock.now
        let cuts = Cuts(apex: try Sample.name("example.net."), now: now)
        #expect(!cuts.isOutdated(now: now))
        #expect(!cuts.isOutdated(now: now + Cuts.lifetime))
        #expect(cuts.isOutdated(now: now + Cuts.lifetime + .seconds(1)))
    }
}
