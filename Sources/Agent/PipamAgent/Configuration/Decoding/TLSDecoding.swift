import Inventory
import OpenSSL

/// `[nameserver.tls]`, and what transfers need of it.
extension ConfigurationDecoder {
    /// `nil` if there is none, or what there is was reported.
    mutating func decodeTLS(
        _ section: ConfigurationSection, beside plain: [Configuration.ListenAddress]?
    ) -> Configuration.TLS? {
        guard section.line != nil else { return nil }
        guard let certificate = section.text("certificate_file"),
            let key = section.text("key_file")
        else {
            for name in ["certificate_file", "key_file"] where section.text(name) == nil {
                report(section, name, "missing; name the PEM file, or remove the section")
            }
            return nil
        }
        var tls = Configuration.TLS(
            certificateFile: absolutePath(certificate), keyFile: absolutePath(key))
        tls.listen = listenAddresses(section, defaultPort: 853)
        for address in tls.listen ?? [] where plain?.contains(address) ?? (address.port == 53) {
            report(
                section, "listen",
                "\(address) answers over UDP and TCP; TLS needs a port of its own, usually 853")
        }
        tls.connections = section.integer("connections") ?? tls.connections
        tls.handshakeTimeout = section.seconds("handshake_timeout") ?? tls.handshakeTimeout
        return tls
    }

    /// The digests of a secondary's public keys.
    mutating func publicKeys(_ section: ConfigurationSection) -> Set<[UInt8]> {
        var digests: Set<[UInt8]> = []
        for element in section.elements("tls_keys") ?? [] {
            guard let text = element.text else { continue }
            // 64 hexadecimal digits are base64 too, of something longer.
            let octets = CertificateFingerprint(text)?.octets ?? Base64.octets(text)
            guard let octets, octets.count == 32 else {
                report(
                    section, "tls_keys", line: element.line,
                    "found \"\(text)\", wanted the SHA-256 of a public key, in base64 or as "
                        + "64 hexadecimal digits")
                continue
            }
            digests.insert(octets)
        }
        return digests
    }

    /// What asks for TLS must get it, and nothing else may let in by another way whom it is asked
    /// of: a key is all that a secondary is known by.
    mutating func checkTransfersOverTLS(
        _ nameserver: Configuration.Nameserver, _ section: ConfigurationSection
    ) {
        let transfer = nameserver.transfer
        let secondaries = section.section("secondaries")
        let demanding = transfer.secondaries.filter(\.isOverTLSOnly)
        if section.section("tls").line == nil {
            if transfer.isOverTLSOnly {
                report(
                    section.section("transfer"), "tls",
                    "there is no [nameserver.tls], so that nobody could copy a zone")
            }
            if !demanding.isEmpty {
                report(
                    secondaries, "",
                    "tls is asked for, and there is no [nameserver.tls], so that nobody could come "
                        + "over it")
            }
        }
        for key in Set(demanding.compactMap(\.key)).sorted() {
            let sharing = transfer.secondaries.filter { $0.key == key }
            if Set(sharing.map(\.isOverTLSOnly)).count > 1
                || Set(sharing.map(\.publicKeys.isEmpty)).count > 1
            {
                report(
                    secondaries, "",
                    "of those with the key \(key) some are asked for tls or tls_keys and some not; "
                        + "they are told apart by their keys alone: give each its own")
            }
            if transfer.allowedKeys.contains(key) {
                report(
                    section.section("transfer"), "keys",
                    "\(key) is the key of a secondary that is asked for tls; take it out here, or "
                        + "its zones may be copied without")
            }
        }
    }
}
