/// Mnemonics of record types, as the IANA registry has them. What stands only in messages has none
/// here, nor has what no server knows any more.
extension RecordType {
    private static let mnemonics: [(RecordType, String)] = [
        (.a, "A"), (.ns, "NS"), (.cname, "CNAME"), (.soa, "SOA"), (.ptr, "PTR"),
        (.init(rawValue: 13), "HINFO"), (.mx, "MX"), (.txt, "TXT"), (.init(rawValue: 17), "RP"),
        (.init(rawValue: 18), "AFSDB"), (.aaaa, "AAAA"), (.init(rawValue: 29), "LOC"),
        (.srv, "SRV"), (.init(rawValue: 35), "NAPTR"), (.init(rawValue: 36), "KX"),
        (.init(rawValue: 37), "CERT"), (.dname, "DNAME"), (.init(rawValue: 42), "APL"),
        (.ds, "DS"), (.init(rawValue: 44), "SSHFP"), (.init(rawValue: 45), "IPSECKEY"),
        (.init(rawValue: 46), "RRSIG"), (.init(rawValue: 47), "NSEC"),
        (.init(rawValue: 48), "DNSKEY"), (.init(rawValue: 49), "DHCID"),
        (.init(rawValue: 50), "NSEC3"), (.init(rawValue: 51), "NSEC3PARAM"),
        (.init(rawValue: 52), "TLSA"), (.init(rawValue: 53), "SMIMEA"),
        (.init(rawValue: 59), "CDS"), (.init(rawValue: 60), "CDNSKEY"),
        (.init(rawValue: 61), "OPENPGPKEY"), (.init(rawValue: 62), "CSYNC"),
        (.init(rawValue: 63), "ZONEMD"), (.svcb, "SVCB"), (.https, "HTTPS"),
        (.init(rawValue: 99), "SPF"), (.init(rawValue: 108), "EUI48"),
        (.init(rawValue: 109), "EUI64"), (.init(rawValue: 256), "URI"), (.caa, "CAA"),
    ]
    private static let names = Dictionary(uniqueKeysWithValues: mnemonics)
    private static let types = Dictionary(uniqueKeysWithValues: mnemonics.map { ($1, $0) })

    /// Which authorities may issue certificates, RFC 8659.
    package static let caa = RecordType(rawValue: 257)

    /// Reads a type as `description` writes it: `A`, or `TYPE65280` (RFC 3597 section 5).
    package init?(mnemonic text: String) {
        if let known = Self.types[text] {
            self = known
        } else {
            guard text.hasPrefix("TYPE"), let number = UInt16(text.dropFirst(4)) else { return nil }
            self.init(rawValue: number)
        }
    }

    /// The text names a type.
    package static func isMnemonic(_ text: String) -> Bool { RecordType(mnemonic: text) != nil }

    /// No zone holds such a type: it is for questions or messages only (RFC 6895 section 3.1).
    package var isForMessages: Bool { rawValue == 0 || rawValue == 41 || 128...255 ~= rawValue }

    /// Providers are told of such sets.
    package var isForProviders: Bool {
        self == .a || self == .aaaa || self == .cname || self == .ptr
    }

    /// Signing makes these itself: signatures, keys, and what denies names.
    package var isForSigning: Bool { [46, 47, 48, 50, 51, 59, 60, 63].contains(rawValue) }
}

extension RecordType: CustomStringConvertible {
    /// The mnemonic, or `TYPE123` for a type without one here (RFC 3597 section 5).
    package var description: String { Self.names[self] ?? "TYPE\(rawValue)" }
}
