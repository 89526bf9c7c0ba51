import Testing

@testable import Consensus

/// All tests that elect run one after the other: the seed of elections is that of the process.
@Suite(.serialized) struct ReplicaTests {
    @Test func engineIsOneOfThoseWeKnow() {
        #expect([34, 35].contains(Engine.version))
    }

    @Test func threeReplicasElectAndCommit() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        for number in 0..<100 {
            let from = cluster.ids[number % 3]
            #expect(try cluster.replicas[from]?.propose([UInt8(number)]) == .accepted)
            try cluster.settle()
        }
        for id in cluster.ids {
            #expect(cluster.commands(id) == (0..<100).map { [UInt8($0)] })
            #expect(cluster.applied[id]?.map(\.index) == (1...104).map { UInt64($0) })
        }
        #expect(try cluster.replicas[leader]?.status().progress.count == 3)
        #expect(cluster.lines.contains { $0.contains("became leader") })
    }
}
