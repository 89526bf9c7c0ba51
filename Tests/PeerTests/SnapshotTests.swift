import Foundation
import OpenSSL
import Testing

@testable import Consensus

@Suite struct SnapshotTests {
    /// A file with as many octets, and what describes it.
    private func withFile(
        octets count: Int, _ body: (String, [UInt8], SnapshotDescriptor) async throws -> Void
    ) async throws {
        let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let file = FileManager.default.temporaryDirectory.appending(
            path: "pipam-\(UUID().uuidString).snapshot")
        try Data(octets).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(file.path, octets, descriptor(octets))
    }

    private func descriptor(
        _ octets: [UInt8], sizeOctets: Int? = nil, sha256: [UInt8]? = nil
    ) -> SnapshotDescriptor {
        SnapshotDescriptor(
            index: 10, term: 2, file: 3, sizeOctets: UInt64(sizeOctets ?? octets.count),
            sha256: sha256 ?? SHA256Digest.of(octets),
            configuration: Configuration(voters: [testReplica(1)], learners: []))
    }

    @Test(arguments: [0, 1, 262_144, 262_145, 3_000_000])
    func aSnapshotArrivesWhole(count: Int) async throws {
        try await withCluster(of: 2) { _, nodes in
            try await withFile(octets: count) { path, octets, descriptor in
                let isSent = await nodes[0].network.sendSnapshot(
                    to: nodes[1].replica, message: [7, 8], descriptor: descriptor, path: path)
                #expect(isSent)
                let snapshots = nodes[1].handler.board.read { $0.snapshots }
                #expect(snapshots.count == 1)
                #expect(snapshots.first?.octets == octets)
                #expect(snapshots.first?.message == [7, 8])
                #expect(snapshots.first?.isAbandoned == false)
            }
        }
    }

    /// While a snapshot is on its way, messages do not wait for it.
    @Test func messagesOvertakeASnapshot() async throws {
        try await withCluster(of: 2) { _, nodes in
            try await withFile(octets: 3_000_000) { path, _, descriptor in
                let (network, board) = (nodes[0].network, nodes[1].handler.board)
                board.change { $0.isHoldingSnapshots = true }
                async let isSent = network.sendSnapshot(
                    to: nodes[1].replica, message: [7], descriptor: descriptor, path: path)
                try await board.wait { $0.snapshots.first?.octets.count ?? 0 > 0 }
                network.send([message([1], to: nodes[1].replica, .heartbeat)])
                try await nodes[1].handler.wait(for: [1], from: nodes[0].replica)
                #expect(board.read { $0.snapshots.first?.message } == nil)
                // One more to the same peer has to wait for its turn.
                let isSecondSent = await network.sendSnapshot(
                    to: nodes[1].replica, message: [8], descriptor: descriptor, path: path)
                #expect(!isSecondSent)
                board.change { $0.isHoldingSnapshots = false }
                #expect(await isSent)
            }
        }
    }

    @Test func aSnapshotIsNoFasterThanAllowed() async throws {
        var limits = testLimits()
        limits.snapshotOctetsPerSecond = 1_000_000
        try await withCluster(of: 2, limits: limits) { _, nodes in
            try await withFile(octets: 500_000) { path, _, descriptor in
                let start = ContinuousClock.now
                let isSent = await nodes[0].network.sendSnapshot(
                    to: nodes[1].replica, message: [7], descriptor: descriptor, path: path)
                #expect(isSent && ContinuousClock.now - start >= .milliseconds(500))
            }
        }
    }

    private func expectNothingApplied(
        sizeOctets: Int? = nil, sha256: [UInt8]? = nil
    ) async throws {
        try await withCluster(of: 2) { _, nodes in
            try await withFile(octets: 600_000) { path, octets, _ in
                let wrong = descriptor(octets, sizeOctets: sizeOctets, sha256: sha256)
                let isSent = await nodes[0].network.sendSnapshot(
                    to: nodes[1].replica, message: [7], descriptor: wrong, path: path)
                #expect(!isSent)
                try await nodes[1].handler.board.wait { $0.snapshots.first?.isAbandoned == true }
                #expect(nodes[1].handler.board.read { $0.snapshots.first?.message } == nil)
            }
        }
    }

    @Test func aWrongDigestIsRefused() async throws {
        try await expectNothingApplied(sha256: [UInt8](repeating: 1, count: 32))
    }

    @Test func aFileThatIsShorterThanAnnouncedIsRefused() async throws {
        try await expectNothingApplied(sizeOctets: 600_001)
    }

    @Test func aPartOfAFileIsRefused() async throws {
        try await expectNothingApplied(sizeOctets: 599_999)
    }

    @Test func aSnapshotCutInTheMiddleLeavesNothing() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1)) { node in
            node.network.update(peers: [
                Peer(replica: testReplica(2), identity: TestAuthority.identity(2), addresses: [])
            ])
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 2, purpose: .snapshot)
            let octets = [UInt8](repeating: 5, count: 1000)
            let offer = SnapshotOffer(descriptor: descriptor(octets), message: [7])
            await client.write(.snapshot, offer.encoded())
            await client.write(.chunk, Array(octets.prefix(500)))
            try await node.handler.board.wait { $0.snapshots.first?.octets.count == 500 }
            await client.close()
            try await node.handler.board.wait { $0.snapshots.first?.isAbandoned == true }
            #expect(node.handler.board.read { $0.snapshots.first?.message } == nil)
        }
    }

    @Test func moreThanAnnouncedIsRefused() async throws {
        let authority = try TestAuthority()
        try await withNode(1, authority.credentials(1)) { node in
            node.network.update(peers: [
                Peer(replica: testReplica(2), identity: TestAuthority.identity(2), addresses: [])
            ])
            let client = try await RawClient.connect(
                node.address, tls: .client(authority.credentials(2), trusting: authority))
            try await client.shakeHands()
            await client.greet(as: 2, purpose: .snapshot)
            let offer = SnapshotOffer(descriptor: descriptor([1, 2, 3]), message: [7])
            await client.write(.snapshot, offer.encoded())
            await client.write(.chunk, [1, 2, 3, 4])
            try await client.board.wait { state in
                state.frames.last == Frame(kind: .stored, content: [0])
            }
            #expect(node.handler.board.read { $0.snapshots.first?.isAbandoned } == true)
        }
    }

    @Test func aFileThatIsNotThereIsNotSent() async throws {
        try await withCluster(of: 2) { _, nodes in
            let isSent = await nodes[0].network.sendSnapshot(
                to: nodes[1].replica, message: [], descriptor: descriptor([1]), path: "/nowhere")
            #expect(!isSent)
        }
    }
}
