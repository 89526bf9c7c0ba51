import OpenSSL
import Testing

private func octets(_ hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

/// RFC 5869 appendix A.
@Suite struct KeyDerivationTests {
    @Test func theFirstCaseOfTheStandard() {
        let made = KeyDerivation.hkdf(
            [UInt8](repeating: 0x0B, count: 22), salt: Array(0x00...0x0C),
            info: Array(0xF0...0xF9), octets: 42)
        let expected = octets(
            """
            3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf
            34007208d5b887185865
            """)
        #expect(made == expected)
    }

    @Test func theSecondCaseOfTheStandard() {
        let made = KeyDerivation.hkdf(
            Array(0x00...0x4F), salt: Array(0x60...0xAF), info: Array(0xB0...0xFF), octets: 82)
        let expected = octets(
            """
            b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c
            59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71
            cc30c58179ec3e87c14c01d5c1f3434f1d87
            """)
        #expect(made == expected)
    }

    @Test func theThirdCaseOfTheStandard() {
        let made = KeyDerivation.hkdf(
            [UInt8](repeating: 0x0B, count: 22), salt: [], info: [], octets: 42)
        let expected = octets(
            """
            8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d
            9d201395faa4b61a96c8
            """)
        #expect(made == expected)
    }
}

/// RFC 7748 section 6.1.
@Suite struct AgreementKeyTests {
    @Test func theCaseOfTheStandard() throws {
        let alice = try AgreementKey(
            secret: octets("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let bob = try AgreementKey(
            secret: octets("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        let half = octets("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        #expect(alice.publicKey == half)
        let shared = octets("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(try alice.agree(with: bob.publicKey) == shared)
        #expect(try bob.agree(with: alice.publicKey) == shared)
    }

    @Test func smallOrdersAreRefused() throws {
        let key = try AgreementKey.generate()
        for half in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
            #expect(throws: OpenSSLError.self) { try key.agree(with: half) }
        }
    }

    @Test(arguments: [0, 31, 33])
    func otherLengthsAreRefused(count: Int) throws {
        let half = [UInt8](repeating: 9, count: count)
        #expect(throws: OpenSSLError.self) { try AgreementKey(secret: half) }
        #expect(throws: OpenSSLError.self) { try AgreementKey.generate().agree(with: half) }
    }

    @Test func theSecretIsNeverPrinted() throws {
        let key = try AgreementKey.generate()
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "agreement key")
        #expect(!dumped.contains("\(key.secret[0]), ") && !dumped.contains("secret"))
    }
}

/// NIST SP 800-38D; the vectors are those of the mode's first specification.
@Suite struct AuthenticatedCipherTests {
    private let key = octets("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    private let nonce = octets("cafebabefacedbaddecaf888")
    private let message = octets(
        """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
        """)
    private let context = octets("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    private let sealed = octets(
        """
        522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
        8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
        76fc6ece0f4e1768cddf8853bb2d551b
        """)

    @Test func theVectorsOfTheMode() throws {
        let made = try AuthenticatedCipher.seal(
            message, key: key, nonce: nonce, context: context)
        #expect(made == sealed)
        let opened = try AuthenticatedCipher.open(
            sealed, key: key, nonce: nonce, context: context)
        #expect(opened == message)
    }

    @Test func nothingAtAllCanBeSealed() throws {
        let key = [UInt8](repeating: 0, count: 32)
        let nonce = [UInt8](repeating: 0, count: 12)
        let made = try AuthenticatedCipher.seal([], key: key, nonce: nonce, context: [])
        #expect(made == octets("530f8afbc74536b9a963b4f1c4cb738b"))
        #expect(try AuthenticatedCipher.open(made, key: key, nonce: nonce, context: []) == [])
    }

    @Test func anyOtherBitIsRefused() throws {
        for place in sealed.indices {
            var other = sealed
            other[place] ^= 1 << UInt8(place % 8)
            #expect(throws: OpenSSLError.self) {
                try AuthenticatedCipher.open(other, key: key, nonce: nonce, context: context)
            }
            #expect(throws: OpenSSLError.self) {
                try AuthenticatedCipher.open(
                    Array(sealed.prefix(place)), key: key, nonce: nonce, context: context)
            }
        }
        #expect(throws: OpenSSLError.self) {
            try AuthenticatedCipher.open(sealed, key: key, nonce: nonce, context: [])
        }
        #expect(throws: OpenSSLError.self) {
            try AuthenticatedCipher.seal([1], key: [1], nonce: nonce, context: [])
        }
    }
}

@Suite struct SealedBoxTests {
    private let context: [UInt8] = [1, 2, 3]

    @Test func onlyItsReaderOpensIt() throws {
        let reader = try AgreementKey.generate()
        let box = try SealedBox.seal([7, 8, 9], for: reader.publicKey, context: context)
        #expect(box.count == 3 + SealedBox.extraOctets)
        #expect(try SealedBox.open(box, with: reader, context: context) == [7, 8, 9])
        let other = try AgreementKey.generate()
        #expect(throws: OpenSSLError.self) {
            try SealedBox.open(box, with: other, context: context)
        }
        #expect(throws: OpenSSLError.self) { try SealedBox.open(box, with: reader, context: []) }
        #expect(try SealedBox.seal([7, 8, 9], for: reader.publicKey, context: context) != box)
    }

    @Test func hostileOctetsAreRefused() throws {
        let reader = try AgreementKey.generate()
        let box = try SealedBox.seal([7, 8, 9], for: reader.publicKey, context: context)
        for place in box.indices {
            var other = box
            // Not the highest bit of the half, which X25519 leaves out; the salt has it.
            other[place] ^= 0x80
            #expect(throws: OpenSSLError.self) {
                try SealedBox.open(other, with: reader, context: context)
            }
            #expect(throws: OpenSSLError.self) {
                try SealedBox.open(Array(box.prefix(place)), with: reader, context: context)
            }
        }
    }
}
