import Inventory

/// A name as octets whose plain order is the canonical order of names (RFC 4034 section 6.1):
/// labels from the last to the first, each closed by a zero. An ancestor's key is a prefix of its
/// descendants' keys, hence one pass over a key gives the hashes of all ancestors, and comparing
/// two names is one `memcmp`.
///
/// Labels may hold zeros, so 0 becomes (1, 1) and 1 becomes (1, 2); the order survives.
enum OrderKey {
    /// The longest key: 253 octets of label content, all escaped, and a zero for each label.
    static let maximumOctets = 512
    /// The most labels of a name, the root's not counted.
    static let maximumLabels = 127

    /// The key of a name. The root's is empty.
    static func octets(of name: DomainName) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(name.wire.count)
        append(name.wire[...], to: &key)
        return key
    }

    /// Appends the key of a name below an apex, without the apex's own. `false` if the name is
    /// neither the apex nor below it.
    static func append(
        _ name: DomainName, below apex: DomainName, to key: inout [UInt8]
    ) -> Bool {
        guard name.isAtOrBelow(apex) else { return false }
        append(name.wire[..<(name.wire.count - apex.wire.count)], to: &key)
        return true
    }

    /// Labels in wire form, which begin at the first octet of all, up to a zero or the end.
    private static func append(_ labels: ArraySlice<UInt8>, to key: inout [UInt8]) {
        labels.withUnsafeBufferPointer { wire in
            var starts = InlineArray<128, UInt8>(repeating: 0)
            var count = 0
            var offset = 0
            while offset < wire.count, wire[offset] != 0 {
                starts[count] = UInt8(offset)
                count += 1
                offset += 1 + Int(wire[offset])
            }
            while count > 0 {
                count -= 1
                let start = Int(starts[count])
                for place in start + 1...start + Int(wire[start]) {
                    let octet = wire[place]
                    if octet <= 1 { key.append(1) }
                    key.append(octet <= 1 ? octet + 1 : octet)
                }
                key.append(0)
            }
        }
    }
}
