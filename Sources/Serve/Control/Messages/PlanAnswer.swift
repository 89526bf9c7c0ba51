/// What has to be done and what stands in the way: what `GET /v1/plan` answers.
package struct PlanAnswer: Codable, Hashable, Sendable {
    /// Sorted by provider and zone; also those with nothing to do.
    package let plans: [ZonePlan]
    /// Settings that wait for approval, as the provider "settings"; missing if none do, or others
    /// are asked for.
    package let settings: HeldSettings?

    /// Joins the two.
    package init(plans: [ZonePlan] = [], settings: HeldSettings? = nil) {
        self.plans = plans
        self.settings = settings
    }
}

/// What has to be done to one zone of one provider. Our own name server is the provider "pipam".
package struct ZonePlan: Codable, Hashable, Sendable {
    /// The provider's name.
    package let provider: String
    /// As the provider names it.
    package let zone: String
    /// The first plan was let through; before, nothing is written.
    package let isApproved: Bool
    /// What to do, in order.
    package let groups: [Group]
    /// What the brake holds back, in the same order.
    package let held: [Group]
    /// Why it does; missing when it holds nothing.
    package let brake: String?
    /// What cannot be done.
    package let conflicts: [Conflict]
    /// Entries of ours that are as they should be.
    package let settled: Int
    /// Why nothing can be written there, with the remedy.
    package let problem: String?
    /// What should be known of the zone.
    package let warnings: [String]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        provider: String, zone: String, isApproved: Bool, groups: [Group] = [], held: [Group] = [],
        brake: String? = nil, conflicts: [Conflict] = [], settled: Int, problem: String? = nil,
        warnings: [String] = []
    ) {
        self.provider = provider
        self.zone = zone
        self.isApproved = isApproved
        self.groups = groups
        self.held = held
        self.brake = brake
        self.conflicts = conflicts
        self.settled = settled
        self.problem = problem
        self.warnings = warnings
    }
}

extension ZonePlan {
    /// Steps that make sense only together.
    package struct Group: Codable, Hashable, Sendable {
        /// At least one, removals first.
        package let steps: [Step]

        /// Takes the steps.
        package init(steps: [Step] = []) {
            self.steps = steps
        }
    }

    /// One entry, from what is there to what should be.
    package struct Step: Codable, Hashable, Sendable {
        /// What is done.
        package let action: Action
        /// The entry's name: the owner of a record set, an address, a machine.
        package let name: String
        /// A record type, or what kind of object it is.
        package let type: String
        /// What is there, one line each; empty when nothing is.
        package let from: [String]
        /// What should be there, one line each; empty when nothing should.
        package let to: [String]

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            action: Action, name: String, type: String, from: [String] = [], to: [String] = []
        ) {
            self.action = action
            self.name = name
            self.type = type
            self.from = from
            self.to = to
        }
    }

    /// What is done to an entry.
    package enum Action: String, Codable, Hashable, Sendable, CaseIterable {
        /// There is nothing yet.
        case create
        /// It gets another content.
        case change
        /// It is taken away.
        case remove
        /// It stays as it is and gets our mark.
        case adopt
    }
}

/// An entry that should be at a provider and cannot be put there.
package struct Conflict: Codable, Hashable, Sendable {
    /// The provider's name.
    package let provider: String
    /// As the provider names it.
    package let zone: String
    /// The entry's name.
    package let name: String
    /// A record type, or what kind of object it is.
    package let type: String
    /// What is in the way, with the remedy.
    package let reason: String
    /// It says what ours would: `POST /v1/adopt` takes it over.
    package let isAdoptable: Bool
    /// What stands there, one line each; empty if nothing does.
    package let standing: [String]
    /// What should stand there, one line each; empty if nothing should.
    package let wanted: [String]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        provider: String, zone: String, name: String, type: String, reason: String,
        isAdoptable: Bool, standing: [String] = [], wanted: [String] = []
    ) {
        self.provider = provider
        self.zone = zone
        self.name = name
        self.type = type
        self.reason = reason
        self.isAdoptable = isAdoptable
        self.standing = standing
        self.wanted = wanted
    }
}

/// Which plans are meant; what is missing does not narrow.
package struct PlanQuery: Hashable, Sendable {
    /// The provider's name of settings that wait. They have no zone: who names one means others.
    package static let settingsProvider = "settings"

    /// A provider's name; "pipam" for our own zones, "settings" for settings that wait.
    package let provider: String?
    /// The zone, with the dot at the end.
    package let zone: String?

    /// Joins the two.
    package init(provider: String? = nil, zone: String? = nil) {
        self.provider = provider
        self.zone = zone
    }
}
