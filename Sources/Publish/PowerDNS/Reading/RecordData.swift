import Inventory
import Zones

/// Record data as PowerDNS writes it, for the types that are written there.
enum RecordData {
    /// What we write: addresses, aliases and names of addresses.
    static let types: [RecordType] = [.a, .aaaa, .cname, .ptr]

    /// The wire form of a record's content, names in it in lower case, addresses whatever their
    /// spelling; `nil` for another type and for what is no such content.
    static func wire(_ text: String, as type: RecordType) -> [UInt8]? {
        switch type {
        case .a: IPv4Address(text)?.octets
        case .aaaa: IPv6Address(text)?.octets
        case .cname, .ptr: text.utf8.last == UInt8(ascii: ".") ? DomainName(text)?.wire : nil
        default: nil
        }
    }
}
