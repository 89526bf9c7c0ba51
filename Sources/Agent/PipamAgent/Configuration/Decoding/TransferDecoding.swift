import DNSWire
import Inventory

/// `[nameserver.transfer]`, `[nameserver.secondaries]` and `[nameserver.keys]`.
extension ConfigurationDecoder {
    /// More secondaries are no use, and each is told of every change.
    private static let maximumSecondaries = 64

    mutating func decodeTransfer(_ nameserver: ConfigurationSection) -> Configuration.Transfer {
        let section = nameserver.section("transfer")
        var transfer = Configuration.Transfer()
        transfer.keys = transferKeys(nameserver.section("keys"))
        transfer.networks = transferNetworks(section)
        for element in section.elements("keys") ?? [] {
            guard let text = element.text else { continue }
            if let name = knownKey(text, among: transfer.keys, section, "keys") {
                transfer.allowedKeys.append(name)
            }
        }
        transfer.secondaries = secondaries(nameserver.section("secondaries"), transfer.keys)
        transfer.isOverTLSOnly = section.boolean("tls") ?? transfer.isOverTLSOnly
        transfer.limit = section.integer("limit") ?? transfer.limit
        transfer.timeout = section.seconds("timeout") ?? transfer.timeout
        transfer.notifyDelay = section.seconds("notify_delay") ?? transfer.notifyDelay
        return transfer
    }

    private mutating func transferNetworks(_ section: ConfigurationSection) -> [CIDR] {
        var networks: Set<CIDR> = []
        for element in section.elements("allow") ?? [] {
            guard let text = element.text else { continue }
            guard let network = Self.network(orAddress: text) else {
                report(
                    section, "allow", line: element.line,
                    "found \"\(text)\", wanted a network or address such as 192.0.2.0/24")
                continue
            }
            if network.prefixLength == 0 {
                warn(
                    section, "allow", line: element.line,
                    "anybody may copy every name and address; give keys instead")
            }
            networks.insert(network)
        }
        return networks.sorted()
    }

    private mutating func transferKeys(
        _ section: ConfigurationSection
    ) -> [Configuration.Transfer.Key] {
        var keys: [Configuration.Transfer.Key] = []
        for entry in section.entries {
            let own = section.section(entry.key)
            guard let name = DomainName(entry.key), name != .root else {
                report(section, entry.key, "the name of a key is that of a domain")
                continue
            }
            guard !keys.contains(where: { $0.name == name }) else {
                report(section, entry.key, "the key stands here twice")
                continue
            }
            let source = SecretKey.transferKey(entry.key)
            guard let secret = secret(source, in: own) else {
                if !own.has("secret"), !own.has("secret_file") {
                    report(
                        own, "secret",
                        "missing; give secret_file, the environment variable "
                            + "\(source.variable) or the systemd credential \(source.credential)")
                }
                continue
            }
            var key = Configuration.Transfer.Key(name: name, secret: secret)
            if let text = own.text("algorithm")?.asciiLowercased,
                let algorithm = TSIGAlgorithm(rawValue: text)
            {
                key.algorithm = algorithm
            }
            check(key, own)
            keys.append(key)
        }
        return keys.sorted { $0.name < $1.name }
    }

    private mutating func check(
        _ key: Configuration.Transfer.Key, _ section: ConfigurationSection
    ) {
        guard let octets = key.octets else {
            return report(
                section, "secret",
                "the secret is not base64; make one with: openssl rand -base64 32")
        }
        if octets.count < 16 {
            warn(section, "secret", "\(octets.count * 8) bits can be guessed; 256 are usual")
        }
    }

    private mutating func secondaries(
        _ section: ConfigurationSection, _ keys: [Configuration.Transfer.Key]
    ) -> [Configuration.Transfer.Secondary] {
        var secondaries: [Configuration.Transfer.Secondary] = []
        for entry in section.entries {
            let own = section.section(entry.key)
            guard let text = own.text("address") else {
                report(own, "address", "missing; give the server's address")
                continue
            }
            guard let address = Self.listenAddress(text, defaultPort: 53), !address.isWildcard
            else {
                report(
                    own, "address",
                    "found \"\(text)\", wanted an address such as 192.0.2.53 or "
                        + "[2001:db8::53]:53")
                continue
            }
            var secondary = Configuration.Transfer.Secondary(address: address)
            if let text = own.text("key") {
                secondary.key = knownKey(text, among: keys, own, "key")
            }
            secondary.publicKeys = publicKeys(own)
            secondary.isOverTLSOnly =
                own.boolean("tls") ?? false || own.has("tls_keys")
            if own.boolean("tls") == false, own.has("tls_keys") {
                report(own, "tls", "tls_keys are of no use without TLS; remove one of the two")
            }
            secondaries.append(secondary)
        }
        if secondaries.count > Self.maximumSecondaries {
            report(section, "", "more than \(Self.maximumSecondaries) secondaries")
        }
        return secondaries
    }

    /// The name of a key that stands in `[nameserver.keys]`.
    mutating func knownKey(
        _ text: String, among keys: [Configuration.Transfer.Key],
        _ section: ConfigurationSection, _ key: String
    ) -> DomainName? {
        // A key without a secret is reported where it stands.
        let written = document.section("nameserver").section("keys").entries.map(\.key)
        guard let name = DomainName(text), written.contains(where: { DomainName($0) == name })
        else {
            report(section, key, "there is no [nameserver.keys.\"\(text)\"]")
            return nil
        }
        return keys.contains { $0.name == name } ? name : nil
    }
}

extension SecretKey {
    /// The secret of a key with a name. Letters and digits are all that a variable's name holds.
    static func transferKey(_ name: String) -> SecretKey {
        let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
        let variable = bare.utf8.map { octet -> UInt8 in
            guard octet.isLetterOrDigit else { return UInt8(ascii: "_") }
            return octet >= UInt8(ascii: "a") ? octet & 0xDF : octet
        }
        return SecretKey(
            key: "secret", variable: "PIPAM_TSIG_" + String(decoding: variable, as: UTF8.self),
            credential: "tsig-" + bare.filter { $0 != "/" })
    }
}
