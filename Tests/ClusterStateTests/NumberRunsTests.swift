import ClusterState
import TestSupport
import Testing

@Suite struct NumberRunsTests {
    /// Against a plain set.
    @Test(arguments: UInt64(1)...8)
    func runsHoldWhatASetHolds(seed: UInt64) {
        var random = RandomInventory(seed: seed)
        var runs = NumberRuns()
        var plain: Set<Int> = []
        let span = seed.isMultiple(of: 2) ? 40 : 900
        for _ in 0..<1_000 {
            let number = random.number(in: 0...span)
            if random.oneIn(3) {
                runs.remove(UInt128(number))
                plain.remove(number)
            } else {
                runs.insert(UInt128(number))
                plain.insert(number)
            }
            let probe = random.number(in: 0...span)
            #expect(runs.contains(UInt128(probe)) == plain.contains(probe))
            let free = (probe...span + 1).first { !plain.contains($0) }
            #expect(runs.firstFree(from: UInt128(probe)) == free.map { UInt128($0) })
        }
        let starts = plain.count { !plain.contains($0 - 1) }
        #expect(runs.runCount == starts)
    }

    @Test func theEndsOfAllNumbersAreNumbersToo() {
        var runs = NumberRuns()
        runs.insert(.max)
        runs.insert(0)
        runs.insert(.max - 1)
        #expect(runs.firstFree(from: .max - 1) == nil)
        #expect(runs.firstFree(from: 0) == 1)
        runs.remove(.max)
        #expect(runs.firstFree(from: .max - 1) == .max)
        #expect(runs.runCount == 2)
    }
}
