package import Inventory
package import Zones

/// Which zone of a server a record set belongs into. Pure.
///
/// The server answers a name from the longest of its zones that holds it, so nothing is written
/// elsewhere. Forward names go only into zones that the operator listed; names of addresses into
/// whatever reverse zone there is.
package struct Placement: Sendable {
    /// Whether zones that the server lacks are created.
    package enum Creation: Hashable, Sendable {
        /// The server has no way to.
        case impossible
        /// The operator did not allow it.
        case forbidden
        /// As long as none lies around or below them.
        case allowed
    }

    /// Where an entry goes.
    package enum Place: Hashable, Sendable {
        /// Into a zone that is there.
        case zone(DomainName)
        /// Into a zone that is created with its first entry.
        case newZone(DomainName)
        /// Nowhere, for this reason.
        case nowhere(String)
    }

    /// What the server is called in messages: "PowerDNS".
    private let server: String
    private let present: Set<DomainName>
    private let listed: Set<DomainName>
    private let creatable: Set<DomainName>
    private let creation: Creation
    /// By the name that the owner lies directly below.
    private var byParent: [DomainName: Place] = [:]

    /// `present` are the server's zones, `listed` the operator's; `server` is what messages call
    /// it.
    package init(
        server: String, present: Set<DomainName>, listed: Set<DomainName>,
        creation: Creation
    ) {
        self.server = server
        self.present = present
        self.listed = listed
        self.creation = creation
        let missing = creation == .allowed ? listed.subtracting(present) : []
        // Below an existing zone, a new one hides what its parent holds; above one, it denies the
        // child to whoever asks a server that has not both.
        let lonely = missing.filter { zone in
            Self.longest(in: present, holding: zone) == nil
                && !present.contains { $0.isAtOrBelow(zone) }
        }
        // Of two new zones within each other, the outer one has room for all.
        creatable = lonely.filter { zone in
            zone.parent.flatMap { Self.longest(in: lonely, holding: $0) } == nil
        }
    }

    /// Where a record set goes.
    package mutating func place(of key: RecordSetKey) -> Place {
        guard RecordType.published.contains(key.type) else {
            return .nowhere("records of type \(key.type) are not written to \(server)")
        }
        // An apex is the one name whose zone is not that of its neighbours.
        if present.contains(key.owner) || listed.contains(key.owner) { return find(key.owner) }
        guard let parent = key.owner.parent else { return find(key.owner) }
        if let known = byParent[parent] { return known }
        let place = find(key.owner)
        byParent[parent] = place
        return place
    }

    /// Why a listed zone cannot be written; `nil` if it is there or can be created.
    package func obstacle(to zone: DomainName) -> String? {
        guard !present.contains(zone), !creatable.contains(zone) else { return nil }
        return missing(zone)
    }

    private func find(_ owner: DomainName) -> Place {
        let deepest = Self.longest(in: present, holding: owner)
        if owner.isAtOrBelow(.inAddrArpa) || owner.isAtOrBelow(.ip6Arpa) {
            if let deepest { return .zone(deepest) }
            if let new = Self.longest(in: creatable, holding: owner) { return .newZone(new) }
            return .nowhere(
                "\(server) has no reverse zone for \(owner.parent ?? owner) or a name above it; "
                    + "create one there")
        }
        guard let wanted = Self.longest(in: listed, holding: owner) else {
            return .nowhere(
                "no zone of dns.zones holds the name; list \(deepest ?? owner.parent ?? owner) in "
                    + "dns.zones")
        }
        if let deepest, deepest == wanted { return .zone(wanted) }
        if let deepest, deepest != wanted, deepest.isAtOrBelow(wanted) {
            return .nowhere(
                "\(server) has the zone \(deepest), which hides the name in \(wanted); list "
                    + "\(deepest) in dns.zones")
        }
        if deepest == nil, let new = Self.longest(in: creatable, holding: owner) {
            return .newZone(new)
        }
        return .nowhere(missing(wanted))
    }

    private func missing(_ zone: DomainName) -> String {
        if let around = Self.longest(in: present, holding: zone) {
            return "\(server) has no zone \(zone), which lies in its zone \(around); list "
                + "\(around) in dns.zones instead, or create \(zone) there"
        }
        if let below = present.filter({ $0.isAtOrBelow(zone) }).min() {
            return
                "\(server) has no zone \(zone), only \(below) below it; create \(zone) there with "
                + "a delegation, or list \(below) in dns.zones instead"
        }
        let permission = creation == .forbidden ? ", or allow zones to be created" : ""
        return "\(server) has no zone \(zone); create it there\(permission)"
    }

    private static func longest(
        in zones: Set<DomainName>, holding name: DomainName
    ) -> DomainName? {
        var next: DomainName? = name
        while let zone = next {
            if zones.contains(zone) { return zone }
            next = zone.parent
        }
        return nil
    }
}
