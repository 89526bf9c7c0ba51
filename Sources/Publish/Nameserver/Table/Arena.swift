/// Where nodes live: chunks that are filled from front to back and never changed below the mark.
/// A value: a transaction works on a copy and drops it if it fails.
struct Arena: Sendable {
    /// A chunk is larger only if one node needs it.
    static let chunkOctets = 1 << 20
    /// As many as the twelve bits of a reference can tell apart.
    static let maximumChunks = 1 << 12
    /// As far as the twenty bits of an offset reach.
    static let maximumChunkOctets = 1 << 23

    struct Chunk: Sendable {
        let block: MemoryBlock
        /// Octets in use from the front, a multiple of eight. The first eight are not, so that no
        /// reference is zero.
        var used = TableView.unitOctets
        /// Octets of nodes that nothing refers to any more.
        var dead = 0
    }

    /// Chunks by number; a number whose chunk was given back is free.
    private(set) var chunks: [Chunk?] = []
    private var tail: Int?

    /// Octets of all nodes that are referred to.
    var liveOctets: Int { chunks.reduce(0) { $0 + ($1.map { $0.used - $0.dead } ?? 0) } }
    /// Octets of memory taken from the system.
    var sizeOctets: Int { chunks.reduce(0) { $0 + ($1?.block.sizeOctets ?? 0) } }

    func node(_ reference: NodeReference) -> NodeView {
        let number = Int(reference >> TableView.offsetBits)
        guard let chunk = chunks[number] else {
            preconditionFailure("reference \(reference) into chunk \(number), which was given back")
        }
        let offset = Int(reference & (1 << TableView.offsetBits - 1)) * TableView.unitOctets
        return NodeView(base: UnsafeRawPointer(chunk.block.base + offset))
    }

    /// Copies a node, whose size is a multiple of eight, behind the others.
    mutating func append(
        _ node: [UInt8], epoch: UInt64
    ) throws(NameserverError) -> NodeReference {
        let number = try room(for: node.count, epoch: epoch)
        guard let chunk = chunks[number] else {
            preconditionFailure("chunk \(number) was given back")
        }
        let offset = chunk.used
        node.withUnsafeBytes { octets in
            guard let start = octets.baseAddress else { return }
            chunk.block.base.advanced(by: offset).copyMemory(from: start, byteCount: octets.count)
        }
        chunks[number]?.used += node.count
        return UInt32(number) << TableView.offsetBits | UInt32(offset / TableView.unitOctets)
    }

    /// Tells that a node is no longer referred to.
    mutating func abandon(_ reference: NodeReference) {
        let octets = node(reference).sizeOctets
        chunks[Int(reference >> TableView.offsetBits)]?.dead += octets
    }

    /// The chunks more than half of which is dead.
    var wastefulChunks: [Int] {
        chunks.indices.filter { number in
            chunks[number].map { $0.dead * 2 > $0.block.sizeOctets } ?? false
        }
    }

    /// All nodes ever put into a chunk, dead or alive.
    func references(inChunk number: Int) -> [NodeReference] {
        guard let chunk = chunks[number] else { return [] }
        var references: [NodeReference] = []
        var offset = TableView.unitOctets
        while offset < chunk.used {
            references.append(
                UInt32(number) << TableView.offsetBits | UInt32(offset / TableView.unitOctets))
            offset += NodeView(base: UnsafeRawPointer(chunk.block.base + offset)).sizeOctets
        }
        return references
    }

    /// Nothing more is put into a chunk that is about to be emptied.
    mutating func retire(chunk number: Int) {
        if tail == number { tail = nil }
    }

    /// Gives a chunk back. Snapshots that still refer to it keep its memory.
    mutating func release(chunk number: Int) {
        retire(chunk: number)
        chunks[number] = nil
    }

    private mutating func room(for octets: Int, epoch: UInt64) throws(NameserverError) -> Int {
        if let tail, let chunk = chunks[tail], chunk.used + octets <= chunk.block.sizeOctets {
            return tail
        }
        let size = max(Self.chunkOctets, octets + TableView.unitOctets)
        guard size <= Self.maximumChunkOctets else {
            throw .tableFull(limit: "\(Self.maximumChunkOctets) octets for one name")
        }
        let chunk = Chunk(block: MemoryBlock(sizeOctets: size, epoch: epoch))
        if let free = chunks.firstIndex(where: { $0 == nil }) {
            chunks[free] = chunk
            tail = free
            return free
        }
        guard chunks.count < Self.maximumChunks else {
            throw .tableFull(limit: "\(Self.maximumChunks) chunks of \(Self.chunkOctets) octets")
        }
        chunks.append(chunk)
        tail = chunks.count - 1
        return chunks.count - 1
    }
}
