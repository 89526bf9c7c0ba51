import Inventory
import Zones

/// Tells one listener which SOA each zone has, as zones are published.
struct Announcer {
    /// Hears the present SOA of zones, `nil` for a zone that is gone.
    typealias Listener = @Sendable ([DomainName: RecordSet?]) -> Void

    private var authorities: [DomainName: RecordSet] = [:]
    private var listener: Listener?
    /// Zones that the listener hears nothing of, as if there were none.
    private var withheld: Set<DomainName> = []

    mutating func begin(_ listener: @escaping Listener) {
        self.listener = listener
        listener(authorities.filter { !withheld.contains($0.key) }.mapValues(\.self))
    }

    /// Keeps these zones from the listener, and no others.
    mutating func withhold(_ apexes: Set<DomainName>) {
        var news: [DomainName: RecordSet?] = [:]
        for apex in apexes.symmetricDifference(withheld) {
            news[apex] = .some(apexes.contains(apex) ? nil : authorities[apex])
        }
        withheld = apexes
        if !news.isEmpty { listener?(news) }
    }

    mutating func end() {
        listener = nil
    }

    mutating func take(_ changes: [ZoneChange]) {
        var news: [DomainName: RecordSet?] = [:]
        for change in changes {
            let apex = change.apex
            let authority: RecordSet?
            switch change {
            case .removed: authority = nil
            case .replaced(_, let sets): authority = sets.first { $0.isAuthority(of: apex) }
            case .drafted: continue
            case .updated(let difference), .signed(let difference):
                authority = difference.changed.first { $0.isAuthority(of: apex) }
            }
            authorities[apex] = authority
            if !withheld.contains(apex) { news[apex] = .some(authority) }
        }
        listener?(news)
    }
}

extension RecordSet {
    fileprivate func isAuthority(of apex: DomainName) -> Bool {
        key.type == .soa && key.owner == apex
    }
}
