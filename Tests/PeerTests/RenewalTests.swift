import OpenSSL
import Testing

@testable import Consensus

/// Certificates and authorities change while messages go on.
@Suite struct RenewalTests {
    /// Each node sends something new to each other; all of it arrives.
    private func exchange(_ nodes: [TestNode], _ mark: UInt8) async throws {
        for sender in nodes {
            for receiver in nodes where receiver.number != sender.number {
                sender.network.send([
                    message([mark, UInt8(sender.number)], to: receiver.replica)
                ])
            }
        }
        for receiver in nodes {
            for sender in nodes where receiver.number != sender.number {
                try await receiver.handler.wait(
                    for: [mark, UInt8(sender.number)], from: sender.replica)
            }
        }
    }

    /// Gives each node other credentials, one after the other. No node is without connection: each
    /// changes over before it lets go.
    private func renew(
        _ nodes: [TestNode], _ credentials: (UInt64) throws -> PeerCredentials
    ) async throws {
        for node in nodes {
            let before = node.handler.board.read { $0.reached.count }
            node.credentials.change(to: try credentials(node.number))
            try node.network.reload()
            try await node.handler.board.wait { $0.reached.count == before + nodes.count - 1 }
        }
    }

    @Test func aCertificateIsRenewedWithoutRestart() async throws {
        try await withCluster(of: 2) { authority, nodes in
            try await exchange(nodes, 1)
            try await renew(nodes) { try authority.credentials($0) }
            try await exchange(nodes, 2)
            for node in nodes {
                #expect(node.handler.board.read { $0.lost.isEmpty })
                #expect(node.network.counters.openedLinks == 2)
            }
        }
    }

    @Test func theSameCredentialsChangeNothing() async throws {
        try await withCluster(of: 2) { _, nodes in
            try nodes[0].network.reload()
            try await exchange(nodes, 1)
            #expect(nodes[0].network.counters.openedLinks == 1)
        }
    }

    @Test func credentialsThatCannotBeUsedChangeNothing() async throws {
        try await withCluster(of: 2) { authority, nodes in
            let own = try nodes[0].credentials.read()
            let other = try authority.credentials(2)
            let foreign = try TestAuthority().credentials(1)
            let unusable = [
                PeerCredentials(chain: "", key: own.key, authorities: own.authorities),
                PeerCredentials(chain: own.chain, key: other.key, authorities: own.authorities),
                PeerCredentials(chain: own.chain, key: own.key, authorities: ""),
                PeerCredentials(
                    chain: foreign.chain, key: foreign.key, authorities: own.authorities),
                other,
            ]
            for credentials in unusable {
                nodes[0].credentials.change(to: credentials)
                #expect(throws: PeerError.self) { try nodes[0].network.reload() }
            }
            try await exchange(nodes, 1)
            #expect(nodes[0].network.counters.openedLinks == 1)
        }
    }

    /// Old authority; both believed; certificates of the new one; new one only.
    @Test(arguments: [2, 3] as [UInt64])
    func anAuthorityIsReplacedWithoutLosingConnectivity(count: UInt64) async throws {
        try await withCluster(of: count) { old, nodes in
            let new = try TestAuthority()
            try await exchange(nodes, 1)
            try await renew(nodes) { try old.credentials($0, others: [new]) }
            try await exchange(nodes, 2)
            try await renew(nodes) { try new.credentials($0, others: [old]) }
            try await exchange(nodes, 3)
            try await renew(nodes) { try new.credentials($0) }
            try await exchange(nodes, 4)
            for node in nodes {
                #expect(node.handler.board.read { $0.lost.isEmpty })
                #expect(node.network.counters.refusals[.authority] == nil)
                #expect(node.network.counters.refusals[.handshake] == nil)
            }
            // Whoever missed it is out.
            let late = try old.credentials(2)
            let client = try await RawClient.connect(
                nodes[0].address,
                tls: TLSContext(
                    role: .client, chain: Certificate.chain(pem: late.chain),
                    key: PrivateKey(pem: late.key),
                    trust: .authorities([new.authority.certificate]),
                    protocols: [TLSProtocol(PeerProtocol.raft)])
            )
            _ = try await client.closed()
        }
    }

    @Test func aConnectionWhoseAuthorityIsGoneIsCut() async throws {
        let (old, new) = (try TestAuthority(), try TestAuthority())
        try await withNode(1, new.credentials(1, others: [old])) { node in
            node.network.update(peers: [
                Peer(replica: testReplica(2), identity: TestAuthority.identity(2), addresses: [])
            ])
            let client = try await RawClient.connect(
                node.address, tls: .client(old.credentials(2), trusting: new))
            try await client.shakeHands()
            await client.greet(as: 2)
            try await client.board.wait { $0.frames.first?.kind == .welcome }
            node.credentials.change(to: try new.credentials(1))
            try node.network.reload()
            let state = try await client.closed()
            #expect(RefusalNote(state.frames.last?.content ?? [])?.refusal == .authority)
        }
    }
}
