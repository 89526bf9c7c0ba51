/// The key that the server and we share.
package enum SharedKey {
    /// Its name.
    package static let name = "pipam.example"
    /// The secret in base64.
    package static let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
    /// The same as octets.
    package static let octets = Array("secret secret secret secret!".utf8)

    /// As dig and nsupdate take it.
    package static let command = "hmac-sha256:\(name):\(secret)"
}

/// Zones that somebody made by hand before we came.
package enum HandMade {
    /// The forward zone.
    package static let forward = "example.net."
    /// That of 192.0.2.0/24.
    package static let reverse4 = "2.0.192.in-addr.arpa."
    /// That of 2001:db8::/32.
    package static let reverse6 = "8.b.d.0.1.0.0.2.ip6.arpa."
    /// All of them.
    package static let zones = [forward, reverse4, reverse6]

    private static let head = """
        $TTL 300
        @ SOA ns1.example.net. hm.example.net. 10 3600 600 86400 60
        @ NS ns1.example.net.

        """

    /// The text of a zone's file.
    static func text(_ zone: String, _ extra: String) -> String {
        let records =
            switch zone {
            case forward: records + extra + "\n"
            case reverse4: "200 PTR hand.example.net.\n"
            default: "1.0.0.0 PTR hand.example.net.\n"
            }
        return "$ORIGIN \(zone)\n" + head + records
    }

    private static let records = """
        ns1 A 127.0.0.1
        @ MX 10 Mail.Example.ORG.
        @ TXT "v=spf1 -all"
        @ CAA 0 issue "ca.example"
        hand 60 A 198.51.100.1
        hand 60 A 198.51.100.2
        hand TXT "made by" "hand; \\"quoted\\" \\195\\188"
        hand SSHFP 1 1 123456789abcdef67890123456789abcdef67890
        www CNAME Www.Example.ORG.
        sub NS ns.sub
        sub NS ns.elsewhere.example.
        ns.sub A 198.51.100.53
        red DNAME target.example.
        *.wild A 198.51.100.3
        *.wild TXT "any"
        a.b.deep A 198.51.100.4
        _sip._tcp SRV 0 5 5060 Sip.Example.ORG.
        odd TYPE65300 \\# 3 010203
        esc\\.aped\\032name A 198.51.100.5
        MiXed 77 AAAA 2001:db8:f::1

        """
}
