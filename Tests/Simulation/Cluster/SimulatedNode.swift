import ClusterState
import Consensus
import TestSupport

/// A host: what survives a crash, and the process that runs on it or does not.
final class SimulatedNode {
    /// Its place in the cluster's list; a host that lost its disk comes back as another one.
    let slot: Int
    let node: NodeID
    let replica: ReplicaID
    /// The host's name, which its successor has too.
    let name: String
    /// Who found the cluster together with it; empty for one that joins later.
    let founders: [FirstMember]
    let disk: SimulatedDisk
    var clock: SimulatedClock
    /// By how many millionths its ticks are longer.
    let tickDriftPerMillion: Int64

    var life: NodeLife?
    /// Counts starts and crashes: what belongs to a former life is left out.
    var lifeNumber = 0
    /// The process does nothing until then: it waits for its disk, or somebody stopped it.
    var busyUntil = VirtualTime.zero
    /// It lost its disk, or was removed: it never comes back.
    var isGone = false

    init(
        slot: Int, name: String, founders: [FirstMember], disk: SimulatedDisk,
        node: NodeID, replica: ReplicaID, random: inout SeededRandom
    ) {
        self.slot = slot
        self.name = name
        self.founders = founders
        self.disk = disk
        self.node = node
        self.replica = replica
        clock = SimulatedClock(
            offsetMicroseconds: Int64(random.number(-3_000_000...3_000_000)),
            driftPerMillion: Int64(random.number(-20_000...20_000)))
        tickDriftPerMillion = Int64(random.number(-50_000...50_000))
    }

    /// What the cluster knows it by.
    func member(atSeconds seconds: UInt64) -> Member {
        Member(
            node: node, replica: replica.number, name: name, addresses: ["\(name):7400"],
            version: "1", level: 1, joinedAtSeconds: seconds)
    }
}

/// A process: all that a crash takes.
final class NodeLife {
    /// A client waits for what is committed now.
    struct Read {
        let ticket: UInt64
        let deadline: UInt64
        /// What has to be applied first; `nil` until the leader answered.
        var index: UInt64?
    }

    let replica: Replica<SimulatedLog>
    var state: ReplicatedState
    var submissions: Submissions
    /// How many proposals it made, hence the sequence of the last one.
    var submissionCount: UInt64 = 0
    /// What was committed and not applied yet.
    var queue: [CommittedEntry] = []
    var isApplyScheduled = false
    /// The term of the last entry that was applied.
    var lastTerm: UInt64 = 0
    /// As of the last entry that was applied.
    var configuration = Configuration()
    /// Replicas that it saw leave; it listens to them no more.
    var revoked: Set<ReplicaID> = []
    var snapshotIndex: UInt64 = 0
    var ticks: UInt64 = 0
    var reads: [UInt64: Read] = [:]
    var status: ReplicaStatus

    init(
        replica: Replica<SimulatedLog>, state: ReplicatedState, submissions: Submissions
    ) throws(ConsensusError) {
        self.replica = replica
        self.state = state
        self.submissions = submissions
        status = try replica.status()
    }

    var isLeader: Bool { status.role == .leader }

    /// Takes note of who takes part now.
    func note(_ now: Configuration) {
        revoked.formUnion(Set(configuration.members).subtracting(now.members))
        revoked.subtract(now.members)
        configuration = now
    }
}
