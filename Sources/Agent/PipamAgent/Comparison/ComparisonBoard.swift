import Inventory
import Synchronization
import Zones

/// How zones of this node compare with those of the other members, for those who ask.
final class ComparisonBoard: Sendable {
    /// How it stands with one zone.
    struct Standing: Hashable, Sendable {
        /// Most voters have something else at this serial: secondaries get nothing from here.
        var withheldSerial: SerialNumber?
        /// Somebody has something else at this serial, and no majority says what is right.
        var disputedSerial: SerialNumber?
        /// Hosts that have something else than this one, which most agree with; sorted.
        var strangers: [String] = []

        /// All is well.
        var isWell: Bool { self == Standing() }
    }

    /// What the last comparison brought.
    private struct Outcome {
        var standings: [DomainName: Standing] = [:]
        var confirmed = 0
    }

    private let outcome = Mutex(Outcome())

    /// By zone; those that all is well with are not among them.
    var current: [DomainName: Standing] { outcome.withLock { $0.standings } }

    /// How many zones most voters had as this node has them when they were asked last.
    var confirmed: Int { outcome.withLock { $0.confirmed } }

    /// Zones that secondaries do not get from here.
    var withheld: Set<DomainName> {
        Set(current.lazy.filter { $0.value.withheldSerial != nil }.map(\.key))
    }

    func replace(with standings: [DomainName: Standing], confirmed: Int) {
        outcome.withLock { $0 = Outcome(standings: standings, confirmed: confirmed) }
    }
}
