import ClusterState
import Foundation
import Inventory
import PipamAgent
import Synchronization
import Testing
import Zones

/// Applied, kept, published: in this order, and again until it has worked.
@Suite struct StateKeeperTests: ~Copyable {
    private let directory: TemporaryDirectory
    private let cluster = SampleCluster()
    private let publisher = Publisher()

    init() throws { directory = try TemporaryDirectory() }

    /// Takes what a keeper publishes, or refuses it, and looks at what was kept by then.
    private final class Publisher: Sendable {
        struct Refusal: Error {}

        private struct Record {
            var isRefusing = false
            var attempts = 0
            var published: [ZoneChange] = []
            var kept: ReplicatedState?
        }

        private let record = Mutex(Record())

        func setRefusing(_ isRefusing: Bool) {
            record.withLock { $0.isRefusing = isRefusing }
        }

        /// How often it was asked, also in vain.
        var attempts: Int { record.withLock { $0.attempts } }

        /// Everything it took.
        var published: [ZoneChange] { record.withLock { $0.published } }

        /// What was on the disk when it was asked last.
        var kept: ReplicatedState? { record.withLock { $0.kept } }

        func publish(_ changes: [ZoneChange], keptAt path: String) throws {
            let octets = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            let kept = try ReplicatedState(snapshot: octets)
            try record.withLock { record in
                record.attempts += 1
                record.kept = kept
                if record.isRefusing { throw Refusal() }
                record.published += changes
            }
        }
    }

    private func keeper() throws -> StateKeeper {
        let publisher = publisher
        let path = "\(directory.path)/state.snapshot"
        return try StateKeeper(directory: directory.path, nowSeconds: cluster.seconds) {
            try publisher.publish($0, keptAt: path)
        }
    }

    private func configured() async throws -> StateKeeper {
        let keeper = try keeper()
        try await keeper.configure(try cluster.settings(), atSeconds: cluster.seconds)
        return keeper
    }

    private func reports(_ name: String = "web1") throws -> [Command.Body] {
        [.reportGuests([try cluster.report(101, name, ["10.0.0.1/24"])])]
    }

    /// While it is there, nothing can be saved.
    private let obstacle = "state.snapshot.new"

    @Test func whatIsPublishedIsKept() async throws {
        let keeper = try await configured()
        let changes = try await keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
        let state = await keeper.state
        #expect(!changes.isEmpty)
        #expect(publisher.published.suffix(changes.count) == changes[...])
        #expect(publisher.kept?.snapshot() == state.snapshot())
        #expect(publisher.kept?.guests.count == 1)
    }

    @Test func whatCannotBeKeptIsNotPublished() async throws {
        let keeper = try await configured()
        let before = (publisher.published, publisher.attempts)
        let octets = await keeper.state.snapshot()
        try directory.makeDirectory(obstacle)
        let error = await #expect(throws: SnapshotFileError.self) {
            try await keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
        }
        #expect(error?.description.contains(obstacle) == true)
        #expect((publisher.published, publisher.attempts) == before)
        let file = "\(directory.path)/state.snapshot"
        #expect(Array(try Data(contentsOf: URL(fileURLWithPath: file))) == octets)

        // Still no use, and still nothing seen.
        await #expect(throws: SnapshotFileError.self) {
            try await keeper.propose([], atSeconds: cluster.seconds + 2)
        }
        #expect(publisher.attempts == before.1)

        try directory.remove(obstacle)
        let changes = try await keeper.propose([], atSeconds: cluster.seconds + 3)
        #expect(!changes.isEmpty)
        #expect(publisher.published == before.0 + changes)
        #expect(publisher.kept?.guests.count == 1)
    }

    @Test func whatWasNotPublishedIsTriedAgain() async throws {
        let keeper = try await configured()
        let before = publisher.published
        publisher.setRefusing(true)
        await #expect(throws: Publisher.Refusal.self) {
            try await keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
        }
        // However many changes pile up, what is owed is one step to where things stand.
        await #expect(throws: Publisher.Refusal.self) {
            try await keeper.propose(try reports("web2"), atSeconds: cluster.seconds + 2)
        }
        #expect(publisher.published == before)
        publisher.setRefusing(false)
        let changes = try await keeper.propose([], atSeconds: cluster.seconds + 3)
        let standing = await keeper.state.zones.replacements
        #expect(changes == standing)
        #expect(publisher.published == before + changes)
        #expect(try await keeper.propose([], atSeconds: cluster.seconds + 4).isEmpty)
    }

    @Test func nothingNewIsNeitherWrittenNorPublished() async throws {
        let keeper = try await configured()
        let attempts = publisher.attempts
        try directory.makeDirectory(obstacle)
        try await keeper.propose([], atSeconds: cluster.seconds + 1)
        try await keeper.configure(try cluster.settings(), atSeconds: cluster.seconds + 1)
        #expect(publisher.attempts == attempts)
    }

    @Test func aRestartBringsTheSameZonesAndSerials() async throws {
        let before: ReplicatedState
        do {
            let keeper = try await configured()
            try await keeper.propose(try reports(), atSeconds: cluster.seconds + 1)
            before = await keeper.state
        }
        let published = publisher.published.count
        let keeper = try keeper()
        let after = await keeper.state
        #expect(after.cluster == before.cluster)
        #expect(after.settings == before.settings)
        #expect(after.zones.zones == before.zones.zones)
        #expect(after.zones.zones.count == 2)
        #expect(after.zones.serials == before.zones.serials)
        #expect(publisher.published.dropFirst(published) == after.zones.replacements[...])
    }

    @Test func whatCannotBeReadStopsTheStart() async throws {
        try directory.write(Array("no snapshot".utf8), to: "state.snapshot")
        let error = #expect(throws: StateKeeperError.self) { try keeper() }
        let text = try #require(error?.description)
        #expect(text.hasPrefix("\(directory.path)/state.snapshot cannot be used: "))
        #expect(text.contains("Restore the file from a backup, or move it away"))
        #expect(publisher.attempts == 0)
        // The file is evidence, and stays.
        let path = "\(directory.path)/state.snapshot"
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("no snapshot".utf8))
    }

    @Test func anEmptyFileIsNoState() throws {
        try directory.write([], to: "state.snapshot")
        #expect(throws: StateKeeperError.self) { try keeper() }
    }

    @Test func twoKeepersDoNotShareAState() async throws {
        let first = try keeper()
        #expect(throws: SnapshotFileError.inUse(directory: directory.path)) { try keeper() }
        try await first.propose([], atSeconds: cluster.seconds)
    }
}
