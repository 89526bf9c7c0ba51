import Testing

@testable import PipamAgent

/// How long a provider that fails is left alone.
@Suite struct PublishingBackOffTests {
    private func seconds(_ backOff: inout PublishingBackOff, random: Double = 0.5) -> Double {
        let pause = backOff.next(random: random)
        return Double(pause.components.seconds)
            + Double(pause.components.attoseconds) / 1_000_000_000_000_000_000
    }

    @Test func itDoublesUpToAMinute() {
        var backOff = PublishingBackOff()
        let pauses = (0..<9).map { _ in seconds(&backOff) }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test func itIsAHalfMoreOrLess() {
        var low = PublishingBackOff()
        var high = PublishingBackOff()
        #expect(seconds(&low, random: 0) == 0.5)
        #expect(seconds(&high, random: 0.999) == 1.499)
        for _ in 0..<20 {
            _ = low.next(random: 0)
            _ = high.next(random: 0)
        }
        #expect(seconds(&low, random: 0) == 30)
        #expect(seconds(&high, random: 0.999) == 89.94)
    }

    @Test func failuresWithoutEndAreNoTrouble() {
        var backOff = PublishingBackOff()
        for _ in 0..<100_000 { _ = backOff.next(random: 0.5) }
        #expect(seconds(&backOff) == 60)
    }

    @Test func successBeginsAnew() {
        var backOff = PublishingBackOff()
        for _ in 0..<5 { _ = backOff.next(random: 0.5) }
        backOff.reset()
        #expect(seconds(&backOff) == 1)
    }
}
