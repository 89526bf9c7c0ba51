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
        var visible: [DomainName] = []
        var place = tree.names.first
        while let present = place {
            visible.append(tree.names[present].key)
            place = tree.names.place(after: present)
        }
        visible.removeAll { tree.isOccluded($0) }
        for name in visible { tree.setChained(true, at: name) }
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
    /// - `touched`: all whose types changed, or of which it changed whether a delegation hides them.
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
    /// Every set that belongs to the circle.
    func allKeys(_ tree: NameTree) -> [RecordSetKey] {
        var keys: [RecordSetKey] = []
        switch denial {
        case .nsec:
            var place = tree.names.first
            while let present = place {
                let entry = tree.names[present]
                if entry.value.isChained { keys.append(.init(owner: entry.key, type: .nsec)) }
                place = tree.names.place(after: present)
            }
        case .nsec3:
            var place = hashes.first
            while let present = place {
                if let key = key(hashes[present].key) { keys.append(key) }
                place = hashes.place(after: present)
            }
        }
        return keys
    }

    /// One set of the circle; `nil` if it does not belong there.
    func set(_ key: RecordSetKey, ttlSeconds: UInt32, _ tree: NameTree) -> RecordSet? {
        let data: [UInt8]
        switch key.type {
        case .nsec where denial == .nsec:
            guard let node = tree.node(at: key.owner), node.isChained else { return nil }
            data =
                tree.chained(after: key.owner).wire
                + TypeBitmap.octets(of: types(key.owner, node, tree, with: [.nsec, .rrsig]))
        case .nsec3 where denial == .nsec3:
            guard let hash = NameHash(owner: key.owner), let place = hashes.place(of: hash),
                let next = hashes.place(after: place) ?? hashes.first
            else { return nil }
            let name = hashes[place].value
            let seen = tree.node(at: name).map { types(name, $0, tree, with: []) } ?? []
            data =
                NSEC3.parameters + [UInt8(NameHash.count)] + hashes[next].key.octets
                + TypeBitmap.octets(of: seen)
        default: return nil
        }
        return RecordSet(
            owner: key.owner, type: key.type, ttlSeconds: ttlSeconds, data: [data])
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
