import Logging
import NIOCore
import Synchronization

/// Counts what happens and tells of refusals, of each kind at most once in ten seconds: whoever can
/// reach the port could fill the disk otherwise.
final class PeerLog: Sendable {
    private static let pause = TimeAmount.seconds(10)

    private struct Told {
        var time: NIODeadline
        var suppressed = 0
    }

    /// A node that is being let in dials before all members have heard of it.
    private static let strangerPatience = TimeAmount.seconds(30)
    /// After such a pause it counts as a new one.
    private static let strangerMemory = TimeAmount.seconds(120)
    private static let maximumStrangers = 256

    private struct State {
        var counters = PeerCounters()
        var told: [ConnectionRefusal: Told] = [:]
        /// Nodes with a certificate that are no members, by name: the first and the last refusal.
        var strangers: [String: (first: NIODeadline, last: NIODeadline)] = [:]
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(_ logger: Logger) {
        self.logger = logger
    }

    var counters: PeerCounters { state.withLock { $0.counters } }

    func count(_ change: @Sendable (inout PeerCounters) -> Void) {
        state.withLock { change(&$0.counters) }
    }

    /// A connection with `peer`, a name or an address, was refused or cut.
    func refused(_ refusal: ConnectionRefusal, peer: String, reason: String) {
        let suppressed: Int? = state.withLock { state in
            state.counters.refusals[refusal, default: 0] += 1
            let now = NIODeadline.now()
            if let told = state.told[refusal], told.time + Self.pause > now {
                state.told[refusal]?.suppressed += 1
                return nil
            }
            defer { state.told[refusal] = Told(time: now) }
            return state.told[refusal]?.suppressed ?? 0
        }
        guard let suppressed else { return }
        logger.warning(
            "connection between nodes refused or cut",
            metadata: [
                "peer": "\(peer)", "kind": "\(refusal)", "reason": "\(reason)",
                "suppressed": "\(suppressed)",
            ])
    }

    /// A node with a certificate of the cluster's is no member here. For a while that is the normal
    /// course of things, and is only counted.
    func refusedStranger(_ identity: String, peer: String, reason: String) {
        let now = NIODeadline.now()
        let isLasting = state.withLock { state in
            var seen = state.strangers[identity] ?? (now, now)
            if seen.last + Self.strangerMemory < now { seen.first = now }
            seen.last = now
            if state.strangers.count >= Self.maximumStrangers { state.strangers = [:] }
            state.strangers[identity] = seen
            let isLasting = seen.first + Self.strangerPatience <= now
            if !isLasting { state.counters.refusals[.membership, default: 0] += 1 }
            return isLasting
        }
        guard isLasting else { return note("refused: \(reason)", peer: peer) }
        refused(
            .membership, peer: peer,
            reason: "\(reason); if it was taken out, empty its data_dir; if this host was away "
                + "while all others were replaced, pipamctl cluster remove there takes it out, and "
                + "with an empty data_dir it joins anew")
    }

    /// What is of interest when something does not work.
    func note(_ text: String, peer: String) {
        logger.debug("\(text)", metadata: ["peer": "\(peer)"])
    }

    /// A disk is an older copy of itself.
    func rolledBack(_ replica: ReplicaID, from seen: UInt64, to shown: UInt64) {
        logger.error(
            "a node was set back to an older copy of itself: remove it and let it join again",
            metadata: ["replica": "\(replica)", "seen": "\(seen)", "shown": "\(shown)"])
    }
}
