/// The operator's word on which names there are and who may have them.
package struct NamingPolicy: Hashable, Sendable {
    /// A domain and the networks whose addresses get their names in it.
    package struct Mapping: Hashable, Sendable {
        /// Where the names stand.
        package var domain: DomainName
        /// Addresses inside these have their names here.
        package var networks: [CIDR]
        /// The space that the networks are counted in.
        package var routingDomain = RoutingDomain.global
        /// Every guest may choose its name here.
        package var trustsAll = false
        /// Guests in these pools may choose their name here.
        package var trustedPools: Set<String> = []
        /// Guests with one of these tags may choose their name here.
        package var trustedTags: Set<String> = []
        /// Service names that any guest may answer for; each is a label in `domain`.
        package var services: Set<HostLabel> = []
        /// No RFC 1918 or unique local address is published here.
        package var isPublic = false
        /// PTR records are made too. Outside the global routing domain only when told so.
        package var hasReverse = true

        /// A mapping without further rights.
        package init(domain: DomainName, networks: [CIDR]) {
            self.domain = domain
            self.networks = networks
        }

        /// A guest may choose names in this domain.
        package func trusts(_ guest: Guest) -> Bool {
            trustsAll || guest.pool.map(trustedPools.contains) ?? false
                || !trustedTags.isDisjoint(with: guest.tags)
        }
    }

    /// The forward zones, sorted, no duplicates.
    package var zones: [DomainName] = []
    /// In the order of the file; the longest prefix counts, then the first.
    package var mappings: [Mapping] = []
    /// Names that no guest gets, beside those of zones and hosts.
    package var reservedNames: Set<DomainName> = []
    /// Stopped guests lose their records, as in pipam's ancestor.
    package var withdrawsStopped = false
    /// Which addresses count.
    package var selection = SelectionRules()

    /// No zones, hence no names.
    package init() {}

    /// The mapping for an address: the longest prefix.
    package func mapping(for address: ScopedAddress) -> Mapping? {
        var best: (length: Int, mapping: Mapping)?
        for mapping in mappings where mapping.routingDomain == address.routingDomain {
            for network in mapping.networks where network.contains(address.address) {
                if network.prefixLength > best?.length ?? -1 {
                    best = (network.prefixLength, mapping)
                }
            }
        }
        return best?.mapping
    }

    /// The mapping whose domain holds a name: the longest one.
    package func mapping(holding name: DomainName) -> Mapping? {
        mappings.filter { name.isAtOrBelow($0.domain) }
            .max { $0.domain.wire.count < $1.domain.wire.count }
    }

    /// The operator declared the name to be a service's.
    package func isDeclaredService(_ name: DomainName) -> Bool {
        guard let mapping = mapping(holding: name) else { return false }
        return mapping.services.contains { $0.name(in: mapping.domain) == name }
    }

    /// The zone that a name lies in: the longest one.
    package func zone(of name: DomainName) -> DomainName? {
        zones.filter { name.isAtOrBelow($0) }.max { $0.wire.count < $1.wire.count }
    }
}
