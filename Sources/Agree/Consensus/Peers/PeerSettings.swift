import NIOCore

/// Who we are to the other nodes, and where they reach us.
package struct PeerSettings: Sendable {
    /// Names the cluster; other clusters are refused. Plain ASCII, at most 512 octets.
    package var cluster: String
    /// The SAN URI of our certificate.
    package var identity: String
    /// Our name in the engine.
    package var replica: ReplicaID
    /// Grows with each start, so that an older copy of a disk is noticed.
    package var incarnation: UInt64
    /// Where we accept connections, each `host:port`.
    package var listen: [String]
    /// What may be how large and how long.
    package var limits: PeerLimits

    /// Joins them.
    package init(
        cluster: String, identity: String, replica: ReplicaID, incarnation: UInt64,
        listen: [String], limits: PeerLimits = PeerLimits()
    ) {
        self.cluster = cluster
        self.identity = identity
        self.replica = replica
        self.incarnation = incarnation
        self.listen = listen
        self.limits = limits
    }
}

/// The bounds of everything between agents.
package struct PeerLimits: Sendable {
    /// Until TCP is connected.
    package var connectTimeout = Duration.seconds(2)
    /// From there until both sides know each other.
    package var handshakeTimeout = Duration.seconds(5)
    /// How often a silent connection is tried.
    package var pingInterval = Duration.seconds(3)
    /// Without a word from the other side, a connection ends.
    package var idleTimeout = Duration.seconds(10)
    /// The first pause after a failed connection; each further one is twice as long.
    package var shortestBackoff = Duration.milliseconds(100)
    /// The longest pause.
    package var longestBackoff = Duration.seconds(5)
    /// Until a connection that another one replaced is cut.
    package var replacedGrace = Duration.seconds(5)
    /// We dial again after this, so that certificates are checked again.
    package var redialAge = Duration.seconds(12 * 3600)
    /// What a peer dialled ends after this.
    package var acceptedAge = Duration.seconds(24 * 3600)
    /// Waiting for one peer, in octets.
    package var queueOctets = 16 * 1024 * 1024
    /// Waiting for one peer.
    package var queueMessages = 4096
    /// Handshakes at once.
    package var handshakes = 64
    /// Handshakes at once from one address.
    package var handshakesPerAddress = 16
    /// Connections accepted at once.
    package var connections = 512
    /// Questions at once on one connection.
    package var requests = 16
    /// Connections of those that are no members, at once.
    package var strangers = 8
    /// Questions without certificate per minute from one address.
    package var joinsPerMinute = 6
    /// Snapshots sent at once, and received at once.
    package var snapshots = 2
    /// Of one snapshot, per second.
    package var snapshotOctetsPerSecond = 50_000_000
    /// Until one part of a snapshot is taken, or its end confirmed.
    package var snapshotStall = Duration.seconds(30)

    /// The defaults.
    package init() {}
}

/// `host:port`, with an IPv6 address in brackets.
struct PeerAddress: Hashable, Sendable {
    let host: String
    let port: Int

    /// `nil` if it is none.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}

extension Duration {
    /// As SwiftNIO counts it.
    var amount: TimeAmount { TimeAmount(self) }
}
