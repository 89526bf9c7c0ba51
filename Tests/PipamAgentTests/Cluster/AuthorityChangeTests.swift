import Foundation
import OpenSSL
import PipamAgent
import Testing

/// `pipam enroll --rotate-ca`: trusted by all, then issuing, then alone.
@Suite struct AuthorityChangeTests {
    private let lab: EnrolmentLab

    init() throws { lab = try EnrolmentLab() }

    private func fingerprints(_ host: String) throws -> [CertificateFingerprint] {
        try lab.credentials(host).authorities.map(\.fingerprint)
    }

    private func expectTrust() throws {
        for host in ["a", "b"] {
            for other in ["a", "b"] { #expect(try lab.trusts(host, other)) }
        }
    }

    @Test func theNewOneIssuesOnceAllTrustIt() async throws {
        try await lab.enroll("a")
        try await lab.enroll("b")
        let old = try #require(try fingerprints("a").first)

        let report = try await lab.enroll("a") { $0.rotatesAuthority = true }
        #expect(report.warnings.contains { $0.contains("waits for pipam enroll on b") })
        let new = try #require(try fingerprints("a").last)
        #expect(new != old)
        try expectTrust()

        // Not before b has both, and not at once either.
        lab.now += 3_600
        #expect(try await lab.enroll("a").done.isEmpty)
        #expect(try fingerprints("b") == [old])
        let second = try await lab.enroll("b")
        #expect(!second.done.contains { $0.contains("issues from now on") })
        #expect(try fingerprints("b") == [old, new])
        try expectTrust()

        lab.now += 61
        let third = try await lab.enroll("b")
        #expect(third.done.first == "the new authority issues from now on")
        #expect(try fingerprints("b") == [new, old])
        #expect(third.view?.nodes.map(\.issuer).filter { $0 == new }.count == 1)
        try expectTrust()
        try await lab.enroll("a")
        #expect(try lab.credentials("a").certificate != lab.credentials("b").certificate)
        try expectTrust()
        #expect(!lab.has("common/ca.next.key"))

        // The last certificate of the old one could hold for another 90 days.
        lab.now += 59 * EnrolmentLab.day
        #expect(try await lab.enroll("a").done.isEmpty)
        lab.now += 32 * EnrolmentLab.day
        try await lab.enroll("a")
        try await lab.enroll("b")
        #expect(try fingerprints("a") == [new])
        #expect(try fingerprints("b") == [new])
        try expectTrust()
        #expect(try await lab.enroll("a").done == ["told the agent about the cluster"])
        #expect(try await lab.enroll("a").done.isEmpty)
    }

    @Test func aSecondChangeWaitsForTheFirst() async throws {
        try await lab.enroll("a")
        try await lab.enroll("a") { $0.rotatesAuthority = true }
        let bundle = try fingerprints("a")
        // Asked for again while one comes: the one that comes is the one that was asked for.
        try await lab.enroll("a") { $0.rotatesAuthority = true }
        #expect(try fingerprints("a") == bundle)
        lab.now += 61
        try await lab.enroll("a")
        await #expect {
            try await lab.enroll("a") { $0.rotatesAuthority = true }
        } throws: { "\($0)".contains("still trusted until") }
    }

    @Test func aHostThatIsGoneIsWaitedForUntilItsCertificateExpires() async throws {
        try await lab.enroll("a")
        let gone = try #require(try await lab.enroll("b").identity?.node)
        try await lab.enroll("a") { $0.rotatesAuthority = true }
        lab.now += 30 * EnrolmentLab.day
        #expect(try await lab.enroll("a").done.isEmpty)
        let report = try await lab.enroll("a") { $0.forgotten = gone }
        #expect(report.done.contains("the new authority issues from now on"))
    }

    @Test func anOldHostThatWasOffForMonthsComesBack() async throws {
        try await lab.enroll("a")
        try await lab.enroll("b")
        try await lab.enroll("a") { $0.rotatesAuthority = true }
        lab.now += 92 * EnrolmentLab.day
        try await lab.enroll("a")
        lab.now += 92 * EnrolmentLab.day
        try await lab.enroll("a")
        #expect(throws: EnrolmentError.self) { try lab.credentials("b") }
        try await lab.enroll("b")
        try expectTrust()
    }

    @Test func theLossOfTheAuthoritysKeyIsTold() async throws {
        try await lab.enroll("a")
        try FileManager.default.removeItem(atPath: "\(lab.place.path)/ca.key")
        #expect(try await lab.enroll("a").done.isEmpty)
        await #expect { try await lab.enroll("b") } throws: {
            "\($0)".contains("put it back from a backup")
        }
    }

    @Test func anAuthorityNearItsEndIsTold() async throws {
        try await lab.enroll("a")
        lab.now += 3_300 * EnrolmentLab.day
        let report = try await lab.enroll("a")
        #expect(report.warnings.contains { $0.contains("--rotate-ca") })
    }
}
