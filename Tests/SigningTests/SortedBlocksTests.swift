import TestSupport
import Testing

@testable import Signing

@Suite struct SortedBlocksTests {
    @Test(arguments: [1, 2, 3])
    func behavesLikeASortedArray(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var model: [Int: Int] = [:]
        var blocks = SortedBlocks<Int, Int>()
        for step in 0..<6_000 {
            let key = Int.random(in: 0..<1_500, using: &random)
            // It grows, then shrinks.
            if random.oneIn(step < 3_000 ? 4 : 1) || step % 2_000 > 1_800 {
                #expect(blocks.remove(key) == model.removeValue(forKey: key))
            } else {
                blocks.insert(step, for: key)
                model[key] = step
            }
            #expect(blocks.count == model.count)
            guard step % 500 == 0 else { continue }
            expectSame(blocks, model)
        }
        for key in model.keys { blocks.remove(key) }
        expectSame(blocks, [:])
        #expect(blocks.first == nil && blocks.last == nil)
    }

    @Test func startsFromASortedArray() {
        let entries = (0..<1_000).map { SortedBlocks<Int, Int>.Entry(key: 2 * $0, value: $0) }
        let blocks = SortedBlocks(sorted: entries)
        expectSame(blocks, Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) }))
    }

    private func expectSame(_ blocks: SortedBlocks<Int, Int>, _ model: [Int: Int]) {
        let keys = model.keys.sorted()
        var place = blocks.first
        for key in keys {
            #expect(place.map { blocks[$0].key } == key)
            place = place.flatMap(blocks.place(after:))
        }
        #expect(place == nil)
        place = blocks.last
        for key in keys.reversed() {
            #expect(place.map { blocks[$0].key } == key)
            place = place.flatMap(blocks.place(before:))
        }
        for key in -1...1_501 {
            #expect(blocks[key] == model[key])
            #expect(blocks.place(below: key).map { blocks[$0].key } == keys.last { $0 < key })
            #expect(blocks.place(above: key).map { blocks[$0].key } == keys.first { $0 > key })
        }
    }
}
