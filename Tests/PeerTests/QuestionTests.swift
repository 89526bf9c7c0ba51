import Glibc
import OpenSSL
import Testing

@testable import Consensus

@Suite struct QuestionTests {
    /// Whoever asks one that says nothing does not wait beyond the network's end.
    @Test func aQuestionEndsWithTheNetwork() async throws {
        let authority = try TestAuthority()
        let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(silent) }
        try #require(listen(silent, 1) == 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(silent, $0, &length)
            }
        }
        try #require(status == 0)
        let port = UInt16(bigEndian: address.sin_port)
        try await withNode(1, authority.credentials(1)) { node in
            let network = node.network
            async let answer = network.request(
                address: "127.0.0.1:\(port)", identity: TestAuthority.identity(2), [1],
                within: .seconds(600))
            network.stop()
            do {
                _ = try await answer
                Issue.record("somebody answered")
            } catch {
                #expect(error as? PeerError == .stopped)
            }
        }
    }

    @Test func aMemberAnswersOnTheConnectionThereIs() async throws {
        try await withCluster(of: 2) { _, nodes in
            for count in [0, 1, 70_000, Exchange.maximumOctets] {
                let octets = [UInt8](repeating: 3, count: count)
                let answer = try await nodes[0].network.request(
                    to: nodes[1].replica, octets, within: .seconds(10))
                #expect(answer == octets)
            }
            #expect(
                nodes[1].handler.board.read { $0.callers.first }
                    == .member(nodes[0].replica, identity: nodes[0].peer.identity))
            await #expect(throws: PeerError.tooLarge(octets: Exchange.maximumOctets + 1)) {
                try await nodes[0].network.request(
                    to: nodes[1].replica,
                    [UInt8](repeating: 3, count: Exchange.maximumOctets + 1),
                    within: .seconds(1))
            }
            await #expect(throws: PeerError.unknownPeer(testReplica(9))) {
                try await nodes[0].network.request(to: testReplica(9), [], within: .seconds(1))
            }
        }
    }

    @Test func anAnswerThatTakesTooLongIsNotWaitedFor() async throws {
        let authority = try TestAuthority()
        let slow = RecordingHandler { octets, _ in
            try? await Task.sleep(for: .seconds(600))
            return octets
        }
        try await withNode(1, authority.credentials(1)) { node in
            try await withNode(2, authority.credentials(2), handler: slow) { other in
                other.network.update(peers: [node.peer])
                node.network.update(peers: [other.peer])
                try await node.handler.board.wait { !$0.reached.isEmpty }
                await #expect(throws: PeerError.self) {
                    try await node.network.request(
                        to: other.replica, [1], within: .milliseconds(100))
                }
            }
        }
    }

    @Test func soManyQuestionsAtOnceAndNoMore() async throws {
        let authority = try TestAuthority()
        let gate = Board(false)
        let waiting = RecordingHandler { octets, _ in
            try? await gate.wait { $0 }
            return octets
        }
        try await withNode(1, authority.credentials(1)) { node in
            try await withNode(2, authority.credentials(2), handler: waiting) { other in
                other.network.update(peers: [node.peer])
                node.network.update(peers: [other.peer])
                try await node.handler.board.wait { !$0.reached.isEmpty }
                let (network, replica) = (node.network, other.replica)
                try await withThrowingTaskGroup(of: [UInt8].self) { group in
                    for number in 0..<16 as Range<UInt8> {
                        group.addTask {
                            try await network.request(to: replica, [number], within: .seconds(20))
                        }
                    }
                    try await waiting.board.wait { $0.callers.count == 16 }
                    await #expect(throws: PeerError.overloaded(peer: other.address)) {
                        try await network.request(to: replica, [99], within: .seconds(20))
                    }
                    gate.change { $0 = true }
                    var answers: Set<[UInt8]> = []
                    for try await answer in group { answers.insert(answer) }
                    #expect(answers.count == 16)
                }
            }
        }
    }

    /// Node 3 has a certificate of the authority and is no member.
    @Test func aStrangerWithCertificateMayAsk() async throws {
        try await withCluster(of: 1) { authority, nodes in
            try await withNode(3, authority.credentials(3)) { stranger in
                let answer = try await stranger.network.request(
                    address: nodes[0].address, identity: nodes[0].peer.identity, [1, 2],
                    within: .seconds(10))
                #expect(answer == [1, 2])
                #expect(
                    nodes[0].handler.board.read { $0.callers }
                        == [.certified(identity: TestAuthority.identity(3))])
                await #expect(throws: PeerError.self) {
                    try await stranger.network.request(
                        address: nodes[0].address, identity: TestAuthority.identity(2), [1],
                        within: .seconds(10))
                }
            }
        }
    }

    @Test func aStrangerMayNotSendMessagesOrSnapshots() async throws {
        try await withCluster(of: 1) { authority, nodes in
            for kind in [FrameKind.message, .snapshot] {
                let client = try await RawClient.connect(
                    nodes[0].address, tls: .client(authority.credentials(3), trusting: authority))
                try await client.shakeHands()
                await client.greet(as: 3, purpose: .question)
                await client.write(kind, [1])
                _ = try await client.closed()
            }
            #expect(nodes[0].network.counters.refusals == [.frame: 2])
            #expect(nodes[0].handler.board.read { $0.messages.isEmpty && $0.snapshots.isEmpty })
        }
    }
}

@Suite struct JoinTests {
    private static let secret = RandomOctets.make(32)

    /// Answers like the agent would.
    private func answering() -> RecordingHandler {
        RecordingHandler { octets, caller in
            guard case .anonymous(_, let binding) = caller, let question = JoinQuestion(octets),
                question.isProven(by: Self.secret, channelBinding: binding)
            else { return [0] }
            return [1] + question.details
        }
    }

    private func question(_ binding: [UInt8]) -> [UInt8] {
        JoinQuestion(
            token: "t", certificateRequest: [1], details: [5, 6], secret: Self.secret,
            channelBinding: binding
        ).encoded()
    }

    @Test func aTokenIsEnough() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1), handler: answering()) { node in
            let answer = try await PeerJoin.ask(
                addresses: ["127.0.0.1:1", node.address],
                authority: authority.authority.certificate.fingerprint, within: .seconds(10),
                question: question)
            #expect(answer == [1, 5, 6])
        }
    }

    /// The proof of one connection is worth nothing on another.
    @Test func aProofHeardElsewhereProvesNothing() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1), handler: answering()) { node in
            let answer = try await PeerJoin.ask(
                addresses: [node.address],
                authority: authority.authority.certificate.fingerprint, within: .seconds(10)
            ) { _ in question(RandomOctets.make(32)) }
            #expect(answer == [0])
        }
    }

    @Test func aServerOfAnotherAuthorityHearsNothing() async throws {
        let authority = try TestAuthority()
        let other = try TestAuthority()
        try await withNode(1, other.credentials(1), handler: answering()) { node in
            await #expect(throws: PeerError.self) {
                try await PeerJoin.ask(
                    addresses: [node.address],
                    authority: authority.authority.certificate.fingerprint,
                    within: .seconds(10)
                ) { binding in
                    Issue.record("asked a server that is not the one")
                    return question(binding)
                }
            }
            #expect(node.handler.board.read { $0.callers.isEmpty })
        }
    }

    private func withStranger(
        limits: PeerLimits = testLimits(), protocols: [String] = [PeerProtocol.join],
        _ body: @escaping @Sendable (RawClient, TestNode) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        try await withNode(
            1, authority.credentials(1), limits: limits, handler: answering()
        ) { node in
            let client = try await RawClient.connect(
                node.address, tls: .client(nil, trusting: authority, protocols: protocols))
            try await body(client, node)
        }
    }

    @Test(arguments: [FrameKind.hello, .message, .request, .snapshot, .ping])
    func withoutCertificateNothingElseIsTaken(kind: FrameKind) async throws {
        try await withStranger { client, node in
            try await client.shakeHands()
            await client.write(kind, kind == .ping ? [] : [1])
            _ = try await client.closed()
            #expect(node.network.counters.refusals == [.frame: 1])
            #expect(node.handler.board.read { $0.callers.isEmpty && $0.messages.isEmpty })
        }
    }

    /// Offering both does not lead around the certificate: the other protocol is preferred.
    @Test func offeringBothProtocolsNeedsACertificate() async throws {
        try await withStranger(protocols: [PeerProtocol.join, PeerProtocol.raft]) { client, node in
            _ = try await client.closed()
            #expect(node.network.counters.refusals == [.handshake: 1])
        }
    }

    @Test func aLargeQuestionIsRefused() async throws {
        try await withStranger { client, node in
            try await client.shakeHands()
            var word = FrameHeader.word(kind: .join, octets: 0) | 16_385
            await client.write(withUnsafeBytes(of: &word) { Array($0) })
            _ = try await client.closed()
            #expect(node.network.counters.refusals == [.frame: 1])
        }
    }

    @Test func aSecondQuestionIsRefused() async throws {
        try await withStranger { client, node in
            try await client.shakeHands()
            await client.write(.join, [1])
            try await client.board.wait { $0.frames.first?.kind == .joinAnswer }
            await client.write(.join, [1])
            _ = try await client.closed()
            #expect(node.handler.board.read { $0.callers.count } == 1)
        }
    }

    @Test func oneAddressMayAskAFewTimesPerMinute() async throws {
        let authority = try TestAuthority()
        var limits = testLimits()
        limits.joinsPerMinute = 2
        try await withNode(
            1, authority.credentials(1), limits: limits, handler: answering()
        ) { node in
            let fingerprint = authority.authority.certificate.fingerprint
            for _ in 0..<2 {
                let answer = try await PeerJoin.ask(
                    addresses: [node.address], authority: fingerprint, within: .seconds(10),
                    question: question)
                #expect(answer == [1, 5, 6])
            }
            await #expect(throws: PeerError.self) {
                try await PeerJoin.ask(
                    addresses: [node.address], authority: fingerprint, within: .seconds(10),
                    question: question)
            }
            #expect(node.network.counters.refusals == [.overload: 1])
            #expect(node.handler.board.read { $0.callers.count } == 2)
        }
    }
}
