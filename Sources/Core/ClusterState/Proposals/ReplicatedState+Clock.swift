extension ReplicatedState {
    /// How far ahead of what most of the voters say a single clock may run before it is not
    /// believed. A node with a wrong clock puts serials forward by so much at most, and takes so
    /// much off what has to wait.
    package static let clockLeadSeconds: UInt64 = 300
    /// Every voter tells its time at least so often, and whoever leads `advance`s: else others'
    /// times are cut.
    package static let advanceIntervalSeconds: UInt64 = 120
    /// The end of the year 9999; later times are none.
    private static let latestSeconds: UInt64 = 253_402_300_799

    /// When whoever leads has to propose `advance`, in seconds since 1970.
    package var nextAdvanceSeconds: UInt64 {
        min(nextDueSeconds ?? .max, advancedSeconds.adding(Self.advanceIntervalSeconds))
    }

    /// When a voter has to propose something, if only `reportMember`, so that the others know its
    /// time; `nil` for one that does not vote.
    package func nextReportSeconds(of node: NodeID) -> UInt64? {
        guard let member = members[node], member.isVoter else { return nil }
        return member.heardSeconds.adding(Self.advanceIntervalSeconds)
    }

    /// Takes note of the time that somebody's command carries. It makes serials and stamps, and
    /// lets nothing expire.
    mutating func moveClock(to seconds: UInt64) {
        // Before the cluster was founded there is nothing to compare with.
        let limit = cluster == nil ? seconds : advancedSeconds.adding(Self.clockLeadSeconds)
        clockSeconds = max(clockSeconds, min(seconds, limit, Self.latestSeconds))
    }

    /// Takes note of the time that the leader says it is. Its clock is believed as far as most of
    /// the voters have said of late that it is about that time; this holds after a long silence,
    /// when every host was off, as well.
    mutating func advance(to seconds: UInt64) {
        let limit = majoritySeconds.map { $0.adding(Self.clockLeadSeconds) } ?? seconds
        believe(min(seconds, limit))
    }

    /// Takes over a time that nobody disputes.
    mutating func believe(_ seconds: UInt64) {
        advancedSeconds = max(advancedSeconds, min(seconds, Self.latestSeconds))
        clockSeconds = max(clockSeconds, advancedSeconds)
    }

    /// The time that most of the voters have reached, by their own clocks; `nil` without members.
    private var majoritySeconds: UInt64? {
        guard !members.isEmpty else { return nil }
        let heard = Dictionary(
            members.values.map { ($0.replica, $0.heardSeconds) }, uniquingKeysWith: max)
        let times = voters.map { heard[$0] ?? 0 }.sorted(by: >)
        return times.isEmpty ? nil : times[times.count / 2]
    }
}
