import DNSWire
import NIOCore
import Synchronization

/// Counts the connections of one transport, in all and by client, and says when there are enough.
final class ConnectionLimits: Sendable {
    /// Who counts as one client: an IPv4 address, or the /64 of an IPv6 address, all of whose
    /// addresses one host may use.
    struct Client: Hashable {
        private let prefix: UInt64
        private let isIPv4: Bool

        /// `nil` for what is no internet address.
        init?(_ address: SocketAddress?) {
            guard let address = ClientAddress(address) else { return nil }
            isIPv4 = address.isIPv4
            prefix = address.first
        }
    }

    /// What became of a connection that wants in.
    enum Verdict {
        case admitted(Admission)
        /// There are enough from this client.
        case clientHasEnough
        /// There are enough in all.
        case full
    }

    private struct Counts {
        var all = 0
        var byClient: [Client: Int] = [:]
        var accepted: UInt64 = 0
        var refused: UInt64 = 0
        var failedHandshakes: UInt64 = 0
    }

    private let total: Int
    private let perClient: Int
    private let counts = Mutex(Counts())

    init(total: Int, perClient: Int) {
        self.total = total
        self.perClient = perClient
    }

    /// Counts a connection in, if there are not enough.
    func admit(_ client: Client) -> Verdict {
        counts.withLock { counts in
            let own = counts.byClient[client, default: 0]
            guard own < perClient else { return .clientHasEnough }
            guard counts.all < total else { return .full }
            counts.all += 1
            counts.accepted += 1
            counts.byClient[client] = own + 1
            return .admitted(Admission(client, limits: self))
        }
    }

    /// Counts a connection that was not admitted.
    func countRefusal() { counts.withLock { $0.refused += 1 } }

    /// Counts a connection that ended before hands were shaken.
    func countFailedHandshake() { counts.withLock { $0.failedHandshakes += 1 } }

    /// What there was and is.
    var statistics: ConnectionStatistics {
        counts.withLock { counts in
            ConnectionStatistics(
                open: counts.all, accepted: counts.accepted, refused: counts.refused,
                failedHandshakes: counts.failedHandshakes)
        }
    }

    private func release(_ client: Client) {
        counts.withLock { counts in
            counts.all -= 1
            let left = counts.byClient[client, default: 1] - 1
            counts.byClient[client] = left > 0 ? left : nil
        }
    }

    /// One connection's place.
    final class Admission: Sendable {
        private let client: Client
        private let limits: ConnectionLimits
        private let isHeld = Atomic<Bool>(true)

        fileprivate init(_ client: Client, limits: ConnectionLimits) {
            self.client = client
            self.limits = limits
        }

        /// Gives the place to others; the first time counts.
        func release() {
            guard isHeld.exchange(false, ordering: .relaxed) else { return }
            limits.release(client)
        }
    }
}

/// Connections of one transport since the name server began.
package struct ConnectionStatistics: Equatable, Sendable {
    /// Those there are.
    package let open: Int
    /// Those that were admitted.
    package let accepted: UInt64
    /// Those that were not, as there were enough, or no certificate to show.
    package let refused: UInt64
    /// Those that ended before hands were shaken; none where that is not done.
    package let failedHandshakes: UInt64

    /// Joins the four.
    package init(open: Int, accepted: UInt64, refused: UInt64, failedHandshakes: UInt64) {
        self.open = open
        self.accepted = accepted
        self.refused = refused
        self.failedHandshakes = failedHandshakes
    }
}
