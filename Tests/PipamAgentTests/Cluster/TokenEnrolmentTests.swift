import ClusterState
import Foundation
import OpenSSL
import PipamAgent
import Testing

/// A host founds a cluster in its own data directory, others join it by token.
@Suite struct TokenEnrolmentTests {
    private let lab: EnrolmentLab

    init() throws { lab = try EnrolmentLab() }

    /// What a host without a shared directory does at its start.
    private func ensure(
        _ host: String, directory: Configuration.Cluster.Directory = .none
    ) async throws -> EnrolmentReport? {
        var configuration = Configuration()
        configuration.dataDirectory = lab.data(host)
        configuration.cluster.directory = directory
        configuration.cluster.node = host
        configuration.cluster.advertise = ["\(host).example.com"]
        return try await Enrolment.ensure(configuration, nowSeconds: lab.now)
    }

    /// Founds a cluster on a host.
    private func found(_ host: String) async throws -> EnrolmentReport {
        var configuration = Configuration()
        configuration.dataDirectory = lab.data(host)
        configuration.cluster.directory = .none
        configuration.cluster.node = host
        configuration.cluster.advertise = ["\(host).example.com"]
        var options = Enrolment.Options()
        options.foundsCluster = true
        let request = try Enrolment.request(
            configuration, options: options, nowSeconds: lab.now)
        return try await Enrolment(request).run()
    }

    private func begin(_ host: String, _ token: JoinToken) throws -> TokenEnrolment.Pending {
        try TokenEnrolment(dataDirectory: lab.data(host)).begin(
            token: token, name: host, role: .full,
            addresses: [try #require(MemberAddress("\(host).example.com"))], nowSeconds: lab.now)
    }

    private func desk(_ host: String) -> EnrolmentDesk {
        EnrolmentDesk(dataDirectory: lab.data(host), timing: lab.timing)
    }

    private func token(_ desk: EnrolmentDesk) throws -> JoinToken {
        try desk.issueToken(
            addresses: [try #require(MemberAddress("a.example.com"))], nowSeconds: lab.now)
    }

    @discardableResult
    private func join(_ host: String, by desk: EnrolmentDesk) async throws -> NodeIdentity {
        let pending = try begin(host, try token(desk))
        let answer = await desk.answer(
            pending.question, from: .stranger, nowSeconds: lab.now)
        return try TokenEnrolment(dataDirectory: lab.data(host)).finish(
            pending, answer: answer.octets, nowSeconds: lab.now)
    }

    @Test func aHostJoinsByToken() async throws {
        let founder = try await found("a")
        #expect(founder.isBootstrapNode)
        let desk = desk("a")
        let identity = try await join("b", by: desk)
        #expect(identity.cluster == founder.view?.cluster)
        #expect(try lab.trusts("a", "b") && lab.trusts("b", "a"))
        let data = try #require(try GuardedDirectory(path: lab.data("b")))
        let view = try #require(try ClusterView.read(in: data))
        #expect(view.bootstrapNode == founder.identity?.node)
        #expect(view.nodes.map(\.name).sorted() == ["a", "b"])
        #expect(!lab.has("b/cluster"))
    }

    @Test func anAnswerThatWasLostIsGivenAgain() async throws {
        _ = try await found("a")
        let desk = desk("a")
        let pending = try begin("b", try token(desk))
        _ = await desk.answer(pending.question, from: .stranger, nowSeconds: lab.now)
        let answer = await desk.answer(pending.question, from: .stranger, nowSeconds: lab.now)
        _ = try TokenEnrolment(dataDirectory: lab.data("b")).finish(
            pending, answer: answer.octets, nowSeconds: lab.now)
        _ = try lab.credentials("b")
    }

    @Test func aUsedTokenLetsNobodyElseIn() async throws {
        _ = try await found("a")
        let desk = desk("a")
        let token = try token(desk)
        let first = try begin("b", token)
        _ = await desk.answer(first.question, from: .stranger, nowSeconds: lab.now)
        let second = try begin("c", token)
        let answer = await desk.answer(second.question, from: .stranger, nowSeconds: lab.now)
        #expect(throws: EnrolmentError.self) {
            try TokenEnrolment(dataDirectory: lab.data("c")).finish(
                second, answer: answer.octets, nowSeconds: lab.now)
        }
        #expect(!lab.has("c/tls"))
    }

    @Test func anAnswerForAnotherNodeIsNotTaken() async throws {
        _ = try await found("a")
        let desk = desk("a")
        let first = try begin("b", try token(desk))
        let second = try begin("c", try token(desk))
        let answer = await desk.answer(first.question, from: .stranger, nowSeconds: lab.now)
        #expect(throws: EnrolmentError.self) {
            try TokenEnrolment(dataDirectory: lab.data("c")).finish(
                second, answer: answer.octets, nowSeconds: lab.now)
        }
        #expect(!lab.has("c/tls"))
    }

    @Test func anExpiredTokenIsNotSent() async throws {
        _ = try await found("a")
        let token = try token(desk("a"))
        lab.now += 900
        #expect(throws: EnrolmentError.self) { try begin("b", token) }
    }

    @Test func aMemberRenewsForItselfOnly() async throws {
        let founder = try await found("a")
        let desk = desk("a")
        let identity = try await join("b", by: desk)
        let other = try TokenEnrolment(dataDirectory: lab.data("b"))
        #expect(try other.beginRenewal(nowSeconds: lab.now) == nil)
        lab.now += 61 * EnrolmentLab.day
        let pending = try #require(try other.beginRenewal(nowSeconds: lab.now))
        let before = try lab.credentials("b")
        let stranger = await desk.answer(
            pending.question, from: .stranger, nowSeconds: lab.now)
        #expect(stranger == .refused(reason: "only a member may ask that", isTransient: false))
        let founderNode = try #require(founder.identity?.node)
        let wrong = await desk.answer(
            pending.question, from: .member(founderNode, .full), nowSeconds: lab.now)
        #expect(throws: EnrolmentError.self) {
            try other.finish(pending, answer: wrong.octets, nowSeconds: lab.now)
        }
        let right = await desk.answer(
            pending.question, from: .member(identity.node, .full), nowSeconds: lab.now)
        _ = try other.finish(pending, answer: right.octets, nowSeconds: lab.now)
        #expect(try lab.credentials("b").key != before.key)
    }

    @Test func aFullMemberIsGivenTheAuthorityAndOthersAreNot() async throws {
        _ = try await found("a")
        let desk = desk("a")
        let identity = try await join("b", by: desk)
        let question = EnrolmentQuestion.authority.octets
        for caller in [EnrolmentDesk.Caller.stranger, .member(identity.node, .witness)] {
            guard case .refused = await desk.answer(question, from: caller, nowSeconds: lab.now)
            else {
                Issue.record("\(caller) was given the authority")
                continue
            }
        }
        let answer = await desk.answer(
            question, from: .member(identity.node, .full), nowSeconds: lab.now)
        try TokenEnrolment(dataDirectory: lab.data("b")).takeAuthority(answer.octets)
        try lab.wipe("a")
        // The founder is gone, and the cluster still grows and renews.
        try await join("c", by: self.desk("b"))
        #expect(try lab.trusts("b", "c") && lab.trusts("c", "b"))
        lab.now += 61 * EnrolmentLab.day
        let report = try #require(try await ensure("b"))
        #expect(report.done.contains { $0.contains("two thirds") })
        #expect(!report.isBootstrapNode)
        await #expect(throws: EnrolmentError.self) {
            var configuration = Configuration()
            configuration.dataDirectory = lab.data("b")
            configuration.cluster.directory = .none
            configuration.cluster.node = "b"
            configuration.cluster.advertise = ["b.example.com"]
            var request = try Enrolment.request(
                configuration, options: Enrolment.Options(), nowSeconds: lab.now)
            request.rotatesAuthority = true
            _ = try await Enrolment(request).run()
        }
    }

    @Test func whoHasNoAuthoritySaysSo() async throws {
        _ = try await found("a")
        try await join("b", by: desk("a"))
        #expect(throws: EnrolmentError.self) { try token(desk("b")) }
        let answer = await desk("b").answer(
            EnrolmentQuestion.authority.octets, from: .member(NodeID(high: 1, low: 1), .full),
            nowSeconds: lab.now)
        guard case .refused = answer else {
            Issue.record("an authority from nowhere")
            return
        }
    }

    @Test func aHostThatFoundedAClusterDoesNotJoinAnother() async throws {
        _ = try await found("a")
        _ = try await found("b")
        let token = try token(desk("a"))
        #expect(throws: EnrolmentError.self) { try begin("b", token) }
    }

    // MARK: Where only root can sign

    /// Plays the agent, which asks, and root, who answers.
    private func ask(
        _ desk: EnrolmentDesk, _ question: [UInt8], from caller: EnrolmentDesk.Caller,
        rootSigns: Bool = true
    ) async throws -> EnrolmentAnswer {
        let now = lab.now
        async let answer = desk.answer(question, from: caller, nowSeconds: now)
        let request = try lab.request("a")
        let requests = "\(lab.data("a"))/requests"
        let deadline = ContinuousClock.now + .seconds(60)
        while rootSigns, ContinuousClock.now < deadline {
            if try FileManager.default.fileExists(atPath: requests)
                && !FileManager.default.contentsOfDirectory(atPath: requests).isEmpty
            {
                _ = try await Enrolment(request).run()
                break
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        return await answer
    }

    @Test func rootSignsForAWitnessThatAMemberVouchesFor() async throws {
        let founder = try await lab.enroll("a")
        let desk = EnrolmentDesk(dataDirectory: lab.data("a"), timing: lab.timing)
        let pending = try begin("w", try token(desk))
        let answer = try await ask(desk, pending.question, from: .stranger)
        let witness = try TokenEnrolment(dataDirectory: lab.data("w"))
        let identity = try witness.finish(
            pending, answer: answer.octets, nowSeconds: lab.now)
        #expect(try lab.trusts("a", "w") && lab.trusts("w", "a"))
        let report = try await lab.enroll("b")
        let entry = try #require(report.view?.nodes.first { $0.node == identity.node })
        #expect(entry.vouchedBy == founder.identity?.node)

        lab.now += 61 * EnrolmentLab.day
        try await lab.enroll("a")
        let renewal = try #require(try witness.beginRenewal(nowSeconds: lab.now))
        let second = try await ask(
            desk, renewal.question, from: .member(identity.node, .witness))
        let before = try lab.credentials("w")
        _ = try witness.finish(renewal, answer: second.octets, nowSeconds: lab.now)
        #expect(try lab.credentials("w").key != before.key)
    }

    @Test func rootSignsForNobodyThatEnrolsItself() async throws {
        try await lab.enroll("a")
        let other = try #require(try await lab.enroll("b").identity)
        let desk = EnrolmentDesk(dataDirectory: lab.data("a"), timing: lab.timing)
        let uri = other.uri(in: try #require(other.cluster))
        let request = try CertificateRequest(key: .generate(), uri: uri)
        let answer = try await ask(
            desk, EnrolmentQuestion.renewal(request: request.der).octets,
            from: .member(other.node, .full))
        guard case .refused(let reason, _) = answer else {
            Issue.record("another host's certificate was signed")
            return
        }
        #expect(reason.contains("enrols itself"))
    }

    @Test func withoutRootTheAnswerIsToAskAgain() async throws {
        try await lab.enroll("a")
        let desk = EnrolmentDesk(
            dataDirectory: lab.data("a"), timing: lab.timing, wait: .milliseconds(1))
        let pending = try begin("w", try token(desk))
        let first = try await ask(desk, pending.question, from: .stranger, rootSigns: false)
        guard case .refused(_, isTransient: true) = first else {
            Issue.record("\(first)")
            return
        }
        try await lab.enroll("a")
        let second = try await ask(desk, pending.question, from: .stranger, rootSigns: false)
        _ = try TokenEnrolment(dataDirectory: lab.data("w")).finish(
            pending, answer: second.octets, nowSeconds: lab.now)
        _ = try lab.credentials("w")
    }

    @Test func aDamagedRequestOfTheAgentIsThrownAway() async throws {
        try await lab.enroll("a")
        try FileManager.default.createDirectory(
            atPath: "\(lab.data("a"))/requests", withIntermediateDirectories: false)
        try lab.write("{", to: "a/requests/x.json")
        #expect(try await lab.enroll("a").done == ["threw away a damaged request of the agent"])
        #expect(try await lab.enroll("a").done.isEmpty)
    }

    // MARK: Alone

    @Test func anAgentAloneNeedsNoPreparation() async throws {
        let other = ClusterPlace.configured(.automatic)
        try #require(other == nil, "these tests are not for a Proxmox host")
        let report = try #require(try await ensure("a", directory: .automatic))
        #expect(report.isBootstrapNode)
        _ = try lab.credentials("a")
        #expect(try await ensure("a", directory: .automatic)?.done == [])
        lab.now += 61 * EnrolmentLab.day
        #expect(try await ensure("a", directory: .automatic)?.done.isEmpty == false)
        _ = try lab.credentials("a")
    }

    @Test func anAgentThatIsToJoinFoundsNothing() async throws {
        #expect(try await ensure("a") == nil)
        #expect(!lab.has("a/cluster"))
        #expect(!lab.has("a/node.json"))
        _ = try await found("b")
        try await join("a", by: desk("b"))
        #expect(try await ensure("a", directory: .automatic) == nil)
        #expect(!lab.has("a/cluster"))
    }
}
