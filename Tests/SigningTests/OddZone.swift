import Inventory
import Zones

extension SigningRig {
    /// Everything that is not usual.
    mutating func fillWithOddities() {
        let apex = apex.description
        set("www.\(apex)", .a, [192, 0, 2, 2], [192, 0, 2, 3])
        set("www.\(apex)", .aaaa, Array(repeating: 0x20, count: 16))
        // Empty non-terminals, one below the other.
        set("a.b.c.d.e.\(apex)", .txt, [3, 0x61, 0x62, 0x63])
        set("e2.d.e.\(apex)", .a, [192, 0, 2, 7])
        // Wildcards, and one that is an empty non-terminal's.
        set("*.wild.\(apex)", .txt, [0])
        set("*.wild.\(apex)", .mx, [0, 10] + wire("www.\(apex)"))
        set("deep.*.star.\(apex)", .a, [192, 0, 2, 8])
        set("*.\(apex)", .a, [192, 0, 2, 9])
        // A delegation with keys and glue, one without keys, and glue beside it.
        set("cut.\(apex)", .ns, ttl: 3_600, wire("ns.cut.\(apex)"), wire("ns1.\(apex)"))
        set("cut.\(apex)", .ds, [0x30, 0x39, 13, 2] + Array(repeating: 0xAB, count: 32))
        set("ns.cut.\(apex)", .a, [192, 0, 2, 10])
        set("open.\(apex)", .ns, ttl: 3_600, wire("ns.below.open.\(apex)"))
        set("ns.below.open.\(apex)", .a, [192, 0, 2, 11])
        set("ns.below.open.\(apex)", .aaaa, Array(repeating: 0x21, count: 16))
        set("self.\(apex)", .ns, ttl: 3_600, wire("self.\(apex)"))
        set("self.\(apex)", .a, [192, 0, 2, 12])
        set("a.empty.\(apex)", .ns, wire("ns1.\(apex)"))
        set("moved.\(apex)", .dname, wire("elsewhere.test"))
        set("alias.\(apex)", .cname, wire("www.\(apex)"))
        set("_http._tcp.\(apex)", .srv, [0, 0, 0, 0, 0, 80] + wire("www.\(apex)"))
        set("svc.\(apex)", .https, [0, 1, 0, 0, 1, 0, 3, 2, 0x68, 0x32])
        set("caa.\(apex)", .caa, [0, 5] + Array("issueca.test".utf8))
        // A name in the data of an old type, not in lower case.
        set(
            "naptr.\(apex)", RecordType(rawValue: 35),
            [0, 1, 0, 2, 1, 0x55, 0, 0] + [3, 0x57, 0x57, 0x57] + wire(apex))
        set("rp.\(apex)", RecordType(rawValue: 17), wire("mail.\(apex)") + [1, 0x4D, 0])
        set("unknown.\(apex)", RecordType(rawValue: 65_280), [], [0], [0, 0, 255])
        set("unknown.\(apex)", RecordType(rawValue: 256 + 200), [1, 2, 3])
        // Octets that have to be escaped, and some that sort oddly.
        set("\\000.\(apex)", .a, [192, 0, 2, 13])
        set("x\\000y.\(apex)", .a, [192, 0, 2, 14])
        set("\\255\\.dot.\(apex)", .a, [192, 0, 2, 15])
        set("x.\\255.\(apex)", .a, [192, 0, 2, 15])
        set("a\\032b.\(apex)", .txt, [2, 0x22, 0x5C])
        let label = String(repeating: "l", count: 63)
        set("\(label).\(label).\(label).\(apex)", .a, [192, 0, 2, 16])
        set(
            "big.\(apex)", .txt,
            [255] + Array(repeating: 0x62, count: 255) + [255] + Array(repeating: 0x63, count: 255))
        set("many.\(apex)", .a, [10, 0, 0, 1], [10, 0, 0, 3], [10, 0, 0, 2], [9, 255, 0, 0])
    }
}
