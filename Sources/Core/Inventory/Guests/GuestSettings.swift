/// What a guest's owner asks for in the notes. Every field is a wish: what it may have is decided
/// by the operator's rules.
package struct GuestSettings: Hashable, Sendable {
    /// A domain for the addresses inside a network, instead of the global mapping's.
    package struct MappingOverride: Hashable, Sendable {
        /// The addresses concerned.
        package var network: CIDR
        /// Where their names stand.
        package var domain: DomainName

        /// Joins the two.
        package init(network: CIDR, domain: DomainName) {
            self.network = network
            self.domain = domain
        }
    }

    /// The guest is not published at all.
    package var isIgnored = false
    /// The name to publish instead of the configured one, with or without domain.
    package var name: String?
    /// Mapping per network; the longest prefix counts, and wins over the global mapping.
    package var mapping: [MappingOverride] = []
    /// Further names, with or without domain, that point at the guest's (CNAME).
    package var aliases: [String] = []
    /// A shared name that the guest answers for together with others; with or without domain.
    package var service: String?
    /// Only the interface with this hardware address is published under the guest's name.
    package var primaryMAC: MACAddress?
    /// Further tags, beside those of Proxmox. They count for no permission.
    package var tags: [String] = []

    /// Nothing asked for.
    package init() {}
}
