/// Another replica and how to reach it.
package struct Peer: Hashable, Sendable {
    /// Its name in the engine.
    package let replica: ReplicaID
    /// The SAN URI of its certificate.
    package let identity: String
    /// Each `host:port`, in the order to try.
    package let addresses: [String]

    /// Any.
    package init(replica: ReplicaID, identity: String, addresses: [String]) {
        self.replica = replica
        self.identity = identity
        self.addresses = addresses
    }
}

/// Carries the engine's messages. It may lose, repeat and reorder them; it must not make them up.
package protocol PeerTransport: Sendable {
    /// Never blocks. What does not fit its queues is dropped.
    func send(_ messages: [OutgoingMessage])

    /// Sends a snapshot: the message and the file that belongs to it. `true` when the other side
    /// has all of it on its disk.
    func sendSnapshot(
        to replica: ReplicaID, message: [UInt8], descriptor: SnapshotDescriptor, path: String
    ) async -> Bool

    /// Whom to talk with from now on; all others are cut off.
    func update(peers: [Peer])
}
