package import TestSupport

extension SeededRandom {
    /// Numbers of a purpose of their own: that one part asks for more of them changes nothing in
    /// the others, which keeps a run close to itself while code changes.
    package static func stream(seed: UInt64, _ purpose: String) -> SeededRandom {
        var digest = Digest()
        digest.add(seed)
        digest.add(purpose)
        return SeededRandom(seed: digest.value)
    }

    /// True in so many of a million cases.
    package mutating func chance(_ perMillion: Int) -> Bool {
        perMillion > 0 && Int.random(in: 0..<1_000_000, using: &self) < perMillion
    }

    /// A number of a range.
    package mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// Mostly small and sometimes many times as large, as delays are: about `mean` on the average,
    /// never more than 16 times that. Whole numbers only, so that no platform rounds otherwise.
    package mutating func longTailed(mean: Int64) -> Int64 {
        guard mean > 0 else { return 0 }
        // Each half of what remains is twice as far out.
        var scale = mean
        while scale < 8 * mean, oneIn(4) { scale *= 2 }
        return Int64.random(in: 0...2 * scale, using: &self) * 2 / 3
    }
}
