import Inventory
import Nameserver
import Testing
import Zones

/// Zone files (RFC 1035 section 5), read entry by entry.
@Suite struct ZoneTextTests {
    private func read(_ text: String, origin: String = "example.com") -> ZoneText {
        ZoneText(reading: Array(text.utf8), origin: name(origin), ttlSeconds: 300)
    }

    private func lines(_ text: ZoneText) -> [String] {
        text.records.map { record in
            let set = RecordSet(
                owner: record.key.owner, type: record.key.type, ttlSeconds: record.ttlSeconds,
                data: [record.data])
            return "\(record.line) \(record.key.owner) \(record.ttlSeconds) \(record.key.type) "
                + set.presentations[0]
        }
    }

    @Test func directivesAndOmissionsHold() {
        let text = read(
            """
            $TTL 1h
            @ IN A 192.0.2.1 ; a comment
              60 TXT ( "a;b" ; another
                       c )
            www 1d2h IN CNAME @
            $ORIGIN sub.example.com.
            a MX 10 m
            b.test. IN 5 NS a
            A\\.b AAAA 2001:DB8::1
            """)
        #expect(text.problems.isEmpty)
        #expect(
            lines(text) == [
                "2 example.com. 3600 A 192.0.2.1",
                "3 example.com. 60 TXT \"a;b\" \"c\"",
                "5 www.example.com. 93600 CNAME example.com.",
                "7 a.sub.example.com. 3600 MX 10 m.sub.example.com.",
                "8 b.test. 5 NS a.sub.example.com.",
                "9 a\\.b.sub.example.com. 3600 AAAA 2001:db8::1",
            ])
    }

    @Test(arguments: [
        "$INCLUDE /etc/passwd", "$GENERATE 1-9 a$ A 192.0.2.$", "$ORIGIN", "$TTL x",
        "$TTL 99999999999999999999", "a CH A 192.0.2.1", "a", "a A", "a TXT", "a MX 10",
        "a WALLET x", "a TYPE262 \\# 1 00", "a TYPE0 \\# 1 00", "a ANY x", "a OPT x",
        "a TYPE41 \\# 0", "a A 192.0.2.1\u{0}", "a TXT \"a\nb\"", "a TXT a\\", "( a A 192.0.2.1",
        ") a A 192.0.2.1", "a A \\# 3 c00002", "a NS \\# 2 c00c", "a SOA ns h 1 2 3 4",
        "a TXT " + String(repeating: "a ", count: 40_000),
    ])
    func whatIsWrongIsToldWithItsLine(_ line: String) {
        let text = read("ok A 192.0.2.9\n\(line)\n")
        #expect(text.records.map(\.line) == [1])
        #expect(text.problems.first?.line == 2 && text.problems.first?.reason.isEmpty == false)
    }

    @Test func problemsAreBounded() {
        let text = read(String(repeating: "a A x\n", count: 1_000))
        #expect(text.problems.count == ZoneText.problemLimit && text.records.isEmpty)
        let octets = [UInt8](repeating: 0x20, count: ZoneText.octetsLimit + 1)
        let long = ZoneText(reading: octets, origin: .root, ttlSeconds: 1)
        #expect(long.problems.count == 1)
    }

    @Test func oneRecordIsOne() throws {
        let owner = name("a.example.com")
        let record = try ZoneText.record(
            owner, type: "mx", data: "10 m.example.com", ttlSeconds: 5, origin: .root)
        #expect(record.key == RecordSetKey(owner: owner, type: .mx))
        for data in ["", "10 a\nb A 192.0.2.1", "10 a ; b\n", "10 a (\n)\n@ A 192.0.2.1"] {
            #expect(throws: ZoneTextError.self) {
                try ZoneText.record(owner, type: "A", data: data, ttlSeconds: 5, origin: .root)
            }
        }
    }

    @Test func anEndAnywhereIsNoCrash() {
        let text = Array(
            """
            $ORIGIN example.com.
            @ 1h IN SOA ns h ( 1 2 3 4 5 )
            a TXT "x\\"y" z\\065
            b CAA 0 issue "x"
            c HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1
            d LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
            e IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
            f APL 1:192.168.32.0/21 !1:192.168.38.0/28
            g CERT PKIX 1 1 AQNR
            """.utf8)
        for length in 0...text.count {
            _ = ZoneText(reading: Array(text[..<length]), origin: .root, ttlSeconds: 1)
        }
    }
}
