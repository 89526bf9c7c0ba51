/// What Proxmox's own networking (SDN) writes to a DNS server, where its zones have a DNS plugin.
/// Two writers of one zone would undo each other's work.
package struct SDNPublishing: Hashable, Sendable {
    /// The zones that it writes names to; sorted, no duplicates.
    package let zones: [DomainName]
    /// It writes PTR records too.
    package let hasReverse: Bool

    /// Sorts the zones.
    package init(zones: some Sequence<DomainName> = [], hasReverse: Bool = false) {
        self.zones = Set(zones).sorted()
        self.hasReverse = hasReverse
    }
}
