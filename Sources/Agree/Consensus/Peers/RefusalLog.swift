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

    private struct State {
        var counters = PeerCounters()
        var told: [ConnectionRefusal: Told] = [:]
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
