import Inventory

extension RecordSet {
    /// Each record's data in presentation form, in the order of `data`: addresses and names as
    /// zone files have them, any other type as in RFC 3597 section 5.
    package var presentations: [String] { data.map(presentation) }

    private func presentation(of data: [UInt8]) -> String {
        switch key.type {
        case .a, .aaaa: IPAddress(octets: data)?.description ?? Self.opaque(data)
        case .ns, .cname, .ptr: DomainName(wire: data)?.description ?? Self.opaque(data)
        case .soa: Self.authority(data) ?? Self.opaque(data)
        default: Self.opaque(data)
        }
    }

    /// Two names and five numbers (RFC 1035 section 3.3.13).
    private static func authority(_ data: [UInt8]) -> String? {
        guard data.count > 22 else { return nil }
        let names = data.dropLast(20)
        for split in names.indices.dropFirst() {
            if let primary = DomainName(wire: names[..<split]),
                let contact = DomainName(wire: names[split...])
            {
                let numbers = stride(from: names.endIndex, to: data.count, by: 4).map { start in
                    data[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                }
                return "\(primary) \(contact) " + numbers.map(String.init).joined(separator: " ")
            }
        }
        return nil
    }

    private static func opaque(_ data: [UInt8]) -> String {
        let digits = data.map { octet in
            (octet < 16 ? "0" : "") + String(octet, radix: 16)
        }.joined()
        return "\\# \(data.count)" + (digits.isEmpty ? "" : " \(digits)")
    }
}
