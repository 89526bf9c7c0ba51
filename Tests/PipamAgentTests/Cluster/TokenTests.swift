import ClusterState
import Foundation
import Inventory
import OpenSSL
import PipamAgent
import Testing

/// One-time tokens, and the requests made with them.
@Suite struct TokenTests {
    private let cluster = ClusterID(high: 1, low: 2)
    private let now: UInt64 = 1_800_000_000
    private let addresses: [MemberAddress]
    private let fingerprint: CertificateFingerprint

    init() throws {
        addresses = try ["pve1.example.com", "[2001:db8::1]:9000"].map {
            try #require(MemberAddress($0))
        }
        fingerprint = try #require(CertificateFingerprint(octets: [UInt8](repeating: 7, count: 32)))
    }

    private func issue(_ desk: inout TokenDesk) throws -> JoinToken {
        try desk.issue(
            cluster: cluster, addresses: addresses, authority: fingerprint, nowSeconds: now)
    }

    private func request(_ token: JoinToken) throws -> AdmissionRequest {
        try AdmissionRequest(
            token: token, identity: .make(nowSeconds: 0), key: .generate(), name: "pve2",
            role: .full, addresses: addresses)
    }

    @Test func aTokenSurvivesBeingCarriedOver() throws {
        var desk = TokenDesk()
        let token = try issue(&desk)
        #expect(try JoinToken(token.text) == token)
        #expect(try JoinToken(token.text.uppercased()) == token)
        let middle = token.text.index(token.text.startIndex, offsetBy: 40)
        let wrapped = " \(token.text[..<middle])\n   \(token.text[middle...])\n"
        #expect(try JoinToken(wrapped) == token)
        #expect(!token.text.contains("\n"))
        #expect(token.authority == fingerprint)
        #expect(token.addresses == addresses)
        #expect(token.expiresSeconds == now + 900)
    }

    @Test func aCutOrMistypedTokenIsTold() throws {
        var desk = TokenDesk()
        let text = try issue(&desk).text
        for count in 0..<text.utf8.count {
            #expect(throws: EnrolmentError.self) { try JoinToken(String(text.prefix(count))) }
        }
        for index in text.indices {
            var wrong = text
            let other: Character = text[index] == "a" ? "b" : "a"
            wrong.replaceSubrange(index...index, with: [other])
            #expect(throws: EnrolmentError.self) { try JoinToken(wrong) }
        }
        #expect(throws: EnrolmentError.self) { try JoinToken(text + "aa") }
        let long = String(repeating: "a", count: 5_000)
        #expect(throws: EnrolmentError.self) { try JoinToken("pipam1-" + long) }
    }

    @Test func noDescriptionTellsTheSecret() throws {
        var desk = TokenDesk()
        let token = try issue(&desk)
        var dumped = ""
        dump(token, to: &dumped)
        let secret = token.text.dropFirst(60).prefix(20)
        #expect(!dumped.contains(secret))
        #expect(!"\(token)".contains(secret))
    }

    @Test func aTokenIsGoodOnceForOneRequest() throws {
        var desk = TokenDesk()
        let token = try issue(&desk)
        let first = try request(token)
        try desk.admit(first, nowSeconds: now)
        // The answer may have been lost.
        try desk.admit(first, nowSeconds: now + 10)
        let second = try request(token)
        #expect(throws: TokenDesk.Refusal.unknown) { try desk.admit(second, nowSeconds: now) }
    }

    @Test func aTokenExpires() throws {
        var desk = TokenDesk()
        let token = try issue(&desk)
        let request = try request(token)
        #expect(throws: TokenDesk.Refusal.unknown) {
            try desk.admit(request, nowSeconds: now + 900)
        }
        #expect(desk.count == 0)
    }

    @Test func guessingRuinsAToken() throws {
        var desk = TokenDesk()
        let token = try issue(&desk)
        let good = try request(token)
        var octets = good.octets
        octets[octets.count - 1] ^= 1
        let forged = try #require(AdmissionRequest(octets: octets))
        for _ in 0..<TokenDesk.maximumFailures {
            #expect(throws: TokenDesk.Refusal.forged) { try desk.admit(forged, nowSeconds: now) }
        }
        #expect(throws: TokenDesk.Refusal.unknown) { try desk.admit(good, nowSeconds: now) }
    }

    @Test func tokensAreBounded() throws {
        var desk = TokenDesk()
        for _ in 0..<TokenDesk.maximumOpen { _ = try issue(&desk) }
        #expect(throws: EnrolmentError.self) { try issue(&desk) }
        _ = try desk.issue(
            cluster: cluster, addresses: addresses, authority: fingerprint, nowSeconds: now + 900)
        #expect(desk.count == 1)
    }

    @Test func aRequestForAnotherClusterIsRefused() throws {
        var desk = TokenDesk()
        let token = try issue(&desk)
        var other = TokenDesk()
        let foreign = try other.issue(
            cluster: ClusterID(high: 9, low: 9), addresses: addresses, authority: fingerprint,
            nowSeconds: now)
        #expect(throws: TokenDesk.Refusal.unknown) {
            try desk.admit(try request(foreign), nowSeconds: now)
        }
        _ = token
    }

    @Test func everyChangedOrCutOctetOfARequestIsNoticed() throws {
        var desk = TokenDesk()
        let token = try issue(&desk)
        let good = try request(token)
        let read = try #require(AdmissionRequest(octets: good.octets))
        #expect(read == good)
        for count in good.octets.indices {
            #expect(AdmissionRequest(octets: Array(good.octets.prefix(count))) == nil)
        }
        #expect(AdmissionRequest(octets: good.octets + [0]) == nil)
        for index in good.octets.indices {
            var octets = good.octets
            octets[index] ^= 0x40
            guard let changed = AdmissionRequest(octets: octets) else { continue }
            var copy = desk
            #expect(throws: TokenDesk.Refusal.self) { try copy.admit(changed, nowSeconds: now) }
        }
    }

    @Test func questionsAreBounded() {
        #expect(EnrolmentQuestion(octets: []) == nil)
        #expect(EnrolmentQuestion(octets: [0]) == nil)
        #expect(EnrolmentQuestion(octets: [1]) == nil)
        #expect(EnrolmentQuestion(octets: [2]) == nil)
        #expect(EnrolmentQuestion(octets: [3, 0]) == nil)
        #expect(EnrolmentQuestion(octets: [3]) == .authority)
        let long = [UInt8](repeating: 2, count: EnrolmentQuestion.maximumOctets + 1)
        #expect(EnrolmentQuestion(octets: long) == nil)
        #expect(EnrolmentAnswer(octets: Array("{}".utf8)) == nil)
        #expect(EnrolmentAnswer(octets: Array("[[[[".utf8)) == nil)
    }
}
