package import Zones

/// One entry of the log: commands that apply together, and what makes them apply once.
package struct Proposal: Hashable, Sendable {
    /// Who proposes.
    package let node: NodeID
    /// Counts the lives of the proposer's process: a later one is higher.
    package let incarnation: UInt64
    /// Counts the proposals of that life, from 1.
    package let sequence: UInt64
    /// The proposer waits for none before this one any more, and has none of them applied.
    package let lowestOpen: UInt64
    /// What to do, in this order.
    package let commands: [Command]

    /// Joins the five.
    package init(
        node: NodeID, incarnation: UInt64, sequence: UInt64, lowestOpen: UInt64,
        commands: [Command]
    ) {
        self.node = node
        self.incarnation = incarnation
        self.sequence = sequence
        self.lowestOpen = lowestOpen
        self.commands = commands
    }
}

/// Why a whole proposal was left out.
package enum ProposalRefusal: Hashable, Sendable {
    /// A later life of the same node has proposed already.
    case staleIncarnation
    /// Its proposer said that it waits for it no more.
    case closed
    /// It is too far ahead of the first open one.
    case tooFarAhead
    /// Its proposer is no member, or not any more.
    case notMember
}

/// What came of one entry of the log.
package struct Applied: Sendable {
    /// One command of it.
    package struct Step: Sendable {
        /// What it said.
        package let command: Command
        /// What came of it.
        package let outcome: Outcome
        /// What became of the zones.
        package let changes: [ZoneChange]
    }

    /// The index of the entry.
    package let index: UInt64
    /// Who proposed it.
    package let node: NodeID
    /// In which life.
    package let incarnation: UInt64
    /// As which of its proposals.
    package let sequence: UInt64
    /// It had been applied before, under `firstIndex`; nothing was changed this time.
    package let isRepeat: Bool
    /// Where it was applied; 0 if it was refused.
    package let firstIndex: UInt64
    /// What came of each command, also for a repeat; empty if it was refused.
    package let outcomes: [Outcome]
    /// The commands; empty for a repeat and if it was refused.
    package let steps: [Step]
    /// Why it was left out, if it was.
    package let refusal: ProposalRefusal?

    /// What became of the zones, over all commands.
    package var changes: [ZoneChange] { steps.flatMap(\.changes) }
}
