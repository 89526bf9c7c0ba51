import OpenSSL
import Testing

@Suite struct KeyPairTests {
    @Test(arguments: KeyPair.Kind.allCases)
    func signaturesAreValid(_ kind: KeyPair.Kind) throws {
        let pair = try KeyPair.generate(kind)
        #expect(pair.publicKey.count == kind.publicOctets)
        for length in [0, 1, 55, 64, 1_000, 70_000] {
            let message = [UInt8](repeating: UInt8(length % 251), count: length)
            let signature = try pair.sign(message)
            #expect(signature.count == KeyPair.signatureOctets)
            #expect(try isValid(signature, message, pair))
            #expect(try !isValid(signature, message + [0], pair))
            var damaged = signature
            damaged[40] ^= 1
            #expect(try !isValid(damaged, message, pair))
            #expect(try !isValid(signature.dropLast(), message, pair))
        }
    }

    @Test(arguments: KeyPair.Kind.allCases)
    func privateHalfMakesTheSamePair(_ kind: KeyPair.Kind) throws {
        // Numbers that begin with zeros are one key of 256: all are 32 octets long.
        for _ in 0..<300 {
            let pair = try KeyPair.generate(kind)
            let again = try pair.withPrivateKey { octets throws(OpenSSLError) in
                #expect(octets.count == KeyPair.privateOctets)
                return try KeyPair(kind, privateKey: octets)
            }
            #expect(again.publicKey == pair.publicKey)
            let signature = try again.sign([1, 2, 3])
            #expect(try isValid(signature, [1, 2, 3], pair))
        }
    }

    /// More threads than can sign at the same time.
    @Test(arguments: KeyPair.Kind.allCases)
    func manySignAtOnce(_ kind: KeyPair.Kind) async throws {
        let pair = try KeyPair.generate(kind)
        let signatures = try await withThrowingTaskGroup(of: (UInt8, [UInt8]).self) { group in
            for number in 0..<UInt8(3 * KeyPair.simultaneousSigners) {
                group.addTask { (number, try pair.sign([number])) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (number, signature) in signatures {
            #expect(try isValid(signature, [number], pair))
        }
    }

    @Test(arguments: KeyPair.Kind.allCases)
    func othersSignaturesAreNot(_ kind: KeyPair.Kind) throws {
        let signature = try KeyPair.generate(kind).sign([7])
        #expect(try !isValid(signature, [7], try KeyPair.generate(kind)))
    }

    @Test func unusableKeysAreRefused() throws {
        #expect(throws: OpenSSLError.self) { try KeyPair(.p256, privateKey: [1, 2, 3]) }
        #expect(throws: OpenSSLError.self) { try KeyPair(.ed25519, privateKey: []) }
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(throws: OpenSSLError.self) { try KeyPair(.p256, privateKey: zero) }
        #expect(throws: OpenSSLError.self) {
            try KeyPair.isValid(zero + zero, over: [], kind: .p256, publicKey: zero + zero)
        }
        #expect(throws: OpenSSLError.self) {
            try KeyPair.isValid(zero + zero, over: [], kind: .ed25519, publicKey: [1])
        }
    }

    /// RFC 8032 section 7.1, test 2.
    @Test func ed25519Vector() throws {
        let secret = octets("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
        let pair = try KeyPair(.ed25519, privateKey: secret)
        #expect(
            pair.publicKey
                == octets("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
        let expected = octets(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
        for _ in 0..<3 { #expect(try pair.sign([0x72]) == expected) }
    }

    @Test func digestVectors() {
        // FIPS 180-4, the examples that NIST gives for "abc".
        let abc = Array("abc".utf8)
        #expect(
            SHA384Digest.of(abc)
                == octets(
                    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                        + "8086072ba1e7cc2358baeca134c825a7"))
        var hasher = SHA1Hasher()
        for _ in 0..<3 {
            let digest = hasher.digest(of: abc)
            #expect(digest.first == 0xA999_3E36_4706_816A)
            #expect(digest.second == 0xBA3E_2571_7850_C26C)
            #expect(digest.third == 0x9CD0_D89D)
        }
    }

    private func isValid(
        _ signature: some Sequence<UInt8>, _ message: [UInt8], _ pair: KeyPair
    ) throws -> Bool {
        try KeyPair.isValid(
            Array(signature), over: message, kind: pair.kind, publicKey: pair.publicKey)
    }

    private func octets(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
