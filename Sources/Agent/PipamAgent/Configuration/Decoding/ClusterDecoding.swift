import Inventory

/// What belongs to a host among the agents of a cluster. What must be the same on all of them is no
/// matter of a file.
extension ConfigurationDecoder {
    /// More addresses than a host has use for.
    private static let maximumAddresses = 8

    /// `[cluster]`.
    mutating func decodeCluster(_ section: ConfigurationSection) -> Configuration.Cluster {
        var cluster = Configuration.Cluster()
        cluster.directory = clusterDirectory(section)
        cluster.settingsFile = section.text("settings_file")
        if let path = cluster.settingsFile, !path.isEmpty, !path.hasPrefix("/") {
            report(section, "settings_file", "found \"\(path)\", wanted an absolute path")
        }
        cluster.listen = peerAddresses(section)
        cluster.advertise = advertisedAddresses(section, listen: cluster.listen)
        if let text = section.text("role")?.asciiLowercased,
            let role = Configuration.Cluster.Role(rawValue: text)
        {
            cluster.role = role
        }
        cluster.node = nodeName(section)
        cluster.heartbeatInterval =
            section.milliseconds("heartbeat_interval") ?? cluster.heartbeatInterval
        cluster.electionTimeout =
            section.milliseconds("election_timeout") ?? cluster.electionTimeout
        if cluster.electionTimeout < cluster.heartbeatInterval * 4 {
            report(
                section, "election_timeout",
                "is less than four times heartbeat_interval, so that one lost message could cost "
                    + "a leader; make it longer")
        }
        cluster.voters = section.integer("voters")
        if let voters = cluster.voters, voters.isMultiple(of: 2) {
            report(
                section, "voters",
                "found \(voters), wanted an odd number: one more vote protects from no more losses")
        }
        return cluster
    }

    private mutating func clusterDirectory(
        _ section: ConfigurationSection
    ) -> Configuration.Cluster.Directory {
        guard let path = section.text("directory") else { return .automatic }
        guard !path.isEmpty else { return .none }
        guard path.hasPrefix("/"), path != "/" else {
            report(section, "directory", "found \"\(path)\", wanted an absolute path")
            return .automatic
        }
        return .path(path)
    }

    private mutating func peerAddresses(
        _ section: ConfigurationSection
    ) -> [Configuration.ListenAddress]? {
        guard let elements = section.elements("listen") else { return nil }
        var addresses: [Configuration.ListenAddress] = []
        for element in elements {
            guard let text = element.text else { continue }
            guard
                let address = Self.listenAddress(
                    text, defaultPort: Configuration.Cluster.port)
            else {
                report(
                    section, "listen", line: element.line,
                    "found \"\(text)\", wanted an address such as 192.0.2.1:8553 or "
                        + "[2001:db8::1]:8553")
                continue
            }
            if addresses.contains(address) {
                report(section, "listen", line: element.line, "\(address) stands here twice")
            }
            addresses.append(address)
        }
        if elements.isEmpty || elements.count > Self.maximumAddresses {
            report(
                section, "listen",
                "found \(elements.count) addresses, wanted 1...\(Self.maximumAddresses)")
        }
        return addresses
    }

    private mutating func advertisedAddresses(
        _ section: ConfigurationSection, listen: [Configuration.ListenAddress]?
    ) -> [String] {
        var addresses: [String] = []
        let elements = section.elements("advertise") ?? []
        for element in elements {
            guard let text = element.text else { continue }
            guard let address = MemberAddress(text) else {
                report(
                    section, "advertise", line: element.line,
                    "found \"\(text)\", wanted host:port, such as pve1.example.com:8553")
                continue
            }
            if !addresses.contains(address.text) { addresses.append(address.text) }
        }
        if elements.count > Self.maximumAddresses {
            report(
                section, "advertise",
                "found \(elements.count) addresses, wanted at most \(Self.maximumAddresses)")
        }
        if addresses.isEmpty, listen?.contains(where: \.isWildcard) == true {
            report(
                section, "listen",
                "every address of this host is no address that others can be told; name the "
                    + "management address, or give advertise")
        }
        return addresses
    }

    private mutating func nodeName(_ section: ConfigurationSection) -> String? {
        guard let name = section.text("node") else { return nil }
        guard NodeName.isValid(name) else {
            report(
                section, "node",
                "found \"\(name)\", wanted a name of letters, digits and hyphens, as Proxmox "
                    + "shows it")
            return nil
        }
        return name
    }
}

extension ConfigurationSection {
    /// The milliseconds that stand for a key.
    fileprivate func milliseconds(_ key: String) -> Duration? {
        integer(key).map { .milliseconds($0) }
    }
}
