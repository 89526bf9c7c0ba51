import Foundation
import Logging
import OpenSSL
import Synchronization
import Testing

@testable import Consensus

/// Who is not let in. Node 1 listens, node 2 is its peer, node 3 has a certificate but is none.
@Suite struct RefusalTests {
    /// Runs `attack` against node 1 and expects this refusal, once, and that nothing came through.
    private func expect(
        _ refusal: ConnectionRefusal, limits: PeerLimits = testLimits(),
        _ attack: @escaping @Sendable (TestNode, TestAuthority) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1), limits: limits) { node in
            // Nobody listens there: what is tried is what comes in.
            node.network.update(peers: [
                Peer(
                    replica: testReplica(2), identity: TestAuthority.identity(2), addresses: [])
            ])
            try await attack(node, authority)
            #expect(node.network.counters.refusals == [refusal: 1])
            #expect(node.handler.board.read { $0.messages.isEmpty && $0.callers.isEmpty })
        }
    }

    private func expectHandshakeFailure(
        _ context: @escaping @Sendable (TestAuthority) throws -> TLSContext
    ) async throws {
        try await expect(.handshake) { node, authority in
            let client = try await RawClient.connect(node.address, tls: try context(authority))
            // To itself the client is done before the server has looked at its certificate.
            await client.greet(as: 2)
            await client.write(.message, [1])
            _ = try await client.closed()
        }
    }

    @Test func noCertificate() async throws {
        try await expectHandshakeFailure { try .client(nil, trusting: $0) }
    }

    @Test func noCertificateAndNoProtocol() async throws {
        try await expect(.handshake) { node, _ in
            let output = try openssl(
                ["s_client", "-connect", node.address, "-tls1_3", "-quiet"], input: "")
            #expect(output.contains("certificate required"))
        }
    }

    @Test func wrongAuthority() async throws {
        try await expectHandshakeFailure { authority in
            try .client(TestAuthority().credentials(2), trusting: authority)
        }
    }

    @Test func expiredCertificate() async throws {
        try await expectHandshakeFailure { authority in
            try .client(authority.credentials(2, validSeconds: -60), trusting: authority)
        }
    }

    @Test func rightAuthorityButWrongNode() async throws {
        try await expect(.membership) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(3), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 3)
            await client.write(.message, [1])
            let state = try await client.closed()
            #expect(state.frames.first?.kind == .refusal)
        }
    }

    /// A node that is being let in dials before all members have heard of it: that is counted, and
    /// nobody is warned of it. Other refusals are told at once.
    @Test func whoIsBeingLetInIsNoWarning() {
        let lines = Lines()
        let log = PeerLog(Logger(label: "test") { _ in lines })
        for _ in 0..<3 {
            log.refusedStranger(TestAuthority.identity(3), peer: "node 3", reason: "no member")
        }
        #expect(log.counters.refusals == [.membership: 3])
        #expect(lines.warnings == 0)
        log.refused(.membership, peer: "node 2", reason: "it is no longer a member")
        #expect(lines.warnings == 1)
    }

    private final class Lines: LogHandler, Sendable {
        private let count = Mutex(0)
        var warnings: Int { count.withLock { $0 } }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) { count.withLock { $0 += 1 } }
    }

    @Test func aNodeThatSaysItIsAnother() async throws {
        try await expect(.identity) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(3), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 2)
            await client.write(.message, [1])
            _ = try await client.closed()
        }
    }

    @Test func aMemberThatSaysItIsAnotherReplica() async throws {
        try await expect(.identity) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 9, identity: TestAuthority.identity(2))
            _ = try await client.closed()
        }
    }

    @Test func anotherCluster() async throws {
        try await expect(.cluster) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 2, cluster: "other")
            let state = try await client.closed()
            #expect(RefusalNote(state.frames.first?.content ?? [])?.refusal == .cluster)
        }
    }

    @Test func noVersionInCommon() async throws {
        try await expect(.version) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 2, versions: 2...9)
            _ = try await client.closed()
        }
    }

    @Test func removedMember() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1)) { node in
            let peer = Peer(
                replica: testReplica(2), identity: TestAuthority.identity(2), addresses: [])
            node.network.update(peers: [peer])
            let tls = try TLSContext.client(authority.credentials(2), trusting: authority)
            let client = try await RawClient.connect(node.address, tls: tls)
            try await client.shakeHands()
            await client.greet(as: 2)
            await client.write(.message, [1])
            try await node.handler.wait(for: [1], from: testReplica(2))

            // Cut while connected.
            node.network.update(peers: [])
            let cut = try await client.closed()
            #expect(RefusalNote(cut.frames.last?.content ?? [])?.refusal == .membership)
            // Refused afterwards.
            let again = try await RawClient.connect(node.address, tls: tls)
            try await again.shakeHands()
            await again.greet(as: 2)
            await again.write(.message, [2])
            _ = try await again.closed()
            #expect(node.network.counters.refusals == [.membership: 2])
            #expect(node.handler.board.read { $0.messages.count } == 1)
        }
    }

    /// Its certificate is the right one: only the version is not.
    @Test func tls12Client() async throws {
        try await expect(.handshake) { node, authority in
            let credentials = try authority.credentials(2)
            let file = FileManager.default.temporaryDirectory.appending(
                path: "pipam-\(UUID().uuidString).pem")
            try (credentials.chain + credentials.key).write(
                to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            let output = try openssl(
                [
                    "s_client", "-connect", node.address, "-tls1_2", "-cert", file.path,
                    "-key", file.path, "-alpn", PeerProtocol.raft,
                ], input: "")
            #expect(output.contains("protocol version"))
        }
    }

    @Test func plaintextClient() async throws {
        try await expect(.handshake) { node, _ in
            let client = try await RawClient.connect(node.address, tls: nil)
            await client.greet(as: 2)
            await client.write(.message, [1])
            _ = try await client.closed()
        }
    }

    /// Runs `attack` over a good connection as node 2.
    private func expectFrameRefusal(
        _ attack: @escaping @Sendable (RawClient) async -> Void
    ) async throws {
        try await expect(.frame) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 2)
            try await client.board.wait { $0.frames.first?.kind == .welcome }
            await attack(client)
            let state = try await client.closed()
            #expect(RefusalNote(state.frames.last?.content ?? [])?.refusal == .frame)
        }
    }

    @Test func oversizedFrame() async throws {
        try await expectFrameRefusal { client in
            var word = FrameHeader.word(kind: .message, octets: 0) | 0x100001
            await client.write(withUnsafeBytes(of: &word) { Array($0) })
        }
    }

    @Test func garbageAfterTheHandshake() async throws {
        try await expectFrameRefusal { client in
            await client.write((0..<64).map { UInt8($0 * 3 & 0xFF) })
        }
    }

    @Test func aFrameThatHasNoPlace() async throws {
        try await expectFrameRefusal { client in
            await client.write(.chunk, [1])
        }
    }

    @Test func aMessageBeforeTheGreeting() async throws {
        try await expect(.frame) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.write(.message, [1])
            _ = try await client.closed()
        }
    }

    @Test func slowLorisHandshake() async throws {
        var limits = testLimits()
        limits.handshakeTimeout = .milliseconds(300)
        try await expect(.handshakeTimeout, limits: limits) { node, _ in
            let client = try await RawClient.connect(node.address, tls: nil)
            // The beginning of a ClientHello, and then nothing for a long time.
            await client.write([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            _ = try await client.closed()
        }
    }

    @Test func slowLorisGreeting() async throws {
        var limits = testLimits()
        limits.handshakeTimeout = .seconds(2)
        try await expect(.handshakeTimeout, limits: limits) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            _ = try await client.closed()
        }
    }

    @Test func moreHandshakesThanAllowed() async throws {
        var limits = testLimits()
        limits.handshakesPerAddress = 2
        try await expect(.overload, limits: limits) { node, _ in
            let first = try await RawClient.connect(node.address, tls: nil)
            let second = try await RawClient.connect(node.address, tls: nil)
            let third = try await RawClient.connect(node.address, tls: nil)
            _ = try await third.closed()
            #expect(!first.board.read { $0.isClosed } && !second.board.read { $0.isClosed })
        }
    }

    @Test func silence() async throws {
        var limits = testLimits()
        limits.idleTimeout = .milliseconds(300)
        try await expect(.silence, limits: limits) { node, authority in
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 2)
            _ = try await client.closed()
        }
    }

    @Test func anOlderCopyOfAMember() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1)) { node in
            node.network.update(peers: [
                Peer(replica: testReplica(2), identity: TestAuthority.identity(2), addresses: [])
            ])
            let tls = try TLSContext.client(authority.credentials(2), trusting: authority)
            let client = try await RawClient.connect(node.address, tls: tls)
            try await client.shakeHands()
            await client.greet(as: 2, incarnation: 7)
            try await client.board.wait { $0.frames.first?.kind == .welcome }
            let older = try await RawClient.connect(node.address, tls: tls)
            try await older.shakeHands()
            await older.greet(as: 2, incarnation: 6)
            _ = try await older.closed()
            #expect(node.network.counters.refusals == [.incarnation: 1])
            #expect(node.handler.board.read { $0.rolledBack } == [testReplica(2)])
            #expect(!client.board.read { $0.isClosed })

            let newer = try await RawClient.connect(node.address, tls: tls)
            try await newer.shakeHands()
            await newer.greet(as: 2, incarnation: 8)
            _ = try await client.closed()
            #expect(!newer.board.read { $0.isClosed })
        }
    }
}

/// What Debian's openssl prints.
func openssl(_ arguments: [String], input: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    let (output, stdin) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = output
    process.standardInput = stdin
    try process.run()
    // s_client ends with its input; it must hear the server's refusal first.
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    try stdin.fileHandleForWriting.close()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
}
