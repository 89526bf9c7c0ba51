import DNSWire

/// A name on its way through the table: its key and, for each of its ancestors, where the key ends,
/// how long the name is on the wire, and its hash. Room is taken once and used for every query; it
/// belongs to one thread.
struct LookupName: ~Copyable {
    struct Ancestor: BitwiseCopyable {
        var keyOctets = 0
        var wireOctets = 1
        var hash: UInt64 = 0
    }

    /// The key, `keyOctets` long.
    let key: UnsafeMutablePointer<UInt8>
    /// The ancestor with 0, 1, ... labels; the last is the name itself.
    let ancestors: UnsafeMutablePointer<Ancestor>
    private let labelOffsets: UnsafeMutablePointer<Int>
    /// Labels of the name, the root's not counted.
    private(set) var labels = 0

    var keyOctets: Int { ancestors[labels].keyOctets }
    var wireOctets: Int { ancestors[labels].wireOctets }
    var hash: UInt64 { ancestors[labels].hash }

    init() {
        key = .allocate(capacity: OrderKey.maximumOctets + MemoryLayout<UInt64>.size)
        key.initialize(repeating: 0, count: OrderKey.maximumOctets + MemoryLayout<UInt64>.size)
        ancestors = .allocate(capacity: OrderKey.maximumLabels + 1)
        ancestors.initialize(repeating: Ancestor(), count: OrderKey.maximumLabels + 1)
        labelOffsets = .allocate(capacity: OrderKey.maximumLabels)
        labelOffsets.initialize(repeating: 0, count: OrderKey.maximumLabels)
    }

    deinit {
        key.deallocate()
        ancestors.deallocate()
        labelOffsets.deallocate()
    }

    /// Takes a canonical name: that of a question, or one from compiled record data, which may end
    /// in two octets that stand for the apex of the data's zone instead of the root's zero.
    mutating func load(_ wire: UnsafePointer<UInt8>, apex: UnsafePointer<ZoneView>?) {
        var offset = 0
        var count = 0
        while wire[offset] != 0, wire[offset] <= QuestionName.maximumLabelOctets {
            precondition(count < OrderKey.maximumLabels, "compiled data holds no name")
            labelOffsets[count] = offset
            count += 1
            offset += 1 + Int(wire[offset])
        }
        labels = 0
        if wire[offset] != 0, let apex { appendKey(of: apex.pointee) }
        for index in stride(from: count - 1, through: 0, by: -1) {
            append(label: wire + labelOffsets[index])
        }
    }

    /// Becomes another name's ancestor with so many labels.
    mutating func load(_ other: borrowing LookupName, labels: Int) {
        key.update(from: other.key, count: other.ancestors[labels].keyOctets)
        ancestors.update(from: other.ancestors, count: labels + 1)
        self.labels = labels
    }

    /// Puts "*" in front, if the name stays short enough for it.
    mutating func prependAsterisk() -> Bool {
        guard labels < OrderKey.maximumLabels,
            wireOctets + 2 <= QuestionName.maximumOctets
        else { return false }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2) { label in
            label.initialize(repeating: 1)
            label[1] = UInt8(ascii: "*")
            guard let start = label.baseAddress else { return }
            append(label: start)
        }
        return true
    }

    /// Writes the ancestor with so many labels in wire form, in lower case; gives its length. There
    /// must be room for 255 octets.
    func writeWire(labels: Int, to wire: UnsafeMutablePointer<UInt8>) -> Int {
        var end = 0
        for index in stride(from: labels, to: 0, by: -1) {
            let head = end
            end += 1
            var place = ancestors[index - 1].keyOctets
            // The zero that ends the label is none of its octets.
            let last = ancestors[index].keyOctets - 1
            while place < last {
                let isEscaped = key[place] == 1
                if isEscaped { place += 1 }
                wire[end] = isEscaped ? key[place] - 1 : key[place]
                end += 1
                place += 1
            }
            wire[head] = UInt8(end - head - 1)
        }
        wire[end] = 0
        return end + 1
    }

    /// Hashes the name alone, which is enough as long as it is found.
    @inline(__always)
    mutating func hashWhole(with hashKey: SipHashKey) {
        let octets = UnsafeRawBufferPointer(start: key, count: keyOctets)
        ancestors[labels].hash = TableHash.hash(octets.bytes, key: hashKey)
    }

    /// Hashes the name and all its ancestors in one pass over the key.
    mutating func hashAll(with hashKey: SipHashKey) {
        // The room behind the key may hold anything; a word is masked to what belongs to the
        // prefix.
        let room = UnsafeRawBufferPointer(
            start: key, count: OrderKey.maximumOctets + MemoryLayout<UInt64>.size)
        var state = TableHash(key: hashKey)
        var absorbed = 0
        for index in 0...labels {
            let end = ancestors[index].keyOctets
            while absorbed + 8 <= end {
                state.absorb(TableHash.word(of: room.bytes, at: absorbed))
                absorbed += 8
            }
            let mask = (1 as UInt64) &<< UInt64(8 * (end - absorbed)) &- 1
            let tail = TableHash.word(of: room.bytes, at: absorbed) & mask
            ancestors[index].hash = state.finished(tail: tail, count: end)
        }
    }

    @inline(__always)
    private mutating func append(label: UnsafePointer<UInt8>) {
        let length = Int(label[0])
        var end = keyOctets
        precondition(
            labels < OrderKey.maximumLabels
                && wireOctets + length + 1 <= QuestionName.maximumOctets, "no name is so long")
        for index in 1...length {
            var octet = label[index]
            if octet <= 1 {
                key[end] = 1
                end += 1
                octet += 1
            }
            key[end] = octet
            end += 1
        }
        key[end] = 0
        let wireOctets = wireOctets + length + 1
        labels += 1
        ancestors[labels].keyOctets = end + 1
        ancestors[labels].wireOctets = wireOctets
    }

    /// Starts from an apex. Its key is unescaped only to count octets.
    private mutating func appendKey(of zone: ZoneView) {
        var wireOctets = 1
        var isEscaped = false
        for offset in 0..<zone.apexKeyOctets {
            let octet = zone.apexKey.load(fromByteOffset: offset, as: UInt8.self)
            key[offset] = octet
            if octet == 1, !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            wireOctets += 1
            if octet == 0 {
                labels += 1
                ancestors[labels].keyOctets = offset + 1
                ancestors[labels].wireOctets = wireOctets
            }
        }
    }
}
