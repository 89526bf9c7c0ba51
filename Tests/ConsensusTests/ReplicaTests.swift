import Testing

@testable import Consensus

@Suite struct ReplicaTests {
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

    /// Elections, proposals, a lost leader: the same seed gives the same messages.
    private func messageHash(seed: UInt64) throws -> UInt64 {
        let cluster = try Cluster(voters: 3, seed: seed)
        for round in 0..<5 {
            let leader = try cluster.elect()
            _ = try cluster.replicas[leader]?.propose([UInt8(round)])
            try cluster.settle()
            cluster.unreachable = [leader]
            _ = try cluster.elect()
            cluster.unreachable = []
        }
        return cluster.hash
    }

    @Test func equalSeedsGiveEqualMessages() throws {
        let hashes = try (1...4).map { try messageHash(seed: $0) }
        #expect(try hashes == (1...4).map { try messageHash(seed: $0) })
        #expect(Set(hashes).count > 1)
    }

    @Test func aMessageInSomebodyElsesNameIsRefused() throws {
        let cluster = try Cluster(voters: 3)
        _ = try cluster.elect()
        let replica = try #require(cluster.replicas[Cluster.id(1)])
        var messages: [OutgoingMessage] = []
        try cluster.replicas[Cluster.id(2)]?.readIndex(context: 1)
        try cluster.replicas[Cluster.id(2)]?.campaign()
        while try cluster.replicas[Cluster.id(2)]?.process(send: { messages += $0 }) != nil {}
        let message = try #require(messages.first { $0.receiver == Cluster.id(1) })
        for sender in [Cluster.id(1), Cluster.id(3), Cluster.id(9)] {
            #expect(throws: ConsensusError.self) {
                try replica.step(message.octets, from: sender)
            }
        }
        #expect(throws: ConsensusError.self) {
            try replica.stepSnapshot(message.octets, from: Cluster.id(2))
        }
        // Nor one for somebody else.
        #expect(throws: ConsensusError.self) {
            try cluster.replicas[Cluster.id(3)]?.step(message.octets, from: Cluster.id(2))
        }
        try replica.step(message.octets, from: Cluster.id(2))
    }

    /// Its disk was put back from a copy, and whoever leads still knows how far it was.
    @Test func anOlderCopyOfALogIsNoticed() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        let follower = try #require(cluster.ids.first { $0 != leader })
        let copy = try #require(cluster.logs[follower]?.contents)
        for number in 0..<5 {
            #expect(try cluster.replicas[leader]?.propose([UInt8(number)]) == .accepted)
            try cluster.settle()
        }
        cluster.logs[follower]?.contents = copy
        try cluster.start(follower)
        #expect {
            for _ in 0..<5 {
                try cluster.replicas[leader]?.tick()
                try cluster.settle()
            }
        } throws: {
            "\($0)".contains("older than what this host has told the others")
        }
    }

    @Test func garbageIsRefused() throws {
        let cluster = try Cluster(voters: 1)
        let replica = try #require(cluster.replicas[Cluster.id(1)])
        for length in 0..<64 {
            let octets = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            #expect(throws: ConsensusError.self) {
                try replica.step(octets, from: Cluster.id(2))
            }
        }
        #expect(try replica.status().id == Cluster.id(1))
    }

    @Test func membersComeAndGoOneAtATime() throws {
        let cluster = try Cluster(voters: 1)
        let leader = try cluster.elect()
        let replica = try #require(cluster.replicas[leader])
        let change = { (change: ConfigurationChange) in
            let outcome = try replica.propose(change, context: [5])
            try cluster.settle()
            return outcome
        }
        try cluster.start(Cluster.id(2))
        #expect(try change(.addLearner(Cluster.id(2))) == .accepted)
        for _ in 0..<3 {
            try replica.tick()
            try cluster.settle()
        }
        #expect(try replica.status().configuration.learners == [Cluster.id(2)])
        #expect(try change(.addVoter(Cluster.id(2))) == .accepted)
        #expect(try replica.propose(.remove(Cluster.id(2)), context: []) == .accepted)
        #expect(try replica.propose(.addLearner(Cluster.id(3)), context: []) == .busy)
        try cluster.settle()
        let expected = Configuration(voters: [Cluster.id(1)], learners: [])
        #expect(try replica.status().configuration == expected)
        let last = try #require(cluster.applied[leader]?.last)
        #expect(
            last.content
                == .configuration(
                    change: .remove(Cluster.id(2)), context: [], now: expected, tookEffect: true))
    }

    @Test func theSoleVoterCannotLeave() throws {
        let cluster = try Cluster(voters: 1)
        let leader = try cluster.elect()
        let replica = try #require(cluster.replicas[leader])
        #expect(try replica.propose(.remove(leader), context: []) == .impossible)
        #expect(try replica.propose(.addLearner(leader), context: []) == .impossible)
    }

    @Test func aReplicaGoesOnWhereItWas() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        for number in 0..<10 { _ = try cluster.replicas[leader]?.propose([UInt8(number)]) }
        try cluster.settle()
        let before = try #require(try cluster.replicas[leader]?.status())
        try cluster.start(leader)
        let after = try #require(try cluster.replicas[leader]?.status())
        #expect(after.term == before.term)
        #expect(after.last == before.last)
        _ = try cluster.elect()
        #expect(cluster.commands(leader) == (0..<10).map { [UInt8($0)] })
    }

    @Test func readsAreAnsweredOnEveryReplica() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        _ = try cluster.replicas[leader]?.propose([1])
        try cluster.settle()
        let commit = try #require(try cluster.replicas[leader]?.status().commit)
        for id in cluster.ids {
            try cluster.replicas[id]?.readIndex(context: id.number + 100)
            try cluster.settle()
            #expect(
                cluster.reads[id] == [ReadAnswer(context: id.number + 100, index: commit)])
        }
    }

    @Test func theLeadCanBeHandedOver() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        let other = try #require(cluster.ids.first { $0 != leader })
        try cluster.replicas[leader]?.transferLeadership(to: other)
        try cluster.settle()
        #expect(try cluster.replicas[other]?.status().role == .leader)
    }

    @Test func proposalsAreBounded() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        let replica = try #require(cluster.replicas[leader])
        let most = ReplicaSettings(id: leader).maximumEntryOctets
        #expect(try replica.propose([UInt8](repeating: 1, count: most + 1)) == .tooLarge)
        let large = [UInt8](repeating: 1, count: most)
        var outcomes: [ProposalOutcome] = []
        for _ in 0..<20 { outcomes.append(try replica.propose(large)) }
        #expect(outcomes.first == .accepted)
        #expect(outcomes.last == .overloaded)
        try cluster.settle()
        #expect(try replica.propose(large) == .accepted)
    }

    /// Equal commands go into one message to each follower, not one each.
    @Test func aBatchIsOneMessage() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        var messages: [OutgoingMessage] = []
        _ = try cluster.replicas[leader]?.propose((0..<50).map { [UInt8($0)] })
        _ = try cluster.replicas[leader]?.process { messages += $0 }
        #expect(messages.count == 2)
    }

    /// A leader sends while it writes; a follower, and a sole voter with learners, only afterwards.
    @Test func whatIsPromisedIsWrittenFirst() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        let log = try #require(cluster.logs[leader])
        let before = log.written
        var writtenWhenSent: UInt64?
        _ = try cluster.replicas[leader]?.propose([1])
        _ = try cluster.replicas[leader]?.process { _ in writtenWhenSent = log.written }
        #expect(writtenWhenSent == before)
        #expect(log.written == before + 1)

        let alone = try Cluster(voters: 1)
        let sole = try alone.elect()
        let soleLog = try #require(alone.logs[sole])
        try alone.start(Cluster.id(2))
        _ = try alone.replicas[sole]?.propose(.addLearner(Cluster.id(2)), context: [])
        for _ in 0..<5 {
            try alone.replicas[sole]?.tick()
            try alone.settle()
        }
        writtenWhenSent = nil
        _ = try alone.replicas[sole]?.propose([1])
        _ = try alone.replicas[sole]?.process { _ in writtenWhenSent = soleLog.written }
        #expect(writtenWhenSent == soleLog.contents.entries.last?.index)
    }

    /// Nothing leaves a replica whose log failed.
    @Test func aFailedWriteSendsNothing() throws {
        let cluster = try Cluster(voters: 3)
        let leader = try cluster.elect()
        let follower = try #require(cluster.ids.first { $0 != leader })
        let failure = ConsensusError.storageFailed(operation: "write", path: "x", reason: "y")
        cluster.logs[follower]?.failure = failure
        _ = try cluster.replicas[leader]?.propose([1])
        var entries: [OutgoingMessage] = []
        _ = try cluster.replicas[leader]?.process { entries = $0 }
        let message = try #require(entries.first { $0.receiver == follower })
        try cluster.replicas[follower]?.step(message.octets, from: leader)
        var hasSent = false
        #expect(throws: failure) {
            _ = try cluster.replicas[follower]?.process { _ in hasSent = true }
        }
        #expect(!hasSent)
    }
}
