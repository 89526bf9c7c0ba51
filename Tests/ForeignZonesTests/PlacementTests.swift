import ForeignZones
import Inventory
import Testing
import Zones

/// Which zone an entry goes into, apart from any server.
@Suite struct PlacementTests {
    private static func place(
        _ owner: String, _ type: RecordType = .a, present: [String], listed: [String],
        creates: Bool = false
    ) throws -> Placement.Place {
        var placement = Placement(
            server: "the server", present: Set(try present.map(Sample.name)),
            listed: Set(try listed.map(Sample.name)), creation: creates ? .allowed : .forbidden)
        return placement.place(of: try Sample.key(owner, type))
    }

    private static func reason(_ place: Placement.Place) -> String? {
        guard case .nowhere(let reason) = place else { return nil }
        return reason
    }

    @Test func whatIsListedAndThereIsTaken() throws {
        #expect(
            try Self.place("a.example.net.", present: ["example.net."], listed: ["example.net."])
                == .zone(try Sample.name("example.net.")))
        #expect(
            try Self.place(
                "a.b.example.net.", present: ["net.", "example.net.", "b.example.net."],
                listed: ["example.net.", "b.example.net."])
                == .zone(try Sample.name("b.example.net.")))
    }

    @Test(arguments: [
        (["example.net."], [], "list example.net. in dns.zones"),
        (["b.example.net."], ["example.net."], "list b.example.net. in dns.zones"),
        (["net."], ["example.net."], "lies in its zone net.; list net. in dns.zones instead"),
        ([], ["example.net."], "create it there, or allow zones to be created"),
        (["example.net."], ["example.net.", "b.example.net."], "lies in its zone example.net."),
        (["c.example.net."], ["example.net."], "only c.example.net. below it"),
    ])
    func theReasonNamesTheRemedy(present: [String], listed: [String], text: String) throws {
        let place = try Self.place("a.b.example.net.", present: present, listed: listed)
        #expect(Self.reason(place)?.contains(text) == true, "\(place)")
    }

    @Test func neighboursOfAnApexAreNotConfused() throws {
        var placement = Placement(
            server: "the server",
            present: [try Sample.name("example.net."), try Sample.name("sub.example.net.")],
            listed: [try Sample.name("example.net.")], creation: .forbidden)
        let first = placement.place(of: try Sample.key("a.example.net.", .a))
        #expect(first == .zone(try Sample.name("example.net.")))
        #expect(Self.reason(placement.place(of: try Sample.key("sub.example.net.", .a))) != nil)
        #expect(placement.place(of: try Sample.key("b.example.net.", .a)) == first)
    }

    @Test func zonesAreCreatedOnlyWhereNoneIsAround() throws {
        let create = { (present: [String], listed: [String]) in
            try Self.place("a.example.net.", present: present, listed: listed, creates: true)
        }
        let new = Placement.Place.newZone(try Sample.name("example.net."))
        #expect(try create([], ["example.net."]) == new)
        #expect(try create(["other.net."], ["example.net."]) == new)
        #expect(try create([], ["example.net.", "x.example.net."]) == new)
        #expect(Self.reason(try create(["net."], ["example.net."])) != nil)
        #expect(Self.reason(try create(["x.example.net."], ["example.net."])) != nil)
        let reverse = try Self.place(
            "1.2.0.192.in-addr.arpa.", .ptr, present: [], listed: ["2.0.192.in-addr.arpa."],
            creates: true)
        #expect(reverse == .newZone(try Sample.name("2.0.192.in-addr.arpa.")))
    }

    @Test func onlySomeTypesAreWritten() throws {
        let place = try Self.place(
            "a.example.net.", .mx, present: ["example.net."], listed: ["example.net."])
        #expect(Self.reason(place)?.contains("MX") == true)
    }
}
