package import ClusterState
import Consensus
package import Inventory
import Planning
package import Zones

/// Holds the state: takes commands to the log, applies what comes back from it in order, and lets
/// the changed zones be seen. What is applied is agreed on and on the disks of a majority, so
/// nobody is told what a crash could take back.
///
///     submit ──> Submissions ──> CommandLog ──(a majority has it)──> apply ──> Publisher
///        └───────────────── outcome <──────────────────────────────────┘
package actor StateKeeper {
    /// Takes the changes of one step, all or none.
    package typealias Publisher = @Sendable ([ZoneChange]) throws -> Void

    /// Hears of what was applied, once its zones are seen.
    package typealias Listener = @Sendable (News) -> Void

    /// Takes the latest changes of zones before what they lead to is published; `nil` for a zone
    /// that is gone.
    package typealias JournalReader = @Sendable ([DomainName: ZoneJournal?]) -> Void

    /// The state, as far as it is agreed on and known here.
    package internal(set) var state = ReplicatedState()
    /// Why changes are not seen; `nil` if they are. They are published anew with the next ones.
    package internal(set) var publishingProblem: String?
    var submissions: Submissions
    var log: (any CommandLog)?
    var waiters: [UInt64: CheckedContinuation<Submissions.Resolution, Never>] = [:]
    var lastTicket: UInt64 = 0
    var readers: [(index: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    var leadWaiters: [(endsTicks: UInt64, continuation: CheckedContinuation<Bool, Never>)] =
        []
    var isStopped = false
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    let ticking = Signal()
    let outbox: AsyncStream<[UInt8]>.Continuation
    private let outgoing: AsyncStream<[UInt8]>
    let publish: Publisher
    /// The digests of the zones' latest serials.
    var digests = DigestHistory()
    /// Zones that went while nothing could be published.
    var removedZones: Set<DomainName> = []
    var listener: Listener = { _ in }
    var showJournals: JournalReader = { _ in }

    /// Submissions count in these.
    private static let tick = Duration.milliseconds(500)
    /// A proposal that got lost is made again after so long.
    private static let retry: UInt64 = 4
    /// Nobody waits longer: an election takes up to 10 s, twice if votes are split.
    private static let deadline: UInt64 = 60
    /// Nobody waits longer for somebody to lead.
    static let leadPatience: UInt64 = 30
    /// What is larger does not fit an entry of the log.
    package static let maximumOctets = 900 << 10
    /// More readers at a time are not caught up with.
    static let maximumReaders = 1_024

    /// Holds nothing until a log gives it what was agreed on.
    ///
    /// - `incarnation`: higher than in any earlier life of the node.
    package init(node: NodeID, incarnation: UInt64, publish: @escaping Publisher) {
        var settings = Submissions.Settings()
        settings.retryTicks = Self.retry
        settings.deadlineTicks = Self.deadline
        submissions = Submissions(node: node, incarnation: incarnation, settings: settings)
        started = clock.now
        // What does not fit is proposed again later.
        (outgoing, outbox) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024))
        self.publish = publish
    }

    /// Nothing is under way.
    package var isIdle: Bool { submissions.count == 0 }

    /// From now on, commands go there.
    package func attach(_ log: any CommandLog) {
        self.log = log
    }

    /// From now on, somebody hears of what is applied.
    package func listen(_ listener: @escaping Listener) {
        self.listener = listener
    }

    /// From now on, somebody follows the journals of the zones.
    package func followJournals(_ reader: @escaping JournalReader) {
        showJournals = reader
    }

    /// Looks at the state without taking a copy of it, which the next command would have to part
    /// from.
    package func read<Value: Sendable>(
        _ look: @Sendable (borrowing ReplicatedState) throws -> Value
    ) rethrows -> Value {
        try look(state)
    }

    /// Takes what is submitted to the log, proposes again what got lost, and gives up what takes
    /// too long, until the task is cancelled; then nobody waits any more.
    package func run() async {
        let log = log
        await withDiscardingTaskGroup { group in
            group.addTask { await self.passTime() }
            // Not one after the other: all that wait for the disk together share one sync.
            for await octets in outgoing {
                group.addTask { await log?.propose(octets) }
            }
            group.cancelAll()
        }
        stop()
    }

    /// Somebody leads from now on: what was proposed before may have found nobody.
    package func proposeAgain() {
        wakeLeadWaiters()
        perform(submissions.proposeAgain(nowTicks: nowTicks))
    }

    private func passTime() async {
        while !Task.isCancelled {
            guard submissions.count > 0 || !leadWaiters.isEmpty else {
                await ticking.wait(until: clock.now + .seconds(3_600))
                continue
            }
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.tick)
            perform(submissions.tick(nowTicks: nowTicks))
            wakeLeadWaiters()
        }
    }

    private func stop() {
        isStopped = true
        for waiter in waiters.values { waiter.resume(returning: .unknown) }
        waiters = [:]
        for reader in readers { reader.continuation.resume(returning: false) }
        readers = []
        for waiter in leadWaiters { waiter.continuation.resume(returning: false) }
        leadWaiters = []
    }

    var nowTicks: UInt64 {
        UInt64((clock.now - started) / Self.tick)
    }
}
