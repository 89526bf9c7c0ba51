package import ClusterState
import DynamicUpdate
import Inventory
import Planning
import Zones

extension ClusterSettings {
    /// The part of the configuration that decides names and zones.
    package init(_ configuration: Configuration) {
        self.init()
        naming.zones = configuration.zones.apexes
        naming.mappings = configuration.mappings.map(NamingPolicy.Mapping.init)
        naming.reservedNames = Set(
            configuration.zones.reservedNames.flatMap { name in
                configuration.zones.apexes.compactMap { name.name(in: $0) }
            })
        naming.withdrawsStopped = configuration.stoppedGuests == .withdraw
        naming.selection.skipped = configuration.skippedNetworks
        naming.selection.translations = configuration.addressTranslations.compactMap {
            SelectionRules.Translation(seen: $0.seen, published: $0.published)
        }
        zones = ZoneSettings(configuration.zones)
        reverseNetworks =
            configuration.zones.reverseNetworks
            ?? Set(configuration.mappings.filter(\.hasReverse).flatMap(\.networks)).sorted()
        isClassless = configuration.zones.usesRFC2317
        brake.count = configuration.brake.count
        brake.percent = configuration.brake.percent
        if let powerDNS = configuration.powerDNS {
            providers[Configuration.powerDNSName] = ProviderSettings(
                isAutomaticallyApproved: powerDNS.isAutomaticallyApproved, address: powerDNS.url)
        }
        if let server = configuration.dynamicUpdate {
            providers[DynamicUpdateProvider.name] = ProviderSettings(
                isAutomaticallyApproved: server.isAutomaticallyApproved,
                address: DynamicUpdateSettings.place(host: server.host, port: server.port))
        }
    }
}

extension NamingPolicy.Mapping {
    fileprivate init(_ mapping: Configuration.Mapping) {
        self.init(domain: mapping.domain, networks: mapping.networks)
        routingDomain = mapping.routingDomain
        trustsAll = mapping.trust == .all
        trustedPools = Set(mapping.trustedPools)
        trustedTags = Set(mapping.trustedTags)
        services = Set(mapping.services.compactMap { HostLabel($0) })
        isPublic = mapping.isPublic
        hasReverse = mapping.hasReverse
    }
}

extension ZoneSettings {
    fileprivate init(_ zones: Configuration.Zones) {
        self.init()
        catalog = zones.catalog
        times.guest = zones.guestTTLSeconds
        times.fixed = zones.staticTTLSeconds
        times.nameServer = zones.nameServerTTLSeconds
        times.refresh = zones.soaRefreshSeconds
        times.retry = zones.soaRetrySeconds
        times.expire = zones.soaExpireSeconds
        times.negative = zones.soaMinimumSeconds
        contact =
            switch zones.contact {
            case .inEachZone(let label): HostLabel(label).map(Mailbox.inEachZone)
            case .absolute(let name): .name(name)
            }
        nameServers = zones.nameServers.compactMap { server in
            zones.apexes.first.flatMap { server.name.name(in: $0) }
                .map { NameServer(name: $0, addresses: server.addresses) }
        }
    }
}
