/// What `POST /v1/plan/apply` takes: an approval.
package struct ApplyRequest: Encodable, Hashable, Sendable {
    /// What the brake holds back goes through too, once.
    package let force: Bool
    /// Only this provider's zones; "settings" for settings that wait, and nothing else.
    package let provider: String?
    /// Only this zone, with the dot at the end.
    package let zone: String?

    /// Joins the three.
    package init(force: Bool = false, provider: String? = nil, zone: String? = nil) {
        self.force = force
        self.provider = provider
        self.zone = zone
    }
}

/// What became of an approval.
package struct ApplyAnswer: Codable, Hashable, Sendable {
    /// The zones that it reached, sorted by provider and zone.
    package let zones: [AppliedZone]
    /// Settings that were let through; missing if none were.
    package let settings: AppliedSettings?

    /// Joins the two.
    package init(zones: [AppliedZone] = [], settings: AppliedSettings? = nil) {
        self.zones = zones
        self.settings = settings
    }
}

extension ApplyAnswer {
    /// One zone after an approval.
    package struct AppliedZone: Codable, Hashable, Sendable {
        /// The provider's name.
        package let provider: String
        /// As the provider names it.
        package let zone: String
        /// It was this approval that let its first plan through.
        package let isNewlyApproved: Bool
        /// Steps that were carried out.
        package let done: Int
        /// Steps that are still to be done, those held back included.
        package let left: Int
        /// What is wrong; missing when nothing is.
        package let problem: String?
        /// What a person can do about it.
        package let remedy: String?

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            provider: String, zone: String, isNewlyApproved: Bool, done: Int, left: Int,
            problem: String? = nil, remedy: String? = nil
        ) {
            self.provider = provider
            self.zone = zone
            self.isNewlyApproved = isNewlyApproved
            self.done = done
            self.left = left
            self.problem = problem
            self.remedy = remedy
        }
    }
}

/// What `POST /v1/adopt` takes.
package struct AdoptRequest: Encodable, Hashable, Sendable {
    /// The zone, with the dot at the end.
    package let zone: String
    /// Nothing is written.
    package let dryRun: Bool

    /// Joins the two.
    package init(zone: String, dryRun: Bool = false) {
        self.zone = zone
        self.dryRun = dryRun
    }
}

/// What was taken over, or would be.
package struct AdoptAnswer: Codable, Hashable, Sendable {
    /// The zone, with the dot at the end.
    package let zone: String
    /// Nothing was written.
    package let isDryRun: Bool
    /// Entries that bear our mark now, or would.
    package let adopted: [EntryItem]
    /// Entries that cannot be taken over, since they say something else.
    package let conflicts: [Conflict]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        zone: String, isDryRun: Bool, adopted: [EntryItem] = [], conflicts: [Conflict] = []
    ) {
        self.zone = zone
        self.isDryRun = isDryRun
        self.adopted = adopted
        self.conflicts = conflicts
    }
}

/// An entry at a provider.
package struct EntryItem: Codable, Hashable, Sendable {
    /// The provider's name.
    package let provider: String
    /// As the provider names it.
    package let zone: String
    /// The entry's name.
    package let name: String
    /// A record type, or what kind of object it is.
    package let type: String
    /// What it says, one line each.
    package let data: [String]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(provider: String, zone: String, name: String, type: String, data: [String] = []) {
        self.provider = provider
        self.zone = zone
        self.name = name
        self.type = type
        self.data = data
    }
}

/// What stands in the way: what `GET /v1/conflicts` answers.
package struct ConflictListAnswer: Codable, Hashable, Sendable {
    /// Sorted by provider, zone and name.
    package let conflicts: [Conflict]

    /// Takes the conflicts.
    package init(conflicts: [Conflict] = []) {
        self.conflicts = conflicts
    }
}

/// What a full look at the cluster brought: what `POST /v1/collect` answers.
package struct CollectAnswer: Codable, Hashable, Sendable {
    /// Guests that were seen.
    package let guests: Int
    /// Guests of which something was new.
    package let changedGuests: Int
    /// What could not be seen.
    package let problems: [ReportedProblem]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(guests: Int, changedGuests: Int, problems: [ReportedProblem] = []) {
        self.guests = guests
        self.changedGuests = changedGuests
        self.problems = problems
    }
}

/// What `POST /v1/publishing/pause` and `.../resume` answer.
package struct PublishingAnswer: Codable, Hashable, Sendable {
    /// Nothing is written to providers.
    package let isPaused: Bool

    /// Takes whether it is paused.
    package init(isPaused: Bool) {
        self.isPaused = isPaused
    }
}

/// What `POST /v1/reconcile` takes.
package struct ReconcileRequest: Encodable, Hashable, Sendable {
    /// Nothing is written.
    package let dryRun: Bool
    /// Zones that were never written to are approved.
    package let approve: Bool
    /// What the brake holds back goes through too, once; it approves as well.
    package let force: Bool

    /// Joins the three.
    package init(dryRun: Bool = false, approve: Bool = false, force: Bool = false) {
        self.dryRun = dryRun
        self.approve = approve
        self.force = force
    }
}

/// What a comparison of everything with the providers brought.
package struct ReconcileAnswer: Codable, Hashable, Sendable {
    /// Nothing was written.
    package let isDryRun: Bool
    /// What differed, sorted by provider and zone; it is put right now unless this was a dry run.
    package let plans: [ZonePlan]
    /// Entries that were written or removed.
    package let written: Int
    /// What could not be compared or put right.
    package let problems: [ReportedProblem]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        isDryRun: Bool, plans: [ZonePlan] = [], written: Int = 0, problems: [ReportedProblem] = []
    ) {
        self.isDryRun = isDryRun
        self.plans = plans
        self.written = written
        self.problems = problems
    }
}

/// What `POST /v1/clean` takes.
package struct CleanRequest: Encodable, Hashable, Sendable {
    /// A full look at the cluster comes first.
    package let collect: Bool
    /// Nothing is written.
    package let dryRun: Bool

    /// Joins the two.
    package init(collect: Bool = false, dryRun: Bool = false) {
        self.collect = collect
        self.dryRun = dryRun
    }
}

/// What was removed from the providers, or would be. Publishing is paused after it.
package struct CleanAnswer: Codable, Hashable, Sendable {
    /// Nothing was written.
    package let isDryRun: Bool
    /// Nothing is written to providers from now on.
    package let isPaused: Bool
    /// Entries of ours that were taken away, or would be.
    package let removed: [EntryItem]
    /// What could not be removed.
    package let problems: [ReportedProblem]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        isDryRun: Bool, isPaused: Bool, removed: [EntryItem] = [], problems: [ReportedProblem] = []
    ) {
        self.isDryRun = isDryRun
        self.isPaused = isPaused
        self.removed = removed
        self.problems = problems
    }
}
