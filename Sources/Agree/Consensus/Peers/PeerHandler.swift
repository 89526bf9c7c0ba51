/// Who asks something over a connection, as far as the connection itself proves it.
package enum PeerCaller: Hashable, Sendable {
    /// A member of the cluster.
    case member(ReplicaID, identity: String)
    /// Somebody with a certificate of our authority who is no member: may ask to become one, and
    /// nothing else.
    case certified(identity: String)
    /// Somebody without a certificate. What it says proves itself or is worth nothing; a proof over
    /// `channelBinding` holds for this connection only.
    case anonymous(address: String, channelBinding: [UInt8])
}

/// What the transport hands on. It has checked who is there; it understands nothing of the content.
package protocol PeerHandler: Sendable {
    /// A message of the engine from a member. Called on the network's thread: must not block.
    func received(message: [UInt8], from replica: ReplicaID)

    /// A member wants to send a snapshot. Throws if it is not wanted now.
    func beginSnapshot(
        from replica: ReplicaID, descriptor: SnapshotDescriptor
    ) async throws(ConsensusError) -> any SnapshotSink

    /// A question; what comes back is sent as the answer, at most 1 MiB less 8 octets.
    func request(_ octets: [UInt8], from caller: PeerCaller) async -> [UInt8]

    /// Messages reach a member now. Called on the network's thread: must not block.
    func reached(_ replica: ReplicaID)

    /// The connection to a member ended, or none could be made. Called on the network's thread:
    /// must not block.
    func lost(_ replica: ReplicaID)

    /// A member shows a lower incarnation than before: its disk is an older copy of itself. It is
    /// refused. Called on the network's thread: must not block.
    func rolledBack(_ replica: ReplicaID, from seen: UInt64, to shown: UInt64)
}

/// Takes a snapshot's file, part by part.
package protocol SnapshotSink: Sendable {
    /// The next part.
    func write(_ chunk: [UInt8]) async throws(ConsensusError)

    /// The file is complete, and its size and digest are those of its descriptor. Returns when it
    /// is on the disk and the engine's message will be stepped.
    func finish(message: [UInt8]) async throws(ConsensusError)

    /// The rest will not come: nothing of it may remain.
    func abandon() async
}
