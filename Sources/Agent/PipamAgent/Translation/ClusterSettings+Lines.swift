import ClusterState
import Inventory
import Planning
import Zones

extension ClusterSettings {
    /// What they say, by the keys that a configuration file has for it: for people who compare. No
    /// secret is among them.
    var lines: [String: String] {
        var lines: [String: String] = [
            "dns.zones": Self.list(naming.zones),
            "dns.reserved_names": Self.list(naming.reservedNames.sorted()),
            "dns.reverse_zones": Self.list(reverseNetworks),
            "dns.rfc2317": "\(isClassless)",
            "dns.catalog": zones.catalog?.description ?? "",
            "dns.contact": zones.contact.map { Self.text($0) } ?? "",
            "stopped": naming.withdrawsStopped ? "withdraw" : "keep",
            "skip_cidrs": Self.list(naming.selection.skipped),
            "ip_map": Self.list(
                naming.selection.translations.map { "\($0.seen) -> \($0.published)" }),
            "brake.count": "\(brake.count)",
            "brake.percent": "\(brake.percent)",
        ]
        for (key, seconds) in [
            ("ttl_guest", zones.times.guest), ("ttl_static", zones.times.fixed),
            ("ttl_ns", zones.times.nameServer), ("soa_refresh", zones.times.refresh),
            ("soa_retry", zones.times.retry), ("soa_expire", zones.times.expire),
            ("soa_minimum", zones.times.negative),
        ] {
            lines["dns.\(key)"] = "\(seconds)"
        }
        for server in zones.nameServers {
            lines["dns.name_servers.\(server.name)"] = Self.list(server.addresses)
        }
        for mapping in naming.mappings {
            mapping.add(to: &lines)
        }
        for (name, provider) in providers {
            lines["dns.\(name).url"] = provider.address
            lines["dns.\(name).auto_approve"] = "\(provider.isAutomaticallyApproved)"
        }
        return lines.filter { !$0.value.isEmpty }
    }

    /// What differs from others, by key, sorted.
    func differences(
        from others: ClusterSettings
    ) -> [(key: String, ours: String?, theirs: String?)] {
        let ours = lines
        let theirs = others.lines
        return Set(ours.keys).union(theirs.keys).sorted().compactMap { key in
            ours[key] == theirs[key] ? nil : (key, ours[key], theirs[key])
        }
    }

    fileprivate static func list(_ items: [some CustomStringConvertible]) -> String {
        items.map(\.description).joined(separator: ", ")
    }

    private static func text(_ contact: ZoneSettings.Mailbox) -> String {
        switch contact {
        case .inEachZone(let label): "\(label)"
        case .name(let name): name.description
        }
    }
}

extension NamingPolicy.Mapping {
    fileprivate func add(to lines: inout [String: String]) {
        let domainText = routingDomain == .global ? "" : "@\(routingDomain)"
        let key = "mapping.\(domain.description.dropLast())\(domainText)"
        lines["\(key).networks"] = ClusterSettings.list(networks)
        lines["\(key).trust"] = trustsAll ? "all" : ""
        lines["\(key).trusted_pools"] = trustedPools.sorted().joined(separator: ", ")
        lines["\(key).trusted_tags"] = trustedTags.sorted().joined(separator: ", ")
        lines["\(key).services"] = services.map { "\($0)" }.sorted().joined(separator: ", ")
        lines["\(key).public"] = isPublic ? "true" : ""
        lines["\(key).reverse"] = hasReverse ? "" : "false"
    }
}
