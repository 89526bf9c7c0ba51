import DNSWire
import Inventory
import Zones

/// One zone as the writer sees it.
struct ZoneContents: Sendable {
    let apex: DomainName
    /// The apex's key; readers use the copy in `apexBlock`.
    let apexKey: [UInt8]
    /// The apex's key, and behind it its name in wire form.
    let apexBlock: MemoryBlock
    let apexLabels: Int
    var apexNode: NodeReference = 0
    var index = SortedIndex()
    /// The hashes of names (RFC 5155), apart from the names: nobody finds them by name.
    var hashes = SortedIndex()
    /// Names that what lies below turns on: delegations and redirections.
    var delegations = 0
    var wildcards = 0
    var recordSets = 0
    /// Never lowered while the zone lives: too deep costs a search, too shallow a wrong answer.
    var greatestDepth = 0
    var hasZonesBelow = false
    /// The readers' list of index pieces, those of names before those of hashes; `nil` after a
    /// change.
    var pieceList: MemoryBlock?

    init(apex: DomainName, epoch: UInt64) {
        self.apex = apex
        apexKey = OrderKey.octets(of: apex)
        apexBlock = MemoryBlock(values: apexKey + apex.wire, epoch: epoch)
        apexLabels = apex.labelCount
    }

    /// Counts a node in or out.
    mutating func count(_ node: NodeView, by sign: Int) {
        if !node.flags.isDisjoint(with: [.cut, .redirection]) { delegations += sign }
        if node.flags.contains(.wildcard) { wildcards += sign }
        recordSets += sign * node.setCount
        guard !node.flags.contains(.hashed) else { return }
        greatestDepth = max(greatestDepth, node.labels)
    }
}

/// All zones, as the writer keeps them. A value that shares its pages with the snapshots made from
/// it: a transaction changes a copy, which replaces the original only if all went well.
struct ZoneTable: Sendable {
    /// As many as a node's header can number.
    static let maximumZones = Int(UInt16.max)

    let hashKey: SipHashKey
    private(set) var epoch: UInt64 = 0
    private(set) var arena = Arena()
    private(set) var slots: SlotPages
    /// Zones by number; a number whose zone is gone is free.
    private(set) var zones: [ZoneContents?] = []
    private(set) var numbers: [DomainName: Int] = [:]

    init(hashKey: SipHashKey) {
        self.hashKey = hashKey
        slots = SlotPages(epoch: 0)
    }

    /// Applies changes in order. After an error the value must not be used any more.
    mutating func apply(_ changes: [ZoneChange]) throws(NameserverError) {
        epoch += 1
        slots.epoch = epoch
        var mayNestOtherwise = false
        for change in changes {
            switch change {
            case .replaced(let apex, let sets):
                try replace(apex, with: sets)
                mayNestOtherwise = true
            case .updated(let difference), .signed(let difference):
                try update(difference)
            case .drafted:
                break
            case .removed(let apex):
                remove(apex)
                mayNestOtherwise = true
            }
        }
        for chunk in arena.wastefulChunks { try evacuate(chunk) }
        if mayNestOtherwise { markNesting() }
    }

    /// Keeps the list of a zone's index pieces for the snapshots to come.
    mutating func setPieceList(_ list: MemoryBlock, of number: Int) {
        zones[number]?.pieceList = list
    }

    private func tag(ofKey key: ArraySlice<UInt8>) -> UInt32 {
        UInt32(truncatingIfNeeded: TableHash.hash(key.span.bytes, key: hashKey))
    }

    private func contents(_ number: Int) -> ZoneContents {
        guard let zone = zones[number] else { preconditionFailure("zone \(number) is gone") }
        return zone
    }
}

// MARK: - Whole zones

extension ZoneTable {
    private mutating func replace(
        _ apex: DomainName, with sets: [RecordSet]
    ) throws(NameserverError) {
        guard sets.contains(where: { $0.key == RecordSetKey(owner: apex, type: .soa) }) else {
            throw .missingStartOfAuthority(apex: apex)
        }
        let former = numbers[apex]
        remove(apex)
        let number: Int
        if let former { number = former } else { number = try freeNumber() }
        var zone = ZoneContents(apex: apex, epoch: epoch)
        let names = try NamesInOrder(sets, of: zone) { !$0.key.type.isHashed }
        var added: [Slot] = []
        added.reserveCapacity(names.count)
        var builder = NodeBuilder()
        var place = 0
        while let name = names.name(at: &place) {
            try builder.build(name, from: sets, of: zone, number: UInt16(number))
            let reference = try append(builder.node)
            added.append(Slot(tag: tag(ofKey: name.key), reference: reference))
            let node = arena.node(reference)
            zone.count(node, by: 1)
            if node.flags.contains(.apex) { zone.apexNode = reference }
        }
        try slots.insert(added)
        zone.index = SortedIndex(sorted: added.map(\.reference), epoch: epoch)
        try addHashes(sets, to: &zone, number: number)
        zones[number] = zone
        numbers[apex] = number
    }

    private mutating func addHashes(
        _ sets: [RecordSet], to zone: inout ZoneContents, number: Int
    ) throws(NameserverError) {
        let names = try NamesInOrder(sets, of: zone) { $0.key.type.isHashed }
        var references: [NodeReference] = []
        references.reserveCapacity(names.count)
        var builder = NodeBuilder()
        var place = 0
        while let name = names.name(at: &place) {
            try builder.build(name, from: sets, of: zone, number: UInt16(number))
            let reference = try append(builder.node)
            references.append(reference)
            zone.count(arena.node(reference), by: 1)
        }
        zone.hashes = SortedIndex(sorted: references, epoch: epoch)
    }

    private mutating func remove(_ apex: DomainName) {
        guard let number = numbers.removeValue(forKey: apex) else { return }
        let zone = contents(number)
        for reference in zone.hashes.references { arena.abandon(reference) }
        for reference in zone.index.references {
            slots.remove(
                tag: tag(ofKey: fullKey(of: arena.node(reference), in: zone)[...]),
                reference: reference)
            arena.abandon(reference)
        }
        zones[number] = nil
    }

    /// A number that no zone had before, as long as there are any: answers are counted by it.
    private mutating func freeNumber() throws(NameserverError) -> Int {
        if zones.count < Self.maximumZones {
            zones.append(nil)
            return zones.count - 1
        }
        guard let free = zones.firstIndex(where: { $0 == nil }) else {
            throw .tableFull(limit: "\(Self.maximumZones) zones")
        }
        return free
    }
}

// MARK: - Single names

extension ZoneTable {
    private mutating func update(_ difference: ZoneDifference) throws(NameserverError) {
        guard let number = numbers[difference.apex] else {
            throw .unknownZone(apex: difference.apex)
        }
        var removed: [Place: [UInt16]] = [:]
        var changed: [Place: [RecordSet]] = [:]
        for key in difference.removed {
            removed[Place(key), default: []].append(key.type.rawValue)
        }
        for set in difference.changed { changed[Place(set.key), default: []].append(set) }
        for place in Set(removed.keys).union(changed.keys) {
            try change(
                place, in: number, removed: removed[place] ?? [], changed: changed[place] ?? [])
        }
        let zone = contents(number)
        guard zone.apexNode != 0,
            arena.node(zone.apexNode).set(of: RecordType.soa.rawValue) != nil
        else { throw .missingStartOfAuthority(apex: difference.apex) }
    }

    /// Where a node stands: a name and the hash of one do not know of each other.
    private struct Place: Hashable {
        let owner: DomainName
        let isHashed: Bool

        init(_ key: RecordSetKey) {
            owner = key.owner
            isHashed = key.type.isHashed
        }
    }

    private mutating func change(
        _ spot: Place, in number: Int, removed: [UInt16], changed: [RecordSet]
    ) throws(NameserverError) {
        let zone = contents(number)
        var key = zone.apexKey
        guard OrderKey.append(spot.owner, below: zone.apex, to: &key) else {
            throw .outsideZone(owner: spot.owner, apex: zone.apex)
        }
        let name = NodeName(key: key[zone.apexKey.count...])
        let tag = tag(ofKey: key[...])
        let old =
            spot.isHashed ? findHash(name.key, in: zone) : find(name, tag: tag, in: number)
        var sets = old.map { NodeBuilder.sets(of: arena.node($0)) } ?? [:]
        for type in removed { sets[type] = nil }
        sets.merge(try compile(changed, of: zone)) { _, new in new }
        var builder = NodeBuilder()
        switch (old, sets.isEmpty) {
        case (nil, true):
            return
        case (nil, false):
            builder.build(name, zone: UInt16(number), sets: sets)
            let new = try append(builder.node)
            if !spot.isHashed { try slots.insert(tag: tag, reference: new) }
            place(new, replacing: nil, in: number)
        case (.some(let old), false):
            builder.build(name, zone: UInt16(number), sets: sets)
            let new = try append(builder.node)
            if !spot.isHashed { slots.replace(tag: tag, old, with: new) }
            place(new, replacing: old, in: number)
            arena.abandon(old)
        case (.some(let old), true):
            if !spot.isHashed { slots.remove(tag: tag, reference: old) }
            withdraw(old, from: number)
            arena.abandon(old)
        }
    }

    private func findHash(
        _ key: some Collection<UInt8>, in zone: ZoneContents
    ) -> NodeReference? {
        let key = Array(key)
        return key.withUnsafeBytes { octets in
            guard let start = octets.baseAddress else { return nil }
            return zone.hashes.find { reference in
                arena.node(reference).compare(to: start, octets: octets.count)
            }
        }
    }

    private func find(_ name: NodeName, tag: UInt32, in number: Int) -> NodeReference? {
        slots.find(tag: tag) { reference in
            let node = arena.node(reference)
            return node.zone == number
                && UnsafeRawBufferPointer(start: node.key, count: node.keyOctets)
                    .elementsEqual(name.key)
        }
    }

    private mutating func place(
        _ new: NodeReference, replacing old: NodeReference?, in number: Int
    ) {
        var zone = contents(number)
        let node = arena.node(new)
        if let old { zone.count(arena.node(old), by: -1) }
        zone.count(node, by: 1)
        if node.flags.contains(.apex) { zone.apexNode = new }
        let arena = arena
        // Out of the table while it changes, or the index would be copied.
        zones[number] = nil
        let order = { (reference: NodeReference) in
            arena.node(reference).compare(to: node.key, octets: node.keyOctets)
        }
        if node.flags.contains(.hashed) {
            zone.hashes.put(new, epoch: epoch, order: order)
        } else {
            zone.index.put(new, epoch: epoch, order: order)
        }
        zone.pieceList = nil
        zones[number] = zone
    }

    private mutating func withdraw(_ old: NodeReference, from number: Int) {
        var zone = contents(number)
        let node = arena.node(old)
        zone.count(node, by: -1)
        if node.flags.contains(.apex) { zone.apexNode = 0 }
        let arena = arena
        zones[number] = nil
        let order = { (reference: NodeReference) in
            arena.node(reference).compare(to: node.key, octets: node.keyOctets)
        }
        if node.flags.contains(.hashed) {
            zone.hashes.remove(epoch: epoch, order: order)
        } else {
            zone.index.remove(epoch: epoch, order: order)
        }
        zone.pieceList = nil
        zones[number] = zone
    }

    /// Moves what lives in a mostly dead chunk to the tail, and gives the chunk back.
    private mutating func evacuate(_ chunk: Int) throws(NameserverError) {
        arena.retire(chunk: chunk)
        for old in arena.references(inChunk: chunk) {
            let node = arena.node(old)
            // A dead node may name a zone that is gone, or one that took its number since.
            guard node.zone < zones.count, let zone = zones[node.zone] else { continue }
            let isHashed = node.flags.contains(.hashed)
            let tag = tag(ofKey: fullKey(of: node, in: zone)[...])
            let isAlive =
                isHashed
                ? findHash(
                    UnsafeRawBufferPointer(start: node.key, count: node.keyOctets), in: zone) == old
                : slots.find(tag: tag, where: { $0 == old }) != nil
            guard isAlive else { continue }
            let new = try append(
                Array(UnsafeRawBufferPointer(start: node.base, count: node.sizeOctets)))
            if !isHashed { slots.replace(tag: tag, old, with: new) }
            place(new, replacing: old, in: node.zone)
        }
        arena.release(chunk: chunk)
    }
}

// MARK: - Helpers

extension ZoneTable {
    private func compile(
        _ sets: some Sequence<RecordSet>, of zone: ZoneContents
    ) throws(NameserverError) -> [UInt16: [UInt8]] {
        var blobs: [UInt16: [UInt8]] = [:]
        for set in sets {
            let blob = try RecordCompiler.compile(set, apex: zone.apex)
            guard blobs.updateValue(blob, forKey: set.key.type.rawValue) == nil else {
                throw .duplicateSet(owner: set.key.owner, type: set.key.type)
            }
        }
        return blobs
    }

    private func fullKey(of node: NodeView, in zone: ZoneContents) -> [UInt8] {
        zone.apexKey + UnsafeRawBufferPointer(start: node.key, count: node.keyOctets)
    }

    private mutating func append(_ node: [UInt8]) throws(NameserverError) -> NodeReference {
        try arena.append(node, epoch: epoch)
    }

    /// Notes which zones have others below them. In order of keys a zone's descendants follow it.
    private mutating func markNesting() {
        let ordered = numbers.values.sorted {
            contents($0).apexKey.lexicographicallyPrecedes(contents($1).apexKey)
        }
        for (place, number) in ordered.enumerated() {
            let key = contents(number).apexKey
            let next = place + 1 < ordered.count ? contents(ordered[place + 1]).apexKey : []
            zones[number]?.hasZonesBelow = next.count > key.count && next.starts(with: key)
        }
    }
}

extension RecordType {
    /// Its owners are hashes of names.
    var isHashed: Bool { rawValue == TypeNumber.nsec3 }
}
