import Inventory

/// Sections of pipam's ancestor for which there is nothing yet to act on them. They are checked all
/// the same, so that a configuration that is taken over stays right.
extension ConfigurationDecoder {
    /// NetBox and the ancestor's raft.
    mutating func decodeWaiting() {
        let root = document
        decodeIPAM(root)
        let raft = root.section("raft")
        if !raft.entries.isEmpty {
            warn(
                root, "raft",
                "has no effect: [cluster] takes its place, and agents join with pipam enroll or "
                    + "pipamctl cluster join; remove this section")
        }
        for (key, value) in raftPeers(raft) where Int(key).map({ $0 > 0 }) != true || value == nil {
            report(
                raft.section("peers"), key, "wanted a node number above 0 and the peer's base URL")
        }
    }

    private mutating func decodeIPAM(_ root: ConfigurationSection) {
        if root.has("ipam") {
            let ipam = root.section("ipam")
            configuration.netBox = server(ipam.section("netbox"), .netBoxToken)
            warn(root, "ipam", "has no effect yet: this version does not write to NetBox")
        }
    }

    private func raftPeers(_ raft: ConfigurationSection) -> [(key: String, url: BaseURL?)] {
        raft.section("peers").entries.map { ($0.key, $0.node.text.flatMap(BaseURL.init)) }
    }

    private mutating func server(
        _ section: ConfigurationSection, _ key: SecretKey
    ) -> Configuration.RemoteServer? {
        let secret = secret(key, in: section)
        guard let text = section.text("url") else { return nil }
        guard let url = BaseURL(text) else {
            report(section, "url", BaseURL.wanted(text, example: "https://netbox.example.com"))
            return nil
        }
        return Configuration.RemoteServer(url: url.text, secret: secret)
    }

    /// Rules that hold between sections.
    mutating func checkAcrossSections() {
        if configuration.quickInterval > configuration.collectInterval {
            report(document, "quick_interval", "is longer than collect_interval; make it shorter")
        }
        for mapping in configuration.mappings {
            for network in mapping.networks
            where configuration.skippedNetworks.contains(where: { $0.contains(network) }) {
                warn(
                    document, "skip_cidrs",
                    "covers \(network) of \(mapping.domain), so nothing in it is published")
            }
        }
        checkReverseZones()
        let known = Set(configuration.proxmox.routingDomains.values).union([.global])
        for mapping in configuration.mappings where !known.contains(mapping.routingDomain) {
            warn(
                document, "mapping",
                "\(mapping.domain) is for the routing domain \(mapping.routingDomain), which "
                    + "proxmox.routing_domains gives to no bridge, vnet or zone")
        }
    }
}
