extension ReplicatedState {
    /// How far ahead of what the leader and most of the voters say a single clock may run before
    /// it is not believed. A node with a wrong clock puts serials forward by so much at most.
    package static let clockLeadSeconds: UInt64 = 600
    /// Whoever leads tells the time at least so often, lest others' times are cut.
    package static let advanceIntervalSeconds: UInt64 = 300

    /// When whoever leads has to propose `advance`, in seconds since 1970.
    package var nextAdvanceSeconds: UInt64 {
        min(nextDueSeconds ?? .max, advancedSeconds + Self.advanceIntervalSeconds)
    }

    /// Takes note of the time that somebody's command carries. It makes serials and stamps, and
    /// lets nothing expire.
    mutating func moveClock(to seconds: UInt64) {
        // Before the cluster was founded there is nothing to compare with.
        let limit = cluster == nil ? seconds : advancedSeconds + Self.clockLeadSeconds
        clockSeconds = max(clockSeconds, min(seconds, limit))
    }

    /// Takes note of the time that the leader says it is.
    ///
    /// After a long silence - every host was off - it may be far ahead of the last one; then most
    /// of the voters must have said something of about that time.
    mutating func advance(to seconds: UInt64) {
        let reached = max(advancedSeconds, majoritySeconds ?? seconds)
        advancedSeconds = max(advancedSeconds, min(seconds, reached + Self.clockLeadSeconds))
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
