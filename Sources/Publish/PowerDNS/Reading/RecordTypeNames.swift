import Zones

/// Record types by the mnemonics that PowerDNS shows. We write few of them, but must see all: a
/// CNAME can stand beside none.
enum RecordTypeNames {
    /// The IANA registry's numbers, and PowerDNS's own for what it answers by itself.
    private static let numbers: [String: UInt16] = [
        "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MR": 9, "WKS": 11, "PTR": 12, "HINFO": 13,
        "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18, "SIG": 24, "KEY": 25, "AAAA": 28,
        "LOC": 29, "SRV": 33, "NAPTR": 35, "KX": 36, "CERT": 37, "A6": 38, "DNAME": 39,
        "OPT": 41, "APL": 42, "DS": 43, "SSHFP": 44, "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47,
        "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52, "SMIMEA": 53,
        "RKEY": 57, "CDS": 59, "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63,
        "SVCB": 64, "HTTPS": 65, "SPF": 99, "NID": 104, "L32": 105, "L64": 106, "LP": 107,
        "EUI48": 108, "EUI64": 109, "TKEY": 249, "URI": 256, "CAA": 257, "DLV": 32_769,
        "ALIAS": 65_401, "LUA": 65_402,
    ]
    /// What no other type can be (RFC 6895 section 3.1 reserves it): one that is not known here.
    private static let unknown = RecordType(rawValue: 65_535)

    /// The type of a mnemonic or of `TYPE123` (RFC 3597 section 5).
    static func type(_ text: String) -> RecordType {
        switch text {
        case "A": return .a
        case "AAAA": return .aaaa
        case "PTR": return .ptr
        default: break
        }
        let word = text.uppercased()
        if let number = numbers[word] { return RecordType(rawValue: number) }
        guard word.hasPrefix("TYPE"), let number = UInt16(word.dropFirst(4)) else { return unknown }
        return RecordType(rawValue: number)
    }
}
