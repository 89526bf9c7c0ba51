package import DNSWire
package import Inventory

/// What `DynamicUpdateProvider` needs to know of a server.
package struct DynamicUpdateSettings: Sendable {
    /// The server's address, or a name of it.
    package var host: String
    /// Its TCP port. Default 53.
    package var port: UInt16 = 53
    /// What requests and answers are signed with; `nil`: nothing is.
    package var key: TSIGKey?
    /// Whose mark to write.
    package var cluster: ClusterID
    /// The zones that the operator listed, `dns.zones`: forward names go into these only.
    package var zones: [DomainName]
    /// How long one call of `apply` may go on writing. A new leader waits so long before it writes,
    /// so it must lie below the election time-out. Default 4 s.
    package var writeDeadline: Duration = .seconds(4)
    /// How long one transfer of a zone may take, or one look at which zones there are. Default
    /// 60 s.
    package var readDeadline: Duration = .seconds(60)

    /// The defaults for everything but place, mark and zones.
    package init(host: String, cluster: ClusterID, zones: [DomainName]) {
        self.host = host
        self.cluster = cluster
        self.zones = zones
    }

    /// What messages call it.
    var place: String { Self.place(host: host, port: port) }

    /// What messages call a server, "[2001:db8::1]:53".
    package static func place(host: String, port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
