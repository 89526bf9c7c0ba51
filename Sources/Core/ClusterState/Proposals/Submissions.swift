/// The proposals of one node that are under way: proposes them again until they are known to be
/// applied, and gives up when their time is over. It has no clock; ticks are the caller's.
///
///     submit ─> waiting ─> open ─(applied)─> resolved with outcomes
///                  │         └──(deadline)─> resolved as unknown
///                  └───────────(deadline)──> resolved as never proposed
///
/// Ordered ones wait for each other: the next is proposed when the one before is resolved, so that
/// two looks at one guest never apply the wrong way round. A proposal that was given up may have
/// been applied, or be applied until the node's next one is; never after that, since the next one
/// closes it.
package struct Submissions: Sendable {
    /// How patient it is, and how much it takes.
    package struct Settings: Hashable, Sendable {
        /// Ticks until a proposal is made again.
        package var retryTicks: UInt64 = 10
        /// Ticks until it is given up.
        package var deadlineTicks: UInt64 = 300
        /// How many may be under way or wait; at most `ProposalLedger.windowSize`.
        package var limit = 256

        /// The defaults.
        package init() {}
    }

    /// What became of a submission.
    package enum Resolution: Hashable, Sendable {
        /// It was applied, with an outcome for each command.
        case applied(index: UInt64, outcomes: [Outcome])
        /// It was not applied and never will be.
        case refused(ProposalRefusal)
        /// Nobody can say whether it was applied.
        case unknown
        /// It was not even proposed in its time.
        case expired
    }

    /// What the caller has to do.
    package enum Action: Hashable, Sendable {
        /// Propose these bytes; they may get lost.
        case propose([UInt8])
        /// Tell whoever waits under this ticket.
        case resolve(ticket: UInt64, Resolution)
    }

    private struct Entry {
        let ticket: UInt64
        let commands: [Command]
        let isOrdered: Bool
        let deadline: UInt64
        /// When it is proposed again; `nil` as long as it waits.
        var nextAttempt: UInt64?
        /// How often it was proposed.
        var attempts = 0
    }

    /// Whose proposals they are.
    package let node: NodeID
    /// In which of its lives.
    package let incarnation: UInt64
    private let settings: Settings
    private var entries: [UInt64: Entry] = [:]
    private var nextSequence: UInt64 = 1

    /// Nothing under way. `incarnation` is higher than in any earlier life of the node.
    package init(node: NodeID, incarnation: UInt64, settings: Settings = Settings()) {
        precondition(
            (1...Int(ProposalLedger.windowSize)).contains(settings.limit),
            "\(settings.limit) proposals under way")
        self.node = node
        self.incarnation = incarnation
        self.settings = settings
    }

    /// How many are under way or wait.
    package var count: Int { entries.count }

    /// Takes commands to be proposed as one. `nil` if too many are under way already.
    ///
    /// - `ticket`: comes back with the resolution.
    /// - `isOrdered`: they wait for all ordered ones before.
    package mutating func submit(
        _ commands: [Command], ticket: UInt64, isOrdered: Bool = false, nowTicks: UInt64
    ) -> [Action]? {
        // The window is counted from the first open one, so that one old proposal can fill it.
        guard entries.count < settings.limit,
            nextSequence - lowestOpen < ProposalLedger.windowSize
        else { return nil }
        entries[nextSequence] = Entry(
            ticket: ticket, commands: commands, isOrdered: isOrdered,
            deadline: nowTicks.adding(settings.deadlineTicks))
        nextSequence += 1
        return proposeWaiting(nowTicks)
    }

    /// Time has passed.
    package mutating func tick(nowTicks: UInt64) -> [Action] {
        var actions: [Action] = []
        for sequence in entries.keys.sorted() {
            guard let entry = entries[sequence] else { continue }
            if entry.deadline <= nowTicks {
                entries[sequence] = nil
                actions.append(
                    .resolve(ticket: entry.ticket, entry.attempts > 0 ? .unknown : .expired))
            } else if let next = entry.nextAttempt, next <= nowTicks {
                actions.append(propose(sequence, nowTicks))
            }
        }
        return actions + proposeWaiting(nowTicks)
    }

    /// Somebody leads who may have heard of none of them.
    package mutating func proposeAgain(nowTicks: UInt64) -> [Action] {
        entries.keys.sorted().filter { entries[$0]?.nextAttempt != nil }
            .map { propose($0, nowTicks) }
    }

    /// An entry of the log was applied here, whoever proposed it.
    package mutating func applied(_ applied: Applied, nowTicks: UInt64) -> [Action] {
        guard applied.node == node, applied.incarnation == incarnation,
            let entry = entries[applied.sequence]
        else { return [] }
        let resolution: Resolution
        if let refusal = applied.refusal {
            resolution = Self.resolution(refusal, attempts: entry.attempts)
        } else {
            resolution = .applied(index: applied.firstIndex, outcomes: applied.outcomes)
        }
        entries[applied.sequence] = nil
        return [.resolve(ticket: entry.ticket, resolution)] + proposeWaiting(nowTicks)
    }

    /// A copy that came late says nothing of what became of the one before.
    private static func resolution(
        _ refusal: ProposalRefusal, attempts: Int
    ) -> Resolution {
        attempts > 1 ? .unknown : .refused(refusal)
    }
}

// MARK: - Proposing

extension Submissions {
    /// The first one that somebody waits for.
    private var lowestOpen: UInt64 { entries.keys.min() ?? nextSequence }

    private mutating func proposeWaiting(_ nowTicks: UInt64) -> [Action] {
        var isBlocked = false
        var actions: [Action] = []
        for sequence in entries.keys.sorted() {
            guard let entry = entries[sequence] else { continue }
            let mayGo = entry.nextAttempt == nil && !(entry.isOrdered && isBlocked)
            if mayGo { actions.append(propose(sequence, nowTicks)) }
            isBlocked = isBlocked || entry.isOrdered
        }
        return actions
    }

    private mutating func propose(_ sequence: UInt64, _ nowTicks: UInt64) -> Action {
        guard var entry = entries[sequence] else {
            preconditionFailure("proposal \(sequence) is not under way")
        }
        entry.nextAttempt = nowTicks.adding(settings.retryTicks)
        entry.attempts += 1
        entries[sequence] = entry
        let proposal = Proposal(
            node: node, incarnation: incarnation, sequence: sequence, lowestOpen: lowestOpen,
            commands: entry.commands)
        return .propose(proposal.encoded())
    }
}
