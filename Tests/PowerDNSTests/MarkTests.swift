import ForeignZones
import Inventory
import Planning
import Testing
import Zones

@testable import PowerDNS

/// Marks, apart from any server.
@Suite struct MarkTests {
    @Test func theSealIsTheDocumentedDigest() throws {
        // printf of the octets that `Seal.text` documents, through sha256sum.
        let set = try Rig.set("a.example.net.", .a, "192.0.2.1")
        #expect("\(Seal(of: set, in: Rig.cluster))" == "59b9839bf6e98fbee6d53b281d1d0de8")
        #expect(Seal("59b9839bf6e98fbee6d53b281d1d0de8") == Seal(of: set, in: Rig.cluster))
    }

    @Test func theSealTellsEverythingApart() throws {
        let sets = try [
            Rig.set("a.example.net.", .a, "192.0.2.1"),
            Rig.set("a.example.net.", .a, "192.0.2.1", ttl: 61),
            Rig.set("b.example.net.", .a, "192.0.2.1"),
            Rig.set("a.example.net.", .a, "192.0.2.2"),
            Rig.set("a.example.net.", .a, "192.0.2.1", "192.0.2.2"),
            Rig.set("a.example.net.", .cname, "b.example.net."),
            Rig.set("a.example.net.", .ptr, "b.example.net."),
        ]
        let seals = Set(sets.map { Seal(of: $0, in: Rig.cluster) })
        #expect(seals.count == sets.count)
        #expect(seals.isDisjoint(with: sets.map { Seal(of: $0, in: Rig.stranger) }))
    }

    @Test func ownershipIsReadFromMarks() throws {
        let set = try Rig.set("a.example.net.", .a, "192.0.2.1")
        let other = try Rig.set("a.example.net.", .a, "192.0.2.2")
        let own = try #require(Mark(Mark.comment(set, of: Rig.cluster)))
        let strange = try #require(Mark(Mark.comment(set, of: Rig.stranger)))
        #expect(Mark.comment(set, of: Rig.cluster).account.utf8.count <= 40)
        let read = { (marks: [Mark], content: RecordSet?) in
            var sealer = Sealer(cluster: Rig.cluster)
            return Mark.ownership(marks, of: content, &sealer)
        }
        #expect(read([], set) == .unmarked)
        #expect(read([own], set) == .ours(isIntact: true))
        #expect(read([own], other) == .ours(isIntact: false))
        #expect(read([own], nil) == .ours(isIntact: false))
        #expect(read([strange], set) == .another("\(Rig.stranger)"))
        #expect(read([own, strange], set) == .another("\(Rig.stranger)"))
    }

    @Test(arguments: [
        ("pipam/", nil), ("pipam/1111222233334444555566667777888", nil), ("ann", nil),
        ("Pipam/11112222333344445555666677778888", nil),
        ("pipam/11112222333344445555666677778888", "11112222333344445555666677778888"),
    ])
    func accountsAreRead(account: String, cluster: String?) {
        let mark = Mark(Comment(account: account, content: "edited", modifiedAt: nil))
        #expect(mark?.cluster == cluster)
        #expect(mark?.seal == nil)
    }

    @Test(arguments: [
        ("web1.example.net.", RecordType.a, "_pipam.a.web1.example.net."),
        ("example.net.", .aaaa, "_pipam.aaaa.example.net."),
        ("*.example.net.", .cname, "_pipam.cname._wildcard.example.net."),
        ("1.2.0.192.in-addr.arpa.", .ptr, "_pipam.ptr.1.2.0.192.in-addr.arpa."),
    ])
    func registryNamesGoBothWays(owner: String, type: RecordType, expected: String) throws {
        let key = try Rig.key(owner, type)
        let name = try #require(Registry.owner(of: key))
        #expect("\(name)" == expected)
        #expect(Registry.key(markedAt: name) == key)
    }

    @Test(arguments: ["_pipam.example.net.", "_pipam.mx.example.net.", "pipam.a.example.net."])
    func otherNamesAreNotTheRegistrys(owner: String) throws {
        #expect(Registry.key(markedAt: try Rig.name(owner)) == nil)
    }

    @Test func namesWithoutRoomHaveNoMark() throws {
        let label = String(repeating: "x", count: 60)
        let long = "\(label).\(label).\(label).\(label).a."
        #expect(Registry.owner(of: try Rig.key(long, .a)) == nil)
        #expect(Registry.owner(of: try Rig.key("\(label).\(label).\(label).a.", .a)) != nil)
    }

    @Test func registryRecordsAreRead() throws {
        let set = try Rig.set("a.example.net.", .a, "192.0.2.1")
        let text = Registry.text(set, of: Rig.cluster)
        #expect(
            Registry.mark(text)
                == Mark(cluster: "\(Rig.cluster)", seal: Seal(of: set, in: Rig.cluster)))
        #expect(Registry.mark(text.replacing("seal=", with: "seel="))?.seal == nil)
        #expect(Registry.mark(text.replacing("seal=", with: "seal=x"))?.seal == nil)
        for wrong in ["\"v=spf1\"", "", "\"heritage=pipam,cluster=\"", "heritage=pipam,cluster=x"] {
            #expect(Registry.mark(wrong) == nil)
        }
    }
}
