import Consensus
import OpenSSL
import Synchronization

/// Remembers what the transport hands on, and lets a test wait for it.
final class RecordingHandler: PeerHandler {
    struct State {
        var messages: [(from: ReplicaID, octets: [UInt8])] = []
        var reached: [ReplicaID] = []
        var lost: [ReplicaID] = []
        var rolledBack: [ReplicaID] = []
        var callers: [PeerCaller] = []
        var snapshots: [RecordedSnapshot] = []
        /// Parts of snapshots are not taken while this holds.
        var isHoldingSnapshots = false
    }

    /// What becomes of a snapshot.
    struct RecordedSnapshot {
        var octets: [UInt8] = []
        var message: [UInt8]?
        var isAbandoned = false
    }

    let board = Board(State())
    /// Gives the answers to questions.
    let answer: @Sendable ([UInt8], PeerCaller) async -> [UInt8]

    init(
        answer: @escaping @Sendable ([UInt8], PeerCaller) async -> [UInt8] = { octets, _ in octets }
    ) {
        self.answer = answer
    }

    func received(message: [UInt8], from replica: ReplicaID) {
        board.change { $0.messages.append((replica, message)) }
    }

    func beginSnapshot(
        from replica: ReplicaID, descriptor: SnapshotDescriptor
    ) async throws(ConsensusError) -> any SnapshotSink {
        board.change { state in
            state.snapshots.append(RecordedSnapshot())
            return RecordingSink(board: board, index: state.snapshots.count - 1)
        }
    }

    func request(_ octets: [UInt8], from caller: PeerCaller) async -> [UInt8] {
        board.change { $0.callers.append(caller) }
        return await answer(octets, caller)
    }

    func reached(_ replica: ReplicaID) { board.change { $0.reached.append(replica) } }

    func lost(_ replica: ReplicaID) { board.change { $0.lost.append(replica) } }

    func rolledBack(_ replica: ReplicaID, from seen: UInt64, to shown: UInt64) {
        board.change { $0.rolledBack.append(replica) }
    }
}

/// Keeps a snapshot's parts.
struct RecordingSink: SnapshotSink {
    let board: Board<RecordingHandler.State>
    let index: Int

    func write(_ chunk: [UInt8]) async throws(ConsensusError) {
        board.change { $0.snapshots[index].octets += chunk }
        // A test that does not let go fails at its end.
        try? await board.wait { !$0.isHoldingSnapshots }
    }

    func finish(message: [UInt8]) async throws(ConsensusError) {
        board.change { $0.snapshots[index].message = message }
    }

    func abandon() async {
        board.change { $0.snapshots[index].isAbandoned = true }
    }
}

/// A value that tests wait on.
final class Board<State>: Sendable {
    /// It did not come to what was waited for.
    struct Waited: Error {}

    private struct Waiter {
        let number: Int
        let isMet: @Sendable (State) -> Bool
        let resume: CheckedContinuation<Bool, Never>
    }

    private struct Content {
        var state: State
        var waiters: [Waiter] = []
        var last = 0
    }

    private let content: Mutex<Content>

    init(_ state: sending State) {
        content = Mutex(Content(state: state))
    }

    func change<Value>(_ body: (inout State) -> sending Value) -> sending Value {
        content.withLock { content in
            let value = body(&content.state)
            content.waiters.removeAll { waiter in
                guard waiter.isMet(content.state) else { return false }
                waiter.resume.resume(returning: true)
                return true
            }
            return value
        }
    }

    func read<Value>(_ body: (State) -> sending Value) -> sending Value {
        content.withLock { body($0.state) }
    }

    /// Returns when `isMet` is true of the state; throws after `patience`.
    func wait(
        _ patience: Duration = .seconds(20), until isMet: @escaping @Sendable (State) -> Bool
    ) async throws {
        let number = content.withLock { content in
            content.last += 1
            return content.last
        }
        let isOver = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await withCheckedContinuation { resume in
                    self.content.withLock { content in
                        if isMet(content.state) { return resume.resume(returning: true) }
                        content.waiters.append(
                            Waiter(number: number, isMet: isMet, resume: resume))
                    }
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                self.giveUp(number)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
        if !isOver { throw Waited() }
    }

    private func giveUp(_ number: Int) {
        content.withLock { content in
            content.waiters.removeAll { waiter in
                guard waiter.number == number else { return false }
                waiter.resume.resume(returning: false)
                return true
            }
        }
    }
}
