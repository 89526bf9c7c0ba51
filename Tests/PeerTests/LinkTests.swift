import Glibc
import NIOCore
import NIOPosix
import OpenSSL
import Testing

@testable import Consensus

@Suite struct LinkTests {
    @Test func messagesGoBothWaysAndSayWhoSentThem() async throws {
        try await withCluster(of: 3) { _, nodes in
            for sender in nodes {
                sender.network.send(
                    nodes.filter { $0.number != sender.number }.map {
                        message([UInt8(sender.number), UInt8($0.number)], to: $0.replica)
                    })
            }
            for receiver in nodes {
                for sender in nodes where sender.number != receiver.number {
                    try await receiver.handler.wait(
                        for: [UInt8(sender.number), UInt8(receiver.number)],
                        from: sender.replica)
                }
            }
        }
    }

    @Test func messagesOfAllSizesArriveInOrder() async throws {
        try await withCluster(of: 2) { _, nodes in
            let sizes = [0, 1, 8, 16_383, 16_384, 16_385, 100_000, 1_048_576]
            let messages = sizes.map { [UInt8](repeating: UInt8($0 % 251), count: $0) }
            nodes[0].network.send(messages.map { message($0, to: nodes[1].replica) })
            try await nodes[1].handler.board.wait { $0.messages.count == sizes.count }
            #expect(nodes[1].handler.board.read { $0.messages.map(\.octets) } == messages)
        }
    }

    @Test func whatCannotBeSentIsCounted() async throws {
        try await withCluster(of: 2) { _, nodes in
            nodes[0].network.send([
                message([UInt8](repeating: 0, count: 1_048_577), to: nodes[1].replica),
                message([1], to: testReplica(99)),
            ])
            #expect(nodes[0].network.counters.droppedMessages == 2)
        }
    }

    @Test func aPeerThatStartsAgainIsReachedAgain() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1)) { node in
            let credentials = try authority.credentials(2)
            let address = try await withNode(2, credentials) { other in
                other.network.update(peers: [node.peer])
                node.network.update(peers: [other.peer])
                try await node.handler.board.wait { $0.reached.count == 1 }
                return other.address
            }
            try await node.handler.board.wait { !$0.lost.isEmpty }
            try await withNode(2, credentials, incarnation: 2, listen: address) { other in
                other.network.update(peers: [node.peer])
                try await node.handler.board.wait { $0.reached.count == 2 }
                node.network.send([message([5], to: other.replica)])
                try await other.handler.wait(for: [5], from: node.replica)
            }
        }
    }

    /// The first address answers with another node, the second with nobody.
    @Test func severalAddressesAreTriedInTurn() async throws {
        try await withCluster(of: 2) { authority, nodes in
            try await withNode(3, authority.credentials(3)) { node in
                node.network.update(peers: [
                    Peer(
                        replica: nodes[1].replica, identity: nodes[1].peer.identity,
                        addresses: [
                            nodes[0].address, "127.0.0.1:1", "nowhere", nodes[1].address,
                        ])
                ])
                nodes[1].network.update(peers: [nodes[0].peer, node.peer])
                try await node.handler.board.wait { !$0.reached.isEmpty }
                #expect(node.network.counters.refusals[.identity] == 1)
                #expect(nodes[0].handler.board.read { $0.messages.isEmpty })
            }
        }
    }

    @Test(arguments: ["[::1]:0", "localhost:0"])
    func otherKindsOfAddressWork(listen: String) async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1)) { node in
            try await withNode(2, authority.credentials(2), listen: listen) { other in
                other.network.update(peers: [node.peer])
                node.network.update(peers: [other.peer])
                try await node.handler.board.wait { !$0.reached.isEmpty }
                node.network.send([message([5], to: other.replica)])
                try await other.handler.wait(for: [5], from: node.replica)
            }
        }
    }

    /// Its kernel takes what we send, its process never answers.
    @Test func aHalfOpenPeerIsLost() async throws {
        let authority = try TestAuthority()
        var limits = testLimits()
        limits.idleTimeout = .milliseconds(400)
        try await withMutePeer(2, authority) { mute in
            try await withNode(1, authority.credentials(1), limits: limits) { node in
                node.network.update(peers: [mute])
                try await node.handler.board.wait { !$0.reached.isEmpty }
                try await node.handler.board.wait { !$0.lost.isEmpty }
                #expect(node.network.counters.refusals[.silence, default: 0] >= 1)
            }
        }
    }

    @Test func aPeerThatNeverReadsDoesNotGrowMemory() async throws {
        let authority = try TestAuthority()
        var limits = testLimits()
        limits.queueOctets = 1_000_000
        limits.queueMessages = 100
        limits.idleTimeout = .seconds(60)
        try await withMutePeer(2, authority) { [limits] mute in
            try await withNode(1, authority.credentials(1), limits: limits) { node in
                node.network.update(peers: [mute])
                try await node.handler.board.wait { !$0.reached.isEmpty }
                // Far more than sockets hold; each round waits until the network has seen it.
                for _ in 0..<500 {
                    let octets = [UInt8](repeating: 1, count: 100_000)
                    node.network.send([
                        message(octets, to: mute.replica),
                        message([1], to: mute.replica, .heartbeat),
                    ])
                    _ = await node.network.reachable()
                }
                let waiting = node.network.waiting(for: mute.replica)
                #expect(waiting.octets <= 1_000_000 && waiting.messages <= 100)
                let counters = node.network.counters
                #expect(counters.droppedMessages > 300 && counters.droppedHeartbeats > 0)
                // What left the queue is in the sockets' buffers, not in ours.
                #expect(counters.sentMessages + counters.droppedMessages < 1000)
            }
        }
    }

    @Test func aLinkWithoutPeerTakesNothing() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1)) { node in
            node.network.update(peers: [
                Peer(
                    replica: testReplica(2), identity: TestAuthority.identity(2),
                    addresses: ["127.0.0.1:1"])
            ])
            try await node.handler.board.wait { $0.lost.count >= 3 }
            #expect(await node.network.reachable().isEmpty)
        }
    }

    /// Stands for node `number`: greets whoever dials and then does not read any more.
    private func withMutePeer(
        _ number: UInt64, _ authority: TestAuthority,
        _ body: (Peer) async throws -> Void
    ) async throws {
        let credentials = try authority.credentials(number)
        let tls = try TLSContext(
            role: .server, chain: Certificate.chain(pem: credentials.chain),
            key: PrivateKey(pem: credentials.key),
            trust: .authorities([authority.authority.certificate]),
            protocols: [TLSProtocol(PeerProtocol.raft)])
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                do {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(tls, handshakeTimeout: .seconds(5)), MuteHandler(number))
                    return channel.eventLoop.makeSucceededVoidFuture()
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await body(
            Peer(
                replica: testReplica(number), identity: TestAuthority.identity(number),
                addresses: ["127.0.0.1:\(port)"]))
        try await listener.close()
    }
}

private final class MuteHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: UInt64

    init(_ number: UInt64) {
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let welcome = Hello(
            purpose: .messages, cluster: "test", identity: TestAuthority.identity(number),
            replica: testReplica(number), incarnation: 1)
        var frame = ByteBuffer()
        frame.writeFrame(.welcome, welcome.encoded())
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        context.channel.setOption(.autoRead, value: false).whenComplete { _ in }
    }
}
