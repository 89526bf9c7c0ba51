/// Keeps the voters of a cluster up to strength: 3 of them, 5 from five members up, everybody else
/// learns. A voter that is silent for long is replaced, the new one first, so that the cluster is
/// never weaker than it was. One step at a time; the leader asks again after each.
package struct VoterKeeping: Sendable {
    /// One member, as the leader sees it.
    package struct Standing: Hashable, Sendable {
        /// Its number in the log.
        package var replica: UInt64
        /// It votes; else it learns.
        package var isVoter: Bool
        /// It was heard from within the last election time-out.
        package var isActive: Bool
        /// It has what the leader has, but for what is on its way.
        package var isCaughtUp: Bool
        /// When it joined, in seconds since 1970; the longest there go first.
        package var joinedAtSeconds: UInt64

        /// Joins them.
        package init(
            replica: UInt64, isVoter: Bool, isActive: Bool, isCaughtUp: Bool,
            joinedAtSeconds: UInt64
        ) {
            self.replica = replica
            self.isVoter = isVoter
            self.isActive = isActive
            self.isCaughtUp = isCaughtUp
            self.joinedAtSeconds = joinedAtSeconds
        }
    }

    /// What to change.
    package enum Step: Hashable, Sendable {
        /// A learner becomes a voter.
        case promote(UInt64)
        /// A voter becomes a learner.
        case demote(UInt64)
    }

    /// How long a voter may be silent before another takes its place (OPERATIONS 31): a host that
    /// is being repaired should find its place kept.
    package static let patience = Duration.seconds(30 * 60)
    private let patience: Duration
    private let wanted: Int?
    /// Since when members are silent, by their numbers, on the leader's own clock.
    private var silentSince: [UInt64: Duration] = [:]

    /// Has heard of nobody yet: a new leader begins to wait anew.
    ///
    /// - `wanted`: how many should vote, in place of what the size of the cluster asks for.
    package init(patience: Duration = Self.patience, wanted: Int? = nil) {
        self.patience = patience
        self.wanted = wanted
    }

    /// How many members should vote.
    ///
    /// Two voters cannot lose one; but with one of two voting, the other would have nothing to
    /// say when it is left alone, and might miss the last commands.
    package static func target(members: Int) -> Int {
        switch members {
        case ..<3: members
        case 3, 4: 3
        default: 5
        }
    }

    /// What to do next; `nil` if all is well or nothing can be done.
    ///
    /// - `leader`: who asks; never demoted here.
    /// - `now`: since any fixed moment, on a clock that does not jump.
    package mutating func step(_ members: [Standing], leader: UInt64, at now: Duration) -> Step? {
        listen(to: members, at: now)
        let voters = members.filter(\.isVoter)
        let candidates = members.filter { !$0.isVoter && $0.isActive && $0.isCaughtUp }
            .sorted(by: Self.goesFirst)
        let lost = voters.filter { isLost($0, at: now) && $0.replica != leader }
        let target = wanted.map { min($0, members.count) } ?? Self.target(members: members.count)
        let sound = voters.count - lost.count
        if sound < target, let next = candidates.first {
            return .promote(next.replica)
        }
        guard voters.count > target else { return nil }
        // Those that are silent for good go first, then any that is silent now, since one that
        // answers would be missed, then whoever came last.
        let others = voters.filter { $0.replica != leader }.sorted(by: Self.goesFirst)
        let surplus =
            lost.sorted(by: Self.goesFirst).last ?? others.last { !$0.isActive } ?? others.last
        return surplus.map { .demote($0.replica) }
    }

    /// Since when a member is silent; `nil` if it is not.
    package func silence(of replica: UInt64, at now: Duration) -> Duration? {
        silentSince[replica].map { now - $0 }
    }

    private mutating func listen(to members: [Standing], at now: Duration) {
        let known = Set(members.map(\.replica))
        silentSince = silentSince.filter { known.contains($0.key) }
        for member in members {
            if member.isActive {
                silentSince[member.replica] = nil
            } else if silentSince[member.replica] == nil {
                silentSince[member.replica] = now
            }
        }
    }

    private func isLost(_ member: Standing, at now: Duration) -> Bool {
        silence(of: member.replica, at: now).map { $0 >= patience } ?? false
    }

    private static func goesFirst(_ one: Standing, _ other: Standing) -> Bool {
        (one.joinedAtSeconds, one.replica) < (other.joinedAtSeconds, other.replica)
    }
}
