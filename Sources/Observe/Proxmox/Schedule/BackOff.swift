/// Pauses that double with every failure.
struct BackOff: Hashable {
    private var failures = 0

    /// The pause after one more failure: `first`, doubled for each earlier one, at most `maximum`,
    /// by a fifth more or less as `random` (0..<1) has it.
    mutating func next(first: Duration, maximum: Duration, random: Double) -> Duration {
        let pause = min(maximum, first * (1 << min(failures, 20)))
        failures += 1
        return pause * (0.8 + 0.4 * random)
    }

    mutating func reset() {
        failures = 0
    }
}
