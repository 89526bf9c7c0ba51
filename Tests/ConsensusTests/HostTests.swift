import Foundation
import Logging
import Synchronization
import Testing

@testable import Consensus

/// Carries messages between hosts in this process.
final class LocalNetwork: Sendable {
    private struct State {
        var hosts: [ReplicaID: ReplicaHost] = [:]
        var cut: Set<ReplicaID> = []
    }
    private let state = Mutex(State())

    func add(_ host: ReplicaHost, as id: ReplicaID) { state.withLock { $0.hosts[id] = host } }
    func remove(_ id: ReplicaID) { state.withLock { $0.hosts[id] = nil } }
    func cut(_ id: ReplicaID, _ isCut: Bool) {
        state.withLock { state in
            if isCut { state.cut.insert(id) } else { state.cut.remove(id) }
        }
    }

    func host(_ id: ReplicaID, from sender: ReplicaID) -> ReplicaHost? {
        state.withLock { state in
            state.cut.contains(id) || state.cut.contains(sender) ? nil : state.hosts[id]
        }
    }
}

struct LocalTransport: PeerTransport {
    let id: ReplicaID
    let network: LocalNetwork

    func send(_ messages: [OutgoingMessage]) {
        for message in messages {
            network.host(message.receiver, from: id)?.received(message.octets, from: id)
        }
    }

    func sendSnapshot(
        to replica: ReplicaID, message: [UInt8], descriptor: SnapshotDescriptor, path: String
    ) async -> Bool {
        do {
            guard let host = network.host(replica, from: id) else { return false }
            let incoming = try host.receiveSnapshot(descriptor)
            let octets = try Scratch.octets(path)
            for start in stride(from: 0, to: octets.count, by: 1000) {
                try incoming.write(Array(octets[start..<min(start + 1000, octets.count)]))
            }
            try incoming.finish(message: message, from: id)
            return true
        } catch {
            return false
        }
    }

    func update(peers: [Peer]) {}
}

/// All commands that were ever applied, in order.
actor Journal: StateMachine {
    private(set) var commands: [[UInt8]] = []
    private(set) var index: UInt64 = 0
    private(set) var restored: [UInt64] = []
    private var waiting: [(count: Int, CheckedContinuation<Void, Never>)] = []

    func apply(_ entries: [CommittedEntry]) {
        for entry in entries {
            precondition(entry.index == index + 1, "entry \(entry.index) after \(index)")
            index = entry.index
            if case .command(let octets) = entry.content { commands.append(octets) }
        }
        wake()
    }

    func capture() -> SnapshotCapture {
        let chunks = Mutex(commands.map { [UInt8($0.count)] + $0 }[...])
        return SnapshotCapture(appliedIndex: index) { chunks.withLock { $0.popFirst() } }
    }

    func restore(
        _ descriptor: SnapshotDescriptor, nextChunk: @escaping @Sendable () throws -> [UInt8]?
    ) throws {
        var octets: [UInt8] = []
        while let chunk = try nextChunk() { octets += chunk }
        commands = []
        var rest = octets[...]
        while let count = rest.popFirst() {
            commands.append(Array(rest.prefix(Int(count))))
            rest = rest.dropFirst(Int(count))
        }
        index = descriptor.index
        restored.append(index)
        wake()
    }

    private func wake() {
        for (count, waiter) in waiting where commands.count >= count { waiter.resume() }
        waiting.removeAll { commands.count >= $0.count }
    }

    func wait(for count: Int) async {
        guard commands.count < count else { return }
        await withCheckedContinuation { waiting.append((count, $0)) }
    }
}

@Suite(.timeLimit(.minutes(2))) struct HostTests {
    private struct Node {
        let id: ReplicaID
        let host: ReplicaHost
        let journal: Journal
    }

    private let scratch: Scratch
    private let network = LocalNetwork()

    init() throws { scratch = try Scratch() }

    private func node(
        _ number: UInt64, of voters: UInt64, change: (inout HostSettings) -> Void = { _ in }
    ) throws -> Node {
        let id = Cluster.id(number)
        let directory = scratch.path + "/\(number)"
        try Files.makeDirectory(directory)
        var settings = HostSettings(replica: id, cluster: "test", directory: directory)
        settings.tick = .milliseconds(20)
        settings.bootstrap = (0..<voters).map {
            FirstMember(id: Cluster.id($0 + 1), context: [])
        }
        change(&settings)
        if !WriteAheadLog.exists(in: directory) {
            try WriteAheadLog.create(in: directory, identity: settings.identity)
        }
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let journal = Journal()
        let host = try ReplicaHost(
            settings: settings, machine: journal,
            transport: LocalTransport(id: id, network: network), logger: logger)
        network.add(host, as: id)
        return Node(id: id, host: host, journal: journal)
    }

    private func leader(of nodes: [Node]) async throws -> Node {
        let first = try #require(nodes.first)
        for await status in first.host.statusChanges() {
            if let leader = nodes.first(where: { $0.id == status.leader }) { return leader }
        }
        throw ConsensusError.stopped
    }

    private func running(
        _ nodes: [Node], _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { try await node.host.run() } }
            do { try await body() } catch {
                for node in nodes { node.host.stop() }
                throw error
            }
            for node in nodes { node.host.stop() }
            try await group.waitForAll()
        }
    }

    private func propose(_ numbers: Range<Int>, at node: Node) async {
        for number in numbers {
            let command = [UInt8(number & 255), UInt8(number >> 8)]
            while await node.host.propose(command) != .accepted { await Task.yield() }
        }
    }

    @Test func aSoleVoterRemembersAfterARestart() async throws {
        for round in 0..<3 {
            let node = try node(1, of: 1)
            try await running([node]) {
                _ = try await leader(of: [node])
                await propose(round * 50..<round * 50 + 50, at: node)
                await node.journal.wait(for: round * 50 + 50)
                let index = try await node.host.readIndex()
                #expect(await node.journal.index >= index)
            }
            #expect(await node.journal.commands.count == round * 50 + 50)
        }
    }

    @Test func snapshotsBoundTheLogAndBringALateReplicaUp() async throws {
        let shrink: (inout HostSettings) -> Void = {
            $0.snapshotEntries = 100
            $0.keptEntries = 10
        }
        let nodes = try (1...3).map { try node($0, of: 3, change: shrink) }
        try await running(nodes) {
            let leader = try await leader(of: nodes)
            let late = try #require(nodes.first { $0.id != leader.id })
            await propose(0..<20, at: leader)
            await late.journal.wait(for: 20)
            network.cut(late.id, true)
            await propose(20..<1020, at: leader)
            await leader.journal.wait(for: 1020)
            network.cut(late.id, false)
            await late.journal.wait(for: 1020)
            #expect(await late.journal.restored.count >= 1)
            #expect(await late.journal.commands == leader.journal.commands)
        }
        // And after a restart, from the snapshot and what came since.
        let again = try (1...3).map { try node($0, of: 3, change: shrink) }
        try await running(again) {
            for node in again { await node.journal.wait(for: 1020) }
            for node in again {
                #expect(await node.journal.restored.count == 1)
                #expect(await node.journal.commands == again[0].journal.commands)
            }
        }
    }

    /// The last snapshot does not know who joins after it, and the log before it is gone.
    @Test func whoJoinsAfterTheLastSnapshotIsBroughtUp() async throws {
        let shrink: (inout HostSettings) -> Void = {
            $0.snapshotEntries = 100
            $0.keptEntries = 10
        }
        let first = try node(1, of: 1, change: shrink)
        let second = try node(2, of: 0, change: shrink)
        try await running([first, second]) {
            let leader = try await leader(of: [first])
            await propose(0..<150, at: leader)
            await leader.journal.wait(for: 150)
            while await leader.host.currentStatus()?.first == 1 { await Task.yield() }
            let snapshot = try #require(leader.host.lastSnapshot())
            #expect(snapshot.descriptor.index >= 100)
            #expect(snapshot.writtenSeconds != nil)
            #expect(second.host.lastSnapshot() == nil)
            while await leader.host.change(.addLearner(second.id), context: []) != .accepted {
                await Task.yield()
            }
            let deadline = ContinuousClock.now + .seconds(30)
            while await second.journal.commands.count < 150, .now < deadline { await Task.yield() }
            #expect(await second.journal.restored.count == 1)
            #expect(await second.journal.commands == leader.journal.commands)
        }
    }

    @Test func theLeadIsHandedOver() async throws {
        let nodes = try (1...3).map { try node($0, of: 3) }
        try await running(nodes) {
            let leader = try await leader(of: nodes)
            await propose(0..<10, at: leader)
            // Activity is known after the first answers.
            while await !leader.host.handOver(within: .seconds(5)) {}
            #expect(await leader.host.currentStatus()?.role == .follower)
        }
    }

    @Test func aReadWithoutALeaderFails() async throws {
        let node = try node(1, of: 3) { $0.readTimeout = .milliseconds(50) }
        try await running([node]) {
            await #expect(throws: ConsensusError.self) { try await node.host.readIndex() }
            #expect(await node.host.propose([1]) == .noLeader)
        }
        await #expect(throws: ConsensusError.stopped) { try await node.host.readIndex() }
    }

    @Test func aMissingLogEndsTheHost() async throws {
        let node = try node(1, of: 1)
        try FileManager.default.removeItem(atPath: scratch.path + "/1/wal")
        await #expect(throws: ConsensusError.self) { try await node.host.run() }
    }
}
