package import Consensus

/// Where a keeper's commands go to be agreed on. They come back through `StateKeeper.apply`, on
/// every node, once a majority has them.
package protocol CommandLog: Sendable {
    /// Has octets appended, here or on whoever leads. They may get lost on the way.
    func propose(_ octets: [UInt8]) async

    /// How far has to be applied to read whatever was agreed on before the call. Throws if no
    /// majority answers in time.
    func readIndex() async throws(ConsensusError) -> UInt64

    /// Who leads, as this node knows.
    var lead: Lead { get }
}

/// Who leads.
package struct Lead: Hashable, Sendable {
    /// The term, of the leader or of the search for one.
    package var term: UInt64
    /// The leader; `nil` as long as none is known.
    package var leader: ReplicaID?
    /// This node leads.
    package var isOurs: Bool
    /// Nobody else votes.
    package var isAlone: Bool
    /// Since when it is so.
    package var since: ContinuousClock.Instant

    /// Joins the five.
    package init(
        term: UInt64 = 0, leader: ReplicaID? = nil, isOurs: Bool = false, isAlone: Bool = false,
        since: ContinuousClock.Instant = .now
    ) {
        self.term = term
        self.leader = leader
        self.isOurs = isOurs
        self.isAlone = isAlone
        self.since = since
    }
}
