/// What goes with a change of the log's configuration: the bytes that its entry carries.
package struct MembershipContext: Hashable, Sendable {
    /// When it was proposed, in seconds since 1970.
    package var timeSeconds: UInt64
    /// Who is added; `nil` where somebody is promoted or removed.
    package var member: Member?
    /// Whose place the new member takes, with its name.
    package var replaced: NodeID?

    /// Joins the three.
    package init(timeSeconds: UInt64, member: Member? = nil, replaced: NodeID? = nil) {
        self.timeSeconds = timeSeconds
        self.member = member
        self.replaced = replaced
    }
}

/// A change of the log's configuration that was committed.
package struct MembershipChange: Hashable, Sendable {
    /// What its entry carried.
    package let context: MembershipContext
    /// The replicas that vote from then on.
    package let voters: [UInt64]
    /// The replicas that learn from then on.
    package let learners: [UInt64]

    /// Joins the three.
    package init(context: MembershipContext, voters: [UInt64], learners: [UInt64]) {
        self.context = context
        self.voters = voters.sorted()
        self.learners = learners.sorted()
    }

    /// Reads what the entry carried. An entry without a context has no bytes.
    package init(
        context bytes: [UInt8], voters: [UInt64], learners: [UInt64]
    ) throws(ClusterStateError) {
        self.init(
            context: try MembershipContext(decoding: bytes), voters: voters, learners: learners)
    }
}

/// What became of the members by a change of the configuration.
package struct MembershipEffect: Hashable, Sendable {
    /// Who is new.
    package internal(set) var added: Member?
    /// Who left.
    package internal(set) var removed: [Member] = []
    /// Why the new one is no member: its replica is a stranger, to be removed again.
    package internal(set) var refusal: Refusal?
}
