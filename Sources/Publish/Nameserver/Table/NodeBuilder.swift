import Inventory
import Zones

/// What a name is in its zone, worked out once per change of the name.
struct NodeName {
    let owner: DomainName
    /// The key below the apex.
    let key: ArraySlice<UInt8>
    let labels: Int
    let isApex: Bool
    let isWildcard: Bool

    /// `nil` if the owner lies outside the zone. `fullKey` is `OrderKey.octets(of: owner)`.
    init?(owner: DomainName, fullKey: [UInt8], apex: DomainName, apexKey: [UInt8]) {
        // Both keys close each label with a zero, so a prefix ends where a label ends.
        guard fullKey.starts(with: apexKey) else { return nil }
        self.owner = owner
        key = fullKey[apexKey.count...]
        labels = key.count { $0 == 0 }
        isApex = key.isEmpty
        isWildcard = owner.labels.prefix(labels).contains { $0.elementsEqual([UInt8(ascii: "*")]) }
    }
}

/// Writes a node as `NodeView` describes it.
enum NodeBuilder {
    /// A node from compiled sets, which are ordered by type here. There must be one at least.
    static func node(
        _ name: NodeName, zone: UInt16, sets: [UInt16: [UInt8]]
    ) -> [UInt8] {
        let ordered = sets.sorted { $0.key < $1.key }
        var node: [UInt8] = []
        append(0 as UInt32, to: &node)
        append(zone, to: &node)
        append(UInt16(name.key.count), to: &node)
        append(flags(of: name, sets: sets).rawValue, to: &node)
        append(UInt8(name.labels), to: &node)
        append(UInt16(sets.count), to: &node)
        node += name.key
        if node.count % 2 != 0 { node.append(0) }
        for (_, set) in ordered { node += set }
        while node.count % TableView.unitOctets != 0 { node.append(0) }
        withUnsafeBytes(of: UInt32(node.count)) { node.replaceSubrange(0..<4, with: $0) }
        return node
    }

    /// The compiled sets of a node by type.
    static func sets(of node: NodeView) -> [UInt16: [UInt8]] {
        var sets: [UInt16: [UInt8]] = [:]
        var set = node.firstSet
        for _ in 0..<node.setCount {
            sets[set.type] = Array(UnsafeRawBufferPointer(start: set.base, count: set.sizeOctets))
            set = set.next
        }
        return sets
    }

    private static func flags(of name: NodeName, sets: [UInt16: [UInt8]]) -> NodeView.Flags {
        var flags: NodeView.Flags = []
        if name.isApex { flags.insert(.apex) }
        if name.isWildcard { flags.insert(.wildcard) }
        if !name.isApex, sets[RecordType.ns.rawValue] != nil { flags.insert(.cut) }
        if sets[RecordType.cname.rawValue] != nil { flags.insert(.alias) }
        if sets[TypeNumber.dname] != nil { flags.insert(.redirection) }
        if sets[TypeNumber.nsec3] != nil { flags.insert(.hashed) }
        return flags
    }

    private static func append<Number: BitwiseCopyable>(_ number: Number, to node: inout [UInt8]) {
        withUnsafeBytes(of: number) { node += $0 }
    }
}
