import Foundation
import Inventory
import OpenSSL
import Signing
import Testing
import Zones

/// Examples of the RFCs.
@Suite struct VectorTests {
    private func octets(base64 text: String) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: text.filter { !$0.isWhitespace })))
    }

    private func hex(_ octets: some Sequence<UInt8>) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func key(
        _ algorithm: SigningPolicy.Algorithm, _ publicKey: String
    ) throws -> ZoneKey {
        let octets = try octets(base64: publicKey)
        let data = KeyRecord.data(role: .combined, algorithm: algorithm, publicKey: octets)
        return ZoneKey(
            tag: KeyRecord.tag(of: data), role: .combined, algorithm: algorithm, publicKey: octets,
            sealedPrivateKey: [], createdSeconds: 0, stage: .active)
    }

    /// RFC 4034 section 5.4: a key of algorithm 5, whose tag is 60485.
    @Test func keyTag() throws {
        let data = try octets(
            base64: """
                AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/
                2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvx
                egXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9Xzc
                nOf+EPbtG9DMBmADjFDc2w/rljwvFw==
                """)
        #expect(KeyRecord.tag(of: [1, 0, 3, 5] + data) == 60_485)
    }

    /// RFC 6605 section 6.1.
    @Test func ecdsaKeyAndSignature() throws {
        let apex = try #require(DomainName("example.net"))
        let key = try key(
            .ecdsaP256,
            """
            GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb
            krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==
            """)
        #expect(key.tag == 55_648)
        #expect(
            KeyRecord.delegationText(of: key, apex: apex)
                == "example.net. IN DS 55648 13 2 "
                + "B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17")
        #expect(
            KeyRecord.text(of: key, apex: apex)
                == "example.net. IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb"
                + "krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==")
        let owner = try #require(DomainName("www.example.net"))
        let set = RecordSet(owner: owner, type: .a, ttlSeconds: 3_600, data: [[192, 0, 2, 1]])
        // 20100909100439 to 20100812100439 in seconds.
        try expectValid(
            """
            qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXA
            yGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==
            """, over: set, by: key, signer: apex, from: 1_281_607_479, to: 1_284_026_679)
        let private_ = try octets(base64: "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=")
        #expect(try KeyPair(.p256, privateKey: private_).publicKey == key.publicKey)
    }

    /// RFC 8080 section 6.1: the same signature whenever it is made.
    @Test func ed25519KeyAndSignature() throws {
        let apex = try #require(DomainName("example.com"))
        let key = try key(.ed25519, "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=")
        #expect(key.tag == 3_613)
        #expect(
            KeyRecord.delegationText(of: key, apex: apex)
                == "example.com. IN DS 3613 15 2 "
                + "3AA5AB37EFCE57F737FC1627013FEE07BDF241BD10F3B1964AB55C78E79A304B")
        let set = RecordSet(
            owner: apex, type: .mx, ttlSeconds: 3_600, data: [[0, 10] + wire("mail.example.com")])
        let text = """
            oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeR
            AvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==
            """
        try expectValid(
            text, over: set, by: key, signer: apex, from: 1_438_207_200, to: 1_440_021_600)
        let private_ = try octets(base64: "ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=")
        let pair = try KeyPair(.ed25519, privateKey: private_)
        #expect(pair.publicKey == key.publicKey)
        let record = try record(
            text, over: set, by: key, signer: apex, from: 1_438_207_200, to: 1_440_021_600)
        #expect(try pair.sign(record.input(for: set)) == record.signature)
    }

    private func record(
        _ signature: String, over set: RecordSet, by key: ZoneKey, signer: DomainName,
        from inception: UInt32, to expiration: UInt32
    ) throws -> SignatureRecord {
        let numbers = [set.ttlSeconds, expiration, inception].flatMap { number in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
        }
        let data =
            [0, UInt8(set.key.type.rawValue), key.algorithm.rawValue]
            + [UInt8(set.key.owner.labelCount)] + numbers
            + [UInt8(key.tag >> 8), UInt8(key.tag & 0xFF)] + signer.wire
            + (try octets(base64: signature))
        let record = try #require(SignatureRecord(data))
        #expect(record.data == data)
        return record
    }

    private func expectValid(
        _ signature: String, over set: RecordSet, by key: ZoneKey, signer: DomainName,
        from inception: UInt32, to expiration: UInt32
    ) throws {
        let record = try record(
            signature, over: set, by: key, signer: signer, from: inception, to: expiration)
        #expect(
            try KeyPair.isValid(
                record.signature, over: record.input(for: set), kind: key.algorithm.kind,
                publicKey: key.publicKey))
        let other = RecordSet(
            owner: set.key.owner, type: set.key.type, ttlSeconds: set.ttlSeconds,
            data: set.data + [[1, 2, 3, 4]])
        #expect(
            try !KeyPair.isValid(
                record.signature, over: record.input(for: other), kind: key.algorithm.kind,
                publicKey: key.publicKey))
    }

    /// RFC 4034 section 4.3: A, MX, RRSIG, NSEC and TYPE1234.
    @Test func typeBitmap() {
        let types: [UInt16] = [1, 15, 46, 47, 1_234]
        let expected: [UInt8] =
            [0x00, 0x06, 0x40, 0x01, 0x00, 0x00, 0x00, 0x03, 0x04, 0x1B]
            + Array(repeating: 0, count: 26) + [0x20]
        #expect(TypeBitmap.octets(of: types.map(RecordType.init)) == expected)
        #expect(TypeBitmap.octets(of: []) == [])
        #expect(
            TypeBitmap.octets(of: [RecordType(rawValue: 255), RecordType(rawValue: 65_535)])
                == [0, 32] + Array(repeating: 0, count: 31) + [1]
                + [255, 32] + Array(repeating: 0, count: 31) + [1])
    }

    /// A digest of a name, its text, and back. RFC 5155 appendix A has a salt and twelve further
    /// iterations, which RFC 9276 rules out: these are Knot's answers.
    @Test(arguments: [
        ("example", "3msev9usmd4br9s97v51r2tdvmr9iqo1"),
        ("a.example", "6cd522290vma0nr8lqu1ivtcofj94rga"),
        ("*.w.example", "p9n5ptevjsjoskr5u50vc77gp9bdsck8"),
    ])
    func nameHash(_ name: String, _ label: String) throws {
        let apex = try #require(DomainName("example"))
        let hash = NameHash(try #require(DomainName(name)))
        let owner = try #require(hash.owner(in: apex))
        #expect(owner.description == "\(label).example.")
        #expect(NameHash(owner: owner) == hash)
        #expect(hash.octets.count == NameHash.count)
    }

    /// RFC 5155 appendix A: salt aabbccdd, twelve further iterations.
    @Test(arguments: [
        ("example", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
        ("a.example", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
        ("x.y.w.example", "2vptu5timamqttgl4luu9kg21e0aor3s"),
    ])
    func saltedNameHash(_ name: String, _ label: String) throws {
        var hasher = SHA1Hasher()
        var octets = wire(name)
        for _ in 0...12 {
            let digest = hasher.digest(of: octets + [0xAA, 0xBB, 0xCC, 0xDD])
            octets = [digest.first, digest.second].flatMap { half in
                stride(from: 56, through: 0, by: -8).map {
                    UInt8(truncatingIfNeeded: half >> UInt64($0))
                }
            }
            octets += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: digest.third >> UInt32($0)) }
        }
        let owner = try #require(DomainName("\(label).example"))
        #expect(NameHash(owner: owner)?.octets == octets)
        #expect(NameHash(owner: owner)?.owner(in: try #require(DomainName("example"))) == owner)
    }

    /// The old types' names are in lower case in what is signed, newer ones' are not (RFC 6840
    /// section 5.1).
    @Test func canonicalNames() throws {
        let owner = try #require(DomainName("x.example"))
        let mixed: [UInt8] = [3, 0x57, 0x77, 0x57, 0]
        let lower: [UInt8] = [3, 0x77, 0x77, 0x77, 0]
        let naptr: [UInt8] = [0, 1, 0, 2, 1, 0x55, 2, 0x41, 0x42, 0]
        let cases: [(UInt16, [UInt8], [UInt8])] = [
            (2, mixed, lower), (15, [0, 0x41] + mixed, [0, 0x41] + lower),
            (33, [0, 0x41, 0, 0, 0, 0] + mixed, [0, 0x41, 0, 0, 0, 0] + lower),
            (35, naptr + mixed, naptr + lower), (17, mixed + mixed, lower + lower),
            (6, mixed + mixed + [0x41], lower + lower + [0x41]), (16, mixed, mixed),
            (64, [0, 1] + mixed, [0, 1] + mixed), (65_280, mixed, mixed),
            // What is broken stays.
            (2, [3, 0x57], [3, 0x57]), (35, [0, 1, 0, 2, 9], [0, 1, 0, 2, 9]), (15, [], []),
        ]
        for (type, data, canonical) in cases {
            let set = RecordSet(
                owner: owner, type: RecordType(rawValue: type), ttlSeconds: 0, data: [data])
            let record = try #require(
                SignatureRecord(Array(repeating: 0, count: 18) + [0] + [1, 2, 3]))
            let input = record.input(for: set)
            #expect(input.suffix(canonical.count + 2) == [0, UInt8(canonical.count)] + canonical)
        }
    }

    @Test func damagedSignatureRecords() {
        let whole = Array(repeating: UInt8(0), count: 18) + wire("example.com") + [1, 2]
        #expect(SignatureRecord(whole)?.signature == [1, 2])
        for count in 0..<18 + wire("example.com").count {
            #expect(SignatureRecord(Array(whole.prefix(count))) == nil)
        }
    }

    @Test func tagsAreUnique() throws {
        // All tags but one are taken: it is found, or another key is made.
        let free = UInt16.random(in: 0...UInt16.max)
        let taken = Set((0...UInt16.max).filter { $0 & 0xFF != free & 0xFF })
        let key = try NewKey.generate(.combined, .ed25519, avoiding: taken)
        #expect(!taken.contains(key.tag))
        #expect(
            key.tag
                == KeyRecord.tag(
                    of: KeyRecord.data(
                        of: key.zoneKey(
                            sealed: [], atSeconds: 0, stage: .active))))
        let other = try NewKey.generate(.combined, .ed25519, avoiding: [])
        let zoneKey = key.zoneKey(sealed: [], atSeconds: 0, stage: .active)
        #expect(throws: SigningError.wrongKey(tag: key.tag)) {
            try OpenedKey(zoneKey, pair: other.pair)
        }
        try other.pair.withPrivateKey { octets throws(OpenSSLError) -> Void in
            #expect(throws: SigningError.wrongKey(tag: key.tag)) {
                try OpenedKey(zoneKey, privateKey: octets)
            }
        }
    }
}
