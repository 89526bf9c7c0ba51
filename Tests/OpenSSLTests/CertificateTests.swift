import OpenSSL
import Testing

/// Sunday, 22 November 2026.
private let now: Int64 = 1_795_341_600
private let day: Int64 = 86_400
private let uri = "pipam://demo/node/6f1c1e52-0000-4000-8000-000000000001"

@Suite struct PrivateKeyTests {
    @Test func aKeySurvivesItsText() throws {
        let key = try PrivateKey.generate()
        let copy = try PrivateKey(pem: key.pem)
        #expect(copy == key)
        #expect(try copy.publicKey == key.publicKey)
        #expect(key.pem.hasPrefix("-----BEGIN PRIVATE KEY-----"))
    }

    @Test func keysDiffer() throws {
        #expect(try PrivateKey.generate() != PrivateKey.generate())
    }

    @Test func aKeyIsNeverPrinted() throws {
        let key = try PrivateKey.generate()
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "private key")
        #expect(!dumped.contains("BEGIN") && !String(reflecting: key).contains("BEGIN"))
    }

    @Test(arguments: [
        "", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        String(repeating: "x", count: 100_000),
    ])
    func whatIsNoKeyIsRefused(text: String) {
        #expect(throws: OpenSSLError.self) { try PrivateKey(pem: text) }
    }

    @Test func aPublicKeyCutAnywhereIsRefused() throws {
        let der = try PrivateKey.generate().publicKey.der
        for count in 0..<der.count {
            #expect(throws: OpenSSLError.self) { try PublicKey(der: Array(der.prefix(count))) }
        }
    }
}

@Suite struct CertificateAuthorityTests {
    @Test func aCertificateSaysWhatItWasIssuedFor() throws {
        let authority = try CertificateAuthority.create(
            name: "pipam demo", validDays: 3650, nowSeconds: now)
        let key = try PrivateKey.generate()
        let certificate = try authority.issue(
            key.publicKey, uri: uri, name: "pve1", nowSeconds: now, notAfterSeconds: now + 90 * day)
        #expect(certificate.uris == [uri])
        #expect(certificate.notBeforeSeconds == now - 3600)
        #expect(certificate.notAfterSeconds == now + 90 * day)
        #expect(try certificate.publicKey == key.publicKey)
        #expect(certificate.isIssued(by: authority.certificate))
        #expect(!authority.certificate.isIssued(by: certificate))
        #expect(!certificate.isIssued(by: certificate))
    }

    @Test func anAuthorityOfTheSameNameIsAnother() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let other = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let certificate = try authority.issue(
            PrivateKey.generate().publicKey, uri: uri, name: "n", nowSeconds: now,
            notAfterSeconds: now + day)
        #expect(!certificate.isIssued(by: other.certificate))
        #expect(authority.certificate.fingerprint != other.certificate.fingerprint)
    }

    @Test func anAuthorityIsReadBack() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let copy = try CertificateAuthority(
            keyPEM: authority.keyPEM, certificatePEM: authority.certificate.pem)
        let certificate = try copy.issue(
            PrivateKey.generate().publicKey, uri: uri, name: "n", nowSeconds: now,
            notAfterSeconds: now + 60)
        #expect(copy.certificate == authority.certificate)
        #expect(certificate.isIssued(by: authority.certificate))
    }

    @Test func aKeyOfAnotherAuthorityIsRefused() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let other = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        #expect(throws: OpenSSLError.self) {
            try CertificateAuthority(
                keyPEM: other.keyPEM, certificatePEM: authority.certificate.pem)
        }
    }

    @Test func aLeafIsNoAuthority() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let key = try PrivateKey.generate()
        let leaf = try authority.issue(
            key.publicKey, uri: uri, name: "n", nowSeconds: now, notAfterSeconds: now + 60)
        #expect(throws: OpenSSLError.self) {
            try CertificateAuthority(keyPEM: key.pem, certificatePEM: leaf.pem)
        }
    }

    @Test func nothingOutlivesItsAuthority() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let leaf = try authority.issue(
            PrivateKey.generate().publicKey, uri: uri, name: "n", nowSeconds: now,
            notAfterSeconds: now + 90 * day)
        #expect(leaf.notAfterSeconds == now + day)
    }

    @Test(arguments: ["", "pipam://a b", "pipam://\u{430}", String(repeating: "x", count: 600)])
    func aNameThatCouldBeMisreadIsRefused(name: String) throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let key = try PrivateKey.generate().publicKey
        #expect(throws: OpenSSLError.self) {
            try authority.issue(
                key, uri: name, name: "n", nowSeconds: now, notAfterSeconds: now + 60)
        }
    }
}

@Suite struct CertificateTests {
    @Test func severalAreReadFromOneText() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let other = try CertificateAuthority.create(name: "b", validDays: 1, nowSeconds: now)
        let text = try authority.certificate.pem + other.certificate.pem
        #expect(
            try Certificate.chain(pem: text) == [authority.certificate, other.certificate])
        #expect(try Certificate.chain(pem: "").isEmpty)
        #expect(throws: OpenSSLError.self) { try Certificate(pem: "nothing") }
    }

    @Test func aDamagedSecondOneIsNotPassedOver() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let text = try authority.certificate.pem
        let damaged = text.replacing("MII", with: "MIA")
        #expect(throws: OpenSSLError.self) { try Certificate.chain(pem: text + damaged) }
    }

    @Test func tooManyAreRefused() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let text = try String(repeating: authority.certificate.pem, count: 17)
        #expect(throws: OpenSSLError.self) { try Certificate.chain(pem: text) }
    }

    @Test func oneCutAnywhereOrLongerIsRefused() throws {
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let der = authority.certificate.der
        for count in 0..<der.count {
            #expect(throws: OpenSSLError.self) { try Certificate(der: Array(der.prefix(count))) }
        }
        #expect(throws: OpenSSLError.self) { try Certificate(der: der + [0]) }
        #expect(try Certificate(der: der) == authority.certificate)
    }
}

@Suite struct CertificateRequestTests {
    @Test func aRequestIsReadBackAndAnswered() throws {
        let key = try PrivateKey.generate()
        let request = try CertificateRequest(key: key, uri: uri)
        let read = try CertificateRequest(der: request.der)
        #expect(try read.uri == uri && read.publicKey == key.publicKey)
        let authority = try CertificateAuthority.create(name: "a", validDays: 1, nowSeconds: now)
        let certificate = try authority.issue(
            read, uri: uri, name: "n", nowSeconds: now, notAfterSeconds: now + 60)
        #expect(try certificate.publicKey == key.publicKey)
        #expect(throws: OpenSSLError.self) {
            try authority.issue(
                read, uri: uri + "x", name: "n", nowSeconds: now, notAfterSeconds: now + 60)
        }
    }

    /// Whoever changes one bit no longer holds a request that its key has signed.
    @Test func aChangedRequestIsRefused() throws {
        let der = try CertificateRequest(key: PrivateKey.generate(), uri: uri).der
        for index in der.indices {
            var changed = der
            changed[index] ^= 1
            #expect(throws: OpenSSLError.self) { try CertificateRequest(der: changed) }
        }
    }

    @Test func aRequestCutAnywhereIsRefused() throws {
        let der = try CertificateRequest(key: PrivateKey.generate(), uri: uri).der
        for count in 0..<der.count {
            #expect(throws: OpenSSLError.self) {
                try CertificateRequest(der: Array(der.prefix(count)))
            }
        }
    }
}

@Suite struct MessageCodeTests {
    /// RFC 4231 section 4.3.
    @Test func rfc4231Section4_3() {
        let code = MessageCode.make(
            over: Array("what do ya want for nothing?".utf8), secret: Array("Jefe".utf8))
        let digits = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(digits == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func anotherCodeMessageOrSecretIsInvalid() {
        let secret = RandomOctets.make(32)
        let code = MessageCode.make(over: [1, 2, 3], secret: secret)
        #expect(MessageCode.isValid(code, over: [1, 2, 3], secret: secret))
        #expect(!MessageCode.isValid(code, over: [1, 2], secret: secret))
        #expect(!MessageCode.isValid(Array(code.dropLast()), over: [1, 2, 3], secret: secret))
        #expect(!MessageCode.isValid([], over: [1, 2, 3], secret: secret))
        #expect(!MessageCode.isValid(code, over: [1, 2, 3], secret: RandomOctets.make(32)))
    }
}
