/// Why something between agents did not work.
package enum PeerError: Error, Hashable, Sendable {
    /// Certificate, key and authorities do not belong together or cannot be read.
    case unusableCredentials(reason: String)
    /// Nothing can be accepted at this address.
    case cannotListen(address: String, reason: String)
    /// No connection.
    case unreachable(peer: String, reason: String)
    /// The other side is not who it should be, or says that we are not.
    case refused(peer: String, reason: String)
    /// No answer in time.
    case deadline(peer: String)
    /// Too much is under way already, there or here.
    case overloaded(peer: String)
    /// A question of more than 1 MiB.
    case tooLarge(octets: Int)
    /// It is none of the peers.
    case unknownPeer(ReplicaID)
    /// The network was stopped.
    case stopped
}

extension PeerError: CustomStringConvertible {
    /// What an operator reads.
    package var description: String {
        switch self {
        case .unusableCredentials(let reason): "the node's credentials cannot be used: \(reason)"
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .unreachable(let peer, let reason): "\(peer) cannot be reached: \(reason)"
        case .refused(let peer, let reason): "no connection with \(peer): \(reason)"
        case .deadline(let peer): "\(peer) did not answer in time"
        case .overloaded(let peer): "too many questions to \(peer) at once"
        case .tooLarge(let octets): "a question of \(octets) octets is too large"
        case .unknownPeer(let replica): "replica \(replica) is no peer"
        case .stopped: "the network between nodes was stopped"
        }
    }
}

/// Why a connection was refused or cut, for counters and logs.
package enum ConnectionRefusal: UInt8, Hashable, Sendable, CaseIterable {
    /// No TLS, no certificate, a wrong authority, an expired certificate, another version.
    case handshake = 1
    /// Not in time.
    case handshakeTimeout = 2
    /// A certificate without exactly one name, or another name than was said or expected.
    case identity = 3
    /// No member, or no longer.
    case membership = 4
    /// Another cluster.
    case cluster = 5
    /// No version in common.
    case version = 6
    /// A lower incarnation than before.
    case incarnation = 7
    /// Octets that are no frame, or a frame that has no place here.
    case frame = 8
    /// Too many connections or questions.
    case overload = 9
    /// Nothing was heard for too long.
    case silence = 10
    /// Its certificate's authority is no longer believed.
    case authority = 11
    /// It was open as long as a connection may be, or another took its place.
    case replaced = 12
}

/// What happened since the start.
package struct PeerCounters: Hashable, Sendable {
    /// Connections refused or cut, by reason.
    package var refusals: [ConnectionRefusal: Int] = [:]
    /// Messages that did not fit a queue or had no connection.
    package var droppedMessages = 0
    /// Heartbeats that made place for other messages.
    package var droppedHeartbeats = 0
    /// Messages sent.
    package var sentMessages = 0
    /// Messages received.
    package var receivedMessages = 0
    /// Snapshots that the other side has stored.
    package var sentSnapshots = 0
    /// Snapshots stored here.
    package var receivedSnapshots = 0
    /// Connections to peers that were opened.
    package var openedLinks = 0
}
