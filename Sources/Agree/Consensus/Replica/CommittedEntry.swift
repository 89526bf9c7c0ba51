/// An entry that a majority has: it is applied on every replica, in this order.
package struct CommittedEntry: Hashable, Sendable {
    /// What it says.
    package enum Content: Hashable, Sendable {
        /// What was proposed.
        case command([UInt8])
        /// `now` holds after it. A change that would have left no voter took no effect.
        case configuration(
            change: ConfigurationChange, context: [UInt8], now: Configuration,
            tookEffect: Bool)
        /// A new leader's first, or a change of the configuration that came too early.
        case empty
    }

    /// Counts from 1 without gaps.
    package let index: UInt64
    /// Of the leader that wrote it.
    package let term: UInt64
    /// What it says.
    package let content: Content

    /// For the simulation and for tests of state machines.
    package init(index: UInt64, term: UInt64, content: Content) {
        self.index = index
        self.term = term
        self.content = content
    }
}

/// A place in the log.
package struct LogPosition: Hashable, Comparable, Sendable {
    /// Of an entry; 0 before the first.
    package let index: UInt64
    /// Of that entry.
    package let term: UInt64

    /// Any.
    package init(index: UInt64, term: UInt64) {
        self.index = index
        self.term = term
    }

    /// By term, then by index: which of two logs is further (Raft paper section 5.4.1).
    package static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.term, left.index) < (right.term, right.index)
    }
}
