import Synchronization
import Testing

@testable import Signing

@Suite struct SideBySideTests {
    @Test(arguments: [0, 1, 7, 31, 32, 33, 1_000], [1, 2, 4])
    func outcomesStandInTheOrderOfTheValues(count: Int, workers: Int) {
        let values = Array(0..<count)
        let outcomes = SideBySide.map(values, workers: workers) { $0 * $0 }
        #expect(outcomes == values.map { $0 * $0 })
    }

    @Test func eachValueIsTakenOnce() {
        let taken = Taken()
        _ = SideBySide.map(Array(0..<500), workers: 4) { value in
            taken.values.withLock { $0.append(value) }
        }
        #expect(taken.values.withLock { $0.sorted() } == Array(0..<500))
    }

    private final class Taken: Sendable {
        let values = Mutex<[Int]>([])
    }
}
