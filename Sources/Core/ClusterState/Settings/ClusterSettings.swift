package import Inventory
package import Planning
package import Zones

/// The settings that decide names and zones: the same on every node, since every node must derive
/// the same zones from them.
package struct ClusterSettings: Hashable, Sendable {
    /// Which names there are and who may have them.
    package var naming: NamingPolicy
    /// The zones beside what stands elsewhere: their names in `naming.zones`, their reverse
    /// networks in `reverseNetworks`, their brake in `brake`; and the hosts are left out of them
    /// while there are `providers`.
    package var zones: ZoneSettings
    /// The networks that reverse zones are made for.
    package var reverseNetworks: [CIDR]
    /// IPv4 networks smaller than a /24 have a reverse zone of their own (RFC 2317).
    package var isClassless: Bool
    /// How long a guest keeps its records after it was proven to be destroyed.
    package var graceSeconds: UInt64
    /// The foreign servers that the zones are written to, by name ("powerdns").
    package var providers: [String: ProviderSettings]
    /// How much may be removed and changed within an hour, in each zone here and at a provider.
    package var brake: Brake
    /// The subnets that addresses are given in, as far as there is something to say of them.
    package var subnets: [ClaimSubnet]
    /// Addresses are given in `subnets` and nowhere else.
    package var restrictsClaims: Bool

    /// No zones.
    package init() {
        naming = NamingPolicy()
        zones = ZoneSettings()
        reverseNetworks = []
        isClassless = false
        graceSeconds = 600
        providers = [:]
        brake = Brake()
        subnets = []
        restrictsClaims = false
    }

    /// The zones' settings, complete.
    ///
    /// Throws if the reverse networks cannot be served as zones.
    package func resolvedZones() throws(ReverseZoneError) -> ZoneSettings {
        var resolved = zones
        resolved.forward = naming.zones
        resolved.reverse = try ReverseZone.covering(reverseNetworks, isClassless: isClassless)
        resolved.brake = brake
        resolved.publishesHosts = providers.isEmpty
        return resolved
    }
}

/// A subnet that addresses are given in.
package struct ClaimSubnet: Hashable, Sendable {
    /// Which.
    package var pool: ClaimPool
    /// What is never given: gateways, ranges of other servers.
    package var excluded: [AddressRange]

    /// Joins the two.
    package init(pool: ClaimPool, excluded: [AddressRange] = []) {
        self.pool = pool
        self.excluded = excluded
    }
}
