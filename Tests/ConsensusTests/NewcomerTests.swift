import Testing

@testable import Consensus

/// Replicas that join a log that was compacted already.
@Suite struct NewcomerTests {
    private func passTime(_ cluster: Cluster, _ ticks: Int = 10) throws {
        for _ in 0..<ticks {
            for id in cluster.ids { try cluster.replicas[id]?.tick() }
            try cluster.settle()
        }
    }

    private func compact(_ replica: Replica<MemoryLog>) throws {
        let status = try replica.status()
        try replica.compact(
            SnapshotDescriptor(
                index: status.applied, term: status.term, file: status.applied, sizeOctets: 0,
                sha256: Array(repeating: 0, count: 32), configuration: status.configuration),
            keepingEntries: 0, keepingOctets: 0)
    }

    /// The engine throws a snapshot away that does not know its receiver (raft.go, restore), and
    /// without new entries the leader would send no other.
    @Test func snapshotOlderThanItsReceiverIsReplaced() throws {
        let cluster = try Cluster(voters: 1)
        let replica = try #require(cluster.replicas[try cluster.elect()])
        for number in 0..<3 {
            #expect(try replica.propose([UInt8(number)]) == .accepted)
            try cluster.settle()
        }
        try compact(replica)
        let newcomer = Cluster.id(2)
        try cluster.start(newcomer)
        #expect(try replica.propose(.addLearner(newcomer), context: []) == .accepted)
        try cluster.settle()
        try passTime(cluster)
        #expect(replica.wantsSnapshot)
        #expect(cluster.installed[newcomer] == nil)

        try compact(replica)
        #expect(!replica.wantsSnapshot)
        try passTime(cluster)
        let installed = try #require(cluster.installed[newcomer])
        #expect(installed.configuration.learners == [newcomer])
        #expect(try cluster.replicas[newcomer]?.status().last == replica.status().last)
    }

    /// A log reads no snapshot ahead of its commit index: once the snapshot is acknowledged, a loss
    /// of power must not take that index (etcd issue 10219).
    @Test func commitIndexOfASnapshotIsSynced() throws {
        let cluster = try Cluster(voters: 1)
        let replica = try #require(cluster.replicas[try cluster.elect()])
        let newcomer = Cluster.id(2)
        #expect(try replica.propose(.addLearner(newcomer), context: []) == .accepted)
        try cluster.settle()
        try compact(replica)
        try cluster.start(newcomer)
        for _ in 0..<30 where cluster.installed[newcomer] == nil { try passTime(cluster, 1) }
        let installed = try #require(cluster.installed[newcomer])
        let synced = try #require(cluster.logs[newcomer]?.syncedState)
        #expect(synced.commit >= installed.index)
    }
}
