/// A map in order of its keys, whose neighbours are found, and which is changed, without looking at
/// or moving more than some hundred entries: an array of sorted arrays.
struct SortedBlocks<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    /// One entry.
    struct Entry: Sendable {
        let key: Key
        var value: Value
    }

    /// Where an entry stands, until the next change.
    struct Place: Hashable {
        fileprivate(set) var block: Int
        fileprivate(set) var offset: Int
    }

    private static var blockLimit: Int { 256 }

    /// None is empty.
    private var blocks: [[Entry]] = []
    /// How many entries there are.
    private(set) var count = 0

    /// Nothing.
    init() {}

    /// Takes entries in ascending order without duplicates.
    init(sorted entries: [Entry]) {
        // Room for more in each block.
        let size = Self.blockLimit * 3 / 4
        for start in stride(from: 0, to: entries.count, by: size) {
            blocks.append(Array(entries[start..<min(start + size, entries.count)]))
        }
        count = entries.count
    }

    /// The entry at a place.
    subscript(place: Place) -> Entry { blocks[place.block][place.offset] }

    /// The first place of all.
    var first: Place? { blocks.isEmpty ? nil : Place(block: 0, offset: 0) }

    /// The last place of all.
    var last: Place? {
        blocks.last.map { Place(block: blocks.count - 1, offset: $0.count - 1) }
    }

    /// The next place.
    func place(after place: Place) -> Place? {
        if place.offset + 1 < blocks[place.block].count {
            return Place(block: place.block, offset: place.offset + 1)
        }
        return place.block + 1 < blocks.count ? Place(block: place.block + 1, offset: 0) : nil
    }

    /// The place before.
    func place(before place: Place) -> Place? {
        if place.offset > 0 { return Place(block: place.block, offset: place.offset - 1) }
        guard place.block > 0 else { return nil }
        return Place(block: place.block - 1, offset: blocks[place.block - 1].count - 1)
    }

    /// Where a key stands.
    func place(of key: Key) -> Place? {
        guard let block = block(for: key) else { return nil }
        let offset = offset(of: key, in: block)
        let isThere = offset < blocks[block].count && !(key < blocks[block][offset].key)
        return isThere ? Place(block: block, offset: offset) : nil
    }

    /// The last place whose key is less.
    func place(below key: Key) -> Place? {
        guard let block = block(for: key) else { return nil }
        let offset = offset(of: key, in: block)
        if offset > 0 { return Place(block: block, offset: offset - 1) }
        guard block > 0 else { return nil }
        return Place(block: block - 1, offset: blocks[block - 1].count - 1)
    }

    /// The first place whose key is greater.
    func place(above key: Key) -> Place? {
        guard let block = block(for: key) else { return nil }
        let offset = offset(of: key, in: block)
        let isThere = offset < blocks[block].count && !(key < blocks[block][offset].key)
        let next = isThere ? offset + 1 : offset
        if next < blocks[block].count { return Place(block: block, offset: next) }
        return block + 1 < blocks.count ? Place(block: block + 1, offset: 0) : nil
    }

    /// The value of a key.
    subscript(key: Key) -> Value? { place(of: key).map { self[$0].value } }

    /// Puts another value at a place.
    mutating func update(_ value: Value, at place: Place) {
        blocks[place.block][place.offset].value = value
    }

    /// Puts a value at a key, whether it is new or not.
    mutating func insert(_ value: Value, for key: Key) {
        guard let block = block(for: key) else {
            blocks = [[Entry(key: key, value: value)]]
            count = 1
            return
        }
        let offset = offset(of: key, in: block)
        if offset < blocks[block].count, !(key < blocks[block][offset].key) {
            blocks[block][offset].value = value
            return
        }
        blocks[block].insert(Entry(key: key, value: value), at: offset)
        count += 1
        if blocks[block].count > Self.blockLimit {
            let half = blocks[block].count / 2
            blocks.insert(Array(blocks[block][half...]), at: block + 1)
            blocks[block].removeSubrange(half...)
        }
    }

    /// Takes a key away. `nil` if it was not there.
    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let place = place(of: key) else { return nil }
        let entry = blocks[place.block].remove(at: place.offset)
        if blocks[place.block].isEmpty { blocks.remove(at: place.block) }
        count -= 1
        return entry.value
    }

    /// The block that a key stands in, or would; `nil` if there is none.
    private func block(for key: Key) -> Int? {
        guard !blocks.isEmpty else { return nil }
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if key < blocks[middle][0].key { high = middle } else { low = middle + 1 }
        }
        return max(low - 1, 0)
    }

    /// The first offset in a block whose key is not less.
    private func offset(of key: Key, in block: Int) -> Int {
        var low = 0
        var high = blocks[block].count
        while low < high {
            let middle = (low + high) / 2
            if blocks[block][middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
