package import TestSupport

/// How good the way from one node to another is. Rates are millionths.
package struct LinkQuality: Hashable, Sendable {
    /// Messages that vanish.
    package var loss = 0
    /// Messages that arrive twice.
    package var duplication = 0
    /// Messages that take many times as long as others, so that later ones overtake them.
    package var straggling = 0
    /// The shortest time on the way.
    package var baseMicroseconds: Int64 = 200
    /// What is added on the average.
    package var jitterMicroseconds: Int64 = 300
    /// How fast a snapshot comes through.
    package var octetsPerMillisecond: Int64 = 50_000

    /// A good link in a rack.
    package init() {}

    /// One of those that are met in practice, from a quiet rack to a lossy line.
    package static func random(_ random: inout SeededRandom) -> LinkQuality {
        var quality = LinkQuality()
        switch random.number(0...4) {
        case 0, 1: break
        case 2:
            quality.loss = 20_000
            quality.duplication = 20_000
            quality.straggling = 20_000
        case 3:
            quality.loss = 100_000
            quality.duplication = 50_000
            quality.straggling = 100_000
            quality.jitterMicroseconds = 5_000
        default:
            quality.baseMicroseconds = 20_000
            quality.jitterMicroseconds = 40_000
            quality.octetsPerMillisecond = 500
        }
        return quality
    }

    /// How long one message takes.
    package func delayMicroseconds(_ random: inout SeededRandom) -> Int64 {
        var delay = baseMicroseconds + random.longTailed(mean: jitterMicroseconds)
        if random.chance(straggling) {
            delay += Int64(random.number(1...40)) * 10_000
        }
        return delay
    }
}
