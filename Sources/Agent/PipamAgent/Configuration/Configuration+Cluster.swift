extension Configuration {
    /// What this host is among the agents of the cluster, and how it finds the others.
    package struct Cluster: Equatable, Sendable {
        /// What a member does.
        package enum Role: String, CaseIterable, Codable, Equatable, Sendable {
            /// Votes, keeps the log, collects, serves and publishes.
            case full
            /// Votes and keeps the log, so that two hosts stay able to write when one is down.
            case witness
        }

        /// Where `pipam enroll` finds what all hosts share.
        package enum Directory: Equatable, Sendable {
            /// On a Proxmox host Proxmox's own replicated directory, elsewhere none.
            case automatic
            /// None: this host founds a cluster or joins one by token.
            case none
            /// An absolute path.
            case path(String)
        }

        /// The port of a member unless told otherwise.
        package static let port: UInt16 = 8_553
        /// Proxmox's replicated directory.
        package static let proxmoxRoot = "/etc/pve"
        /// Our folder in it, which only root can read.
        package static let proxmoxDirectory = "/etc/pve/priv/pipam"

        /// What all hosts share.
        package var directory = Directory.automatic
        /// A file that is the same on all hosts; `nil`: Proxmox's, if there is one; empty: none.
        package var settingsFile: String?
        /// Where the others reach this host; `nil`: at its management address.
        package var listen: [ListenAddress]?
        /// `host:port` or `[address]:port`, told to the others; empty: the addresses of `listen`.
        package var advertise: [String] = []
        /// What this host does.
        package var role = Role.full
        /// The name of this host as a Proxmox node; `nil`: the host name.
        package var node: String?
        /// Between two signs of life of the leader.
        package var heartbeatInterval = Duration.milliseconds(500)
        /// The shortest silence after which another leader is elected; the longest is twice that.
        package var electionTimeout = Duration.seconds(5)
        /// How many members vote, odd; `nil`: 3, and 5 from five hosts up.
        package var voters: Int?

        /// Everything at its default.
        package init() {}
    }
}
