import Consensus
import Foundation
import Logging
import OpenSSL
import Synchronization

/// Credentials that a test changes.
final class ChangingCredentials: CredentialsSource {
    private let current: Mutex<PeerCredentials>

    init(_ credentials: PeerCredentials) {
        current = Mutex(credentials)
    }

    func read() throws(PeerError) -> PeerCredentials { current.withLock { $0 } }

    func change(to credentials: PeerCredentials) { current.withLock { $0 = credentials } }
}

/// An authority and what it gives to nodes.
struct TestAuthority {
    static let now = Int64(Date().timeIntervalSince1970)

    let authority: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority.create(
            name: "test", validDays: 30, nowSeconds: Self.now)
    }

    static func identity(_ number: UInt64) -> String { "pipam://test/node/\(number)" }

    /// A certificate on the identity of node `number`, believing `others` too.
    func credentials(
        _ number: UInt64, validSeconds: Int64 = 86_400, others: [TestAuthority] = []
    ) throws -> PeerCredentials {
        let key = try PrivateKey.generate()
        let leaf = try authority.issue(
            key.publicKey, uri: Self.identity(number), name: "node \(number)",
            // Expired ones have to begin before they end.
            nowSeconds: Self.now + min(0, validSeconds), notAfterSeconds: Self.now + validSeconds)
        return PeerCredentials(
            chain: try leaf.pem, key: key.pem,
            authorities: try ([self] + others).map { try $0.authority.certificate.pem }.joined())
    }
}

/// One node.
struct TestNode {
    let number: UInt64
    let network: PeerNetwork
    let handler: RecordingHandler
    let credentials: ChangingCredentials
    let address: String

    var replica: ReplicaID { testReplica(number) }
    var peer: Peer {
        Peer(
            replica: replica, identity: TestAuthority.identity(number), addresses: [address])
    }
}

/// The replica with this number, which is not 0.
func testReplica(_ number: UInt64) -> ReplicaID {
    guard let replica = ReplicaID(number) else { preconditionFailure("0 is no replica") }
    return replica
}

/// Short pauses, so that tests end soon, and much patience, since the machine may be busy.
func testLimits() -> PeerLimits {
    var limits = PeerLimits()
    limits.connectTimeout = .seconds(20)
    limits.handshakeTimeout = .seconds(30)
    limits.idleTimeout = .seconds(60)
    limits.shortestBackoff = .milliseconds(10)
    limits.longestBackoff = .milliseconds(100)
    limits.pingInterval = .milliseconds(200)
    limits.replacedGrace = .milliseconds(100)
    limits.joinsPerMinute = 100
    return limits
}

/// Starts one node, runs `body` beside it, and ends it.
func withNode<Value: Sendable>(
    _ number: UInt64, _ credentials: PeerCredentials, incarnation: UInt64 = 1,
    listen: String = "127.0.0.1:0", limits: PeerLimits = testLimits(),
    handler: RecordingHandler = RecordingHandler(),
    _ body: sending (TestNode) async throws -> Value
) async throws -> Value {
    let source = ChangingCredentials(credentials)
    let network = try PeerNetwork(
        settings: PeerSettings(
            cluster: "test", identity: TestAuthority.identity(number),
            replica: testReplica(number), incarnation: incarnation, listen: [listen],
            limits: limits),
        credentials: source, handler: handler,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    async let running: Void = network.run()
    do {
        let address = try await network.start().first ?? ""
        let value = try await body(
            TestNode(
                number: number, network: network, handler: handler, credentials: source,
                address: address))
        network.stop()
        await running
        return value
    } catch {
        network.stop()
        await running
        throw error
    }
}

/// Starts as many nodes, lets each reach all others, and runs `body`.
func withCluster(
    of count: UInt64, limits: PeerLimits = testLimits(),
    _ body: @escaping @Sendable (TestAuthority, [TestNode]) async throws -> Void
) async throws {
    let authority = try TestAuthority()
    try await withNodes(1...count, authority, limits, []) { nodes in
        for node in nodes { node.network.update(peers: nodes.map(\.peer)) }
        for node in nodes {
            let others = Set(nodes.map(\.replica)).subtracting([node.replica])
            try await node.handler.board.wait { others.isSubset(of: $0.reached) }
        }
        try await body(authority, nodes)
    }
}

private func withNodes(
    _ numbers: ClosedRange<UInt64>, _ authority: TestAuthority, _ limits: PeerLimits,
    _ started: [TestNode], _ body: @escaping @Sendable ([TestNode]) async throws -> Void
) async throws {
    let number = numbers.lowerBound + UInt64(started.count)
    guard number <= numbers.upperBound else { return try await body(started) }
    try await withNode(number, authority.credentials(number), limits: limits) { node in
        try await withNodes(numbers, authority, limits, started + [node], body)
    }
}

/// A message for `receiver`.
func message(
    _ octets: [UInt8], to receiver: ReplicaID, _ kind: OutgoingMessage.Kind = .ordinary
) -> OutgoingMessage {
    OutgoingMessage(receiver: receiver, octets: octets, kind: kind)
}

extension RecordingHandler {
    /// Returns when a message with these octets has come from `replica`.
    func wait(for octets: [UInt8], from replica: ReplicaID) async throws {
        try await board.wait { state in
            state.messages.contains { $0.from == replica && $0.octets == octets }
        }
    }
}
