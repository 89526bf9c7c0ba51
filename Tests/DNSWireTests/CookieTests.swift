import DNSWire
import Testing

/// Octets from hexadecimal digits.
private func hex(_ text: String) -> [UInt8] {
    var octets: [UInt8] = []
    var rest = text[...]
    while !rest.isEmpty {
        octets.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return octets
}

private func word(_ octets: some Collection<UInt8>) -> UInt64 {
    octets.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

private func key(_ text: String) -> SipHashKey {
    let octets = hex(text)
    return SipHashKey(low: word(octets[..<8]), high: word(octets[8...]))
}

private func server(_ text: String) -> ServerCookie {
    let octets = hex(text)
    return ServerCookie(head: word(octets[..<8]), hash: word(octets[8...]))
}

@Suite("RFC 9018 appendix A: test vectors") struct RFC9018AppendixA {
    private let secret = key("e5e973e5a6b2a43f48e7dc849e37bfcf")
    private let client = word(hex("2464c4abcf10c957"))
    private let address = ClientAddress(ipv4: UInt32(word(hex("c6336464"))))

    @Test func a1ANewClient() {
        let reply = CookieSecrets(current: secret).reply(
            to: CookieOption(client: client), from: address, at: 1_559_731_985)
        #expect(reply.cookie == server("010000005cf79f111f8130c3eee29480"))
        #expect(!reply.isKnown)
    }

    @Test func a2AnOldCookieIsRenewed() {
        let shown = server("010000005cf79f111f8130c3eee29480")
        let secrets = CookieSecrets(current: secret)
        let renewed = secrets.reply(
            to: CookieOption(client: client, server: shown), from: address, at: 1_559_734_385)
        #expect(renewed.cookie == server("010000005cf7a871d4a564a1442aca77"))
        #expect(renewed.isKnown)
        let same = secrets.reply(
            to: CookieOption(client: client, server: shown), from: address, at: 1_559_732_000)
        #expect(same.cookie == shown && same.isKnown)
    }

    @Test func a3ReservedOctetsAreHashedAsSent() {
        let reply = CookieSecrets(current: secret).reply(
            to: CookieOption(
                client: word(hex("fc93fc62807ddb86")),
                server: server("01abcdef5cf78f71a314227b6679ebf5")),
            from: ClientAddress(ipv4: UInt32(word(hex("cb0071cb")))), at: 1_559_734_700)
        #expect(reply.cookie == server("010000005cf7a9acf73a7810aca2381e"))
    }

    @Test func a4TheSecretChanges() {
        let octets = hex("20010db80220000159ded0f4876982b8")
        let address = ClientAddress(ipv6: word(octets[..<8]), word(octets[8...]))
        let old = key("dd3bdf9344b678b185a6f5cb60fca715")
        let new = key("445536bcd2513298075a5d379663c962")
        let option = CookieOption(
            client: word(hex("22681ab97d52c298")),
            server: server("010000005cf7c57926556bd0934c72f8"))
        let reply = CookieSecrets(current: new, other: old).reply(
            to: option, from: address, at: 1_559_741_961)
        #expect(reply.cookie == server("010000005cf7c609a6bb79d16625507a"))
        #expect(reply.isKnown)
        #expect(
            !CookieSecrets(current: new).reply(to: option, from: address, at: 1_559_741_961).isKnown
        )
    }
}

@Suite("RFC 9018 section 4.3: time") struct RFC9018Section4_3 {
    @Test(arguments: [(-301, false), (-300, true), (0, true), (3_600, true), (3_601, false)])
    func cookiesAgeAndMayComeFromTheFuture(age: Int, isKnown: Bool) {
        // Time wraps at 2^32 seconds.
        for now in [100, 1_800_000_000] as [UInt32] {
            let secrets = CookieSecrets(current: SipHashKey(low: 1, high: 2))
            let made = ServerCookie(
                client: 7, address: .unspecified,
                seconds: now &- UInt32(truncatingIfNeeded: age),
                key: secrets.current)
            let option = CookieOption(client: 7, server: made)
            #expect(secrets.reply(to: option, from: .unspecified, at: now).isKnown == isKnown)
            #expect(
                !secrets.reply(to: option, from: ClientAddress(ipv4: 1), at: now).isKnown)
        }
    }
}

@Suite struct ClientAddressTests {
    private func v4(_ octets: [UInt8]) -> ClientAddress {
        ClientAddress(ipv4: UInt32(word(octets)))
    }

    @Test func networksAreTheFirstOctets() {
        #expect(v4([192, 0, 2, 1]).network == v4([192, 0, 2, 254]).network)
        #expect(v4([192, 0, 2, 1]).network != v4([192, 0, 3, 1]).network)
        let prefix = hex("20010db812345600")
        let one = ClientAddress(ipv6: word(prefix), 1)
        #expect(one.network == ClientAddress(ipv6: word(hex("20010db8123456ff")), 2).network)
        #expect(one.network != ClientAddress(ipv6: word(hex("20010db812345700")), 1).network)
    }

    @Test func privateSpaceIsKnown() {
        for octets: [UInt8] in [
            [10, 1, 2, 3], [127, 0, 0, 1], [172, 16, 0, 1], [172, 31, 255, 1], [192, 168, 1, 1],
            [169, 254, 1, 1], [100, 64, 0, 1], [100, 127, 0, 1],
        ] {
            #expect(v4(octets).isPrivate, "\(octets)")
        }
        for octets: [UInt8] in [
            [11, 0, 0, 1], [172, 15, 0, 1], [172, 32, 0, 1], [192, 169, 0, 1], [100, 63, 0, 1],
            [100, 128, 0, 1], [8, 8, 8, 8],
        ] {
            #expect(!v4(octets).isPrivate, "\(octets)")
        }
        for (text, isPrivate) in [
            ("fd00000000000000", true), ("fe80000000000000", true), ("20010db800000000", false),
        ] {
            #expect(ClientAddress(ipv6: word(hex(text)), 0).isPrivate == isPrivate)
        }
        #expect(ClientAddress(ipv6: 0, word(hex("0000000000000001"))).isPrivate)
        #expect(!ClientAddress(ipv6: 0, word(hex("0000000000000002"))).isPrivate)
    }
}
