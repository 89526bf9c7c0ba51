/// A set of numbers, kept as runs of neighbours in order, so that the next number that is not in
/// it is found without looking at those that are.
///
/// The runs stand in blocks of at most `blockSize`: changing one moves a block and not all of them.
package struct NumberRuns: Sendable {
    private static let blockSize = 256
    private var blocks: [[ClosedRange<UInt128>]] = []

    /// No numbers.
    package init() {}

    /// How many runs there are.
    package var runCount: Int { blocks.reduce(0) { $0 + $1.count } }

    /// Where the run is that begins at or before a number: the last such one.
    private func place(of number: UInt128) -> (block: Int, run: Int)? {
        let block = blocks.firstIndex(after: { $0[0].lowerBound <= number }) - 1
        guard block >= 0 else { return nil }
        return (block, blocks[block].firstIndex(after: { $0.lowerBound <= number }) - 1)
    }

    /// The number is in the set.
    package func contains(_ number: UInt128) -> Bool {
        guard let place = place(of: number) else { return false }
        return blocks[place.block][place.run].contains(number)
    }

    /// The first number from `number` on that is not in the set; `nil` if all to the last are.
    package func firstFree(from number: UInt128) -> UInt128? {
        guard let place = place(of: number) else { return number }
        let run = blocks[place.block][place.run]
        guard run.contains(number) else { return number }
        return run.upperBound == .max ? nil : run.upperBound + 1
    }

    /// Puts a number in, if it is not there.
    package mutating func insert(_ number: UInt128) {
        guard !contains(number) else { return }
        let left = number > 0 ? run(containing: number - 1) : nil
        let right = number < .max ? run(containing: number + 1) : nil
        // The place of the run on the left stays when the one on the right goes.
        if let right { removeRun(right.lowerBound) }
        let merged = (left?.lowerBound ?? number)...(right?.upperBound ?? number)
        if let left, let place = place(of: left.lowerBound) {
            blocks[place.block][place.run] = merged
        } else {
            insertRun(merged)
        }
    }

    /// Takes a number out, if it is there.
    package mutating func remove(_ number: UInt128) {
        guard let run = run(containing: number) else { return }
        removeRun(run.lowerBound)
        if run.lowerBound < number { insertRun(run.lowerBound...number - 1) }
        if number < run.upperBound { insertRun(number + 1...run.upperBound) }
    }

    private func run(containing number: UInt128) -> ClosedRange<UInt128>? {
        guard let place = place(of: number) else { return nil }
        let run = blocks[place.block][place.run]
        return run.contains(number) ? run : nil
    }

    private mutating func insertRun(_ run: ClosedRange<UInt128>) {
        guard !blocks.isEmpty else {
            blocks = [[run]]
            return
        }
        let block = place(of: run.lowerBound)?.block ?? 0
        let index = blocks[block].firstIndex(after: { $0.lowerBound <= run.lowerBound })
        blocks[block].insert(run, at: index)
        guard blocks[block].count > Self.blockSize else { return }
        let tail = Array(blocks[block][(Self.blockSize / 2)...])
        blocks[block].removeSubrange((Self.blockSize / 2)...)
        blocks.insert(tail, at: block + 1)
    }

    private mutating func removeRun(_ lowerBound: UInt128) {
        guard let place = place(of: lowerBound) else { return }
        blocks[place.block].remove(at: place.run)
        if blocks[place.block].isEmpty { blocks.remove(at: place.block) }
    }
}

extension Array {
    /// The first place at which a condition does not hold any more, of an array in which it holds
    /// for the elements up to some place.
    fileprivate func firstIndex(after holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
