package import DNSWire
package import Inventory

extension Configuration {
    /// Who may copy whole zones from this host, and whom it tells of changes.
    package struct Transfer: Equatable, Sendable {
        /// A key that messages are signed with.
        package struct Key: Equatable, Sendable {
            /// Its name.
            package var name: DomainName
            /// The only algorithm it is used with.
            package var algorithm = TSIGAlgorithm.sha256
            /// The key in base64.
            package var secret: Secret

            /// What the base64 stands for; `nil` if it stands for nothing.
            package var octets: [UInt8]? {
                Base64.octets(secret.exposed).flatMap { $0.isEmpty ? nil : $0 }
            }
        }

        /// Another name server.
        package struct Secondary: Equatable, Sendable {
            /// Where it is told of changes.
            package var address: ListenAddress
            /// The name of the key that both sign with.
            package var key: DomainName?
            /// It may copy the zones over TLS only.
            package var isOverTLSOnly = false
            /// SHA-256 of public keys, 32 octets each: its certificate must have one of them.
            package var publicKeys: Set<[UInt8]> = []
        }

        /// Networks from where zones may be copied.
        package var networks: [CIDR] = []
        /// Keys that zones may be copied with.
        package var allowedKeys: [DomainName] = []
        /// Every key there is, sorted by name.
        package var keys: [Key] = []
        /// Who is told of changes.
        package var secondaries: [Secondary] = []
        /// Nobody copies zones but over TLS.
        package var isOverTLSOnly = false
        /// Zones that are sent at one time.
        package var limit = 16
        /// After which a transfer is broken off.
        package var timeout = Duration.seconds(600)
        /// How long changes are gathered.
        package var notifyDelay = Duration.seconds(2)

        /// Nobody.
        package init() {}
    }
}

/// RFC 4648 section 4, with padding.
enum Base64 {
    /// `nil` for anything else.
    static func octets(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var octets: [UInt8] = []
        var bits: UInt32 = 0
        for (index, digit) in digits.dropLast(padding).enumerated() {
            guard let value = value(of: digit) else { return nil }
            bits = bits << 6 | value
            // Every digit but the first of four completes an octet.
            let left = UInt32(6 - 2 * (index % 4))
            if index % 4 != 0 { octets.append(UInt8(truncatingIfNeeded: bits >> left)) }
        }
        return octets
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
