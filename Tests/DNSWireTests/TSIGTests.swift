import DNSWire
import Testing

/// Signatures of requests and answers (RFC 8945), held against what other programs made.
@Suite struct TSIGTests {
    private static let name: [UInt8] = [3] + Array("key".utf8) + [7] + Array("example".utf8) + [0]
    /// When the samples were made.
    private static let made: UInt64 = 0x6b02_fe92

    /// A request that another program signed.
    struct Sample: CustomTestStringConvertible, Sendable {
        let program: String
        let algorithm: TSIGAlgorithm
        let hex: String

        var testDescription: String { "\(program) \(algorithm)" }
        var octets: [UInt8] {
            let digits = Array(hex.utf8)
            return stride(from: 0, to: digits.count, by: 2).map { place in
                UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) ?? 0
            }
        }
    }

    static let samples = [
        Sample(
            program: "dig", algorithm: .sha256,
            hex: """
                a30e0120000100000000000203777777076578616d706c6503636f6d000001000100002904d00000\
                0000000c000a0008a5b6c9496e24d022036b6579076578616d706c650000fa00ff00000000003d0b\
                686d61632d7368613235360000006b02fe92012c00208c9518c51f1fb2cca6867ed0873fb929ce63\
                d2f1276b129df1628402ade38254a30e00000000
                """),
        Sample(
            program: "kdig", algorithm: .sha256,
            hex: """
                21990120000100000000000103777777076578616d706c6503636f6d0000010001036b6579076578\
                616d706c650000fa00ff00000000003d0b686d61632d7368613235360000006b02fe92012c00208f\
                8af673681b7676d6ce97301ae7c1c7c05ce386fb5ce107af2ef7247ea4bb66219900000000
                """),
        Sample(
            program: "dig", algorithm: .sha384,
            hex: """
                58c10120000100000000000203777777076578616d706c6503636f6d000001000100002904d00000\
                0000000c000a000871f0a8e7c9d9c96b036b6579076578616d706c650000fa00ff00000000004d0b\
                686d61632d7368613338340000006b02fe92012c00309d20c7715814265efe3874a901519b63992d\
                bb894a862340b5aa7c2efef224186c9037efc029b1ee2b4467dc87ff6dba58c100000000
                """),
        Sample(
            program: "kdig", algorithm: .sha384,
            hex: """
                17890120000100000000000103777777076578616d706c6503636f6d0000010001036b6579076578\
                616d706c650000fa00ff00000000004d0b686d61632d7368613338340000006b02fe92012c0030b6\
                407da511ecc50edbca20608387971a3b6524ae6904e1c0759c2d062abe465b0333713300221af795\
                10592fae772b81178900000000
                """),
        Sample(
            program: "kdig", algorithm: .sha512,
            hex: """
                327f0120000100000000000103777777076578616d706c6503636f6d0000010001036b6579076578\
                616d706c650000fa00ff00000000005d0b686d61632d7368613531320000006b02fe92012c0040c8\
                a8613a2b5e2b78d82e53822c9ec2d567c877762a97486da1ee7858a68eea8b48ac34975ec08cf237\
                0f50d0b3ab6dd4569c42961d8a80c1729d15482497a653327f00000000
                """),
        Sample(
            program: "knsupdate", algorithm: .sha256,
            hex: """
                321828000001000000010001076578616d706c6503636f6d00000600010161c00c00010001000000\
                3c0004c0000201036b6579076578616d706c650000fa00ff00000000003d0b686d61632d73686132\
                35360000006b02fe92012c0020610c91ddc7213db2def1e6c156ad6b700ce6e3c202b1d624ad7840\
                8930d3cc1e321800000000
                """),
    ]

    /// Where the key's name begins for the last time: there the record does.
    private static func offset(_ message: [UInt8]) -> Int {
        (0..<message.count).last { message[$0...].starts(with: name) } ?? 0
    }

    private static func verdict(
        _ message: [UInt8], algorithm: TSIGAlgorithm, at seconds: UInt64 = made,
        secret: [UInt8]? = nil
    ) -> TSIGVerdict {
        TSIGVerifier.verify(
            message.span, signatureOffset: offset(message), atSeconds: seconds
        ) { wanted in
            wanted == name
                ? TSIGKey(
                    name: name, algorithm: algorithm, secret: secret ?? Array(sampleSecret)) : nil
        }
    }

    /// Of the samples: base64 c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==
    private static let sampleSecret = Array("secret secret secret secret!".utf8)

    private static func error(_ verdict: TSIGVerdict) -> TSIGError? {
        if case .refused(let refusal) = verdict { refusal.error } else { nil }
    }

    private static func isVerified(_ verdict: TSIGVerdict) -> Bool {
        if case .verified = verdict { true } else { false }
    }

    @Test(arguments: samples) func whatOthersSignedIsVerified(_ sample: Sample) {
        let message = sample.octets
        #expect(Self.isVerified(Self.verdict(message, algorithm: sample.algorithm)))
        #expect(
            Self.error(Self.verdict(message, algorithm: sample.algorithm, secret: [1]))
                == .badSignature)
        // The algorithm belongs to the key.
        let other: TSIGAlgorithm = sample.algorithm == .sha256 ? .sha512 : .sha256
        #expect(Self.error(Self.verdict(message, algorithm: other)) == .badKey)
    }

    @Test(arguments: samples) func everyOctetCounts(_ sample: Sample) {
        let message = sample.octets
        for place in message.indices {
            var changed = message
            changed[place] ^= 0x55
            // The id was changed on the way if it is not the original one, which is covered.
            let isVerified = Self.isVerified(Self.verdict(changed, algorithm: sample.algorithm))
            #expect(isVerified == (place < 2), "octet \(place)")
        }
        for count in message.indices {
            let verdict = Self.verdict(Array(message[..<count]), algorithm: sample.algorithm)
            #expect(!Self.isVerified(verdict), "\(count) octets")
        }
    }

    @Test func clocksMayDifferByTheFudge() {
        let sample = Self.samples[0]
        for (seconds, isNear) in [
            (Self.made - 300, true), (Self.made + 300, true), (Self.made - 301, false),
            (Self.made + 301, false), (0, false), (UInt64.max, false),
        ] {
            let verdict = Self.verdict(sample.octets, algorithm: .sha256, at: seconds)
            #expect(Self.isVerified(verdict) == isNear)
            #expect(Self.error(verdict) == (isNear ? nil : .badTime))
        }
    }

    /// The signature of a sample cut to so many octets.
    private static func shortened(_ sample: Sample, to count: Int) -> [UInt8] {
        var message = sample.octets
        let start = offset(message) + name.count
        let octets = [TSIGAlgorithm.sha256: 32, .sha384: 48, .sha512: 64][sample.algorithm] ?? 0
        // Behind the fixed part, the algorithm's name, time and fudge.
        let place = start + 10 + sample.algorithm.wire.count + 8
        message[place] = 0
        message[place + 1] = UInt8(count)
        message.removeSubrange(place + 2 + count..<place + 2 + octets)
        message[start + 9] -= UInt8(octets - count)
        return message
    }

    @Test func aShortenedSignatureIsRefused() {
        let sample = Self.samples[0]
        let long = Self.verdict(Self.shortened(sample, to: 31), algorithm: .sha256)
        #expect(Self.error(long) == .badTruncation)
        let half = Self.verdict(Self.shortened(sample, to: 16), algorithm: .sha256)
        #expect(Self.error(half) == .badTruncation)
        for count in [0, 1, 9, 10, 15] {
            let verdict = Self.verdict(Self.shortened(sample, to: count), algorithm: .sha256)
            guard case .malformed = verdict else {
                Issue.record("\(count) octets: \(verdict)")
                continue
            }
        }
    }

    // MARK: Answers

    private static func answer(id: UInt16 = 0x1234) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: Header.sizeOctets)
        var header = Header(id: id, flags: .response)
        header.questionCount = 1
        var span = octets.mutableSpan
        header.write(to: &span)
        return octets + [0, 0, 6, 0, 1]
    }

    @Test(arguments: TSIGAlgorithm.allCases) func anExchangeHolds(_ algorithm: TSIGAlgorithm) throws
    {
        let key = TSIGKey(name: Self.name, algorithm: algorithm, secret: Self.sampleSecret)
        var client = TSIGSession(key: key)
        var request: [UInt8] = [0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1]
        let start = request.count
        client.sign(&request, atSeconds: 1_000)
        #expect(request.count - start <= key.recordOctets)
        let verdict = TSIGVerifier.verify(
            request.span, signatureOffset: start, atSeconds: 1_001, key: { _ in key })
        guard case .verified(var server) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        var answer = Self.answer()
        let end = answer.count
        server.sign(&answer, atSeconds: 1_002)
        let holds = { (answer: [UInt8], seconds: UInt64, session: TSIGSession) in
            session.verifiesAnswer(answer.span, signatureOffset: end, atSeconds: seconds)
        }
        #expect(holds(answer, 1_003, client))
        #expect(!holds(answer, 1_303, client))
        let stranger = TSIGSession(key: key)
        #expect(!holds(answer, 1_003, stranger))
        for place in answer.indices where place > 1 {
            var changed = answer
            changed[place] ^= 0x55
            #expect(!holds(changed, 1_003, client), "octet \(place)")
        }
    }

    @Test func refusalsSayWhyAndWhoCanRely() throws {
        let sample = Self.samples[0]
        let cases: [(TSIGVerdict, TSIGError, isSigned: Bool)] = [
            (Self.verdict(sample.octets, algorithm: .sha512), .badKey, false),
            (
                Self.verdict(sample.octets, algorithm: .sha256, secret: [1]), .badSignature,
                false
            ),
            (
                Self.verdict(sample.octets, algorithm: .sha256, at: Self.made + 1_000), .badTime,
                true
            ),
            (
                Self.verdict(Self.shortened(sample, to: 20), algorithm: .sha256),
                .badTruncation, true
            ),
        ]
        for (verdict, error, isSigned) in cases {
            guard case .refused(let refusal) = verdict else {
                Issue.record("\(verdict) for \(error)")
                continue
            }
            var answer = Self.answer()
            let end = answer.count
            refusal.sign(&answer, atSeconds: 77)
            let found = TSIGRecord(answer.span, at: end)
            let record = try #require(found)
            #expect(record.error == error.rawValue)
            #expect(record.keyName == Self.name)
            #expect(record.code.isEmpty != isSigned)
            #expect(answer[11] == 1)
            // With BADTIME the client's time, so that it can verify, and ours.
            #expect(record.timeSeconds == (error == .badTime ? Self.made : 77))
            #expect(record.other == (error == .badTime ? [0, 0, 0, 0, 0, 77] : []))
        }
    }

    @Test func aKeySaysNothingOfItsSecret() {
        let key = TSIGKey(name: Self.name, algorithm: .sha256, secret: Array("hush!".utf8))
        var text = ""
        dump(key, to: &text)
        for text in [text, "\(key)", String(reflecting: key)] {
            #expect(!text.contains("hush") && !text.contains("104"))
        }
    }

    // MARK: What is looked at

    private static func mayConcern(_ message: some Sequence<UInt8>) -> Bool {
        TransferRequest.mayConcern(Array(message).span)
    }

    @Test func transfersAndSignaturesAreNoticed() {
        for sample in Self.samples where sample.program != "knsupdate" {
            #expect(Self.mayConcern(sample.octets))
        }
        let question: [UInt8] = [1, 97, 0]
        let head: [UInt8] = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]
        let opt: [UInt8] = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
        #expect(!Self.mayConcern((head + [0] + question + [0, 1, 0, 1])))
        #expect(!Self.mayConcern((head + [1] + question + [0, 1, 0, 1] + opt)))
        #expect(Self.mayConcern((head + [2] + question + [0, 1, 0, 1] + opt)))
        // A record of the root in the authority section may hide a signature behind it.
        let soa: [UInt8] = [0, 0, 6, 0, 1, 0, 0, 0, 0, 0, 0]
        #expect(Self.mayConcern((head + [1] + question + [0, 1, 0, 1] + soa)))
        for type: UInt8 in [251, 252] {
            #expect(Self.mayConcern((head + [0] + question + [0, type, 0, 1])))
        }
        for sample in Self.samples {
            for count in sample.octets.indices {
                _ = Self.mayConcern(sample.octets[..<count])
            }
        }
    }
}
