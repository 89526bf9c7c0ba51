package import ClusterState
package import Consensus
package import Inventory
import Planning
import Synchronization
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

    /// What was applied since the listener heard last.
    package struct News: Sendable {
        /// Commands, in order; refused ones are not among them.
        package var commands: [AppliedCommand] = []
        /// The members are others than before, or other than they were.
        package var changesMembers = false
        /// The whole state was replaced by a newer one.
        package var isRestored = false

        /// Nothing happened.
        var isEmpty: Bool { commands.isEmpty && !changesMembers && !isRestored }
    }

    /// A command, and what became of the zones by it.
    package struct AppliedCommand: Sendable {
        /// The index of its entry.
        package let index: UInt64
        /// When it was proposed, in seconds since 1970.
        package let timeSeconds: UInt64
        /// What it says.
        package let body: Command.Body
        /// What became of the zones.
        package let changes: [ZoneChange]
        /// How many sets the brake holds then, by zone, with the reason.
        package let held: [DomainName: HeldCount]
    }

    /// What the brake holds of one zone.
    package struct HeldCount: Hashable, Sendable {
        /// Record sets.
        package let sets: Int
        /// Why.
        package let reason: String
    }

    /// The state, as far as it is agreed on and known here.
    package private(set) var state = ReplicatedState()
    /// Why changes are not seen; `nil` if they are. They are published anew with the next ones.
    package private(set) var publishingProblem: String?
    private var submissions: Submissions
    private var log: (any CommandLog)?
    private var waiters: [UInt64: CheckedContinuation<Submissions.Resolution, Never>] = [:]
    private var lastTicket: UInt64 = 0
    private var readers: [(index: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    private var leadWaiters: [(endsTicks: UInt64, continuation: CheckedContinuation<Bool, Never>)] =
        []
    private var isStopped = false
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private let ticking = Signal()
    private let outbox: AsyncStream<[UInt8]>.Continuation
    private let outgoing: AsyncStream<[UInt8]>
    private let publish: Publisher
    /// Zones that went while nothing could be published.
    private var removedZones: Set<DomainName> = []
    private var listener: Listener = { _ in }
    private var showJournals: JournalReader = { _ in }

    /// Submissions count in these.
    private static let tick = Duration.milliseconds(500)
    /// A proposal that got lost is made again after so long.
    private static let retry: UInt64 = 4
    /// Nobody waits longer: an election takes up to 10 s, twice if votes are split.
    private static let deadline: UInt64 = 60
    /// Nobody waits longer for somebody to lead.
    private static let leadPatience: UInt64 = 30
    /// What is larger does not fit an entry of the log.
    package static let maximumOctets = 900 << 10
    /// More readers at a time are not caught up with.
    private static let maximumReaders = 1_024

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

    private var nowTicks: UInt64 {
        UInt64((clock.now - started) / Self.tick)
    }
}

// MARK: - Commands

extension StateKeeper {
    /// Has commands agreed on and applied as one, and returns what came of each.
    ///
    /// - `term`: the lead that they are given under; `nil` for what any node may say.
    /// - `covered`: nodes that they speak for besides this one.
    @discardableResult
    package func submit(
        _ bodies: [Command.Body], atSeconds seconds: UInt64, underTerm term: UInt64? = nil,
        covering covered: [String] = [], isOrdered: Bool = false
    ) async throws(StateKeeperError) -> Receipt {
        guard !bodies.isEmpty else { return Receipt(index: state.index, outcomes: []) }
        guard !isStopped else { throw .stopped }
        let commands = bodies.map {
            Command($0, atSeconds: seconds, term: term, covering: covered)
        }
        guard commands.reduce(0, { $0 + $1.encoded().count }) <= Self.maximumOctets else {
            throw .tooLarge
        }
        // As long as nobody leads, nothing is proposed: then it is certain that nothing was done.
        guard await waitForLead() else { throw isStopped ? .stopped : .expired }
        lastTicket += 1
        let ticket = lastTicket
        guard
            let actions = submissions.submit(
                commands, ticket: ticket, isOrdered: isOrdered, nowTicks: nowTicks)
        else { throw .busy }
        ticking.ring()
        let resolution = await withCheckedContinuation { continuation in
            waiters[ticket] = continuation
            perform(actions)
        }
        switch resolution {
        case .applied(let index, let outcomes): return Receipt(index: index, outcomes: outcomes)
        case .refused(let refusal): throw .left(refusal)
        case .unknown: throw .unknown
        case .expired: throw .expired
        }
    }

    /// `false` if nobody comes to lead in time.
    private func waitForLead() async -> Bool {
        guard let log else { return false }
        guard log.lead.leader == nil else { return true }
        guard leadWaiters.count < Self.maximumReaders else { return false }
        let ends = nowTicks + Self.leadPatience
        ticking.ring()
        return await withCheckedContinuation { leadWaiters.append((ends, $0)) }
    }

    private func wakeLeadWaiters() {
        let isLed = log?.lead.leader != nil
        let now = nowTicks
        for waiter in leadWaiters where isLed || waiter.endsTicks <= now {
            waiter.continuation.resume(returning: isLed)
        }
        leadWaiters.removeAll { isLed || $0.endsTicks <= now }
    }

    /// The same where nothing may be refused.
    package func propose(
        _ bodies: [Command.Body], atSeconds seconds: UInt64, underTerm term: UInt64? = nil,
        covering covered: [String] = [], isOrdered: Bool = false
    ) async throws(StateKeeperError) {
        let receipt = try await submit(
            bodies, atSeconds: seconds, underTerm: term, covering: covered, isOrdered: isOrdered)
        if let refusal = receipt.outcomes.lazy.compactMap(\.refusal).first {
            throw .refused(refusal)
        }
    }

    private func perform(_ actions: [Submissions.Action]) {
        for action in actions {
            switch action {
            case .propose(let octets): outbox.yield(octets)
            case .resolve(let ticket, let resolution):
                waiters.removeValue(forKey: ticket)?.resume(returning: resolution)
            }
        }
    }
}

/// What was applied, and what came of it.
package struct Receipt: Hashable, Sendable {
    /// The index of the entry.
    package let index: UInt64
    /// For each command.
    package let outcomes: [Outcome]
}

// MARK: - Reading what is agreed on

extension StateKeeper {
    /// Waits until everything is applied here that was agreed on before the call (Raft's
    /// ReadIndex).
    package func catchUp() async throws(StateKeeperError) {
        guard let log, !isStopped else { throw .stopped }
        guard readers.count < Self.maximumReaders else { throw .busy }
        let index: UInt64
        do { index = try await log.readIndex() } catch { throw .unreachable(error) }
        guard state.index < index else { return }
        guard !isStopped else { throw .stopped }
        let isThere = await withCheckedContinuation { readers.append((index, $0)) }
        guard isThere else { throw .stopped }
    }

    /// The term, if this node leads it and a majority says so still; `nil` otherwise.
    ///
    /// - `settling`: how long a leader before may have gone on without knowing of us. As long is
    ///   waited first, but where nobody else ever led.
    package func confirmedTerm(settling: Duration = .zero) async -> UInt64? {
        guard let log, log.lead.isOurs else { return nil }
        let lead = log.lead
        if !lead.isAlone {
            do { try await Task.sleep(until: lead.since + settling) } catch { return nil }
        }
        do { _ = try await log.readIndex() } catch { return nil }
        return log.lead.isOurs && log.lead.term == lead.term ? lead.term : nil
    }

    /// Who leads, as this node knows.
    package var lead: Lead { log?.lead ?? Lead() }
}

// MARK: - What comes back from the log

extension StateKeeper: StateMachine {
    /// Applies entries and lets the changed zones be seen.
    package func apply(_ entries: [CommittedEntry]) throws {
        var news = News()
        var changes: [ZoneChange] = []
        var actions: [Submissions.Action] = []
        for entry in entries {
            switch entry.content {
            case .command(let octets):
                let applied = try state.apply(proposal: octets, index: entry.index)
                news.take(applied, held: state.zones.heldCounts)
                changes += applied.changes
                actions += submissions.applied(applied, nowTicks: nowTicks)
            case .configuration(_, let context, let now, let tookEffect):
                let change = try MembershipChange(
                    context: tookEffect ? context : [], voters: now.voters.map(\.number),
                    learners: now.learners.map(\.number))
                try state.apply(change, index: entry.index)
                news.changesMembers = true
            case .empty:
                try state.skip(to: entry.index)
            }
        }
        show(changes)
        perform(actions)
        wakeReaders()
        if !news.isEmpty { listener(news) }
    }

    /// The state as it is now.
    package func capture() -> SnapshotCapture {
        let chunks = SnapshotChunks(state.snapshotChunks())
        return SnapshotCapture(appliedIndex: state.index) { chunks.next() }
    }

    /// The state as that of a cluster of one, with its index.
    ///
    /// - `serials`: what others have of the zones.
    func alone(
        as node: NodeID, replica: UInt64, serials: [DomainName: SerialNumber],
        atSeconds seconds: UInt64
    ) -> (index: UInt64, chunks: SnapshotChunks) {
        var alone = state
        alone.goOnAlone(as: node, replica: replica, serials: serials, atSeconds: seconds)
        return (alone.index, SnapshotChunks(alone.snapshotChunks()))
    }

    /// Takes the place of the state with that of another node, or of an earlier run.
    package func restore(
        _ descriptor: SnapshotDescriptor,
        nextChunk: @escaping @Sendable () throws -> [UInt8]?
    ) throws {
        var reader = SnapshotReader()
        while let chunk = try nextChunk() { try reader.take(chunk) }
        let before = Set(state.zones.zones.keys)
        state = try reader.finish()
        removedZones.formUnion(before)
        showEverything()
        wakeReaders()
        listener(News(changesMembers: true, isRestored: true))
    }

    private func wakeReaders() {
        for reader in readers where reader.index <= state.index {
            reader.continuation.resume(returning: true)
        }
        readers.removeAll { $0.index <= state.index }
    }

    /// Everything there is takes the place of changes that could not be seen: their number has no
    /// bound.
    private func show(_ changes: [ZoneChange]) {
        removedZones.formUnion(changes.filter(\.isRemoval).map(\.apex))
        guard publishingProblem == nil else { return showEverything() }
        guard !changes.isEmpty else { return }
        attempt(changes)
    }

    private func showEverything() {
        attempt(
            removedZones.sorted().filter { state.zones.zones[$0] == nil }
                .map { .removed(apex: $0) } + state.zones.replacements)
    }

    private func attempt(_ changes: [ZoneChange]) {
        var journals: [DomainName: ZoneJournal?] = [:]
        for change in changes {
            journals[change.apex] = .some(state.zones.journals[change.apex])
        }
        showJournals(journals)
        do {
            try publish(changes)
            publishingProblem = nil
            removedZones = []
        } catch {
            publishingProblem = "\(error)"
        }
    }
}

/// The writer of a snapshot for whoever writes the file.
final class SnapshotChunks: Sendable {
    private let writer: Mutex<ClusterState.SnapshotWriter>

    init(_ writer: ClusterState.SnapshotWriter) { self.writer = Mutex(writer) }

    func next() -> [UInt8]? { writer.withLock { $0.next() } }
}

/// Why commands were not carried out, or may not have been.
package enum StateKeeperError: Error, Hashable, Sendable {
    /// One of them changed nothing, for this reason.
    case refused(Refusal)
    /// None of them was applied, nor will be.
    case left(ProposalRefusal)
    /// They may have been applied, or be applied yet.
    case unknown
    /// Nobody led in all that time, and nothing was proposed.
    case expired
    /// No majority answers.
    case unreachable(ConsensusError)
    /// Too much is under way.
    case busy
    /// They do not fit one entry of the log.
    case tooLarge
    /// The agent is being stopped.
    case stopped
}

extension StateKeeperError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let refusal): "\(refusal)"
        case .left(.notMember): "this host is no member of the cluster"
        case .left(.staleIncarnation), .left(.closed), .left(.tooFarAhead):
            "the cluster did not take it"
        case .unknown:
            "the cluster did not answer in time: it may have been done, or may be yet"
        case .expired:
            "nothing can be changed without a majority of the voters"
        case .unreachable(let error): "\(error)"
        case .busy: "too much is under way; try again"
        case .tooLarge: "too much for one step"
        case .stopped: "the agent is being stopped"
        }
    }
}

extension StateKeeper.News {
    fileprivate mutating func take(
        _ applied: Applied, held: @autoclosure () -> [DomainName: StateKeeper.HeldCount]
    ) {
        guard !applied.steps.isEmpty else { return }
        let held = held()
        for step in applied.steps where step.outcome.refusal == nil {
            commands.append(
                StateKeeper.AppliedCommand(
                    index: applied.index, timeSeconds: step.command.timeSeconds,
                    body: step.command.body, changes: step.changes, held: held))
            changesMembers = changesMembers || step.command.body.concernsMembers
        }
    }
}

extension Command.Body {
    /// It may change how members are reached.
    fileprivate var concernsMembers: Bool {
        switch self {
        case .found, .reportMember: true
        default: false
        }
    }
}

extension ZoneChange {
    /// The zone is gone.
    fileprivate var isRemoval: Bool {
        guard case .removed = self else { return false }
        return true
    }
}

extension ZoneSet {
    /// What the brake holds, without going through it.
    fileprivate var heldCounts: [DomainName: StateKeeper.HeldCount] {
        brakes.compactMapValues { brake in
            guard let reason = brake.reason, !brake.held.isEmpty else { return nil }
            return StateKeeper.HeldCount(sets: brake.held.count, reason: reason.description)
        }
    }
}
