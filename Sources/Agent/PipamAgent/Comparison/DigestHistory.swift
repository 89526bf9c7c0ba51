import Inventory
import Zones

/// The digests of each zone at its latest serials: nodes apply at different moments, and can only
/// compare a serial that both still know.
struct DigestHistory: Sendable {
    /// More serials of a zone are not kept: with a change four times a second, eight seconds.
    static let serialLimit = 32

    private var digests: [DomainName: [ZoneDigest]] = [:]

    /// Takes note of a zone as it is served now; `nil` for one that is gone.
    mutating func note(_ apex: DomainName, _ digest: ZoneDigest?) {
        guard let digest else {
            digests[apex] = nil
            return
        }
        var known = digests.removeValue(forKey: apex) ?? []
        if known.last?.serial == digest.serial { known.removeLast() }
        known.append(digest)
        if known.count > Self.serialLimit { known.removeFirst() }
        digests[apex] = known
    }

    /// The digests of a zone, the latest first.
    func latest(of apex: DomainName) -> [ZoneDigest] { digests[apex]?.reversed() ?? [] }

    /// The zones that there are, sorted.
    var zones: [DomainName] { digests.keys.sorted() }
}
