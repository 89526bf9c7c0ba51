package import Inventory
package import Zones

/// A change of the state that all nodes apply alike. Whatever it depends on - the time, what was
/// observed - travels inside.
package struct Command: Hashable, Sendable {
    /// What to do.
    package enum Body: Hashable, Sendable {
        /// Begin: the cluster gets its id. Only the first one counts.
        case found(ClusterID)
        /// Replace the settings.
        case configure(ClusterSettings)
        /// Take in what looks at guests brought.
        case reportGuests([GuestReport])
        /// Replace the list of hosts.
        case reportHosts([Host])
        /// These guests were proven to be destroyed; they go after the grace time.
        case reportGone([GuestID])
        /// Do what has become due: remove what is past its grace time, accept addresses that have
        /// matured, let through what the brake has room for again.
        case advance
        /// Take note of what came of a plan for a provider. A set counts as done unless a later
        /// command than the plan knew of changed it.
        case recordWrites(WriteReport)
        /// These record sets were found missing or different at the provider.
        case owe(provider: String, keys: [RecordSetKey])
        /// Take note of what Proxmox's own networking publishes.
        case reportSDN(SDNPublishing)
        /// A person has seen the first plan for a zone of a provider and wants it.
        case approve(provider: String, zone: String)
        /// A person wants what the brake stopped.
        case releaseBrake(ReleaseScope)
        /// Leave the providers alone; `false` ends that, and every record set is owed to them anew.
        case pausePublishing(Bool)
    }

    /// When it was proposed, in seconds since 1970.
    package let timeSeconds: UInt64
    /// What to do.
    package let body: Body

    /// Joins the two.
    package init(_ body: Body, atSeconds timeSeconds: UInt64) {
        self.body = body
        self.timeSeconds = timeSeconds
    }
}

/// Why bytes could not be taken as a command or a snapshot. None of them may be skipped: a state
/// that misses one command is another state.
package enum ClusterStateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a message at all.
    case damaged(what: String)
    /// A message with a value that means nothing; `field` says where.
    case meaningless(field: String)
    /// A command that this version does not know.
    case unknownCommand
    /// Settings that no zones can be made of.
    case unusableSettings(String)

    package var description: String {
        switch self {
        case .damaged(let what): "\(what) is damaged"
        case .meaningless(let field): "field \(field) has a value without meaning"
        case .unknownCommand: "a command of a later version; upgrade this node"
        case .unusableSettings(let reason): "settings: \(reason)"
        }
    }
}
