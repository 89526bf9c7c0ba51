import ClusterMessages
import Inventory
import Planning
import Zones

extension ClusterSettings {
    init(_ message: MessageSettings) throws(ClusterStateError) {
        self.init()
        for zone in message.zones {
            naming.zones.append(try Reading.name(zone, "settings.zones"))
        }
        for mapping in message.mappings {
            naming.mappings.append(try NamingPolicy.Mapping(mapping))
        }
        for name in message.reservedNames {
            naming.reservedNames.insert(try Reading.name(name, "settings.reserved_names"))
        }
        naming.withdrawsStopped = message.withdrawsStopped
        naming.selection = try SelectionRules(message)
        for network in message.reverseNetworks {
            reverseNetworks.append(try Reading.network(network, "settings.reverse_networks"))
        }
        isClassless = message.isClassless
        graceSeconds = message.graceSeconds
        zones.contact = try ZoneSettings.Mailbox(fieldText: message.contact)
        zones.times = ZoneSettings.Times(message.times)
        for server in message.nameServers {
            zones.nameServers.append(try ZoneSettings.NameServer(server))
        }
        for provider in message.providers {
            providers[provider.name] = ProviderSettings(
                isAutomaticallyApproved: provider.isAutomaticallyApproved,
                address: provider.address)
        }
        if message.hasBrake { brake = Brake(message.brake) }
        for subnet in message.subnets {
            subnets.append(try ClaimSubnet(subnet))
        }
        restrictsClaims = message.restrictsClaims
        if message.hasCatalog {
            zones.catalog = try Reading.name(message.catalog, "settings.catalog")
        }
    }

    var message: MessageSettings {
        var message = MessageSettings()
        message.zones = naming.zones.map(\.description)
        message.mappings = naming.mappings.map(\.message)
        message.reservedNames = naming.reservedNames.sorted().map(\.description)
        message.withdrawsStopped = naming.withdrawsStopped
        message.skipped = naming.selection.skipped.map(\.description)
        message.translations = naming.selection.translations.map { translation in
            var message = MessageSettings.Translation()
            message.seen = translation.seen.description
            message.published = translation.published.description
            return message
        }
        message.reverseNetworks = reverseNetworks.map(\.description)
        message.isClassless = isClassless
        message.graceSeconds = graceSeconds
        message.contact = zones.contact?.fieldText ?? ""
        message.times = zones.times.message
        message.nameServers = zones.nameServers.map(\.message)
        message.providers = providers.sorted { $0.key < $1.key }.map { name, settings in
            var message = MessageSettings.Provider()
            message.name = name
            message.isAutomaticallyApproved = settings.isAutomaticallyApproved
            message.address = settings.address
            return message
        }
        message.brake = brake.message
        message.subnets = subnets.map(\.message)
        message.restrictsClaims = restrictsClaims
        if let catalog = zones.catalog { message.catalog = catalog.description }
        return message
    }
}

extension ClaimSubnet {
    fileprivate init(_ message: MessageSettings.Subnet) throws(ClusterStateError) {
        self.init(
            pool: try ClaimPool(message.pool),
            excluded: try AddressRange.list(message.excluded, "subnet.excluded"))
    }

    fileprivate var message: MessageSettings.Subnet {
        var message = MessageSettings.Subnet()
        message.pool = pool.message
        message.excluded = excluded.map(\.message)
        return message
    }
}

extension Brake {
    fileprivate init(_ message: MessageSettings.Brake) {
        self.init()
        count = Int(message.count)
        percent = Int(message.percent)
    }

    fileprivate var message: MessageSettings.Brake {
        var message = MessageSettings.Brake()
        message.count = UInt32(clamping: count)
        message.percent = UInt32(clamping: percent)
        return message
    }
}

extension SelectionRules {
    init(_ message: MessageSettings) throws(ClusterStateError) {
        self.init()
        for network in message.skipped {
            skipped.append(try Reading.network(network, "settings.skipped"))
        }
        for translation in message.translations {
            let seen = try Reading.network(translation.seen, "translation.seen")
            let published = try Reading.network(translation.published, "translation.published")
            guard let translation = Translation(seen: seen, published: published) else {
                throw .meaningless(field: "settings.translations")
            }
            translations.append(translation)
        }
    }
}

extension NamingPolicy.Mapping {
    init(_ message: MessageSettings.Mapping) throws(ClusterStateError) {
        var networks: [CIDR] = []
        for network in message.networks {
            networks.append(try Reading.network(network, "mapping.networks"))
        }
        self.init(
            domain: try Reading.name(message.domain, "mapping.domain"), networks: networks)
        routingDomain = try Reading.routingDomain(
            message.routingDomain, "mapping.routing_domain")
        trustsAll = message.trustsAll
        trustedPools = Set(message.trustedPools)
        trustedTags = Set(message.trustedTags)
        for service in message.services {
            guard let label = HostLabel(service) else {
                throw .meaningless(field: "mapping.services")
            }
            services.insert(label)
        }
        isPublic = message.isPublic
        hasReverse = message.hasReverse_p
    }

    var message: MessageSettings.Mapping {
        var message = MessageSettings.Mapping()
        message.domain = domain.description
        message.networks = networks.map(\.description)
        message.routingDomain = routingDomain.fieldText
        message.trustsAll = trustsAll
        message.trustedPools = trustedPools.sorted()
        message.trustedTags = trustedTags.sorted()
        message.services = services.map(\.text).sorted()
        message.isPublic = isPublic
        message.hasReverse_p = hasReverse
        return message
    }
}

extension ZoneSettings.NameServer {
    init(_ message: MessageSettings.NameServer) throws(ClusterStateError) {
        var addresses: [IPAddress] = []
        for address in message.addresses {
            addresses.append(try Reading.address(address, "name_server.addresses"))
        }
        self.init(
            name: try Reading.name(message.name, "name_server.name"), addresses: addresses)
    }

    var message: MessageSettings.NameServer {
        var message = MessageSettings.NameServer()
        message.name = name.description
        message.addresses = addresses.map(\.description)
        return message
    }
}

extension ZoneSettings.Times {
    init(_ message: MessageSettings.Times) {
        self.init()
        guest = message.guest
        fixed = message.fixed
        nameServer = message.nameServer
        refresh = message.refresh
        retry = message.retry
        expire = message.expire
        negative = message.negative
    }

    var message: MessageSettings.Times {
        var message = MessageSettings.Times()
        message.guest = guest
        message.fixed = fixed
        message.nameServer = nameServer
        message.refresh = refresh
        message.retry = retry
        message.expire = expire
        message.negative = negative
        return message
    }
}

extension ZoneSettings.Mailbox {
    /// A whole name ends with a dot, a label does not, and an empty text is no mailbox.
    fileprivate init?(fieldText: String) throws(ClusterStateError) {
        guard !fieldText.isEmpty else { return nil }
        guard fieldText.hasSuffix(".") else {
            guard let label = HostLabel(fieldText) else {
                throw .meaningless(field: "settings.contact")
            }
            self = .inEachZone(label)
            return
        }
        self = .name(try Reading.name(fieldText, "settings.contact"))
    }

    fileprivate var fieldText: String {
        switch self {
        case .inEachZone(let label): label.text
        case .name(let name): name.description
        }
    }
}
