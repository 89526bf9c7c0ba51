package import Planning
package import Zones

/// The plan of one zone of a DNS server.
package typealias RecordPlan = Plan<RecordSetKey, RecordSet>

/// What is to be done at a provider.
package struct PublishingRequest: Hashable, Sendable {
    /// What for.
    package enum Intent: Hashable, Sendable {
        /// To see it; nothing is written.
        case show
        /// To bring the zones that are approved into step.
        case write
        /// To approve the zones and bring them into step, with or without the brake.
        case approve(isForced: Bool)
        /// To take over records that say what ours would; with nothing written when not.
        case adopt(writes: Bool)
        /// To take away what is ours; with nothing written when not. `only` limits it to some.
        case clean(only: Set<RecordSetKey>?, writes: Bool)
    }

    /// How much is looked at.
    package enum Depth: Hashable, Sendable {
        /// What the state says is owed.
        case owed
        /// Every zone as a whole.
        case everything
    }

    /// What for.
    package var intent: Intent
    /// How much.
    package var depth: Depth
    /// Only this zone of the provider; `nil` for all.
    package var zone: String?

    /// Joins the three.
    package init(_ intent: Intent, _ depth: Depth = .everything, zone: String? = nil) {
        self.intent = intent
        self.depth = depth
        self.zone = zone
    }

    /// Its plan is the one that the state asks for.
    package var tellsStanding: Bool {
        switch intent {
        case .show, .write, .approve: true
        case .adopt, .clean: false
        }
    }

    /// It writes what the state asks for.
    package var bringsIntoStep: Bool { tellsStanding && mayWrite }

    /// Something may be written.
    package var mayWrite: Bool {
        switch intent {
        case .show, .adopt(writes: false), .clean(_, writes: false): false
        case .write, .approve, .adopt(writes: true), .clean(_, writes: true): true
        }
    }
}

/// What came of a request.
package struct PublishingReport: Sendable {
    /// One zone.
    package struct ZoneReport: Sendable {
        /// Its name at the provider.
        package let zone: String
        /// It may be written to.
        package var isApproved = false
        /// What was found to be done; `nil` if nobody looked.
        package var plan: RecordPlan?
        /// Why nothing can be done.
        package var obstacle: String?
        /// What should be known.
        package var warnings: [String] = []
        /// How many sets were written or removed.
        package var written = 0
        /// Which.
        package var done: Set<RecordSetKey> = []
        /// By how many entries of ours that made it more; negative for fewer.
        package var growth = 0
        /// Sets that differ though nothing was owed for them: somebody else's doing.
        package var drifted: Set<RecordSetKey> = []
        /// Owed sets that nobody looked at, since the zone waits for its first approval.
        package var unread: Set<RecordSetKey> = []
        /// Sets that the provider refused, with its reason.
        package var refused: [RecordSetKey: String] = [:]

        /// Nothing is known yet.
        init(_ zone: String) {
            self.zone = zone
        }
    }

    /// The provider's name.
    package let provider: String
    /// What the server says it is; empty if it said nothing.
    package var server = ""
    /// Sorted by name.
    package var zones: [ZoneReport] = []
    /// Sets that have no zone at the provider, with the reason.
    package var homeless: [RecordSetKey: String] = [:]
    /// Every set that was looked at.
    package var lookedAt: Set<RecordSetKey> = []
    /// Why it ended early; what was done before is in `zones`.
    package var failure: ProviderError?

    /// Nothing was done yet.
    init(provider: String) {
        self.provider = provider
    }

    /// Sets written or removed.
    package var written: Int { zones.reduce(0) { $0 + $1.written } }

    /// Nothing has to be done by anybody.
    package var isInStep: Bool {
        failure == nil && homeless.isEmpty
            && zones.allSatisfy { zone in
                zone.obstacle == nil && zone.refused.isEmpty
                    && (zone.plan?.conflicts.isEmpty ?? true)
                    && (zone.plan?.held.isEmpty ?? true)
                    && (zone.isApproved || (zone.plan?.groups.isEmpty ?? false))
            }
    }
}
