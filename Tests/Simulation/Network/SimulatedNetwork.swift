import TestSupport

/// Decides which messages arrive, when and how often. Nodes are told apart by their raft ids; a
/// partition may cut one direction only.
package struct SimulatedNetwork {
    /// A way from one node to another.
    package struct Link: Hashable, Sendable {
        /// Who sends.
        package let source: UInt64
        /// Who receives.
        package let target: UInt64

        /// Joins the two.
        package init(from source: UInt64, to target: UInt64) {
            self.source = source
            self.target = target
        }
    }

    /// What was done to messages.
    package struct Statistics: Hashable, Sendable {
        /// Messages given to the network.
        package var sent = 0
        /// Lost on a bad link.
        package var lost = 0
        /// Arrived twice.
        package var duplicated = 0
        /// Stopped by a partition.
        package var cut = 0
    }

    /// What was done to messages so far.
    package private(set) var statistics = Statistics()
    private var random: SeededRandom
    private var qualities: [Link: LinkQuality] = [:]
    private var ordinary = LinkQuality()
    private var cuts: Set<Link> = []

    /// A network in which all is well.
    package init(seed: UInt64) {
        random = .stream(seed: seed, "network")
    }

    /// When the copies of a message arrive; empty if none does.
    package mutating func arrivals(on link: Link, sentAt time: VirtualTime) -> [VirtualTime] {
        statistics.sent += 1
        guard !cuts.contains(link) else {
            statistics.cut += 1
            return []
        }
        let quality = qualities[link] ?? ordinary
        guard !random.chance(quality.loss) else {
            statistics.lost += 1
            return []
        }
        var arrivals = [time.later(microseconds: quality.delayMicroseconds(&random))]
        if random.chance(quality.duplication) {
            statistics.duplicated += 1
            arrivals.append(time.later(microseconds: 3 * quality.delayMicroseconds(&random)))
        }
        return arrivals
    }

    /// When a transfer that begins now is complete; `nil` if the link breaks on the way, as it does
    /// once in ten times on a lossy one.
    package mutating func arrival(
        ofOctets octets: Int, on link: Link, sentAt time: VirtualTime
    ) -> VirtualTime? {
        guard !cuts.contains(link) else { return nil }
        let quality = qualities[link] ?? ordinary
        guard quality.loss == 0 || !random.oneIn(10) else { return nil }
        let transfer = Int64(octets) * 1000 / max(1, quality.octetsPerMillisecond)
        return time.later(microseconds: quality.delayMicroseconds(&random) + transfer)
    }

    /// Nothing gets through on this way.
    package func isCut(_ link: Link) -> Bool { cuts.contains(link) }

    /// Every link is as good as this, unless told otherwise.
    package mutating func setOrdinary(_ quality: LinkQuality) {
        ordinary = quality
    }

    /// This link is another than the ordinary.
    package mutating func set(_ quality: LinkQuality, on link: Link) {
        qualities[link] = quality
    }

    /// Cuts the ways from every node of one side to every one of the other, and back unless only
    /// one direction is meant.
    package mutating func cut(_ side: [UInt64], from other: [UInt64], oneWay: Bool) {
        for source in side {
            for target in other where target != source {
                cuts.insert(Link(from: source, to: target))
                if !oneWay {
                    cuts.insert(Link(from: target, to: source))
                }
            }
        }
    }

    /// Ends the partitions; links stay as good or bad as they are.
    package mutating func mend() {
        cuts.removeAll()
    }

    /// Ends the partitions and makes every link good.
    package mutating func heal() {
        mend()
        qualities.removeAll()
        ordinary = LinkQuality()
    }
}
