import Inventory
import Planning
import Testing
import Zones

/// What cannot stand beside what.
@Suite struct RecordSetKeyTests {
    @Test(arguments: [
        (RecordType.cname, RecordType.a, true), (.cname, .ptr, true), (.a, .aaaa, false),
        (.a, .a, false), (.cname, .cname, false),
        // PowerDNS's ALIAS and LUA.
        (RecordType(rawValue: 65_401), .a, true), (RecordType(rawValue: 65_402), .aaaa, true),
        (RecordType(rawValue: 65_402), .ptr, false),
        (RecordType(rawValue: 65_401), RecordType(rawValue: 65_402), false),
    ])
    func exclusionHoldsBothWays(first: RecordType, second: RecordType, excludes: Bool) throws {
        let name = try #require(DomainName("web1.example.com"))
        let other = try #require(DomainName("web2.example.com"))
        let left = RecordSetKey(owner: name, type: first)
        let right = RecordSetKey(owner: name, type: second)
        #expect(left.excludes(right) == excludes)
        #expect(right.excludes(left) == excludes)
        #expect(!left.excludes(RecordSetKey(owner: other, type: second)))
    }
}
