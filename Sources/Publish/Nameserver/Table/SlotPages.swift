import CSystemCalls

/// The hash table from names to nodes: open addressing with linear probing over pages of 4 KiB that
/// snapshots share until one is written to.
struct SlotPages: Sendable {
    private static let pageOctets = TableView.slotsPerPage * MemoryLayout<Slot>.stride
    /// A reference has 32 bits, and a table at most half full needs twice as many slots.
    static let maximumSlots = 1 << 31

    /// How far ahead a place is fetched.
    private static let slotsAhead = 16

    /// The transaction at work; pages of others are copied before they are written to.
    var epoch: UInt64
    private(set) var pages: [MemoryBlock]
    /// How many slots are taken; at most half of all.
    private(set) var count = 0

    var mask: Int { pages.count * TableView.slotsPerPage - 1 }

    init(epoch: UInt64) {
        self.epoch = epoch
        pages = [MemoryBlock(sizeOctets: Self.pageOctets, epoch: epoch, isZeroed: true)]
    }

    /// The first reference under a tag that a condition accepts.
    func find(tag: UInt32, where accepts: (NodeReference) -> Bool) -> NodeReference? {
        place(tag: tag, where: accepts).map { self[$0].reference }
    }

    /// Adds a reference, which must not be there yet.
    mutating func insert(tag: UInt32, reference: NodeReference) throws(NameserverError) {
        try reserve(count + 1)
        put(Slot(tag: tag, reference: reference))
        count += 1
    }

    /// Adds many, none of which may be there yet. Each belongs somewhere else, so the places of
    /// those to come are fetched ahead.
    mutating func insert(_ added: [Slot]) throws(NameserverError) {
        try reserve(count + added.count)
        for (index, slot) in added.enumerated() {
            let ahead = index + Self.slotsAhead
            if ahead < added.count { fetch(Int(added[ahead].tag) & mask) }
            put(slot)
        }
        count += added.count
    }

    private func fetch(_ index: Int) {
        let page = pages[index / TableView.slotsPerPage]
        pipam_memory_prefetch(
            page.base + index % TableView.slotsPerPage * MemoryLayout<Slot>.stride)
    }

    /// Puts one reference in the place of another.
    mutating func replace(tag: UInt32, _ old: NodeReference, with new: NodeReference) {
        guard let place = place(tag: tag, where: { $0 == old }) else {
            preconditionFailure("node \(old) is not in the table")
        }
        self[place] = Slot(tag: tag, reference: new)
    }

    /// Takes a reference out and closes the gap, so that probing needs no tombstones.
    mutating func remove(tag: UInt32, reference: NodeReference) {
        guard var gap = place(tag: tag, where: { $0 == reference }) else {
            preconditionFailure("node \(reference) is not in the table")
        }
        count -= 1
        var next = (gap + 1) & mask
        while self[next].reference != 0 {
            // A slot may move back into the gap unless its home lies behind the gap.
            let home = Int(self[next].tag) & mask
            if (next - home) & mask >= (next - gap) & mask {
                self[gap] = self[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        self[gap] = Slot(tag: 0, reference: 0)
    }

    /// Makes room for so many names, so that a large zone grows the table once.
    mutating func reserve(_ names: Int) throws(NameserverError) {
        var slots = mask + 1
        while names * 2 > slots { slots *= 2 }
        guard slots > mask + 1 else { return }
        guard slots <= Self.maximumSlots else {
            throw .tableFull(limit: "\(Self.maximumSlots / 2) names")
        }
        let old = self
        pages = (0..<slots / TableView.slotsPerPage).map { _ in
            MemoryBlock(sizeOctets: Self.pageOctets, epoch: epoch, isZeroed: true)
        }
        // The tag holds all bits of the home that a table can use: no name is hashed again.
        for index in 0...old.mask where old[index].reference != 0 {
            put(old[index])
        }
    }

    private mutating func put(_ slot: Slot) {
        var index = Int(slot.tag) & mask
        while self[index].reference != 0 { index = (index + 1) & mask }
        self[index] = slot
    }

    private func place(tag: UInt32, where accepts: (NodeReference) -> Bool) -> Int? {
        var index = Int(tag) & mask
        while self[index].reference != 0 {
            if self[index].tag == tag, accepts(self[index].reference) { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    private subscript(index: Int) -> Slot {
        get {
            pages[index / TableView.slotsPerPage].base.load(
                fromByteOffset: index % TableView.slotsPerPage * MemoryLayout<Slot>.stride,
                as: Slot.self)
        }
        set {
            let page = index / TableView.slotsPerPage
            if pages[page].epoch != epoch {
                pages[page] = MemoryBlock(copying: pages[page], epoch: epoch)
            }
            pages[page].base.storeBytes(
                of: newValue,
                toByteOffset: index % TableView.slotsPerPage * MemoryLayout<Slot>.stride,
                as: Slot.self)
        }
    }
}
