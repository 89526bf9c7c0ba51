/// Who takes part, as of some entry of the log.
package struct Configuration: Hashable, Sendable {
    /// Who decides; sorted.
    package let voters: [ReplicaID]
    /// Who only receives; sorted.
    package let learners: [ReplicaID]

    /// Sorts both.
    package init(voters: [ReplicaID] = [], learners: [ReplicaID] = []) {
        self.voters = voters.sorted()
        self.learners = learners.sorted()
    }

    /// Both, sorted.
    package var members: [ReplicaID] { (voters + learners).sorted() }
}

/// One step from a configuration to the next. There are only simple ones: one replica at a time.
package enum ConfigurationChange: Hashable, Sendable {
    /// Joins or is promoted.
    case addVoter(ReplicaID)
    /// Joins, or is demoted.
    case addLearner(ReplicaID)
    /// Leaves. The sole voter cannot.
    case remove(ReplicaID)

    /// Whom it is about.
    package var replica: ReplicaID {
        switch self {
        case .addVoter(let id), .addLearner(let id), .remove(let id): id
        }
    }
}
