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
        for label in name.labels.reversed() {
            for octet in label {
                if octet <= 1 { key.append(1) }
                key.append(octet <= 1 ? octet + 1 : octet)
            }
            key.append(0)
        }
        return key
    }
}
