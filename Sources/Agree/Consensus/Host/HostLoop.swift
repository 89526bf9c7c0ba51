import Logging

/// What the replica's thread does: takes inputs, lets time pass, and carries out what the engine
/// says. Everything that came in while it waited for the disk goes into the next round together.
final class HostLoop {
    private let settings: HostSettings
    private let replica: Replica<WriteAheadLog>
    private let mailbox: Mailbox
    private let outlet: HostOutlet
    private var reads = PendingReads()
    private var nextTick: ContinuousClock.Instant

    /// Longer pauses, as of a stopped process, are not made up for: the cluster has gone on.
    private static let maximumTicksAtOnce = 2

    init(
        settings: HostSettings, mailbox: Mailbox, outlet: HostOutlet
    ) throws(ConsensusError) {
        let log = try WriteAheadLog(in: settings.directory, identity: settings.identity)
        let logger = outlet.logger
        replica = try Replica(
            settings: settings.replica, log: log, bootstrap: settings.bootstrap,
            logger: { level, text in
                logger.log(
                    level: .init(level), "\(text)",
                    metadata: ["term": "\(outlet.status?.term ?? 0)"])
            })
        self.settings = settings
        self.mailbox = mailbox
        self.outlet = outlet
        nextTick = .now + settings.tick
        outlet.begin(log.snapshots, restored: replica.restored.snapshot)
        outlet.publish(try replica.status())
    }

    /// Until it is told to stop.
    func run() throws(ConsensusError) {
        try carryOut(isDue: false)
        // Where nobody else votes, nobody has to be waited for.
        if try replica.status().configuration.voters == [settings.replica.id] {
            try replica.campaign()
        }
        while true {
            let inputs = mailbox.take(within: nextTick - .now)
            for case .stop(let cause) in inputs {
                for input in inputs { input.abandon() }
                reads.failAll(.stopped)
                if let cause { throw cause }
                return
            }
            try handle(inputs)
            try carryOut(isDue: try passTime())
        }
    }

    /// What the engine says. `isDue`: the status is told anyway.
    private func carryOut(isDue: Bool) throws(ConsensusError) {
        var isDue = isDue
        while let progress = try replica.process(send: outlet.send) {
            reads.answer(progress.reads)
            outlet.take(progress)
            isDue = isDue || progress.changesLead || progress.changesConfiguration
        }
        if isDue { outlet.publish(try replica.status()) }
    }

    /// Whether a tick passed.
    private func passTime() throws(ConsensusError) -> Bool {
        var ticks = 0
        while .now >= nextTick {
            ticks += 1
            guard ticks <= Self.maximumTicksAtOnce else {
                nextTick = .now + settings.tick
                break
            }
            nextTick += settings.tick
            try replica.tick()
        }
        guard ticks > 0 else { return false }
        // Asked again on every tick until there is one: writing it may have failed.
        if replica.wantsSnapshot { outlet.requestSnapshot() }
        if let context = reads.tick(timeout: settings.readTimeout) {
            try replica.readIndex(context: context)
        }
        return true
    }

    private func handle(_ inputs: [Input]) throws(ConsensusError) {
        var proposals: [([UInt8], CheckedContinuation<ProposalOutcome, Never>)] = []
        var readers: [CheckedContinuation<Result<UInt64, ConsensusError>, Never>] = []
        for input in inputs {
            switch input {
            case .propose(let command, let waiter): proposals.append((command, waiter))
            case .read(let waiter): readers.append(waiter)
            case .message(let octets, let sender):
                try tolerant { () throws(ConsensusError) in
                    try replica.step(octets, from: sender)
                }
            case .snapshot(let octets, let sender, _):
                try tolerant { () throws(ConsensusError) in
                    try replica.stepSnapshot(octets, from: sender)
                }
            case .change(let change, let context, let waiter):
                waiter.resume(returning: try replica.propose(change, context: context))
            case .status(let waiter): waiter.resume(returning: try replica.status())
            case .transfer(let successor): try replica.transferLeadership(to: successor)
            case .unreachable(let peer): try replica.reportUnreachable(peer)
            case .sentSnapshot(let peer, let isDelivered):
                try replica.reportSnapshot(peer, isDelivered: isDelivered)
            case .wroteSnapshot(let descriptor):
                try replica.compact(
                    descriptor, keepingEntries: settings.keptEntries,
                    keepingOctets: settings.keptOctets)
            case .stop: break
            }
        }
        try propose(proposals)
        if !readers.isEmpty {
            try replica.readIndex(context: reads.add(readers))
        }
    }

    /// What a peer says wrongly is its mistake, not the end of us.
    private func tolerant(
        _ body: () throws(ConsensusError) -> Void
    ) throws(ConsensusError) {
        do throws(ConsensusError) {
            try body()
        } catch {
            guard case .messageRefused = error else { throw error }
            outlet.logger.warning("\(error), ignoring")
        }
    }

    /// In as few messages as they fit.
    private func propose(
        _ proposals: [([UInt8], CheckedContinuation<ProposalOutcome, Never>)]
    ) throws(ConsensusError) {
        var rest = proposals[...]
        while let first = rest.first {
            var octets = first.0.count + 16
            var count = 1
            for next in rest.dropFirst() {
                octets += next.0.count + 16
                guard octets <= Int(settings.replica.maximumMessageOctets) else { break }
                count += 1
            }
            let batch = rest.prefix(count)
            rest = rest.dropFirst(count)
            let isFull = outlet.backlog.now > settings.maximumWaitingOctets
            let outcome = isFull ? .overloaded : try replica.propose(batch.map(\.0))
            for (_, waiter) in batch { waiter.resume(returning: outcome) }
        }
    }

    func finish(_ error: ConsensusError) { reads.failAll(error) }
}

/// Reads that wait for their index. One question stands for all that came together; it is asked
/// again on every tick, since a question may be lost.
struct PendingReads {
    typealias Waiter = CheckedContinuation<Result<UInt64, ConsensusError>, Never>
    private var waiting: [UInt64: (since: ContinuousClock.Instant, waiters: [Waiter])] = [:]
    /// Begins anywhere, so that an answer to an earlier life is not taken for one of this.
    private var context = UInt64.random(in: 0 ... .max / 2)

    mutating func add(_ waiters: [Waiter]) -> UInt64 {
        context += 1
        waiting[context] = (.now, waiters)
        return context
    }

    mutating func answer(_ answers: [ReadAnswer]) {
        for answer in answers {
            guard let found = waiting.removeValue(forKey: answer.context) else { continue }
            for waiter in found.waiters { waiter.resume(returning: .success(answer.index)) }
        }
    }

    /// Fails those that waited too long; the others are put under one new question.
    mutating func tick(timeout: Duration) -> UInt64? {
        var (left, oldest): ([Waiter], ContinuousClock.Instant) = ([], .now)
        for (since, waiters) in waiting.values {
            if since + timeout <= .now {
                for waiter in waiters {
                    waiter.resume(
                        returning: .failure(.noAnswer(reason: "nobody leads or answers")))
                }
            } else {
                left += waiters
                oldest = min(oldest, since)
            }
        }
        waiting = [:]
        guard !left.isEmpty else { return nil }
        context += 1
        waiting[context] = (oldest, left)
        return context
    }

    mutating func failAll(_ error: ConsensusError) {
        for (_, waiters) in waiting.values {
            for waiter in waiters { waiter.resume(returning: .failure(error)) }
        }
        waiting = [:]
    }
}

extension Logger.Level {
    init(_ level: EngineLogLevel) {
        switch level {
        case .debug: self = .debug
        // What operators should know of it, the agent tells in its own words.
        case .info: self = .debug
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
