/// Raw memory that many snapshots share. It is freed when the last of them goes.
///
/// Invariant that makes it safe between threads, kept by `ZoneTable`: only the transaction whose
/// epoch the block carries writes to it, before its snapshot is published. The one exception is the
/// tail of an arena chunk, which later transactions fill, beyond what any published reference
/// reaches.
final class MemoryBlock: @unchecked Sendable {
    /// Where the memory begins; aligned for any of our types.
    let base: UnsafeMutableRawPointer
    /// Its size in octets.
    let sizeOctets: Int
    /// The transaction that made it.
    let epoch: UInt64

    /// Zeroed memory. Fresh pages of the kernel stay untouched, and cost nothing, until written.
    init(sizeOctets: Int, epoch: UInt64, isZeroed: Bool = false) {
        base = .allocate(byteCount: max(sizeOctets, 1), alignment: 16)
        self.sizeOctets = sizeOctets
        self.epoch = epoch
        if isZeroed { base.initializeMemory(as: UInt8.self, repeating: 0, count: sizeOctets) }
    }

    /// A copy that this transaction may write to.
    convenience init(copying other: MemoryBlock, epoch: UInt64) {
        self.init(sizeOctets: other.sizeOctets, epoch: epoch)
        base.copyMemory(from: other.base, byteCount: other.sizeOctets)
    }

    /// The values of a collection, one behind the other.
    convenience init<Value: BitwiseCopyable>(values: [Value], epoch: UInt64) {
        self.init(sizeOctets: values.count * MemoryLayout<Value>.stride, epoch: epoch)
        values.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            base.copyMemory(from: start, byteCount: source.count)
        }
    }

    deinit {
        base.deallocate()
    }
}
