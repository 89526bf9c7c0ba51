import Glibc
import Synchronization

/// What the replica's thread is told.
enum Input: Sendable {
    case message([UInt8], from: ReplicaID)
    /// Its file is on the disk.
    case snapshot([UInt8], from: ReplicaID, SnapshotDescriptor)
    case propose([UInt8], CheckedContinuation<ProposalOutcome, Never>)
    case change(ConfigurationChange, [UInt8], CheckedContinuation<ChangeOutcome, Never>)
    case read(CheckedContinuation<Result<UInt64, ConsensusError>, Never>)
    case status(CheckedContinuation<ReplicaStatus?, Never>)
    case transfer(ReplicaID)
    case unreachable(ReplicaID)
    case sentSnapshot(ReplicaID, isDelivered: Bool)
    /// One of our own state is on the disk.
    case wroteSnapshot(SnapshotDescriptor)
    case stop(ConsensusError?)

    /// Roughly what it takes to keep.
    var octets: Int {
        switch self {
        case .message(let octets, _), .snapshot(let octets, _, _), .propose(let octets, _):
            octets.count + 64
        case .change, .read, .status, .transfer, .unreachable, .sentSnapshot, .wroteSnapshot,
            .stop:
            64
        }
    }

    /// Whoever waits for it is told that nothing will come.
    func abandon() {
        switch self {
        case .propose(_, let waiter): waiter.resume(returning: .noLeader)
        case .change(_, _, let waiter): waiter.resume(returning: .notLeader)
        case .read(let waiter): waiter.resume(returning: .failure(.stopped))
        case .status(let waiter): waiter.resume(returning: nil)
        case .message, .snapshot, .transfer, .unreachable, .sentSnapshot, .wroteSnapshot, .stop:
            break
        }
    }
}

/// Where others leave inputs for the one thread that takes them.
final class Mailbox: Sendable {
    private struct State {
        var inputs: [Input] = []
        var octets = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let maximumInputs: Int
    private let maximumOctets: Int
    /// A pipe: an octet in it means that there are inputs.
    private let readEnd: Int32
    private let writeEnd: Int32

    init(maximumInputs: Int, maximumOctets: Int) throws(ConsensusError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw File.failure("make", "a pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        self.maximumInputs = maximumInputs
        self.maximumOctets = maximumOctets
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// `false` if it is full or closed. `isUrgent` inputs fit always: there are few of them.
    func put(_ input: Input, isUrgent: Bool = false) -> Bool {
        let (isTaken, wasEmpty) = state.withLock { state in
            let isFull =
                state.inputs.count >= maximumInputs || state.octets + input.octets > maximumOctets
            guard !state.isClosed, isUrgent || !isFull else { return (false, false) }
            let wasEmpty = state.inputs.isEmpty
            state.inputs.append(input)
            state.octets += input.octets
            return (true, wasEmpty)
        }
        if wasEmpty {
            var octet: UInt8 = 1
            _ = write(writeEnd, &octet, 1)
        }
        return isTaken
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// All that is there, after at most so long.
    func take(within wait: Duration) -> [Input] {
        var event = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = wait.components
        let milliseconds =
            seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        _ = poll(&event, 1, Int32(clamping: max(0, milliseconds)))
        var octets: (UInt64, UInt64) = (0, 0)
        while read(readEnd, &octets, 16) == 16 {}
        return state.withLock { state in
            defer {
                state.inputs = []
                state.octets = 0
            }
            return state.inputs
        }
    }

    /// Nothing more comes in; those who wait are told.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.inputs = [] }
            return state.inputs
        }
        for input in left { input.abandon() }
    }

    private func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
