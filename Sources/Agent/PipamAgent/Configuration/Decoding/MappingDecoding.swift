import Inventory

extension ConfigurationDecoder {
    /// `[mapping."example.com"]` and its like, sorted by domain.
    mutating func decodeMappings(_ section: ConfigurationSection) -> [Configuration.Mapping] {
        var mappings: [Configuration.Mapping] = []
        for entry in section.entries {
            guard case .table = entry.node.value else { continue }
            let path = section.path + [entry.key]
            let part = ConfigurationSection(entry.node, path: path)
            guard let domain = zoneName(entry.key) else {
                report(part, "", line: entry.line, Self.wantedZone(entry.key))
                continue
            }
            guard !mappings.contains(where: { $0.domain == domain }) else {
                report(part, "", line: entry.line, "the domain stands here twice; join the two")
                continue
            }
            mappings.append(mapping(domain, part, line: entry.line))
        }
        let publishes = configuration.cluster.role == .full
        if publishes, mappings.isEmpty, section.entries.isEmpty {
            warn(
                section, "",
                "no domain has networks, so no guest is published; "
                    + "add [mapping.\"example.com\"] with networks")
        }
        checkNetworksAreSingle(mappings, section)
        return mappings.sorted { $0.domain < $1.domain }
    }

    private mutating func mapping(
        _ domain: DomainName, _ section: ConfigurationSection, line: Int
    ) -> Configuration.Mapping {
        let given = networks(section, "networks")
        // A table inside is a domain without quotes, which was reported as such.
        let hasTable = section.entries.contains { $0.node.isTable }
        if section.elements("networks")?.isEmpty ?? !hasTable {
            report(section, "networks", line: line, "missing; list at least one network")
        }
        var mapping = Configuration.Mapping(domain: domain, networks: given ?? [])
        if let text = section.text("trust")?.asciiLowercased,
            let trust = Configuration.Mapping.Trust(rawValue: text)
        {
            mapping.trust = trust
        }
        mapping.trustedPools = sortedTexts(section, "trusted_pools")
        mapping.trustedTags = sortedTexts(section, "trusted_tags")
        if let text = section.text("routing_domain") {
            if let routingDomain = RoutingDomain(text) {
                mapping.routingDomain = routingDomain
            } else {
                report(section, "routing_domain", Self.wantedRoutingDomain(text))
            }
        }
        mapping.hasReverse = section.boolean("reverse") ?? (mapping.routingDomain == .global)
        mapping.isPublic = section.boolean("public") ?? false
        mapping.services = services(section)
        checkPrivacy(of: mapping, section)
        return mapping
    }

    private mutating func services(_ section: ConfigurationSection) -> [String] {
        var services: Set<String> = []
        for element in section.elements("services") ?? [] {
            guard let text = element.text else { continue }
            if HostNameText.isLabel(text) {
                services.insert(text.asciiLowercased)
            } else {
                report(
                    section, "services", line: element.line,
                    "found \"\(text)\", wanted one label of letters, digits and '-'")
            }
        }
        return services.sorted()
    }

    /// In a public domain the addresses of a private network would be refused one by one.
    private mutating func checkPrivacy(
        of mapping: Configuration.Mapping, _ section: ConfigurationSection
    ) {
        guard mapping.isPublic else { return }
        let isPrivate = { (network: CIDR) in
            PrivateNetworks.all.contains { $0.contains(network) }
        }
        for network in mapping.networks.filter(isPrivate) {
            report(
                section, "networks",
                "\(network) is private and \(mapping.domain) is public; remove one of the two")
        }
    }

    /// Which of two domains an address belongs to must not depend on their order.
    private mutating func checkNetworksAreSingle(
        _ mappings: [Configuration.Mapping], _ section: ConfigurationSection
    ) {
        var owners: [RoutingDomain: [CIDR: DomainName]] = [:]
        for mapping in mappings {
            for network in mapping.networks {
                let domain = mapping.routingDomain
                if let other = owners[domain]?.updateValue(mapping.domain, forKey: network) {
                    let part = section.entries.first { zoneName($0.key) == mapping.domain }
                    report(
                        section, part?.key ?? "",
                        "\(network) is mapped to \(other) already; give it to one of the two, or "
                            + "to two routing domains")
                }
                owners[domain, default: [:]][network] = mapping.domain
            }
        }
    }
}

/// Networks that mean nothing outside an organisation.
enum PrivateNetworks {
    /// RFC 1918 section 3 and RFC 4193 section 3.1.
    static let all = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
        .compactMap { CIDR($0) }
}

/// Names of hosts as opposed to any domain names.
enum HostNameText {
    /// 1...63 letters, digits and '-', this not at either end (RFC 1123 section 2.1).
    static func isLabel(_ text: some StringProtocol) -> Bool {
        let octets = text.utf8
        return (1...63).contains(octets.count) && octets.first != UInt8(ascii: "-")
            && octets.reversed().first != UInt8(ascii: "-")
            && octets.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    /// Labels between dots, one dot at the end allowed, at most 253 octets without it.
    static func isHostName(_ text: some StringProtocol) -> Bool {
        let name = text.hasSuffix(".") ? text.dropLast() : text[...]
        return (1...253).contains(name.utf8.count)
            && name.split(separator: ".", omittingEmptySubsequences: false)
                .allSatisfy { isLabel($0) }
    }
}
