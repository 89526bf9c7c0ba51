/// What one node proposed in its present life, and what came of it: a proposal that comes a second
/// time finds its outcome here and changes nothing.
struct ProposalLedger: Hashable, Sendable {
    /// What came of one proposal.
    struct Entry: Hashable, Sendable {
        /// Where it was applied.
        let index: UInt64
        /// For each command.
        let outcomes: [Outcome]
    }

    /// How far ahead of the first open proposal a node may be; so many entries are kept at most.
    static let windowSize: UInt64 = 1_024

    var incarnation: UInt64
    var lowestOpen: UInt64 = 1
    var entries: [UInt64: Entry] = [:]

    init(incarnation: UInt64) {
        self.incarnation = incarnation
    }

    /// What to do with a proposal.
    enum Verdict {
        case apply
        case repeated(Entry)
        case refuse(ProposalRefusal)
    }

    /// Looks a proposal up, and forgets what its proposer waits for no more.
    mutating func admit(_ proposal: Proposal) -> Verdict {
        guard proposal.incarnation >= incarnation else { return .refuse(.staleIncarnation) }
        if proposal.incarnation > incarnation { self = Self(incarnation: proposal.incarnation) }
        close(before: min(proposal.lowestOpen, proposal.sequence))
        if let entry = entries[proposal.sequence] { return .repeated(entry) }
        guard proposal.sequence >= lowestOpen else { return .refuse(.closed) }
        guard proposal.sequence - lowestOpen < Self.windowSize else {
            return .refuse(.tooFarAhead)
        }
        return .apply
    }

    private mutating func close(before sequence: UInt64) {
        guard sequence > lowestOpen else { return }
        // Whichever is fewer: what may be open, or what is kept.
        if sequence - lowestOpen < UInt64(entries.count) {
            for closed in lowestOpen..<sequence {
                entries[closed] = nil
            }
        } else {
            entries = entries.filter { $0.key >= sequence }
        }
        lowestOpen = sequence
    }
}
