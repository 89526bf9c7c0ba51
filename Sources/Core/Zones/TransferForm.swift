package import Inventory

/// Records in the form that they have in the messages of a zone transfer: names of the zone end in
/// a pointer to octet 12, where the zone's own name stands in the question (RFC 1035 section
/// 4.1.4). So they are copied into messages as they are.
package enum TransferForm {
    /// To the question's name.
    static let apexPointer: [UInt8] = [0xC0, 12]
    /// Type, class, time to live and length of the data.
    package static let fixedOctets = 10

    /// How many octets a set takes at most, its signatures included.
    static func sizeOctets(of set: RecordSet, in apex: DomainName) -> Int {
        let head = set.key.owner.wire.count - apex.wire.count + apexPointer.count + fixedOctets
        return (set.data + set.signatures).reduce(0) { $0 + head + $1.count }
    }

    /// Adds a whole set, whose owner lies in the zone, and its signatures.
    package static func append(
        _ set: RecordSet, in apex: DomainName, to octets: inout [UInt8]
    ) {
        append(set.data, type: set.key.type, of: set, in: apex, to: &octets)
        append(set.signatures, type: .rrsig, of: set, in: apex, to: &octets)
    }

    /// Adds some records of a set, or some of its signatures. A signer's name is never compressed
    /// (RFC 4034 section 3.1.7).
    static func append(
        _ data: [[UInt8]], type: RecordType, of set: RecordSet, in apex: DomainName,
        to octets: inout [UInt8]
    ) {
        let owner = set.key.owner.wire.dropLast(apex.wire.count)
        for record in data {
            octets += owner
            octets += apexPointer
            octets += [UInt8(type.rawValue >> 8), UInt8(truncatingIfNeeded: type.rawValue), 0, 1]
            octets += set.ttlSeconds.networkOctets
            let place = octets.count
            octets += [0, 0]
            append(record, names: leadingNames(of: type), apex: apex.wire, to: &octets)
            let count = octets.count - place - 2
            octets[place] = UInt8(truncatingIfNeeded: count >> 8)
            octets[place + 1] = UInt8(truncatingIfNeeded: count)
        }
    }

    /// How many names the data of a type begins with that may be compressed (RFC 3597 section 4).
    private static func leadingNames(of type: RecordType) -> Int {
        switch type {
        case .ns, .cname, .ptr: 1
        case .soa: 2
        default: 0
        }
    }

    private static func append(
        _ data: [UInt8], names: Int, apex: [UInt8], to octets: inout [UInt8]
    ) {
        var rest = data[...]
        for _ in 0..<names {
            guard let end = nameEnd(rest) else { break }
            let name = rest[..<end]
            rest = rest[end...]
            if apex.count > 2, let labels = labels(of: name, above: apex) {
                octets += labels
                octets += apexPointer
            } else {
                octets += name
            }
        }
        octets += rest
    }

    /// Behind the name that octets begin with; `nil` if they begin with none.
    private static func nameEnd(_ octets: ArraySlice<UInt8>) -> Int? {
        var offset = octets.startIndex
        while offset < octets.endIndex {
            let length = Int(octets[offset])
            guard length < 64, offset + length < octets.endIndex else { return nil }
            offset += length + 1
            if length == 0 { return offset }
        }
        return nil
    }

    /// What stands in front of the zone's name; `nil` if the name does not lie in the zone.
    private static func labels(
        of name: ArraySlice<UInt8>, above apex: [UInt8]
    ) -> ArraySlice<UInt8>? {
        guard name.count >= apex.count, name.suffix(apex.count).elementsEqual(apex) else {
            return nil
        }
        let end = name.endIndex - apex.count
        var offset = name.startIndex
        while offset < end { offset += 1 + Int(name[offset]) }
        return offset == end ? name[..<end] : nil
    }
}

extension TransferForm {
    /// Where the record that begins at an offset ends; `nil` if none does that is whole: for what
    /// comes from a snapshot.
    package static func recordEnd(_ octets: [UInt8], at start: Int) -> Int? {
        var offset = start
        while offset < octets.count, octets[offset] & 0xC0 != 0xC0 {
            guard octets[offset] & 0xC0 == 0, octets[offset] != 0 else { return nil }
            offset += 1 + Int(octets[offset])
        }
        let fixed = offset + apexPointer.count
        guard fixed + fixedOctets <= octets.count,
            octets[offset..<fixed].elementsEqual(apexPointer)
        else { return nil }
        let length = Int(octets[fixed + 8]) << 8 | Int(octets[fixed + 9])
        let end = fixed + fixedOctets + length
        return end <= octets.count ? end : nil
    }

    /// Octets that are whole records, one behind the other.
    static func isWhole(_ octets: [UInt8], from start: Int, to end: Int) -> Bool {
        var offset = start
        while offset < end {
            guard let next = recordEnd(octets, at: offset), next <= end else { return false }
            offset = next
        }
        return offset == end
    }
}
