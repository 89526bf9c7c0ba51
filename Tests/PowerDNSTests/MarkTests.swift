import ForeignZones
import Inventory
import Planning
import Testing
import Zones

@testable import PowerDNS

/// Marks as comments, apart from any server.
@Suite struct MarkTests {
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
}
