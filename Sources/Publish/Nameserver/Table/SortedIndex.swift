/// The nodes of one zone in canonical order, in pieces of 4 KiB that snapshots share until one is
/// written to. It tells which names have others below them and, later, what comes next in a chain
/// of denial.
struct SortedIndex: Sendable {
    /// References in a full piece.
    static let pieceCapacity = 1_024
    /// A piece filled in one go leaves room for what comes later.
    private static let pieceFill = 768
    private static let pieceOctets = pieceCapacity * MemoryLayout<NodeReference>.stride

    private struct Piece: Sendable {
        var block: MemoryBlock
        var count: Int

        var references: UnsafeMutablePointer<NodeReference> {
            block.base.assumingMemoryBound(to: NodeReference.self)
        }
    }

    private var pieces: [Piece] = []
    /// How many nodes there are.
    private(set) var count = 0

    /// No node.
    init() {}

    /// Nodes that are in order already.
    init(sorted references: [NodeReference], epoch: UInt64) {
        var rest = references[...]
        while !rest.isEmpty {
            let values = Array(rest.prefix(Self.pieceFill))
            let block = MemoryBlock(sizeOctets: Self.pieceOctets, epoch: epoch)
            let piece = Piece(block: block, count: values.count)
            for (index, reference) in values.enumerated() {
                (piece.references + index).initialize(to: reference)
            }
            pieces.append(piece)
            rest = rest.dropFirst(Self.pieceFill)
        }
        count = references.count
    }

    /// All references in order.
    var references: [NodeReference] {
        pieces.flatMap { piece in (0..<piece.count).map { piece.references[$0] } }
    }

    /// The pieces as readers see them, and the memory that must live as long.
    var views: [IndexPiece] {
        pieces.map { IndexPiece(references: UnsafePointer($0.references), count: $0.count) }
    }
    var blocks: [MemoryBlock] { pieces.map(\.block) }

    /// Adds a node, or puts it in the place of the one with the same key. `order` compares the node
    /// of a reference with the new one's key.
    mutating func put(
        _ reference: NodeReference, epoch: UInt64, order: (NodeReference) -> Int
    ) {
        guard !pieces.isEmpty else {
            self = SortedIndex(sorted: [reference], epoch: epoch)
            return
        }
        let (piece, place, isThere) = locate(order)
        own(piece, epoch: epoch)
        if isThere {
            pieces[piece].references[place] = reference
            return
        }
        insert(reference, piece: piece, place: place)
        count += 1
        if pieces[piece].count == Self.pieceCapacity { split(piece, epoch: epoch) }
    }

    /// Takes out the node that compares equal; it must be there.
    mutating func remove(epoch: UInt64, order: (NodeReference) -> Int) {
        let (piece, place, isThere) = locate(order)
        precondition(isThere, "a node that the index does not hold")
        own(piece, epoch: epoch)
        let references = pieces[piece].references
        let following = pieces[piece].count - place - 1
        (references + place).update(from: references + place + 1, count: following)
        pieces[piece].count -= 1
        count -= 1
        merge(piece, epoch: epoch)
    }

    /// The node that compares equal.
    func find(order: (NodeReference) -> Int) -> NodeReference? {
        guard !pieces.isEmpty else { return nil }
        let (piece, place, isThere) = locate(order)
        return isThere ? pieces[piece].references[place] : nil
    }

    private func locate(
        _ order: (NodeReference) -> Int
    ) -> (piece: Int, place: Int, isThere: Bool) {
        let piece = max(
            0, partitionPoint(pieces.count) { order(pieces[$0].references[0]) <= 0 } - 1)
        let references = pieces[piece].references
        let place = partitionPoint(pieces[piece].count) { order(references[$0]) < 0 }
        let isThere = place < pieces[piece].count && order(references[place]) == 0
        return (piece, place, isThere)
    }

    private mutating func own(_ piece: Int, epoch: UInt64) {
        guard pieces[piece].block.epoch != epoch else { return }
        pieces[piece].block = MemoryBlock(copying: pieces[piece].block, epoch: epoch)
    }

    private mutating func insert(_ reference: NodeReference, piece: Int, place: Int) {
        let references = pieces[piece].references
        let following = pieces[piece].count - place
        (references + place + 1).update(from: references + place, count: following)
        references[place] = reference
        pieces[piece].count += 1
    }

    private mutating func split(_ piece: Int, epoch: UInt64) {
        let half = pieces[piece].count / 2
        let upper = (half..<pieces[piece].count).map { pieces[piece].references[$0] }
        pieces[piece].count = half
        let block = MemoryBlock(sizeOctets: Self.pieceOctets, epoch: epoch)
        let fresh = Piece(block: block, count: upper.count)
        for (index, reference) in upper.enumerated() {
            (fresh.references + index).initialize(to: reference)
        }
        pieces.insert(fresh, at: piece + 1)
    }

    /// Joins a piece with the next one while both are small, so that removals give memory back.
    private mutating func merge(_ piece: Int, epoch: UInt64) {
        if pieces[piece].count == 0 {
            pieces.remove(at: piece)
            return
        }
        guard piece + 1 < pieces.count,
            pieces[piece].count + pieces[piece + 1].count <= Self.pieceCapacity / 2
        else { return }
        let upper = pieces[piece + 1]
        (pieces[piece].references + pieces[piece].count).update(
            from: upper.references, count: upper.count)
        pieces[piece].count += upper.count
        pieces.remove(at: piece + 1)
    }
}
