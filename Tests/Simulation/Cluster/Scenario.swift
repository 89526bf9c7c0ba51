import TestSupport

/// What a run is made of, all of it from its seed. Each run has some of the faults only: a cluster
/// that suffers from all at once gets nowhere (Groce et al., Swarm testing, 2012).
package struct Scenario: Sendable {
    /// Kinds of things that go wrong.
    package enum Fault: CaseIterable, Sendable {
        case kill, powerLoss, powerLossAtSync, failingSync, diskFull, pause, partition
        case oneWayPartition, badLinks, clockJump, membership, replacement, transfer, forgery
        case crashOfAll, slowDisk
    }

    /// What runs are about.
    package enum Kind: String, CaseIterable, Sendable {
        /// Everything that may go wrong, some of it in each run.
        case ordinary
        /// Elections: timers are short, and whoever has written a new term crashes half the time
        /// once its messages are out, and is back before others are done.
        case elections
    }

    /// What it is about.
    package let kind: Kind
    /// The seed.
    package let seed: UInt64
    /// How many nodes there are in the end; more come and go.
    package let size: Int
    /// One founds the cluster and the others join it; else all found it together.
    let growsFromOne: Bool
    let faults: [Fault]
    let chaos: VirtualTime
    /// Entries between two snapshots of a node.
    let snapshotEntries: UInt64
    /// Entries that are kept before a snapshot.
    let keptEntries: UInt64
    /// Every so many entries the whole state is compared.
    let digestInterval: UInt64
    let syncMicroseconds: Int64
    let nemesisMilliseconds: Int
    let clientMilliseconds: Int
    let quality: LinkQuality

    /// How long a tick is.
    static let tickMicroseconds: Int64 = 100_000
    let electionTicks: UInt32
    let heartbeatTicks: UInt32

    /// The run of a seed with so many nodes.
    package init(seed: UInt64, size: Int, kind: Kind = .ordinary) {
        self.kind = kind
        electionTicks = kind == .elections ? 3 : 10
        heartbeatTicks = kind == .elections ? 1 : 2
        var random = SeededRandom.stream(seed: seed, "scenario \(size)")
        self.seed = seed
        self.size = size
        growsFromOne = random.oneIn(4)
        let all = Fault.allCases
        var faults = all.filter { _ in random.oneIn(3) }
        while faults.count < 3 { faults.append(random.pick(all)) }
        self.faults =
            kind == .elections
            ? [.kill, .powerLoss, .crashOfAll, .crashOfAll, .transfer, .badLinks, .pause] : faults
        chaos = VirtualTime(milliseconds: Int64(random.number(4_000...8_000)))
        snapshotEntries = UInt64(random.pick([12, 25, 60]))
        keptEntries = UInt64(random.pick([2, 8, 20]))
        digestInterval = random.pick([1, 8, 8, 8, 8])
        syncMicroseconds = Int64(random.pick([100, 500, 4_000]))
        nemesisMilliseconds = random.pick([300, 800, 1_600])
        clientMilliseconds = random.pick([150, 250, 400])
        quality = .random(&random)
    }
}
