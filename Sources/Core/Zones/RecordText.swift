import Inventory

extension RecordSet {
    /// Each record's data in presentation form, in the order of `data`: addresses and names as
    /// zone files have them, any other type as in RFC 3597 section 5.
    package var presentations: [String] { data.map(presentation) }

    private func presentation(of data: [UInt8]) -> String {
        switch key.type {
        case .a, .aaaa: IPAddress(octets: data)?.description ?? Self.opaque(data)
        case .ns, .cname, .ptr, .dname: DomainName(wire: data)?.description ?? Self.opaque(data)
        case .soa: Self.authority(data) ?? Self.opaque(data)
        case .mx: Self.numbersAndName(1, data) ?? Self.opaque(data)
        case .srv: Self.numbersAndName(3, data) ?? Self.opaque(data)
        case .txt: Self.strings(data) ?? Self.opaque(data)
        case .caa: Self.authorization(data) ?? Self.opaque(data)
        default: Self.opaque(data)
        }
    }

    /// 16-bit numbers and a name (RFC 1035 section 3.3.9, RFC 2782).
    private static func numbersAndName(_ count: Int, _ data: [UInt8]) -> String? {
        guard let name = DomainName(wire: data.dropFirst(2 * count)) else { return nil }
        let numbers = (0..<count).map { "\(UInt16(data[2 * $0]) << 8 | UInt16(data[2 * $0 + 1])) " }
        return numbers.joined() + name.description
    }

    /// Character strings, each behind its length (RFC 1035 section 3.3.14).
    private static func strings(_ data: [UInt8]) -> String? {
        var rest = data[...]
        var strings: [String] = []
        while let length = rest.popFirst() {
            guard rest.count >= length else { return nil }
            strings.append(quoted(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        return strings.isEmpty ? nil : strings.joined(separator: " ")
    }

    /// Flags, a tag behind its length, and a value (RFC 8659 section 4.1).
    private static func authorization(_ data: [UInt8]) -> String? {
        guard data.count > 2, data.count >= 2 + Int(data[1]) else { return nil }
        let tag = data[2..<2 + Int(data[1])]
        let isLetterOrDigit = { (octet: UInt8) in
            (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet)
                || (0x61...0x7A).contains(octet)
        }
        guard !tag.isEmpty, tag.allSatisfy(isLetterOrDigit) else { return nil }
        return "\(data[0]) \(String(decoding: tag, as: UTF8.self)) \(quoted(data[tag.endIndex...]))"
    }

    /// Between quotes, with escapes for what is none of visible ASCII (RFC 1035 section 5.1).
    private static func quoted(_ octets: ArraySlice<UInt8>) -> String {
        let text = octets.map { octet -> String in
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(Unicode.Scalar(octet))
            case 0x20...0x7E: String(Unicode.Scalar(octet))
            default:
                "\\" + String(repeating: "0", count: octet < 10 ? 2 : octet < 100 ? 1 : 0)
                    + String(octet)
            }
        }
        return "\"\(text.joined())\""
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
