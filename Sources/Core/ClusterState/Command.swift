package import Inventory
package import Zones

/// A change of the state that all nodes apply alike. Whatever it depends on - the time, what was
/// observed - travels inside.
package struct Command: Hashable, Sendable {
    /// What to do.
    package enum Body: Hashable, Sendable {
        /// Begin: the cluster gets its id, and its first member if it has members. Only the first
        /// one counts.
        case found(ClusterID, founder: Member? = nil)
        /// Replace the settings. Where published names would go they wait for a person, unless one
        /// has approved them already.
        case configure(ClusterSettings, ConfigureTerms = ConfigureTerms())
        /// A person wants the settings that wait as this version, or does not want them.
        case settleSettings(version: UInt64, isApproved: Bool)
        /// Take in what looks at guests brought.
        case reportGuests([GuestReport])
        /// Replace the list of hosts.
        case reportHosts([Host])
        /// These guests were proven to be destroyed; they go after the grace time.
        case reportGone([GuestID])
        /// It is as late as this, says whoever leads. Do what has become due: remove what is past
        /// its grace time, free what was not confirmed, accept addresses that have matured, let
        /// through what the brake has room for again.
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
        /// A member says what it is now.
        case reportMember(MemberReport)
        /// A node asks whether it may join.
        case requestJoin(JoinRequest)
        /// The next node that joins under this name takes the place of the member that has it.
        case allowReplacement(name: String)
        /// From now on the rules of this level hold.
        case raiseLevel(UInt32)
        /// Give an address to a key.
        case claim(ClaimRequest)
        /// Confirm or release what a key holds.
        case settleClaim(ClaimSettlement)
        /// Put or take away record sets of the operator's.
        case editRecords(RecordEdit)
        /// A part of an import, under its number; it counts only with the import.
        case stageRecords(UInt64, [RecordSet])
        /// Make what the operator gives in a zone what this says.
        case importZone(ZoneImport)
        /// Take what the operator gives in a zone away.
        case removeZone(ZoneRemoval)
        /// Have a zone signed, or change how it is.
        case signZone(SigningOrder)
        /// Take a step of a zone that was signed.
        case publishZone(ZonePublication)
        /// Sign a zone no more. `base` is the version of its policy and keys.
        case unsignZone(DomainName, base: UInt64)
        /// From now on this is the cluster's secret.
        case keepSecret(SecretOffer)
        /// Copies of a secret for members that have none.
        case shareSecret(SecretOffer)
    }

    /// When it was proposed, in seconds since 1970.
    package let timeSeconds: UInt64
    /// What to do.
    package let body: Body
    /// The term of the leader that says so; `nil` for what any node may say. What was said in an
    /// earlier term than the last is refused: its proposer was deposed and did not know it.
    package let term: UInt64?
    /// Names of nodes that the proposer speaks for beside its own, since they cannot: they have no
    /// agent, or are down.
    package let coveredNodes: [String]

    /// Joins the four.
    package init(
        _ body: Body, atSeconds timeSeconds: UInt64, term: UInt64? = nil,
        covering coveredNodes: [String] = []
    ) {
        self.body = body
        self.timeSeconds = timeSeconds
        self.term = term
        self.coveredNodes = coveredNodes
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
    /// An entry of the log that was applied already.
    case misplaced(index: UInt64, after: UInt64)
    /// A field that this version does not know.
    case unknownField(what: String)
    /// Rules that this version does not have.
    case levelTooHigh(UInt32, supported: UInt32)
    /// A command outside a log that changed nothing.
    case refused(Refusal)

    package var description: String {
        switch self {
        case .damaged(let what): "\(what) is damaged"
        case .meaningless(let field): "field \(field) has a value without meaning"
        case .unknownCommand: "a command of a later version; upgrade this node"
        case .unknownField(let what):
            "\(what) has a field of a later version; upgrade this node"
        case .misplaced(let index, let last):
            "entry \(index) of the log came after entry \(last)"
        case .levelTooHigh(let level, let supported):
            "the cluster is at level \(level), this version knows \(supported); upgrade this node"
        case .refused(let refusal): refusal.description
        }
    }
}
