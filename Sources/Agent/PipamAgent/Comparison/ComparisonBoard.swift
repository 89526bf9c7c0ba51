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

    private let standings = Mutex<[DomainName: Standing]>([:])

    /// By zone; those that all is well with are not among them.
    var current: [DomainName: Standing] { standings.withLock { $0 } }

    /// Zones that secondaries do not get from here.
    var withheld: Set<DomainName> {
        Set(current.lazy.filter { $0.value.withheldSerial != nil }.map(\.key))
    }

    func replace(with new: [DomainName: Standing]) { standings.withLock { $0 = new } }
}
