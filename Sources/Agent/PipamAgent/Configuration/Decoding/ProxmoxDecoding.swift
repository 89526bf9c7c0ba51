import Inventory

extension ConfigurationDecoder {
    /// `[proxmox]`, without which there is nothing to do but for a witness.
    mutating func decodeProxmox(_ section: ConfigurationSection) -> Configuration.Proxmox {
        var proxmox = Configuration.Proxmox()
        if configuration.cluster.role == .witness, section.entries.isEmpty { return proxmox }
        proxmox.isInsecure = section.boolean("insecure") ?? false
        proxmox.timeout = section.seconds("timeout") ?? proxmox.timeout
        proxmox.concurrency = section.integer("concurrency") ?? proxmox.concurrency
        proxmox.certificateAuthorityFile = section.text("ca_file").map(absolutePath)
        proxmox.urls = proxmoxURLs(section, isInsecure: proxmox.isInsecure)
        proxmox.tokenID = tokenID(section) ?? ""
        proxmox.tokenSecret = secret(.proxmoxToken, in: section)
        proxmox.fingerprint = fingerprint(section, shownBy: "pvenode cert info")
        proxmox.routingDomains = routingDomains(section.section("routing_domains"))
        if !section.has("url") {
            report(section, "url", "missing; give the API's base URL, such as https://pve1:8006")
        }
        if proxmox.tokenSecret == nil, !section.has("token_uuid"), !section.has("token_uuid_file") {
            report(
                section, "token_uuid",
                "missing; give token_uuid_file, the environment variable "
                    + "\(SecretKey.proxmoxToken.variable) or the systemd credential "
                    + SecretKey.proxmoxToken.credential)
        }
        if proxmox.isInsecure {
            warn(
                section, "insecure",
                "the server's certificate is not checked, so anybody on the way can read the "
                    + "token; give fingerprint or ca_file instead")
        }
        return proxmox
    }

    private mutating func proxmoxURLs(
        _ section: ConfigurationSection, isInsecure: Bool
    ) -> [String] {
        var urls: [String] = []
        for element in section.elements("url") ?? [] {
            guard let text = element.text else { continue }
            guard let url = BaseURL(text) else {
                report(
                    section, "url", line: element.line,
                    BaseURL.wanted(text, example: "https://pve1:8006"))
                continue
            }
            if !url.isEncrypted && !url.isLoopback && !isInsecure {
                report(
                    section, "url", line: element.line,
                    "\(url.text) would carry the token in the clear; write https://, or set "
                        + "insecure = true")
            }
            if !urls.contains(url.text) { urls.append(url.text) }
        }
        if section.has("url"), urls.isEmpty, section.elements("url")?.isEmpty == true {
            report(section, "url", "found an empty list, wanted at least one base URL")
        }
        return urls
    }

    /// `user@realm!name`, given whole or, as in the ancestor, in three parts. No message quotes any
    /// of them: the secret may have been pasted along, or in place of them.
    private mutating func tokenID(_ section: ConfigurationSection) -> String? {
        guard let given = section.text("token_id") else {
            if !section.has("token_id") {
                report(section, "token_id", "missing; give it as user@realm!name")
            }
            return nil
        }
        guard !given.contains("=") else {
            report(
                section, "token_id",
                "has a '=' in it; give user@realm!name here, and what stands behind the '=', the "
                    + "secret, as token_uuid")
            return nil
        }
        let user = [section.text("user"), section.text("realm")].compactMap(\.self)
            .joined(separator: "@")
        var whole = given
        if !given.contains("!"), !user.isEmpty {
            whole = "\(user)!\(given)"
        } else if !user.isEmpty, !given.hasPrefix("\(user)!"), !given.hasPrefix("\(user)@") {
            report(
                section, "token_id",
                "is of another user than user and realm say; remove these two")
            return nil
        }
        guard Self.isTokenID(whole) else {
            report(
                section, "token_id",
                "is no token; give it as user@realm!name, or give user and realm too")
            return nil
        }
        return whole
    }

    /// A user, a realm and a name in printable ASCII without what parts them or a header.
    private static func isTokenID(_ text: String) -> Bool {
        let halves = text.split(separator: "!", omittingEmptySubsequences: false)
        guard halves.count == 2, let at = halves[0].lastIndex(of: "@") else { return false }
        let parts = [halves[0][..<at], halves[0][halves[0].index(after: at)...], halves[1]]
        return parts.allSatisfy { part in
            !part.isEmpty && part.utf8.count <= 128
                && part.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"=:/".utf8.contains($0) }
        }
    }

    /// A pinned certificate, as its SHA-256.
    mutating func fingerprint(
        _ section: ConfigurationSection, shownBy command: String
    ) -> [UInt8]? {
        guard let text = section.text("fingerprint") else { return nil }
        let digits = Array(text.utf8.filter { $0 != UInt8(ascii: ":") })
        let octets = stride(from: 0, to: digits.count, by: 2).compactMap { start in
            UInt8(String(decoding: digits[start...].prefix(2), as: UTF8.self), radix: 16)
        }
        guard digits.count == 64, octets.count == 32 else {
            report(
                section, "fingerprint",
                "wanted the SHA-256 of a certificate, 32 octets such as AB:CD:...; \(command) "
                    + "shows it")
            return nil
        }
        if section.boolean("insecure") == true {
            report(section, "fingerprint", "means nothing with insecure = true; remove one")
        }
        return octets
    }

    private mutating func routingDomains(
        _ section: ConfigurationSection
    ) -> [String: RoutingDomain] {
        var domains: [String: RoutingDomain] = [:]
        for entry in section.entries {
            guard let text = entry.node.text else { continue }
            if let domain = RoutingDomain(text) {
                domains[entry.key] = domain
            } else {
                report(section, entry.key, line: entry.line, Self.wantedRoutingDomain(text))
            }
        }
        return domains
    }

    /// What to say of a text that names no routing domain.
    static func wantedRoutingDomain(_ text: String) -> String {
        "found \"\(text.prefix(80))\", wanted 1...64 letters, digits, '-', '_' and '.'"
    }

    /// A path as given, or below the directory of the configuration file.
    func absolutePath(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = surroundings.path.lastIndex(of: "/") else {
            return path
        }
        return surroundings.path[...slash] + path
    }
}

/// The base URL of an HTTP API: scheme, host and port.
struct BaseURL {
    /// Without anything behind the port.
    let text: String
    /// The scheme is https.
    let isEncrypted: Bool
    /// The host is this one.
    let isLoopback: Bool

    /// Reads `scheme://host[:port]`. A slash at the end and Proxmox's `/api2/json` are dropped.
    /// `nil` for anything else: user names, queries and paths have no place here.
    init?(_ text: String) {
        var rest = text[...]
        if rest.asciiLowercased.hasPrefix("https://") {
            isEncrypted = true
            rest = rest.dropFirst(8)
        } else if rest.asciiLowercased.hasPrefix("http://") {
            isEncrypted = false
            rest = rest.dropFirst(7)
        } else {
            return nil
        }
        for ending in ["/", "/api2/json"] where rest.hasSuffix(ending) {
            rest = rest.dropLast(ending.count)
        }
        guard let (host, port) = HostAndPort.split(rest), HostAndPort.isHost(host) else {
            return nil
        }
        let portText = port.map { ":\($0)" } ?? ""
        self.text = (isEncrypted ? "https://" : "http://") + host.asciiLowercased + portText
        isLoopback = Self.isLoopback(host)
    }

    /// A name is none, whatever it begins with, but for the one that stands for this host.
    private static func isLoopback(_ host: Substring) -> Bool {
        if host.asciiLowercased == "localhost" || host == "[::1]" { return true }
        guard case .v4(let address) = IPAddress(host) else { return false }
        return address.bits >> 24 == 127
    }

    /// What to say of a text that is none. It is quoted only where it can hold no password.
    static func wanted(_ text: String, example: String) -> String {
        let mayHoldSecret = text.utf8.contains { "@?#".utf8.contains($0) }
        let found = mayHoldSecret ? "a URL with a user, query or fragment" : "\"\(text)\""
        return "found \(found), wanted a base URL such as \(example)"
    }
}

/// Texts of the form `host:port`.
enum HostAndPort {
    /// Parts a host, an IPv4 address or an IPv6 address in brackets from the port behind it. The
    /// brackets stay. `nil` if the port is none.
    static func split(_ text: Substring) -> (host: Substring, port: UInt16?)? {
        let hostEnd =
            text.hasPrefix("[")
            ? text.firstIndex(of: "]").map(text.index(after:))
            : text.firstIndex(of: ":") ?? text.endIndex
        guard let hostEnd, hostEnd > text.startIndex else { return nil }
        let behind = text[hostEnd...]
        guard let colon = behind.first else { return (text, nil) }
        guard colon == ":", let port = UInt16(behind.dropFirst()), port > 0,
            behind.dropFirst().utf8.allSatisfy(\.isDigit)
        else { return nil }
        return (text[..<hostEnd], port)
    }

    /// An address or a host name of letters, digits, '-' and '.'.
    static func isHost(_ text: Substring) -> Bool {
        if text.hasPrefix("[") {
            return IPv6Address(text.dropFirst().dropLast()) != nil && text.hasSuffix("]")
        }
        return IPv4Address(text) != nil || HostNameText.isHostName(text)
    }
}
