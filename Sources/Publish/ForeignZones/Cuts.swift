package import Inventory
package import Zones

/// Where a zone ends though names below its apex go on: what stands below is not served. NS sets
/// below the apex delegate (RFC 1034 section 4.2.1), DNAME redirects (RFC 6672 section 2.4).
package struct Cuts: Sendable {
    private enum Kind { case delegation, redirection }

    /// The zone's name.
    package let apex: DomainName
    private var points: [DomainName: Kind] = [:]
    /// Names that were looked at.
    private var known: Set<DomainName> = []
    /// All names were looked at.
    private var isComplete = false
    /// When this began to be collected.
    private let begin: ContinuousClock.Instant

    /// How long it is believed. Delegations are rare, and looking for them anew with each change
    /// would cost more than the change.
    package static let lifetime: Duration = .seconds(600)

    /// Nothing is known yet.
    package init(apex: DomainName, now: ContinuousClock.Instant) {
        self.apex = apex
        begin = now
    }

    /// It is too old to be believed.
    package func isOutdated(now: ContinuousClock.Instant) -> Bool { now - begin > Self.lifetime }

    /// Nothing is known of these names any more: they are about to be looked at again.
    package mutating func forget(_ names: some Sequence<DomainName>) {
        for name in names {
            points[name] = nil
            known.remove(name)
        }
    }

    /// Takes note of a record set that the zone serves. Where both stand at a name, it is
    /// delegated: a server looks for that first (RFC 1034 section 4.3.2, RFC 6672 section 3.2).
    package mutating func note(_ key: RecordSetKey) {
        if key.type == .ns, key.owner != apex {
            points[key.owner] = .delegation
        } else if key.type == .dname, points[key.owner] == nil {
            points[key.owner] = .redirection
        }
    }

    /// All sets at these names were noted.
    package mutating func finish(_ names: some Sequence<DomainName>) { known.formUnion(names) }

    /// All sets of the zone were noted.
    package mutating func finishAll() { isComplete = true }

    /// The names between the apex and `name` that have to be looked at to know what is above it.
    package func unknownAncestors(of name: DomainName) -> [DomainName] {
        guard !isComplete else { return [] }
        var names: [DomainName] = []
        var next = name.parent
        while let ancestor = next, ancestor != apex, ancestor.isAtOrBelow(apex) {
            if !known.contains(ancestor) { names.append(ancestor) }
            next = ancestor.parent
        }
        if !known.contains(apex), name != apex { names.append(apex) }
        return names
    }

    /// Why a record set at a name would not be served; `nil` if it would.
    package func objection(to name: DomainName) -> String? {
        guard !points.isEmpty else { return nil }
        var next: DomainName? = name
        while let point = next, point.isAtOrBelow(apex) {
            switch points[point] {
            case .delegation:
                return "\(point) is delegated by NS records in \(apex), so \(name) would not be "
                    + "served from there; publish it in the zone \(point), or remove the NS records"
            case .redirection where point != name:
                return "\(point) has a DNAME record, which redirects all names below it; remove "
                    + "that, or name the guest otherwise"
            case .redirection, nil: break
            }
            next = point.parent
        }
        return nil
    }
}
