import Inventory
import Zones

extension ConfigurationDecoder {
    /// `[dns]`. The mappings must have been decoded before: without `zones` they give the zones.
    mutating func decodeZones(_ section: ConfigurationSection) -> Configuration.Zones {
        var zones = Configuration.Zones()
        zones.apexes = apexes(section)
        warnOfTopLevel(zones.apexes, section)
        zones.reverseNetworks = reverseNetworks(section)
        zones.usesRFC2317 = section.boolean("rfc2317") ?? false
        zones.catalog = catalog(section, beside: zones.apexes)
        zones.guestTTLSeconds = section.ttlSeconds("ttl_guest") ?? zones.guestTTLSeconds
        zones.staticTTLSeconds = section.ttlSeconds("ttl_static") ?? zones.staticTTLSeconds
        zones.nameServerTTLSeconds = section.ttlSeconds("ttl_ns") ?? zones.nameServerTTLSeconds
        zones.soaRefreshSeconds = section.ttlSeconds("soa_refresh") ?? zones.soaRefreshSeconds
        zones.soaRetrySeconds = section.ttlSeconds("soa_retry") ?? zones.soaRetrySeconds
        zones.soaExpireSeconds = section.ttlSeconds("soa_expire") ?? zones.soaExpireSeconds
        zones.soaMinimumSeconds = section.ttlSeconds("soa_minimum") ?? zones.soaMinimumSeconds
        zones.contact = contact(section) ?? zones.contact
        zones.nameServers = nameServers(section.section("name_servers"), in: zones.apexes)
        zones.reservedNames = reservedNames(section)
        if zones.soaExpireSeconds <= zones.soaRefreshSeconds + zones.soaRetrySeconds {
            report(
                section, "soa_expire",
                "must be longer than soa_refresh and soa_retry together, or secondaries stop "
                    + "answering between two questions (RFC 1912 section 2.2)")
        }
        return zones
    }

    private mutating func apexes(_ section: ConfigurationSection) -> [DomainName] {
        var apexes: Set<DomainName> = []
        for element in section.elements("zones") ?? [] {
            guard let text = element.text else { continue }
            if let apex = zoneName(text) {
                apexes.insert(apex)
            } else {
                report(section, "zones", line: element.line, Self.wantedZone(text))
            }
        }
        let domains = configuration.mappings.map(\.domain)
        guard apexes.isEmpty else {
            let mappings = document.section("mapping")
            for domain in domains where !apexes.contains(where: domain.isAtOrBelow) {
                let entry = mappings.entries.first { zoneName($0.key) == domain }
                report(
                    mappings, entry?.key ?? "",
                    "lies in none of the zones of dns.zones; add \"\(domain)\" there")
            }
            return apexes.sorted()
        }
        // A domain below another's needs no zone of its own: its names stand in the other's.
        return domains.filter { domain in
            !domains.contains { $0 != domain && domain.isAtOrBelow($0) }
        }
    }

    private mutating func reverseNetworks(_ section: ConfigurationSection) -> [CIDR]? {
        guard let networks = networks(section, "reverse_zones") else { return nil }
        for network in networks where network.isTooWideForReverseZone {
            report(
                section, "reverse_zones",
                "\(network) would take over other people's reverse zones; "
                    + "wanted at least /\(network.shortestReversePrefixLength)")
        }
        return networks
    }

    /// The catalog stands beside all other zones.
    private mutating func catalog(
        _ section: ConfigurationSection, beside apexes: [DomainName]
    ) -> DomainName? {
        guard let text = section.text("catalog") else { return nil }
        guard let name = zoneName(text) else {
            report(section, "catalog", Self.wantedZone(text))
            return nil
        }
        let others = apexes + [.inAddrArpa, .ip6Arpa]
        if let other = others.first(where: { $0.isAtOrBelow(name) || name.isAtOrBelow($0) }) {
            report(
                section, "catalog",
                "\(name) lies in \(other) or around it; take a name beside all zones, such as "
                    + "catalog.invalid")
            return nil
        }
        return name
    }

    /// A mailbox as a domain name: its local part is the first label (RFC 1035 section 8).
    private mutating func contact(_ section: ConfigurationSection) -> Configuration.ZoneName? {
        guard let text = section.text("contact") else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        if parts.count == 2, let domain = zoneName(String(parts[1])),
            parts[0].utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let mailbox = DomainName(label: Array(parts[0].utf8), in: domain)
        {
            return .absolute(mailbox)
        }
        if parts.count == 1, let name = Self.zoneRelativeName(text) { return name }
        report(
            section, "contact",
            "found \"\(text)\", wanted a name such as hostmaster or a mailbox user@example.com")
        return nil
    }

    private mutating func nameServers(
        _ section: ConfigurationSection, in apexes: [DomainName]
    ) -> [Configuration.NameServer] {
        var servers: [Configuration.NameServer] = []
        for entry in section.entries {
            guard let name = Self.zoneRelativeName(entry.key) else {
                report(
                    section, entry.key, line: entry.line,
                    "wanted the name of a host such as ns1 or ns1.example.com")
                continue
            }
            let addresses = addresses(section, entry)
            let isOurs = Self.needsAddress(name, in: apexes)
            if addresses.isEmpty, isOurs {
                report(
                    section, entry.key, line: entry.line,
                    "stands in our own zones and so needs an address")
            } else if !addresses.isEmpty, !isOurs {
                warn(
                    section, entry.key, line: entry.line,
                    "stands in none of our zones, so its addresses are not published here; leave "
                        + "the list empty")
            }
            servers.append(.init(name: name, addresses: addresses))
        }
        return servers.sorted { $0.name < $1.name }
    }

    private mutating func addresses(
        _ section: ConfigurationSection, _ entry: DocumentEntry
    ) -> [IPAddress] {
        var addresses: Set<IPAddress> = []
        for element in section.elements(entry.key.asciiLowercased) ?? [] {
            guard let text = element.text else { continue }
            if let address = IPAddress(text) {
                addresses.insert(address)
            } else {
                report(
                    section, entry.key, line: element.line,
                    "found \"\(text)\", wanted an IPv4 or IPv6 address")
            }
        }
        return addresses.sorted()
    }

    private static func needsAddress(
        _ name: Configuration.ZoneName, in apexes: [DomainName]
    ) -> Bool {
        switch name {
        case .inEachZone: true
        case .absolute(let name): apexes.contains(where: name.isAtOrBelow)
        }
    }

    private mutating func reservedNames(
        _ section: ConfigurationSection
    ) -> [Configuration.ZoneName] {
        var names: Set<Configuration.ZoneName> = []
        for element in section.elements("reserved_names") ?? [] {
            guard let text = element.text else { continue }
            if let name = Self.zoneRelativeName(text) {
                names.insert(name)
            } else {
                report(
                    section, "reserved_names", line: element.line,
                    "found \"\(text)\", wanted a name such as www or www.example.com")
            }
        }
        return names.sorted()
    }

    /// One label stands in every zone, more are a whole name.
    private static func zoneRelativeName(_ text: String) -> Configuration.ZoneName? {
        if HostNameText.isLabel(text) { return .inEachZone(text.asciiLowercased) }
        guard HostNameText.isHostName(text) else { return nil }
        return DomainName(text).map(Configuration.ZoneName.absolute)
    }

    /// A name that a zone of ours may have: labels as those of hosts, not the root.
    func zoneName(_ text: String) -> DomainName? {
        HostNameText.isHostName(text) ? DomainName(text) : nil
    }

    /// What to say of a text that names no zone.
    static func wantedZone(_ text: String) -> String {
        "found \"\(text.prefix(80))\", wanted a domain name such as example.com"
    }
}
