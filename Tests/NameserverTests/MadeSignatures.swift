import Inventory
import Nameserver
import Zones

/// Signs in form alone: whoever answers does not look at what a signature is made of.
enum MadeSignatures {
    /// A set with a signature of the zone's that is told from every other by its octets.
    static func sign(_ set: RecordSet, apex: String, tag: UInt16 = 7) -> RecordSet {
        let owner = set.key.owner
        let isWildcard = owner.labels.first?.elementsEqual([UInt8(ascii: "*")]) ?? false
        var data = octets(set.key.type.rawValue)
        data += [13, UInt8(owner.labelCount - (isWildcard ? 1 : 0))]
        data += octets(UInt16(set.ttlSeconds >> 16)) + octets(UInt16(set.ttlSeconds & 0xFFFF))
        data += [0x65, 1, 2, 3, 0x64, 1, 2, 3] + octets(tag) + name(apex).wire
        data += Array((owner.wire + octets(set.key.type.rawValue)).prefix(64))
        data += Array(repeating: 9, count: 64 - min(64, owner.wire.count + 2))
        return set.signed(with: set.signatures + [data])
    }

    static func nsec(_ owner: String, next: String, ttl: UInt32 = 60) -> RecordSet {
        // A, NS, SOA, MX, RRSIG, NSEC: which does not matter here.
        RecordSet(
            owner: name(owner), type: .nsec, ttlSeconds: ttl,
            data: [name(next).wire + [0, 6, 0x62, 1, 0, 0, 0, 3]])
    }

    static func nsec3(_ hash: String, next: String, apex: String) -> RecordSet {
        let digits = Array("0123456789abcdefghijklmnopqrstuv")
        let values = next.map { UInt8(digits.firstIndex(of: $0) ?? 0) }
        var hashed: [UInt8] = []
        for start in stride(from: 0, to: values.count, by: 8) {
            let bits = values[start..<start + 8].reduce(0 as UInt64) { $0 << 5 | UInt64($1) }
            hashed += (0..<5).map { UInt8(truncatingIfNeeded: bits >> UInt64(32 - 8 * $0)) }
        }
        return RecordSet(
            owner: name("\(hash).\(apex)"), type: .nsec3, ttlSeconds: 60,
            data: [[1, 0, 0, 0, 0, 20] + hashed + [0, 6, 0x62, 1, 0, 0, 0, 2]])
    }

    /// The zone of RFC 4035 appendix A and RFC 5155 appendix A, as far as proofs turn on it, with
    /// some more.
    private static let exampleSets: [RecordSet] = [
        soa("example.", serial: 1, ttl: 3_600, minimum: 60),
        names("example.", .ns, "ns1.example.", "ns2.example."),
        mx("example.", 1, "xx.example."),
        RecordSet(
            owner: name("example."), type: .dnskey, ttlSeconds: 3_600,
            data: [[1, 1, 3, 13] + Array(repeating: 5, count: 64)]),
        a("ai.example.", "192.0.2.9"),
        a("ns1.example.", "192.0.2.1"),
        a("ns2.example.", "192.0.2.2"),
        mx("*.w.example.", 1, "ai.example."),
        mx("x.w.example.", 1, "xx.example."),
        mx("x.y.w.example.", 1, "xx.example."),
        a("xx.example.", "192.0.2.10"),
        aaaa("xx.example.", "2001:db8::10"),
    ]

    /// Those that are not signed: delegations and what lies below.
    private static let unsignedSets: [RecordSet] = [
        names("a.example.", .ns, "ns1.a.example.", "ns2.example."),
        a("ns1.a.example.", "192.0.2.5"),
        names("b.example.", .ns, "ns1.b.example."),
        a("ns1.b.example.", "192.0.2.7"),
    ]

    private static let chain = [
        "example.", "a.example.", "ai.example.", "b.example.", "ns1.example.", "ns2.example.",
        "*.w.example.", "x.w.example.", "x.y.w.example.", "xx.example.",
    ]

    /// By ldns-nsec3-hash -t 0, in order.
    static let hashes = [
        "example.": "3msev9usmd4br9s97v51r2tdvmr9iqo1",
        "a.example.": "6cd522290vma0nr8lqu1ivtcofj94rga",
        "y.w.example.": "9js115ea61chtvgnsdgk2lldv5ceu01u",
        "x.y.w.example.": "a2bbv5g5d8ik754a2a44gdc113sc00dk",
        "b.example.": "b39f52k2414ait0pcpfjosgb4bs25jpe",
        "ai.example.": "d8cm5m2d14ee3ci2udflrlk00604lnnk",
        "ns2.example.": "dsq717d99rrrn3n4o1o20ntk5ldjknt3",
        "xx.example.": "l76mhqg6oa3a5scu8lula061nepf70ph",
        "ns1.example.": "m1o89lfdo9rrf2f8r8ss42d81d09v48m",
        "*.w.example.": "p9n5ptevjsjoskr5u50vc77gp9bdsck8",
        "w.example.": "tf4v2jbvf5iq28bheot32e5nsh2dbof3",
        "x.w.example.": "vdec5svarlb837sln077ffsvbrj6lv0q",
    ]

    private static func nsecChain() -> [RecordSet] {
        chain.indices.map { index in
            nsec(chain[index], next: chain[(index + 1) % chain.count])
        }
    }

    private static func nsec3Chain() -> [RecordSet] {
        let ordered = hashes.values.sorted()
        let parameters = RecordSet(
            owner: name("example."), type: .nsec3param, ttlSeconds: 0, data: [[1, 0, 0, 0, 0]])
        return [parameters]
            + ordered.indices.map { index in
                nsec3(
                    ordered[index], next: ordered[(index + 1) % ordered.count], apex: "example.")
            }
    }

    /// The zone "example." with one kind of proof or the other.
    static func example(hashed: Bool, more: [RecordSet] = []) -> [RecordSet] {
        let chain = hashed ? nsec3Chain() : nsecChain()
        return (exampleSets + [ds("a.example.")] + more + chain).map {
            sign($0, apex: "example.")
        } + unsignedSets
    }

    static func store(hashed: Bool, more: [RecordSet] = []) throws -> ZoneStore {
        let store = ZoneStore()
        try store.publish([
            .replaced(apex: name("example."), sets: example(hashed: hashed, more: more))
        ])
        return store
    }
}
