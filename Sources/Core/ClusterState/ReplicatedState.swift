package import Inventory
package import Zones

/// The state that the whole cluster agrees on: settings, hosts, guests, and the zones that follow
/// from them. `apply` depends on nothing but the state and the command, so equal commands make
/// equal states on every node.
package struct ReplicatedState: Sendable {
    /// The index of the last entry of the log that was applied; 0 before the first.
    package internal(set) var index: UInt64 = 0
    /// The latest time any command carried, as far as it was believed, in seconds since 1970.
    package internal(set) var clockSeconds: UInt64 = 0
    /// The latest time that whoever leads said it is: what expires, expires by this.
    package internal(set) var advancedSeconds: UInt64 = 0
    /// The highest term that a leader's command carried.
    package internal(set) var leaderTerm: UInt64 = 0
    /// The level of the rules that zones are derived by.
    package internal(set) var level: UInt32
    /// The cluster's id; `nil` until it was founded.
    package internal(set) var cluster: ClusterID?

    /// The members.
    package internal(set) var members: [NodeID: Member] = [:]
    /// The replicas that vote, by the log's configuration.
    package internal(set) var voters: [UInt64] = []
    /// The replicas that learn.
    package internal(set) var learners: [UInt64] = []
    /// Nodes that may not join as long as another member has their name.
    package internal(set) var pendingJoins: [NodeID: PendingJoin] = [:]
    /// Names of members whose place the next node of that name may take.
    package internal(set) var replaceable: Set<String> = []
    /// Nodes that were members, the last `formerMemberLimit` of them: none may be one again, since
    /// what it promised as a member was forgotten.
    package internal(set) var formerMembers: [NodeID] = []
    /// What the members proposed lately.
    var ledgers: [NodeID: ProposalLedger] = [:]

    /// The settings.
    package internal(set) var settings = ClusterSettings()
    /// Their version: counts the changes, those that were withdrawn included.
    package internal(set) var settingsVersion: UInt64 = 0
    /// The version of the last change.
    package internal(set) var lastSettingsVersion: UInt64 = 0
    /// Settings that wait for a person.
    package internal(set) var pendingSettings: PendingSettings?

    /// The hosts, sorted by name.
    package internal(set) var hosts: [Host] = []
    /// The zones.
    package internal(set) var zones: ZoneSet
    /// The guests.
    package internal(set) var guests: [GuestID: GuestEntry] = [:]
    /// What is owed to each provider of the settings, by name.
    package internal(set) var providers: [String: ProviderLedger] = [:]
    /// What Proxmox's own networking publishes.
    package internal(set) var sdnPublishing = SDNPublishing()
    /// The providers are left alone.
    package internal(set) var isPublishingPaused = false

    /// What is remembered of providers that left the settings; nothing is owed to them.
    var formerProviders: [String: ProviderLedger] = [:]
    /// Who holds which address.
    var claimBook = ClaimBook()
    /// Who gave which static records, and imports under way.
    var staticBook = StaticBook()
    /// The sum of all guests' hashes.
    var guestsDigest = Digest128()
    /// The rules of each level that this program knows.
    let rulebook: DerivationRulebook

    /// The cluster's secrets, the latest last; what they say is closed for each member.
    package internal(set) var secrets: [KeptSecret] = []

    // Derived, and not kept.

    var idsByNumber: [UInt32: GuestID] = [:]
    var guestsByMAC: [MACAddress: Set<GuestID>] = [:]
    /// When time alone will change something about a guest.
    var dueSeconds: [GuestID: UInt64] = [:]

    /// Before the first command.
    package init() {
        self.init(rulebook: .standard)
    }

    /// The same with other rules, for tests.
    package init(rulebook: DerivationRulebook) {
        self.rulebook = rulebook
        level = rulebook.levels.lowerBound
        zones = ZoneSet()
    }

    /// Applies a command outside a log: to work something out that nobody else has to know. It
    /// counts as an entry of its own, and its time is believed.
    ///
    /// Throws for a command that is refused.
    ///
    /// Returns what became of the zones.
    package mutating func apply(_ command: Command) throws(ClusterStateError) -> [ZoneChange] {
        try check(command)
        index += 1
        believe(command.timeSeconds)
        let (outcome, changes) = carryOut(command, by: nil)
        if case .refused(let refusal) = outcome { throw .refused(refusal) }
        return changes
    }

    /// When the next `advance` would do something, in seconds since 1970; `nil` if never.
    package var nextDueSeconds: UInt64? {
        [
            dueSeconds.values.min(), zones.nextDueSeconds, claimBook.nextExpirySeconds,
            staticBook.nextExpirySeconds,
        ]
        .compactMap(\.self).min()
    }

    /// Hosts that would change nothing need no command.
    package func isNews(_ hosts: [Host]) -> Bool { merged(hosts) != self.hosts }

    /// A host without addresses is one that the cluster could not tell them of: they stay.
    func merged(_ reported: [Host]) -> [Host] {
        reported.map { host in
            let known = hosts.first { $0.name == host.name }
            return host.addresses.isEmpty ? known ?? host : host
        }
        .sorted { $0.name < $1.name }
    }

    /// A report that a node's command would carry in vain, or that would change nothing, needs no
    /// command.
    package func isNews(
        _ report: GuestReport, from node: NodeID, covering coveredNodes: [String] = []
    ) -> Bool {
        speaker(node, covering: coveredNodes)(report.guest.node) && isNews(report)
    }

    /// A report that would change nothing needs no command.
    package func isNews(_ report: GuestReport) -> Bool {
        guard let entry = guests[report.guest.id], entry.goneAtSeconds == nil else { return true }
        return entry.guest.updated(by: report) != entry.guest
    }
}
