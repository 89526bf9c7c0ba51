import Inventory
import Zones

/// Keeps zones from answering for what belongs to others.
extension ConfigurationDecoder {
    /// Names of one label that nobody is given on the Internet: by RFC 2606 section 2, RFC 6762
    /// section 3 and appendix G and RFC 9476, or by custom.
    private static let privateTopLevels: Set<String> = [
        "alt", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local",
        "localdomain", "localhost", "private", "test",
    ]

    /// Warns of each zone of one label that is not for private use.
    mutating func warnOfTopLevel(_ apexes: [DomainName], _ section: ConfigurationSection) {
        for apex in apexes where apex.labelCount == 1 {
            let label = apex.description.filter { $0 != "." }
            guard !Self.privateTopLevels.contains(label) else { continue }
            let message =
                "\(apex) is a whole top-level domain: for whoever asks here, all other names in it "
                + "are gone; name a domain of your own, or one such as internal or lan"
            if section.elements("zones")?.isEmpty == false {
                warn(section, "zones", message)
            } else {
                let mappings = document.section("mapping")
                let entry = mappings.entries.first { zoneName($0.key) == apex }
                warn(mappings, entry?.key ?? "", line: entry?.line, message)
            }
        }
    }

    /// The reverse zones have to be our own and not too many. With `dns.reverse_zones`, each of
    /// these was checked where it was read; without it, the mappings' networks take their place.
    mutating func checkReverseZones() {
        if let networks = configuration.zones.reverseNetworks {
            if let error = reverseZoneError(networks) {
                report(document.section("dns"), "reverse_zones", "\(error)")
            }
            return
        }
        let mappings = configuration.mappings.filter(\.hasReverse)
        for mapping in mappings {
            for network in mapping.networks where network.isTooWideForReverseZone {
                report(
                    section(of: mapping), "networks",
                    "\(network) would take over other people's reverse zones; set "
                        + "dns.reverse_zones to the networks you own, or reverse = false here")
            }
        }
        if let error = reverseZoneError(mappings.flatMap(\.networks)),
            let largest = mappings.max(by: { $0.networks.count < $1.networks.count })
        {
            report(section(of: largest), "networks", "\(error)")
        }
    }

    /// Networks that are refused already are left out.
    private func reverseZoneError(_ networks: [CIDR]) -> ReverseZoneError? {
        do {
            _ = try ReverseZone.covering(
                networks.filter { !$0.isTooWideForReverseZone },
                isClassless: configuration.zones.usesRFC2317)
            return nil
        } catch {
            return error
        }
    }

    private func section(of mapping: Configuration.Mapping) -> ConfigurationSection {
        let mappings = document.section("mapping")
        let entry = mappings.entries.first { zoneName($0.key) == mapping.domain }
        return ConfigurationSection(
            entry?.node, path: mappings.path + [entry?.key ?? "\(mapping.domain)"])
    }
}

extension CIDR {
    /// The prefix of the largest blocks that single organisations hold.
    var shortestReversePrefixLength: Int { network.bitWidth == 32 ? 8 : 16 }

    /// Its reverse zones would hold other people's names.
    var isTooWideForReverseZone: Bool { prefixLength < shortestReversePrefixLength }
}
