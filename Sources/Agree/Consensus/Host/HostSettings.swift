/// How a replica lives on this host.
package struct HostSettings: Sendable {
    /// How it behaves.
    package var replica: ReplicaSettings
    /// Names the cluster; written into the log.
    package var cluster: String
    /// Of the log, which has to exist: `WriteAheadLog.create` makes a new one.
    package var directory: String
    /// Voters of a new cluster; counts only if the log is empty.
    package var bootstrap: [FirstMember] = []
    /// Heartbeats are so far apart, and elections begin after 10 to 20 of them.
    package var tick: Duration = .milliseconds(500)
    /// A snapshot is written after so many entries,
    package var snapshotEntries = 10_000
    /// or so many octets of them.
    package var snapshotOctets = 64 << 20
    /// Of the entries before a snapshot, so many are kept for replicas that lag behind,
    package var keptEntries: UInt64 = 5_000
    /// and at most so many octets.
    package var keptOctets: UInt64 = 4 << 20
    /// A read that was not answered by then fails.
    package var readTimeout: Duration = .seconds(10)
    /// Messages and proposals waiting for the thread; more are dropped or refused.
    package var maximumWaiting = 8_192
    /// Octets of those, and of entries waiting to be applied before proposals are refused.
    package var maximumWaitingOctets = 64 << 20
    /// The largest snapshot that is taken from a leader.
    package var maximumSnapshotOctets: UInt64 = 4 << 30

    /// With the defaults.
    package init(replica: ReplicaID, cluster: String, directory: String) {
        self.replica = ReplicaSettings(id: replica)
        self.cluster = cluster
        self.directory = directory
    }

    var identity: LogIdentity { LogIdentity(cluster: cluster, replica: replica.id) }
}
