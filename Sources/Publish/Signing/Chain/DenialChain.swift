import Inventory
import Zones

/// The circle of names, or of their hashes, that shows which names and types there are not (RFC
/// 4034 section 4, RFC 5155). It says which sets belong to it; which of them stand in the zone is
/// not its business.
struct DenialChain: Sendable {
    let apex: DomainName
    let denial: SigningPolicy.Denial
    /// The names whose hashes stand in the circle; empty where names do themselves.
    private var hashes = SortedBlocks<NameHash, DomainName>()
    private let hasher = NameHasher()

    /// The circle for all names of a zone; notes in the tree which ones count.
    init(denial: SigningPolicy.Denial, tree: inout NameTree) {
        apex = tree.apex
        self.denial = denial
        let visible = tree.chainAll()
        guard denial == .nsec3 else { return }
        // Names stand behind those that they lie below: an empty one shows at its first descendant.
        var entries = visible.map { hashed($0) }
        var former = apex
        for name in visible {
            var ancestor = name == apex ? nil : name.parent
            while let present = ancestor, !former.isAtOrBelow(present) {
                entries.append(hashed(present))
                ancestor = present.parent
            }
            former = name
        }
        entries.sort { $0.key < $1.key }
        hashes = SortedBlocks(sorted: entries)
    }

    private func hashed(_ name: DomainName) -> SortedBlocks<NameHash, DomainName>.Entry {
        .init(key: hasher.hash(name), value: name)
    }

    /// Sets of the circle that changes concern.
    struct Concerned: Sendable {
        /// May be new or different, or may not.
        var doubtful: [RecordSetKey] = []
        /// Are no more.
        var removed: [RecordSetKey] = []
    }

    /// Takes into account what became of names.
    ///
    /// - `touched`: all whose types changed, or that a delegation hides since now or no more.
    /// - `tree`: has the new types already.
    mutating func follow(_ touched: Set<DomainName>, tree: inout NameTree) -> Concerned {
        var come: [DomainName] = []
        var gone: [DomainName] = []
        for name in touched {
            guard let node = tree.node(at: name) else { continue }
            let isIn = !node.types.isEmpty && !tree.isOccluded(name)
            if node.types.isEmpty {
                tree.purge(name)
            } else {
                tree.setChained(isIn, at: name)
            }
            if isIn && !node.isChained { come.append(name) }
            if !isIn && node.isChained { gone.append(name) }
        }
        return switch denial {
        case .nsec: followNames(touched, come: come, gone: gone, tree)
        case .nsec3: followHashes(touched, moved: come + gone, tree)
        }
    }

    private func followNames(
        _ touched: Set<DomainName>, come: [DomainName], gone: [DomainName], _ tree: NameTree
    ) -> Concerned {
        var concerned = Concerned()
        var doubtful = touched.filter { tree.node(at: $0)?.isChained == true }
        for name in come + gone {
            if let before = tree.chained(before: name) { doubtful.insert(before) }
        }
        concerned.doubtful = doubtful.map { RecordSetKey(owner: $0, type: .nsec) }
        concerned.removed = gone.map { RecordSetKey(owner: $0, type: .nsec) }
        return concerned
    }

    private mutating func followHashes(
        _ touched: Set<DomainName>, moved: [DomainName], _ tree: NameTree
    ) -> Concerned {
        // Names that have nothing of their own come and go with what is below them.
        var candidates = touched
        for name in moved {
            var ancestor = name == apex ? nil : name.parent
            while let present = ancestor, candidates.insert(present).inserted, present != apex {
                ancestor = present.parent
            }
        }
        var doubtful: Set<NameHash> = []
        var moved: [NameHash] = []
        var removed: [NameHash] = []
        for name in candidates {
            let hash = hasher.hash(name)
            let wasIn = hashes[hash] != nil
            let isIn = isCircled(name, tree)
            if isIn { doubtful.insert(hash) }
            if isIn && !wasIn {
                hashes.insert(name, for: hash)
                moved.append(hash)
            } else if !isIn && wasIn {
                hashes.remove(hash)
                moved.append(hash)
                removed.append(hash)
            }
        }
        for hash in moved {
            if let before = hashes.place(below: hash) ?? hashes.last {
                doubtful.insert(hashes[before].key)
            }
        }
        return Concerned(
            doubtful: doubtful.compactMap(key), removed: removed.compactMap(key))
    }

    /// The name has a hash in the circle: something visible stands there, or below it.
    private func isCircled(_ name: DomainName, _ tree: NameTree) -> Bool {
        if tree.isOccluded(name) { return false }
        return tree.node(at: name) != nil || tree.hasNames(below: name)
    }

    private func key(_ hash: NameHash) -> RecordSetKey? {
        hash.owner(in: apex).map { RecordSetKey(owner: $0, type: .nsec3) }
    }
}

// MARK: - Its sets

extension DenialChain {
    /// The key of every set that belongs to the circle.
    func allKeys(_ tree: NameTree) -> [RecordSetKey] {
        switch denial {
        case .nsec: tree.chainedNames.map { RecordSetKey(owner: $0, type: .nsec) }
        case .nsec3: entries.compactMap { key($0.key) }
        }
    }

    /// Every set that belongs to the circle, one after the other.
    func forEachSet(
        ttlSeconds: UInt32, _ tree: NameTree, _ use: (RecordSetKey, _ data: [UInt8]) -> Void
    ) {
        switch denial {
        case .nsec:
            let names = tree.chainedNames
            for (index, name) in names.enumerated() {
                guard let node = tree.node(at: name) else { continue }
                let next = index + 1 < names.count ? names[index + 1] : apex
                use(.init(owner: name, type: .nsec), data(name, node, next: next, tree))
            }
        case .nsec3:
            let all = entries
            for (index, entry) in all.enumerated() {
                guard let key = key(entry.key) else { continue }
                use(key, data(entry.value, next: all[(index + 1) % all.count].key, tree))
            }
        }
    }

    private var entries: [SortedBlocks<NameHash, DomainName>.Entry] {
        var all: [SortedBlocks<NameHash, DomainName>.Entry] = []
        all.reserveCapacity(hashes.count)
        var place = hashes.first
        while let present = place {
            all.append(hashes[present])
            place = hashes.place(after: present)
        }
        return all
    }

    /// One set of the circle; `nil` if it does not belong there.
    func set(_ key: RecordSetKey, ttlSeconds: UInt32, _ tree: NameTree) -> RecordSet? {
        let data: [UInt8]
        switch key.type {
        case .nsec where denial == .nsec:
            guard let node = tree.node(at: key.owner), node.isChained else { return nil }
            data = self.data(
                key.owner, node, next: tree.chained(after: key.owner), tree)
        case .nsec3 where denial == .nsec3:
            guard let hash = NameHash(owner: key.owner), let place = hashes.place(of: hash),
                let next = hashes.place(after: place) ?? hashes.first
            else { return nil }
            data = self.data(hashes[place].value, next: hashes[next].key, tree)
        default: return nil
        }
        return RecordSet(
            owner: key.owner, type: key.type, ttlSeconds: ttlSeconds, data: [data])
    }

    /// The data of an NSEC record.
    private func data(
        _ name: DomainName, _ node: NameTree.Node, next: DomainName, _ tree: NameTree
    ) -> [UInt8] {
        next.wire + TypeBitmap.octets(of: types(name, node, tree, with: [.nsec, .rrsig]))
    }

    /// The data of an NSEC3 record.
    private func data(_ name: DomainName, next: NameHash, _ tree: NameTree) -> [UInt8] {
        let seen = tree.node(at: name).map { types(name, $0, tree, with: []) } ?? []
        return NSEC3.parameters + [UInt8(NameHash.count)] + next.octets
            + TypeBitmap.octets(of: seen)
    }

    /// The types that are seen at a name, in ascending order.
    private func types(
        _ name: DomainName, _ node: NameTree.Node, _ tree: NameTree, with own: [RecordType]
    ) -> [RecordType] {
        if tree.isCut(name, node.types) {
            // Whatever else stands there belongs to the zone below.
            let seen = node.types.filter { $0 == .ns || $0 == .ds }
            let isSigned = seen.contains(.ds)
            return (seen + own + (isSigned ? [.rrsig] : [])).distinctSorted()
        }
        var types = node.types + own + [.rrsig]
        if name == apex {
            types += [.dnskey, .cds, .cdnskey] + (denial == .nsec3 ? [.nsec3param] : [])
        }
        return types.distinctSorted()
    }
}

/// The fixed values of NSEC3 and NSEC3PARAM records: SHA-1, no flags, no further iterations, no
/// salt (RFC 9276 section 3.1).
enum NSEC3 {
    static let parameters: [UInt8] = [1, 0, 0, 0, 0]
}

extension [RecordType] {
    /// In ascending order, each once.
    fileprivate func distinctSorted() -> [RecordType] {
        var sorted: [RecordType] = []
        for type in self.sorted() where type != sorted.last { sorted.append(type) }
        return sorted
    }
}
