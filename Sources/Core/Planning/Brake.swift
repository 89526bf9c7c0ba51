/// Stops the mass removal and change of entries: whatever asks for it is more likely blind than
/// right. Additions are never its business.
package struct Brake: Hashable, Sendable {
    /// This many removals and changes in the window always pass.
    package static let free = 5
    /// What the brake counts together, in seconds.
    package static let windowSeconds: UInt64 = 3_600

    /// More removals and changes than this in the window do not pass, however large the zone.
    package var count = 100
    /// Nor does a larger share of the zone's entries, in percent.
    package var percent = 10

    /// The defaults.
    package init() {}

    /// Why a step may not be taken.
    package enum Reason: Hashable, Sendable, CustomStringConvertible {
        /// Too much within the window; `asked` counts what was done in it already.
        case tooMany(asked: Int, entries: Int, allowed: Int)
        /// Nothing would be left.
        case wouldEmpty(entries: Int)

        package var description: String {
            switch self {
            case .tooMany(let asked, let entries, let allowed):
                "\(asked) removals and changes of \(entries) within an hour, more than \(allowed)"
            case .wouldEmpty(let entries):
                entries == 1
                    ? "the last one would be removed" : "the last \(entries) would be removed"
            }
        }
    }

    /// What may be done to one zone.
    ///
    /// - `asked`: removals and changes that are wanted now.
    /// - `recent`: those done within the window, forced ones apart.
    /// - `entries`: ours in the zone before the step, those removed in the window included.
    /// - `remaining`: ours that would be left after the step.
    ///
    /// Returns why none of them may be done; `nil` if all may.
    package func objection(
        asked: Int, recent: Int, entries: Int, remaining: Int
    ) -> Reason? {
        guard asked > 0 else { return nil }
        let total = asked + recent
        let allowed = max(Self.free, min(count, entries * percent / 100))
        if total > allowed {
            return .tooMany(asked: total, entries: entries, allowed: allowed)
        }
        return remaining == 0 ? .wouldEmpty(entries: entries - recent) : nil
    }
}
