/// A moment of a simulated run: microseconds since it began. Nothing of it depends on a real clock.
package struct VirtualTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The beginning of every run.
    package static let zero = VirtualTime(microseconds: 0)

    /// Since the beginning, never negative.
    package let microseconds: Int64

    /// A moment by its distance from the beginning.
    package init(microseconds: Int64) {
        precondition(microseconds >= 0, "a moment before the beginning: \(microseconds)")
        self.microseconds = microseconds
    }

    /// A moment by its distance from the beginning.
    package init(milliseconds: Int64) {
        self.init(microseconds: milliseconds * 1000)
    }

    package static func < (one: VirtualTime, other: VirtualTime) -> Bool {
        one.microseconds < other.microseconds
    }

    /// The moment that many microseconds later.
    package func later(microseconds: Int64) -> VirtualTime {
        VirtualTime(microseconds: self.microseconds + microseconds)
    }

    /// The moment that many milliseconds later.
    package func later(milliseconds: Int64) -> VirtualTime {
        later(microseconds: milliseconds * 1000)
    }

    package var description: String {
        let fraction = String(microseconds % 1_000_000)
        return "\(microseconds / 1_000_000)."
            + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}
