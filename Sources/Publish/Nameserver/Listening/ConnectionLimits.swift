import DNSWire
import NIOCore
import Synchronization

/// Counts TCP connections, in all and by client, and says when there are enough.
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

    private struct Counts {
        var all = 0
        var byClient: [Client: Int] = [:]
    }

    private let total: Int
    private let perClient: Int
    private let counts = Mutex(Counts())

    init(_ settings: NameserverSettings.TCP) {
        total = settings.connections
        perClient = settings.connectionsPerClient
    }

    /// Counts a connection in, or gives `false` if there are enough.
    func admit(_ client: Client) -> Bool {
        counts.withLock { counts in
            let own = counts.byClient[client, default: 0]
            guard counts.all < total, own < perClient else { return false }
            counts.all += 1
            counts.byClient[client] = own + 1
            return true
        }
    }

    /// Counts an admitted connection out.
    func release(_ client: Client) {
        counts.withLock { counts in
            counts.all -= 1
            let left = counts.byClient[client, default: 1] - 1
            counts.byClient[client] = left > 0 ? left : nil
        }
    }
}
