import Glibc

// Which records show that a name is not there (RFC 4034 section 4, RFC 5155 section 7).

extension TableView {
    /// The node whose NSEC record covers a name that has no node: the last one in front of it that
    /// is in the chain.
    func predecessor(of name: borrowing LookupName, in zone: ZoneView) -> NodeView? {
        let node = last(
            notBehind: UnsafeRawPointer(name.key + zone.apexKeyOctets),
            octets: name.keyOctets - zone.apexKeyOctets, in: zone.index, count: zone.indexCount)
        guard let node, node.set(of: TypeNumber.nsec) == nil else { return node }
        return hider(of: node, in: zone)
    }

    /// Names below a delegation or a redirection are not in the chain. The highest of those above
    /// such a name is, and leads beyond all of them.
    private func hider(of node: NodeView, in zone: ZoneView) -> NodeView? {
        for offset in 0..<node.keyOctets {
            guard node.key.load(fromByteOffset: offset, as: UInt8.self) == 0 else { continue }
            let above = last(
                notBehind: node.key, octets: offset + 1, in: zone.index, count: zone.indexCount)
            guard let above, above.keyOctets == offset + 1,
                !above.flags.isDisjoint(with: [.cut, .redirection]),
                above.compare(to: node.key, octets: offset + 1) == 0
            else { continue }
            return above.set(of: TypeNumber.nsec) == nil ? nil : above
        }
        return nil
    }

    /// The NSEC3 record of a hash, or the one that covers it. Behind the last hash comes the first.
    func hash(
        notBehind hash: borrowing NameHash, in zone: ZoneView
    ) -> (node: NodeView, isEqual: Bool)? {
        guard zone.hashesCount > 0 else { return nil }
        let key = hash.key
        let found = last(
            notBehind: key, octets: NameHash.keyOctets, in: zone.hashes, count: zone.hashesCount)
        guard let found else {
            let piece = zone.hashes[zone.hashesCount - 1]
            return (node(piece.references[piece.count - 1]), false)
        }
        return (found, found.compare(to: key, octets: NameHash.keyOctets) == 0)
    }

    /// The last node whose key is not behind a key.
    private func last(
        notBehind key: UnsafeRawPointer, octets: Int, in pieces: UnsafePointer<IndexPiece>,
        count: Int
    ) -> NodeView? {
        let piece = partitionPoint(count) { index in
            node(pieces[index].references[0]).compare(to: key, octets: octets) <= 0
        }
        guard piece > 0 else { return nil }
        let inside = pieces[piece - 1]
        let place = partitionPoint(inside.count) { index in
            node(inside.references[index]).compare(to: key, octets: octets) <= 0
        }
        return node(inside.references[place - 1])
    }
}
