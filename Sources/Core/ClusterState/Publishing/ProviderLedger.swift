package import Planning
package import Zones

/// What the settings say of one provider; how to reach it is each node's own business.
package struct ProviderSettings: Hashable, Sendable {
    /// The first plan for a zone needs nobody's leave.
    package var isAutomaticallyApproved: Bool

    /// Where it is. At another place there is another server, which has nothing of ours and which
    /// nobody approved.
    package var address: String

    /// Joins the two.
    package init(isAutomaticallyApproved: Bool = false, address: String = "") {
        self.isAutomaticallyApproved = isAutomaticallyApproved
        self.address = address
    }
}

/// What is owed to one provider, and what it may be given. It is replicated, so that a write that
/// failed is tried again by whoever leads, and a restart forgets nothing.
package struct ProviderLedger: Hashable, Sendable {
    /// Record sets that are not known to stand at the provider as they should, also those that
    /// should not stand there any more; each with the index of the last command that made it so.
    package internal(set) var owed: [RecordSetKey: UInt64] = [:]
    /// Where the provider was when all this was so.
    package internal(set) var address = ""
    /// What is known of the provider's zones, by the provider's name for them.
    package internal(set) var zones: [String: ProviderZone] = [:]

    /// Nothing is owed and nothing is allowed.
    package init() {}
}

/// What the cluster remembers of one zone of a provider.
package struct ProviderZone: Hashable, Sendable {
    /// When a person approved the first plan, in seconds since 1970; `nil` until then.
    package internal(set) var approvedAtSeconds: UInt64?
    /// Removals and changes that were carried out there, forced ones apart.
    package internal(set) var recent = Brake.Window()

    /// Nothing was approved, nothing was done.
    package init() {}

    /// How many removals and changes the brake has to count at a time.
    package func recentCount(atSeconds seconds: UInt64) -> Int {
        recent.count(atSeconds: seconds)
    }
}

/// What came of a plan for one zone of a provider.
package struct WriteReport: Hashable, Sendable {
    /// The provider's name in the settings.
    package let provider: String
    /// The provider's name for the zone.
    package let zone: String
    /// The last command that the plan knew of: what changed after it is owed still.
    package let plannedAtIndex: UInt64
    /// Record sets that stand at the provider as they should, or do not stand there any more.
    package let done: [RecordSetKey]
    /// Removals and changes among them that the brake counts; 0...4,294,967,295.
    package let counted: Int

    /// Joins the five.
    package init(
        provider: String, zone: String, plannedAtIndex: UInt64, done: [RecordSetKey], counted: Int
    ) {
        self.provider = provider
        self.zone = zone
        self.plannedAtIndex = plannedAtIndex
        self.done = done
        self.counted = counted
    }
}

/// What a person lets through whatever the brake says.
package enum ReleaseScope: Hashable, Sendable {
    /// Everything that is held in the zones of the cluster.
    case zones
    /// One zone of a provider, by the provider's name for it: what was done there counts no more.
    case provider(String, zone: String)
}
