import Inventory
import Zones

/// The marks of each zone at its latest serials: nodes apply at different moments, and can only
/// compare a serial that both still know.
struct MarkHistory: Sendable {
    /// More serials of a zone are not kept: with a change four times a second, eight seconds.
    static let serialLimit = 32

    private var marks: [DomainName: [ZoneMark]] = [:]

    /// Takes note of a zone as it is served now; `nil` for one that is gone.
    mutating func note(_ apex: DomainName, _ mark: ZoneMark?) {
        guard let mark else {
            marks[apex] = nil
            return
        }
        var known = marks.removeValue(forKey: apex) ?? []
        if known.last?.serial == mark.serial { known.removeLast() }
        known.append(mark)
        if known.count > Self.serialLimit { known.removeFirst() }
        marks[apex] = known
    }

    /// The marks of a zone, the latest first.
    func latest(of apex: DomainName) -> [ZoneMark] { marks[apex]?.reversed() ?? [] }

    /// The zones that there are, sorted.
    var zones: [DomainName] { marks.keys.sorted() }
}
