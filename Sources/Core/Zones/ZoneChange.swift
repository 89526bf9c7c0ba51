package import Inventory

/// What became of one zone: what a name server, a journal or a provider has to follow.
package enum ZoneChange: Hashable, Sendable {
    /// The zone is new, or everything about it is: its whole content, whatever was there before.
    case replaced(apex: DomainName, sets: [RecordSet])
    /// Some sets changed. The SOA set is always among the changed ones.
    case updated(ZoneDifference)
    /// Some sets changed in a zone that is served signed: nobody sees it before it is signed, which
    /// `updated` will tell. Whoever signs it for himself, or not at all, follows this.
    case drafted(ZoneDifference)
    /// The same was signed, or signatures were made anew: what the name server serves from now on.
    case signed(ZoneDifference)
    /// The zone is gone.
    case removed(apex: DomainName)

    /// The zone concerned.
    package var apex: DomainName {
        switch self {
        case .replaced(let apex, _), .removed(let apex): apex
        case .updated(let difference), .drafted(let difference), .signed(let difference):
            difference.apex
        }
    }
}

/// The way from one version of a zone to the next.
package struct ZoneDifference: Hashable, Sendable {
    /// The zone's name.
    package let apex: DomainName
    /// Sets that are no more, in canonical order.
    package let removed: [RecordSetKey]
    /// Sets that are new or have other data or another TTL, in canonical order.
    package let changed: [RecordSet]

    /// Joins the three.
    package init(apex: DomainName, removed: [RecordSetKey], changed: [RecordSet]) {
        self.apex = apex
        self.removed = removed
        self.changed = changed
    }
}
