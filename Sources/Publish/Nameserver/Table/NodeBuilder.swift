import Inventory
import Zones

/// What a name is in its zone, worked out once per change of the name.
struct NodeName {
    /// The key below the apex.
    let key: ArraySlice<UInt8>
    let labels: Int
    let isWildcard: Bool

    var isApex: Bool { key.isEmpty }

    /// `key` is the name's below its zone's apex, as `OrderKey` makes it.
    init(key: ArraySlice<UInt8>) {
        self.key = key
        var labels = 0
        var isWildcard = false
        var start = key.startIndex
        // A key closes each label with a zero, and has no other.
        for place in key.indices where key[place] == 0 {
            if place == start + 1, key[start] == UInt8(ascii: "*") { isWildcard = true }
            labels += 1
            start = place + 1
        }
        self.labels = labels
        self.isWildcard = isWildcard
    }
}

/// Writes nodes as `NodeView` describes them, one after the other in the same room: first the name,
/// then its sets in order of types, one at least.
struct NodeBuilder {
    /// The node, whole after `finish`.
    private(set) var node: [UInt8] = []
    private var flags: NodeView.Flags = []
    private var setCount: UInt16 = 0

    /// Begins a node.
    mutating func begin(_ name: NodeName, zone: UInt16) {
        node.removeAll(keepingCapacity: true)
        flags = []
        setCount = 0
        if name.isApex { flags.insert(.apex) }
        if name.isWildcard { flags.insert(.wildcard) }
        append(0 as UInt32)
        append(zone)
        append(UInt16(name.key.count))
        append(0 as UInt8)
        append(UInt8(name.labels))
        append(setCount)
        node += name.key
        if node.count % 2 != 0 { node.append(0) }
    }

    /// Adds a set that was compiled before.
    mutating func add(compiled set: some Collection<UInt8>, type: UInt16) {
        node += set
        note(type)
    }

    /// Compiles a set of the zone `apex` and adds it.
    mutating func add(_ set: RecordSet, of apex: DomainName) throws(NameserverError) {
        try RecordCompiler.append(set, apex: apex, to: &node)
        note(set.key.type.rawValue)
    }

    /// Closes the node.
    mutating func finish() {
        while node.count % TableView.unitOctets != 0 { node.append(0) }
        let (flags, setCount) = (flags.rawValue, setCount)
        node.withUnsafeMutableBytes { octets in
            octets.storeBytes(of: UInt32(octets.count), as: UInt32.self)
            octets.storeBytes(of: flags, toByteOffset: 8, as: UInt8.self)
            octets.storeBytes(of: setCount, toByteOffset: 10, as: UInt16.self)
        }
    }

    private mutating func note(_ type: UInt16) {
        setCount += 1
        switch type {
        case RecordType.ns.rawValue: if !flags.contains(.apex) { flags.insert(.cut) }
        case RecordType.cname.rawValue: flags.insert(.alias)
        case TypeNumber.dname: flags.insert(.redirection)
        case TypeNumber.nsec3: flags.insert(.hashed)
        default: break
        }
    }

    private mutating func append<Number: BitwiseCopyable>(_ number: Number) {
        withUnsafeBytes(of: number) { node += $0 }
    }
}

extension NodeBuilder {
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

    /// A node from compiled sets, of which there must be one at least.
    mutating func build(_ name: NodeName, zone: UInt16, sets: [UInt16: [UInt8]]) {
        begin(name, zone: zone)
        for (type, set) in sets.sorted(by: { $0.key < $1.key }) { add(compiled: set, type: type) }
        finish()
    }
}
