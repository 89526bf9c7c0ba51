import ClusterState
import Foundation
import Inventory
import PipamAgent
import Testing

/// Who a node is, and what it shows its peers.
@Suite struct NodeIdentityTests {
    private let lab: EnrolmentLab

    init() throws { lab = try EnrolmentLab() }

    private func data() throws -> GuardedDirectory {
        try #require(try GuardedDirectory(path: lab.data("a")))
    }

    @Test func everyStartIsCounted() async throws {
        try await lab.enroll("a")
        for count in 1...3 {
            var identity = try #require(try NodeIdentity.read(in: data()))
            try identity.beginIncarnation(in: data())
            #expect(identity.incarnation == UInt64(count))
            #expect(try NodeIdentity.read(in: data()) == identity)
        }
        #expect(try await lab.enroll("a").done.isEmpty)
        #expect(try NodeIdentity.read(in: data())?.incarnation == 3)
    }

    @Test func aCrashWhileCountingLeavesTheOldOrTheNewNumber() async throws {
        try await lab.enroll("a")
        for steps in 0..<3 {
            var manner = GuardedDirectory.Manner()
            manner.step = Crash(after: steps).step
            let directory = try #require(
                try GuardedDirectory(path: lab.data("a"), manner: manner))
            let before = try #require(try NodeIdentity.read(in: directory))
            var identity = before
            try? identity.beginIncarnation(in: directory)
            let after = try #require(try NodeIdentity.read(in: data()))
            #expect(after == before || after == identity)
            #expect(after.node == before.node)
        }
    }

    @Test func whoStartsOverIsSomebodyElseAndIsEnrolledAgain() async throws {
        let old = try #require(try await lab.enroll("a").identity)
        let new = try NodeIdentity.startOver(in: data(), nowSeconds: lab.now)
        #expect(new.node != old.node)
        #expect(new.replica != old.replica)
        #expect(new.cluster == old.cluster)
        #expect(new.incarnation == 0)
        #expect(throws: EnrolmentError.self) { try NodeCredentials(dataDirectory: lab.data("a")) }
        let report = try await lab.enroll("a")
        #expect(report.identity?.node == new.node)
        #expect(!report.isBootstrapNode)
        #expect(report.view?.nodes.count == 2)
        _ = try lab.credentials("a")
    }

    @Test func theLogDecidesHowANodeStarts() async throws {
        try await lab.enroll("a")
        var identity = try #require(try NodeIdentity.read(in: data()))
        let decide = { (isFounder: Bool, isThere: Bool) in
            StartDecision.decide(
                identity: identity, isBootstrapNode: isFounder, isLogThere: isThere)
        }
        #expect(decide(true, false) == .bootstrap)
        #expect(decide(false, false) == .join)
        #expect(decide(true, true) == .resume)
        #expect(decide(false, true) == .resume)
        try identity.recordLog(in: data())
        identity = try #require(try NodeIdentity.read(in: data()))
        #expect(decide(true, false) == .startOver)
        #expect(decide(false, false) == .startOver)
        #expect(decide(true, true) == .resume)
    }

    @Test func theNameOfAMemberReadsOnlyAsItIsWritten() {
        let uri = MemberURI(
            cluster: ClusterID(high: 1, low: 2), node: NodeID(high: 3, low: 4))
        let text =
            "pipam://00000000000000010000000000000002/node/00000000-0000-0003-0000-000000000004"
        #expect(uri.text == text)
        #expect(MemberURI(text) == uri)
        for wrong in [
            "", "pipam://", text + "/", text + "x", text.uppercased(), "x" + text,
            text.replacing("node", with: "mode"), text.replacing("pipam", with: "agent"),
        ] {
            #expect(MemberURI(wrong) == nil, "\(wrong)")
        }
    }

    // MARK: Credentials

    @Test func aRenewalIsNoticed() async throws {
        try await lab.enroll("a")
        let credentials = try NodeCredentials(dataDirectory: lab.data("a"))
        let before = credentials.current
        #expect(credentials.refresh() == .none)
        lab.now += 61 * EnrolmentLab.day
        try await lab.enroll("a")
        #expect(credentials.refresh() == .renewed)
        #expect(credentials.current.keyPEM != before.keyPEM)
        #expect(credentials.current.uri == before.uri)
        #expect(credentials.current.trustPEM == before.trustPEM)
        #expect(credentials.refresh() == .none)
        try await lab.enroll("a") { $0.rotatesAuthority = true }
        #expect(credentials.refresh() == .renewed)
        #expect(credentials.current.trustPEM != before.trustPEM)
    }

    @Test func whatCannotBeUsedIsToldOnceAndChangesNothing() async throws {
        try await lab.enroll("a")
        let credentials = try NodeCredentials(dataDirectory: lab.data("a"))
        let before = credentials.current
        try lab.write("", to: "a/tls/node.pem")
        guard case .unusable = credentials.refresh() else {
            Issue.record("damage was not noticed")
            return
        }
        #expect(credentials.refresh() == .none)
        #expect(credentials.current == before)
        try await lab.enroll("a")
        #expect(credentials.refresh() == .renewed)
    }

    @Test func noDescriptionTellsTheKey() async throws {
        try await lab.enroll("a")
        let material = try NodeCredentials(dataDirectory: lab.data("a")).current
        var dumped = ""
        dump(material, to: &dumped)
        #expect(!dumped.contains("PRIVATE"))
        #expect(!"\(material)".contains("PRIVATE"))
    }
}
