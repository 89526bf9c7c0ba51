import ForeignZones
import Inventory
import Planning
import Testing
import Zones

/// Marks, apart from any server.
@Suite struct MarkTests {
    @Test func theSealIsTheDocumentedDigest() throws {
        // printf of the octets that `Seal.text` documents, through sha256sum.
        let set = try Sample.set("a.example.net.", .a, "192.0.2.1")
        #expect("\(Seal(of: set, in: Sample.cluster))" == "59b9839bf6e98fbee6d53b281d1d0de8")
        #expect(Seal("59b9839bf6e98fbee6d53b281d1d0de8") == Seal(of: set, in: Sample.cluster))
    }

    @Test func theSealTellsEverythingApart() throws {
        let sets = try [
            Sample.set("a.example.net.", .a, "192.0.2.1"),
            Sample.set("a.example.net.", .a, "192.0.2.1", ttl: 61),
            Sample.set("b.example.net.", .a, "192.0.2.1"),
            Sample.set("a.example.net.", .a, "192.0.2.2"),
            Sample.set("a.example.net.", .a, "192.0.2.1", "192.0.2.2"),
            Sample.set("a.example.net.", .cname, "b.example.net."),
            Sample.set("a.example.net.", .ptr, "b.example.net."),
        ]
        let seals = Set(sets.map { Seal(of: $0, in: Sample.cluster) })
        #expect(seals.count == sets.count)
        #expect(seals.isDisjoint(with: sets.map { Seal(of: $0, in: Sample.stranger) }))
    }

    @Test func ownershipIsReadFromMarks() throws {
        let set = try Sample.set("a.example.net.", .a, "192.0.2.1")
        let other = try Sample.set("a.example.net.", .a, "192.0.2.2")
        let own = try #require(Registry.mark(Registry.text(set, of: Sample.cluster)))
        let strange = try #require(Registry.mark(Registry.text(set, of: Sample.stranger)))
        let read = { (marks: [Mark], content: RecordSet?) in
            var sealer = Sealer(cluster: Sample.cluster)
            return Mark.ownership(marks, of: content, &sealer)
        }
        #expect(read([], set) == .unmarked)
        #expect(read([own], set) == .ours(isIntact: true))
        #expect(read([own], other) == .ours(isIntact: false))
        #expect(read([own], nil) == .ours(isIntact: false))
        #expect(read([Mark(cluster: own.cluster, seal: nil)], set) == .ours(isIntact: false))
        #expect(read([strange], set) == .another("\(Sample.stranger)"))
        #expect(read([own, strange], set) == .another("\(Sample.stranger)"))
    }

    @Test(arguments: [
        ("web1.example.net.", RecordType.a, "_pipam.a.web1.example.net."),
        ("example.net.", .aaaa, "_pipam.aaaa.example.net."),
        ("*.example.net.", .cname, "_pipam.cname._wildcard.example.net."),
        ("1.2.0.192.in-addr.arpa.", .ptr, "_pipam.ptr.1.2.0.192.in-addr.arpa."),
    ])
    func registryNamesGoBothWays(owner: String, type: RecordType, expected: String) throws {
        let key = try Sample.key(owner, type)
        let name = try #require(Registry.owner(of: key))
        #expect("\(name)" == expected)
        #expect(Registry.key(markedAt: name) == key)
    }

    @Test(arguments: ["_pipam.example.net.", "_pipam.mx.example.net.", "pipam.a.example.net."])
    func otherNamesAreNotTheRegistrys(owner: String) throws {
        #expect(Registry.key(markedAt: try Sample.name(owner)) == nil)
    }

    @Test func namesWithoutRoomHaveNoMark() throws {
        let label = String(repeating: "x", count: 60)
        let long = "\(label).\(label).\(label).\(label).a."
        #expect(Registry.owner(of: try Sample.key(long, .a)) == nil)
        #expect(Registry.owner(of: try Sample.key("\(label).\(label).\(label).a.", .a)) != nil)
    }

    @Test func registryRecordsAreRead() throws {
        let set = try Sample.set("a.example.net.", .a, "192.0.2.1")
        let text = Registry.text(set, of: Sample.cluster)
        #expect(
            Registry.mark(text)
                == Mark(cluster: "\(Sample.cluster)", seal: Seal(of: set, in: Sample.cluster)))
        #expect(Registry.mark(text.replacing("seal=", with: "seel="))?.seal == nil)
        #expect(Registry.mark(text.replacing("seal=", with: "seal=x"))?.seal == nil)
        for wrong in ["\"v=spf1\"", "", "\"heritage=pipam,cluster=\"", "heritage=pipam,cluster=x"] {
            #expect(Registry.mark(wrong) == nil)
        }
    }
}
