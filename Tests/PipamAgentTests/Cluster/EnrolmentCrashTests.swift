import Foundation
import OpenSSL
import PipamAgent
import Testing

/// Work that stops at any step, on any of the hosts.
@Suite struct EnrolmentCrashTests {
    /// More steps than any run takes.
    private static let limit = 200

    /// As production has it, but a lock whose holder died is broken at once: no other one is alive
    /// in these tests.
    private func lab() throws -> EnrolmentLab {
        let lab = try EnrolmentLab()
        lab.timing.staleSeconds = -1
        return lab
    }

    /// Enrols and is stopped after so many steps. True if it came to its end before.
    private func crash(
        _ lab: EnrolmentLab, _ host: String, after steps: Int,
        _ adjust: (inout EnrolmentRequest) -> Void = { _ in }
    ) async -> Bool {
        let crash = Crash(after: steps)
        do {
            try await lab.enroll(host) {
                $0.step = crash.step
                adjust(&$0)
            }
            return !crash.hasCome
        } catch {
            return false
        }
    }

    @Test func theFoundingGoesOnWhereItStopped() async throws {
        var stops = 0
        for steps in 0..<Self.limit {
            let lab = try lab()
            if await crash(lab, "a", after: steps) { break }
            stops += 1
            let identity = try GuardedDirectory(path: lab.data("a")).flatMap(NodeIdentity.read)
            let report = try await lab.enroll("a")
            #expect(report.isBootstrapNode, "after \(steps) steps")
            if let identity { #expect(report.identity?.node == identity.node) }
            _ = try lab.credentials("a")
            #expect(try await lab.enroll("a").done.isEmpty)
            try await lab.enroll("b")
            #expect(try lab.trusts("a", "b") && lab.trusts("b", "a"))
        }
        #expect(stops > 20)
    }

    /// A crash of the first host, then another host comes: there is one cluster, and exactly one of
    /// the two founds its log.
    @Test func anotherHostGoesOnWhereTheFounderStopped() async throws {
        var founders: Set<String> = []
        for steps in 0..<Self.limit {
            let lab = try lab()
            if await crash(lab, "a", after: steps) { break }
            let second = try await lab.enroll("b")
            let first = try await lab.enroll("a")
            #expect(first.view?.cluster == second.view?.cluster, "after \(steps) steps")
            #expect(first.isBootstrapNode != second.isBootstrapNode, "after \(steps) steps")
            #expect(try lab.trusts("a", "b") && lab.trusts("b", "a"))
            founders.insert(first.isBootstrapNode ? "a" : "b")
        }
        #expect(founders == ["a", "b"])
    }

    @Test func aRenewalLeavesTheOldOrTheNewCertificate() async throws {
        for steps in 0..<Self.limit {
            let lab = try lab()
            try await lab.enroll("a")
            lab.now += 61 * EnrolmentLab.day
            if await crash(lab, "a", after: steps) { break }
            _ = try lab.credentials("a")
            let report = try await lab.enroll("a")
            #expect(
                try report.view?.nodes.map(\.certificate)
                    == [lab.credentials("a").certificate.fingerprint])
        }
    }

    /// At every step of a change of authorities, stopped anywhere and done again, both hosts accept
    /// each other.
    @Test func aChangeOfAuthoritiesGoesOnWhereItStopped() async throws {
        for steps in stride(from: 0, to: Self.limit, by: 2) {
            let lab = try lab()
            try await lab.enroll("a")
            try await lab.enroll("b")
            let wasDone = await crash(lab, "a", after: steps) { $0.rotatesAuthority = true }
            for round in 0..<3 {
                #expect(try lab.trusts("a", "b") && lab.trusts("b", "a"), "\(steps), \(round)")
                lab.now += 120
                _ = await crash(lab, round.isMultiple(of: 2) ? "b" : "a", after: steps)
            }
            try await lab.enroll("a")
            try await lab.enroll("b")
            #expect(try lab.trusts("a", "b") && lab.trusts("b", "a"))
            if wasDone { break }
        }
    }
}
