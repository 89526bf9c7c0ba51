import DNSWire
import Glibc

/// Which node in which chunk: twelve bits of chunk, twenty of offset in units of eight octets. Zero
/// is no node.
typealias NodeReference = UInt32

/// One place of the hash table. Empty if the reference is zero.
struct Slot: BitwiseCopyable {
    /// The low half of the name's hash, of which the low bits are also the home of the slot.
    var tag: UInt32
    var reference: NodeReference
}

/// A piece of a zone's sorted index: up to 1,024 references in canonical order.
struct IndexPiece: BitwiseCopyable {
    let references: UnsafePointer<NodeReference>
    let count: Int
}

/// How a zone shows that something is not there.
enum DenialKind: UInt8, BitwiseCopyable {
    /// Not at all: it is not signed.
    case none
    /// By the names before and behind it (RFC 4034 section 4).
    case nsec
    /// By the hashes of names (RFC 5155).
    case nsec3
}

/// A zone as the readers see it.
struct ZoneView: BitwiseCopyable {
    let apexKey: UnsafeRawPointer
    let apexKeyOctets: Int
    let apexWire: UnsafeRawPointer
    let apexWireOctets: Int
    let apexLabels: Int
    /// Labels below the apex of the deepest name; names as deep have nothing below them.
    let greatestDepth: Int
    /// Another zone of ours lies below this one.
    let hasZonesBelow: Bool
    let delegations: Int
    let wildcards: Int
    let apex: NodeView
    let startOfAuthority: SetView
    /// min(TTL, MINIMUM) of the SOA (RFC 2308 section 3), big-endian.
    let negativeTTL: UInt32
    let index: UnsafePointer<IndexPiece>
    let indexCount: Int
    /// How it denies.
    let denial: DenialKind
    /// The hashes of names in order.
    let hashes: UnsafePointer<IndexPiece>
    let hashesCount: Int
}

/// All zones at one moment, as plain pointers: copying it counts no references. It borrows from a
/// `TableSnapshot`, which the holder keeps alive.
struct TableView: BitwiseCopyable {
    static let slotsPerPage = 512
    static let offsetBits: UInt32 = 20
    static let unitOctets = 8

    let hashKey: SipHashKey
    let chunks: UnsafePointer<UnsafeRawPointer>
    let pages: UnsafePointer<UnsafePointer<Slot>>
    let slotMask: Int
    let zones: UnsafePointer<ZoneView>
    /// Labels of the deepest and of the highest apex; the first is below the second without zones.
    let deepestApex: Int
    let highestApex: Int

    @inline(__always)
    func node(_ reference: NodeReference) -> NodeView {
        let offset = Int(reference & (1 << Self.offsetBits - 1)) * Self.unitOctets
        return NodeView(base: chunks[Int(reference >> Self.offsetBits)] + offset)
    }

    /// The node of the ancestor-or-self of a name with so many labels, in a certain zone or in the
    /// first that has it.
    @inline(__always)
    func find(_ name: borrowing LookupName, labels: Int, zone: Int? = nil) -> NodeView? {
        let ancestor = name.ancestors[labels]
        let tag = UInt32(truncatingIfNeeded: ancestor.hash)
        var index = Int(tag) & slotMask
        while true {
            let slot = pages[index / Self.slotsPerPage][index % Self.slotsPerPage]
            if slot.reference == 0 { return nil }
            if slot.tag == tag {
                let node = node(slot.reference)
                if zone == nil || zone == node.zone,
                    isKey(of: node, equalTo: name.key, octets: ancestor.keyOctets)
                {
                    return node
                }
            }
            index = (index + 1) & slotMask
        }
    }

    @inline(__always)
    private func isKey(of node: NodeView, equalTo key: UnsafePointer<UInt8>, octets: Int) -> Bool {
        let zone = zones + node.zone
        let apexOctets = zone.pointee.apexKeyOctets
        return apexOctets + node.keyOctets == octets
            && memcmp(key + apexOctets, node.key, node.keyOctets) == 0
            && memcmp(key, zone.pointee.apexKey, apexOctets) == 0
    }

    /// The number of the deepest zone that holds a name's ancestor with so many labels.
    func closestZone(of name: borrowing LookupName, labels: Int) -> Int? {
        var labels = min(labels, deepestApex)
        while labels >= highestApex {
            if let node = findApex(name, labels: labels) { return node.zone }
            labels -= 1
        }
        return nil
    }

    /// A name may have a node in its own zone and one, with a delegation, in the zone above.
    private func findApex(_ name: borrowing LookupName, labels: Int) -> NodeView? {
        let ancestor = name.ancestors[labels]
        let tag = UInt32(truncatingIfNeeded: ancestor.hash)
        var index = Int(tag) & slotMask
        while true {
            let slot = pages[index / Self.slotsPerPage][index % Self.slotsPerPage]
            if slot.reference == 0 { return nil }
            if slot.tag == tag {
                let node = node(slot.reference)
                if node.flags.contains(.apex),
                    isKey(of: node, equalTo: name.key, octets: ancestor.keyOctets)
                {
                    return node
                }
            }
            index = (index + 1) & slotMask
        }
    }

    /// Where a name without a node would stand among those of a zone.
    struct Surroundings {
        /// Labels, counted from the root, that it shares with one of its neighbours: its closest
        /// encloser (RFC 4592 section 3.3.1), as an ancestor of a node exists.
        let encloserLabels: Int
        /// Names lie below it: an empty non-terminal (RFC 4592 section 2.2.2).
        let isEmptyNonTerminal: Bool
    }

    /// Looks a name without a node up in its zone's sorted index.
    func surroundings(of name: borrowing LookupName, in zone: ZoneView) -> Surroundings {
        let key = UnsafeRawPointer(name.key + zone.apexKeyOctets)
        let octets = name.keyOctets - zone.apexKeyOctets
        let (before, after) = neighbours(of: key, octets: octets, in: zone)
        var shared = 0
        var hasNamesBelow = false
        if let before {
            shared = sharedLabels(key, octets, before)
        }
        if let after {
            shared = max(shared, sharedLabels(key, octets, after))
            hasNamesBelow = after.keyOctets > octets && memcmp(key, after.key, octets) == 0
        }
        return Surroundings(
            encloserLabels: zone.apexLabels + shared, isEmptyNonTerminal: hasNamesBelow)
    }

    private func neighbours(
        of key: UnsafeRawPointer, octets: Int, in zone: ZoneView
    ) -> (before: NodeView?, after: NodeView?) {
        // The first piece whose first name comes behind the key, then the last one in front of it.
        let piece = partitionPoint(zone.indexCount) { index in
            node(zone.index[index].references[0]).compare(to: key, octets: octets) <= 0
        }
        guard piece > 0 else {
            return (nil, zone.indexCount > 0 ? node(zone.index[0].references[0]) : nil)
        }
        let inside = zone.index[piece - 1]
        let place = partitionPoint(inside.count) { index in
            node(inside.references[index]).compare(to: key, octets: octets) <= 0
        }
        let before = node(inside.references[place - 1])
        if place < inside.count { return (before, node(inside.references[place])) }
        return (before, piece < zone.indexCount ? node(zone.index[piece].references[0]) : nil)
    }

    private func sharedLabels(_ key: UnsafeRawPointer, _ octets: Int, _ node: NodeView) -> Int {
        var labels = 0
        for offset in 0..<min(octets, node.keyOctets) {
            let octet = key.load(fromByteOffset: offset, as: UInt8.self)
            guard octet == node.key.load(fromByteOffset: offset, as: UInt8.self) else { break }
            if octet == 0 { labels += 1 }
        }
        return labels
    }
}

/// The first index from which on a condition no longer holds; it must hold for all before.
@inline(__always)
func partitionPoint(_ count: Int, where holds: (Int) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
        let middle = (low + high) / 2
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    return low
}
