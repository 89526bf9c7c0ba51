/// How a replica behaves. Ticks are whatever the caller makes of them.
package struct ReplicaSettings: Hashable, Sendable {
    /// Its name.
    package var id: ReplicaID
    /// Without a word from a leader, it stands for election after this many to twice as many ticks.
    package var electionTicks: UInt32 = 10
    /// A leader speaks every so many ticks.
    package var heartbeatTicks: UInt32 = 1
    /// The largest proposal. It has to fit a frame of 1 MiB with its message around it.
    package var maximumEntryOctets = 1 << 20 - 16 << 10
    /// Entries beyond this go into the next message.
    package var maximumMessageOctets: UInt64 = 512 << 10
    /// Messages with entries on the way to one replica.
    package var maximumMessagesInFlight: UInt32 = 64
    /// Committed entries handed out at once.
    package var maximumCommittedOctets: UInt64 = 4 << 20
    /// Proposals beyond this are refused until a majority has some of those before.
    package var maximumUncommittedOctets: UInt64 = 16 << 20
    /// Election time-outs follow from it; for the simulation, where each replica has its own. With
    /// equal seeds and equal calls, equal messages are sent, whatever else the process does.
    package var electionSeed: UInt64?

    /// With the defaults.
    package init(id: ReplicaID) { self.id = id }
}

/// A voter of a new cluster.
package struct FirstMember: Hashable, Sendable {
    /// Its name.
    package let id: ReplicaID
    /// Travels with its entry of the configuration.
    package let context: [UInt8]

    /// Any.
    package init(id: ReplicaID, context: [UInt8]) {
        self.id = id
        self.context = context
    }
}

/// What became of a proposal so far. `accepted` means that it was appended or sent to the leader,
/// not that it is or will be committed.
package enum ProposalOutcome: Hashable, Sendable {
    /// It may be committed.
    case accepted
    /// It is not, and will not be: nobody leads, the lead is being handed over, or too much waits
    /// to be committed.
    case noLeader, tooLarge, overloaded
}

/// What became of a proposed change of the configuration so far.
package enum ChangeOutcome: Hashable, Sendable {
    /// It may be committed, perhaps as an empty entry.
    case accepted
    /// Only the leader proposes changes.
    case notLeader
    /// Another one is under way, or this leader has not committed an entry yet.
    case busy
    /// It would leave no voter.
    case impossible
}
