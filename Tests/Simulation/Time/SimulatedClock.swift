/// The wall clock of one node: it runs a little fast or slow, and somebody may set it, forwards and
/// backwards. Nothing in the cluster may depend on it being right.
package struct SimulatedClock: Sendable {
    /// Where all runs begin, in seconds since 1970.
    package static let epochSeconds: Int64 = 1_800_000_000

    /// Millionths by which it runs fast; negative if slow.
    private let driftPerMillion: Int64
    private var offsetMicroseconds: Int64

    /// A clock that is off by so much and drifts by so much.
    package init(offsetMicroseconds: Int64, driftPerMillion: Int64) {
        self.offsetMicroseconds = offsetMicroseconds
        self.driftPerMillion = driftPerMillion
    }

    /// Somebody sets it.
    package mutating func jump(bySeconds seconds: Int64) {
        offsetMicroseconds += seconds * 1_000_000
    }

    /// What it shows, in seconds since 1970.
    package func seconds(at time: VirtualTime) -> UInt64 {
        let drift = time.microseconds * driftPerMillion / 1_000_000
        let shown = time.microseconds + drift + offsetMicroseconds
        // Rounded down, also before the epoch of the run.
        let seconds = shown >= 0 ? shown / 1_000_000 : (shown - 999_999) / 1_000_000
        return UInt64(max(0, Self.epochSeconds + seconds))
    }
}
