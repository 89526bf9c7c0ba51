import Inventory
import Zones

/// Record data as PowerDNS writes it, for the types that are written there.
enum RecordData {
    /// The contents of a set's records as PowerDNS takes them. It refuses the dotted tail of
    /// `::ffff:192.0.2.1`, which it shows itself.
    static func texts(of set: RecordSet) -> [String] {
        guard set.key.type == .aaaa else { return set.presentations }
        return zip(set.data, set.presentations).map { data, text in
            guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
            return stride(from: 0, to: data.count - 1, by: 2).map {
                String(UInt16(data[$0]) << 8 | UInt16(data[$0 + 1]), radix: 16)
            }.joined(separator: ":")
        }
    }

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
