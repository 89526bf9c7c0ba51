import Inventory

extension ConfigurationDecoder {
    /// `[nameserver]`.
    mutating func decodeNameserver(_ section: ConfigurationSection) -> Configuration.Nameserver {
        var nameserver = Configuration.Nameserver()
        nameserver.isEnabled = section.boolean("enabled") ?? true
        nameserver.listen = listenAddresses(section, defaultPort: 53)
        nameserver.workers = section.integer("workers") ?? nameserver.workers
        nameserver.udpSizeOctets = section.integer("udp_size") ?? nameserver.udpSizeOctets
        nameserver.tcpConnections = section.integer("tcp_connections") ?? nameserver.tcpConnections
        nameserver.tcpConnectionsPerClient =
            section.integer("tcp_connections_per_client") ?? nameserver.tcpConnectionsPerClient
        nameserver.tcpIdleTimeout = section.seconds("tcp_idle_timeout") ?? nameserver.tcpIdleTimeout
        decodeAnswers(section, into: &nameserver)
        nameserver.dnstap = decodeDnstap(section.section("dnstap"))
        nameserver.tls = decodeTLS(section.section("tls"), beside: nameserver.listen)
        nameserver.transfer = decodeTransfer(section)
        checkTransfersOverTLS(nameserver, section)
        return nameserver
    }

    private mutating func decodeAnswers(
        _ section: ConfigurationSection, into nameserver: inout Configuration.Nameserver
    ) {
        nameserver.usesCookies = section.boolean("cookies") ?? nameserver.usesCookies
        nameserver.responseRate = section.integer("response_rate") ?? nameserver.responseRate
        nameserver.responseSlip = section.integer("response_slip") ?? nameserver.responseSlip
        nameserver.limitsPrivateClients =
            section.boolean("response_rate_private") ?? nameserver.limitsPrivateClients
        nameserver.holdsPrivateZones =
            section.boolean("private_reverse") ?? nameserver.holdsPrivateZones
        nameserver.identity = shortText(section, "identity")
        nameserver.version = shortText(section, "version")
        nameserver.querySampleInterval =
            section.integer("query_log") ?? nameserver.querySampleInterval
    }

    /// A text that fits into an answer.
    private mutating func shortText(_ section: ConfigurationSection, _ key: String) -> String {
        let text = section.text(key) ?? ""
        guard text.utf8.count <= Configuration.Nameserver.maximumTextOctets else {
            report(
                section, key,
                "found \(text.utf8.count) octets, wanted at most "
                    + "\(Configuration.Nameserver.maximumTextOctets)")
            return ""
        }
        return text
    }

    mutating func listenAddresses(
        _ section: ConfigurationSection, defaultPort: UInt16
    ) -> [Configuration.ListenAddress]? {
        guard let elements = section.elements("listen") else { return nil }
        var addresses: [Configuration.ListenAddress] = []
        for element in elements {
            guard let text = element.text else { continue }
            guard let address = Self.listenAddress(text, defaultPort: defaultPort) else {
                report(
                    section, "listen", line: element.line,
                    "found \"\(text)\", wanted an address such as 192.0.2.1:\(defaultPort) or "
                        + "[2001:db8::1]:\(defaultPort)")
                continue
            }
            if addresses.contains(address) {
                report(section, "listen", line: element.line, "\(address) stands here twice")
            }
            if address.isWildcard {
                warn(
                    section, "listen", line: element.line,
                    "\(address) is every address of this host, guests' bridges included, and "
                        + "collides with any other resolver; name the management address")
            }
            addresses.append(address)
        }
        if elements.isEmpty {
            report(
                section, "listen",
                "found an empty list; remove it, or "
                    + (defaultPort == 53 ? "set enabled = false" : "all of the section"))
        }
        return addresses
    }

    /// `address:port`, `[address]:port` or an address alone.
    static func listenAddress(
        _ text: String, defaultPort: UInt16
    ) -> Configuration.ListenAddress? {
        if let address = IPAddress(text) {
            return Configuration.ListenAddress(address, port: defaultPort)
        }
        guard let (host, port) = HostAndPort.split(text[...]) else { return nil }
        let bare = host.hasPrefix("[") ? host.dropFirst().dropLast() : host
        guard let address = IPAddress(bare) else { return nil }
        return Configuration.ListenAddress(address, port: port ?? defaultPort)
    }
}
