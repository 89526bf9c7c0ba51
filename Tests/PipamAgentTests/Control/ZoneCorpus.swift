import Testing

/// Zone files with one thing about each, and what is thought of them.
struct ZoneCorpusCase: Sendable, CustomTestStringConvertible {
    /// What becomes of it here.
    enum Verdict { case taken, warned, refused }

    /// What `kzonecheck` of Knot DNS thinks of it.
    enum Knot { case good, bad }

    let name: String
    let text: String
    let verdict: Verdict
    let knot: Knot

    var testDescription: String { name }

    private init(_ name: String, _ text: String, _ verdict: Verdict, knot: Knot) {
        self.name = name
        self.text = text
        self.verdict = verdict
        self.knot = knot
    }

    static let head = """
        $ORIGIN example.com.
        $TTL 300
        @ SOA ns hostmaster 1 300 60 1209600 10
        @ NS ns
        ns A 192.0.2.1

        """

    private static func body(
        _ name: String, _ lines: String, _ verdict: Verdict, knot: Knot
    ) -> Self {
        Self(name, head + lines + "\n", verdict, knot: knot)
    }

    /// Where both are of one mind.
    static let agreed = [
        body("good", "", .taken, knot: .good),
        body("wildcard", "*.w A 192.0.2.3", .taken, knot: .good),
        body("glue", "sub NS ns.sub\nns.sub A 192.0.2.5", .taken, knot: .good),
        body("CAA", "a CAA 0 issue \"letsencrypt.org\"", .taken, knot: .good),
        body("generic", "a TYPE65280 \\# 2 abcd", .taken, knot: .good),
        body("parentheses", "a TXT ( \"abc\" ; c\n  \"def\" )", .taken, knot: .good),
        body("class before TTL", "a IN 300 A 192.0.2.1", .taken, knot: .good),
        body("HTTPS", "a HTTPS 1 . alpn=h2", .taken, knot: .good),
        body(
            "NAPTR", "a NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .", .taken,
            knot: .good),
        body("CNAME beside A", "a CNAME ns\na A 192.0.2.2", .refused, knot: .bad),
        body("two CNAME", "a CNAME ns\na CNAME b", .refused, knot: .bad),
        body("CNAME at the apex", "@ CNAME ns", .refused, knot: .bad),
        body("two DNAME", "d DNAME a\nd DNAME b", .refused, knot: .bad),
        body("below DNAME", "d DNAME a\nx.d A 192.0.2.1", .refused, knot: .bad),
        body("DNAME beside NS", "d DNAME a\nd NS ns", .refused, knot: .bad),
        body("short address", "a A 192.0.2", .refused, knot: .bad),
        body("two addresses", "a A 192.0.2.1 192.0.2.2", .refused, knot: .bad),
        body("bad AAAA", "a AAAA 2001:db8:::1", .refused, knot: .bad),
        body(
            "long label", String(repeating: "a", count: 64) + " A 192.0.2.1", .refused, knot: .bad),
        body("empty label", "a..b A 192.0.2.1", .refused, knot: .bad),
        body("other class", "a CH A 192.0.2.1", .refused, knot: .bad),
        body("CAA flags", "a CAA x issue \"letsencrypt.org\"", .refused, knot: .bad),
        body("MX without number", "a MX mail", .refused, knot: .bad),
        body("MX out of range", "a MX 70000 mail", .refused, knot: .bad),
        body("SRV without target", "a SRV 1 2 x", .refused, knot: .bad),
        body("unknown type", "a FOO bar", .refused, knot: .bad),
        body("generic of another length", "a TYPE65280 \\# 3 abcd", .refused, knot: .bad),
        body("open quote", "a TXT \"abc", .refused, knot: .bad),
        body("open parenthesis", "a TXT ( \"abc\"", .refused, knot: .bad),
        body("unknown directive", "$FOO x", .refused, knot: .bad),
        body("odd digits", "a TLSA 3 1 1 abc", .refused, knot: .bad),
        body("bad parameter", "a HTTPS 1 . foo=bar=", .refused, knot: .bad),
        Self("no owner", "$ORIGIN example.com.\n A 192.0.2.1\n", .refused, knot: .bad),
        Self(
            "no SOA", "$ORIGIN example.com.\n$TTL 300\n@ NS ns\nns A 192.0.2.1\n", .refused,
            knot: .bad),
        // kzonecheck calls these errors, and Knot serves such a zone all the same.
        body("glue missing", "sub NS ns.sub", .warned, knot: .bad),
        body("NS nowhere", "sub NS nowhere", .warned, knot: .bad),
        body("NS of the apex nowhere", "@ NS nowhere", .warned, knot: .bad),
        body("NS alias", "@ NS al\nal CNAME ns", .warned, knot: .bad),
    ]

    /// Where more is told or refused here, each for a reason.
    static let stricter = [
        // RFC 4592 sections 4.2 and 4.4.
        body("wildcard NS", "*.w NS ns", .refused, knot: .good),
        body("wildcard DNAME", "*.w DNAME ns", .refused, knot: .good),
        // kzonecheck drops it without a word.
        body("outside", "other.test. A 192.0.2.1", .refused, knot: .good),
        body("twice", "ns A 192.0.2.1", .warned, knot: .good),
        // RFC 2181 section 5.2.
        body("TTLs", "ns 60 A 192.0.2.2", .warned, knot: .good),
        body("two SOA", "@ SOA ns hostmaster 2 300 60 1209600 10", .refused, knot: .good),
        body("SOA elsewhere", "a SOA ns hostmaster 2 300 60 1209600 10", .refused, knot: .good),
        // RFC 2181 section 10.3.
        body("MX alias", "a MX 10 al\nal CNAME ns", .warned, knot: .good),
        body("MX nowhere", "a MX 10 nowhere", .warned, knot: .good),
        body("SRV nowhere", "_x._tcp SRV 1 1 80 nowhere", .warned, knot: .good),
        body("alias nowhere", "a CNAME nowhere", .warned, knot: .good),
        body("below a delegation", "sub NS ns\nx.sub TXT a", .warned, knot: .good),
        // RFC 4035 section 2.4.
        body("DS alone", "a DS 1 13 2 " + String(repeating: "0", count: 64), .refused, knot: .good),
        body(
            "DS at the apex", "@ DS 1 13 2 " + String(repeating: "0", count: 64), .refused,
            knot: .good),
        // RFC 2181 section 8.
        body("long TTL", "a 2147483648 A 192.0.2.1", .refused, knot: .good),
        body(
            "signature", "a RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAA",
            .warned, knot: .good),
        // RFC 1035 section 3.3: a character string has 255 octets.
        body(
            "long string", "a TXT \"\(String(repeating: "a", count: 256))\"", .refused,
            knot: .good),
    ]

    /// Where less is: the name servers of our zones are known here.
    static let laxer = [
        Self(
            "no NS", "$ORIGIN example.com.\n$TTL 300\n@ SOA ns hostmaster 1 300 60 1209600 10\n",
            .taken, knot: .bad)
    ]

    static let all = agreed + stricter + laxer
}
