import ClusterState
import Consensus
import Inventory
import PipamAgent
import Synchronization
import Testing
import Zones

/// Agreed on, applied, published: in this order, and again until it has worked.
@Suite struct StateKeeperTests {
    private let cluster = SampleCluster()
    private let publisher = Publisher()

    /// Takes what a keeper publishes, or refuses it.
    private final class Publisher: Sendable {
        struct Refusal: Error {}

        private struct Record {
            var isRefusing = false
            var published: [ZoneChange] = []
        }

        private let record = Mutex(Record())

        func setRefusing(_ isRefusing: Bool) {
            record.withLock { $0.isRefusing = isRefusing }
        }

        /// Everything it took.
        var published: [ZoneChange] { record.withLock { $0.published } }

        func publish(_ changes: [ZoneChange]) throws {
            try record.withLock { record in
                if record.isRefusing { throw Refusal() }
                record.published += changes
            }
        }
    }

    private func alone() async throws -> AloneKeeper {
        let publisher = publisher
        let alone = try await StateKeeper.alone(nowSeconds: cluster.seconds) {
            try publisher.publish($0)
        }
        try await alone.keeper.propose(
            [.configure(try cluster.settings())], atSeconds: cluster.seconds)
        return alone
    }

    private func reports(_ name: String = "web1") throws -> [Command.Body] {
        [.reportGuests([try cluster.report(101, name, ["10.0.0.1/24"])])]
    }

    @Test func whatIsAgreedOnIsPublished() async throws {
        let alone = try await alone()
        let before = publisher.published.count
        try await alone.keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
        let state = await alone.keeper.state
        #expect(state.guests.count == 1)
        #expect(publisher.published.count == before + 2)
    }

    @Test func whatGotLostIsProposedAgain() async throws {
        let alone = try await alone()
        alone.log.lose(true)
        let submission = Task { [cluster, reports] in
            try await alone.keeper.propose(try reports("web1"), atSeconds: cluster.seconds + 1)
        }
        // Somebody is found to lead: what was proposed before is proposed again.
        while await alone.keeper.isIdle { await Task.yield() }
        alone.log.lose(false)
        await alone.keeper.proposeAgain()
        try await submission.value
        #expect(await alone.keeper.state.guests.count == 1)
    }

    @Test func whatIsRefusedIsTold() async throws {
        let alone = try await alone()
        await #expect(throws: StateKeeperError.refused(Refusal(.unknownMember, "nobody"))) {
            try await alone.keeper.propose(
                [.allowReplacement(name: "nobody")], atSeconds: cluster.seconds)
        }
    }

    @Test func whatIsTooLargeIsNotProposed() async throws {
        let alone = try await alone()
        let reports = try (0..<20_000).map { number in
            try cluster.report(UInt32(100 + number), "web\(number)", ["10.0.0.1/24"])
        }
        await #expect(throws: StateKeeperError.tooLarge) {
            try await alone.keeper.propose([.reportGuests(reports)], atSeconds: cluster.seconds)
        }
    }

    @Test func whatWasNotPublishedIsTriedAgain() async throws {
        let alone = try await alone()
        let before = publisher.published
        publisher.setRefusing(true)
        try await alone.keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
        #expect(await alone.keeper.publishingProblem != nil)
        // However many changes pile up, what is owed is one step to where things stand.
        try await alone.keeper.propose(try reports("web2"), atSeconds: cluster.seconds + 2)
        #expect(publisher.published == before)
        publisher.setRefusing(false)
        try await alone.keeper.propose(try reports("web3"), atSeconds: cluster.seconds + 3)
        let standing = await alone.keeper.state.zones.replacements
        #expect(publisher.published == before + standing)
        #expect(await alone.keeper.publishingProblem == nil)
    }

    @Test func aSnapshotMakesTheSameStateElsewhere() async throws {
        let alone = try await alone()
        try await alone.keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
        let capture = await alone.keeper.capture()
        let before = await alone.keeper.state
        // What comes after the capture is not in it.
        try await alone.keeper.propose(try reports("web2"), atSeconds: cluster.seconds + 2)
        let other = Publisher()
        let keeper = StateKeeper(node: NodeID(high: 1, low: 2), incarnation: 1) {
            try other.publish($0)
        }
        try await keeper.restore(descriptor(capture.appliedIndex), nextChunk: capture.nextChunk)
        let after = await keeper.state
        #expect(after.index == before.index)
        #expect(after.digest == before.digest)
        #expect(other.published == before.zones.replacements)
    }

    @Test func zonesThatASnapshotDoesNotHaveGo() async throws {
        let alone = try await alone()
        let empty = StateKeeper(node: NodeID(high: 1, low: 2), incarnation: 1) { _ in }
        let capture = await empty.capture()
        let zones = await alone.keeper.state.zones.zones.keys.sorted()
        try await alone.keeper.restore(descriptor(0), nextChunk: capture.nextChunk)
        #expect(publisher.published.suffix(2) == zones.map { .removed(apex: $0) }[...])
    }

    private func descriptor(_ index: UInt64) -> SnapshotDescriptor {
        SnapshotDescriptor(
            index: index, term: 1, file: 1, sizeOctets: 1,
            sha256: [UInt8](repeating: 0, count: 32), configuration: Configuration())
    }

    @Test func whoReadsSeesWhatWasAgreedOnBefore() async throws {
        let alone = try await alone()
        try await alone.keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
        try await alone.keeper.catchUp()
        #expect(await alone.keeper.state.guests.count == 1)
    }

    @Test func onlyALeaderHasATermToWriteUnder() async throws {
        let alone = try await alone()
        #expect(await alone.keeper.confirmedTerm() == 1)
        alone.log.lead = Lead(term: 2, leader: ReplicaID(2))
        #expect(await alone.keeper.confirmedTerm() == nil)
    }

    /// Whoever led before may not know yet that it does not.
    @Test func aNewLeaderWaitsForWhatIsUnderWayElsewhere() async throws {
        let alone = try await alone()
        alone.log.lead = Lead(term: 2, leader: ReplicaID(1), isOurs: true, since: .now)
        let started = ContinuousClock.now
        #expect(await alone.keeper.confirmedTerm(settling: .milliseconds(200)) == 2)
        #expect(.now - started >= .milliseconds(200))
    }

    @Test func whoWaitsIsToldOfTheEnd() async throws {
        let keeper = StateKeeper(node: NodeID(high: 1, low: 1), incarnation: 1) { _ in }
        let log = ImmediateLog(keeper)
        log.lose(true)
        await keeper.attach(log)
        let work = Task { await keeper.run() }
        let submission = Task {
            _ = await #expect(throws: StateKeeperError.unknown) {
                try await keeper.propose([.advance], atSeconds: 1)
            }
        }
        while await keeper.isIdle { await Task.yield() }
        work.cancel()
        await submission.value
        await #expect(throws: StateKeeperError.stopped) {
            try await keeper.propose([.advance], atSeconds: 1)
        }
    }
}
