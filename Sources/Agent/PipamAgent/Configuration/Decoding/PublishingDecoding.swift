import Inventory

/// Providers, what stops us from doing harm to them, and how an operator reaches the agent.
extension ConfigurationDecoder {
    /// `[dns.powerdns]`; `dns.provider` says the same without settings.
    mutating func decodePowerDNS(_ dns: ConfigurationSection) -> Configuration.PowerDNS? {
        guard names("powerdns", in: dns) else { return nil }
        let section = dns.section("powerdns")
        let key = secret(.powerDNSKey, in: section)
        if key == nil, !section.has("api_key"), !section.has("api_key_file") {
            report(
                section, "api_key",
                "missing; give api_key_file, the environment variable "
                    + "\(SecretKey.powerDNSKey.variable) or the systemd credential "
                    + SecretKey.powerDNSKey.credential)
        }
        guard let url = powerDNSURL(section) else { return nil }
        var server = Configuration.PowerDNS(url: url, key: key)
        server.serverID = section.text("server_id") ?? server.serverID
        server.certificateAuthorityFile = section.text("ca_file").map(absolutePath)
        server.fingerprint = fingerprint(
            section, shownBy: "openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE")
        server.isInsecure = section.boolean("insecure") ?? false
        server.isAutomaticallyApproved = section.boolean("auto_approve") ?? false
        server.createsZones = section.boolean("create_zones") ?? false
        server.timeout = section.seconds("timeout") ?? server.timeout
        server.delay = section.seconds("delay") ?? server.delay
        return server
    }

    private func names(_ provider: String, in dns: ConfigurationSection) -> Bool {
        dns.has(provider) || dns.text("provider")?.asciiLowercased == provider
    }

    /// PowerDNS speaks plain HTTP, so that is allowed; beyond this host the key is then seen by
    /// others, which the operator has to want.
    private mutating func powerDNSURL(_ section: ConfigurationSection) -> String? {
        guard let text = section.text("url") else {
            if !section.has("url") {
                report(
                    section, "url",
                    "missing; give the API's base URL, such as http://127.0.0.1:8081")
            }
            return nil
        }
        guard let url = BaseURL(text) else {
            report(section, "url", BaseURL.wanted(text, example: "http://127.0.0.1:8081"))
            return nil
        }
        if !url.isEncrypted, !url.isLoopback, section.boolean("insecure") != true {
            warn(
                section, "url",
                "\(url.text) carries the key in the clear; put TLS before it and write https://, "
                    + "or set insecure = true if the network is yours alone")
        }
        if url.isEncrypted, section.boolean("insecure") == true {
            warn(
                section, "insecure",
                "the server's certificate is not checked, so anybody on the way can read the "
                    + "key; give fingerprint or ca_file instead")
        }
        return url.text
    }

    /// `[dns.rfc2136]`; `dns.provider` says the same without settings.
    mutating func decodeDynamicUpdate(
        _ dns: ConfigurationSection, keys: [Configuration.Transfer.Key]
    ) -> Configuration.DynamicUpdate? {
        guard names("rfc2136", in: dns) else { return nil }
        let section = dns.section("rfc2136")
        guard let text = section.text("server") else {
            if !section.has("server") {
                report(section, "server", "missing; give the primary's address, such as 192.0.2.53")
            }
            return nil
        }
        guard var server = Self.updateServer(text) else {
            report(
                section, "server",
                "found \"\(text)\", wanted an address or a name, such as 192.0.2.53, "
                    + "[2001:db8::53]:53 or ns1.example.com")
            return nil
        }
        if let text = section.text("key") {
            server.key = knownKey(text, among: keys, section, "key")
        } else if !section.has("key") {
            warn(
                section, "key",
                "missing, so anybody on the way can change updates and their answers; give the "
                    + "name of a key of [nameserver.keys]")
        }
        server.isAutomaticallyApproved = section.boolean("auto_approve") ?? false
        server.timeout = section.seconds("timeout") ?? server.timeout
        server.delay = section.seconds("delay") ?? server.delay
        return server
    }

    private static func updateServer(_ text: String) -> Configuration.DynamicUpdate? {
        if let address = listenAddress(text, defaultPort: 53) {
            guard !address.isWildcard, address.port != 0 else { return nil }
            var server = Configuration.DynamicUpdate(host: "\(address.address)")
            server.port = address.port
            return server
        }
        guard let (host, port) = HostAndPort.split(text[...]), HostAndPort.isHost(host),
            port != 0
        else { return nil }
        var server = Configuration.DynamicUpdate(host: String(host))
        server.port = port ?? 53
        return server
    }

    /// `[brake]`.
    func decodeBrake(_ section: ConfigurationSection) -> Configuration.Brake {
        var brake = Configuration.Brake()
        brake.count = section.integer("count") ?? brake.count
        brake.percent = section.integer("percent") ?? brake.percent
        return brake
    }

    /// `[control]`. Under systemd the socket stands in the directory that the unit makes.
    mutating func decodeControl(_ section: ConfigurationSection) -> Configuration.Control {
        var control = Configuration.Control()
        if let directory = surroundings.environment["RUNTIME_DIRECTORY"],
            directory.hasPrefix("/"), !directory.contains(":")
        {
            control.socket = "\(directory)/control.sock"
        }
        if let path = absolutePath(section, "socket") {
            // A socket's address holds 107 octets and a zero (unix(7)).
            if path.utf8.count > 107 {
                report(
                    section, "socket", "\(path) is longer than the 107 octets of a socket's path")
            }
            control.socket = path
        }
        control.group = section.text("group")
        return control
    }

    /// `[metrics]`; `nil` when they are off.
    mutating func decodeMetrics(_ section: ConfigurationSection) -> Configuration.ListenAddress? {
        guard section.boolean("enabled") ?? true else { return nil }
        guard let text = section.text("listen") else { return .metrics }
        let port = Configuration.ListenAddress.metrics.port
        guard let address = Self.listenAddress(text, defaultPort: port) else {
            report(section, "listen", "found \"\(text)\", wanted an address such as 127.0.0.1:9553")
            return nil
        }
        return address
    }
}
