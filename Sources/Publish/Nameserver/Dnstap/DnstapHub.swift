import Synchronization

/// What the workers share with the thread that tells of their queries.
final class DnstapHub: Sendable {
    private struct State {
        var rings: [TapRing] = []
        var problem: String?
    }

    let settings: DnstapSettings
    private let isRead = Atomic<Bool>(false)
    private let written = Atomic<UInt64>(0)
    private let lost = Atomic<UInt64>(0)
    private let state = Mutex(State())

    init(_ settings: DnstapSettings) {
        self.settings = settings
    }

    /// A ring for one more worker.
    func makeRing() -> TapRing {
        let ring = TapRing(sizeOctets: settings.roomOctets)
        state.withLock { $0.rings.append(ring) }
        return ring
    }

    /// Of all workers that began.
    var rings: [TapRing] { state.withLock { $0.rings } }

    /// Somebody reads: what is put into rings goes somewhere.
    var isOpen: Bool { isRead.load(ordering: .relaxed) }

    /// Says that somebody reads, or why nobody does.
    func setOpen(problem: String? = nil) {
        isRead.store(problem == nil, ordering: .relaxed)
        state.withLock { $0.problem = problem }
    }

    /// Counts messages that the reader's socket took.
    func countWritten(_ messages: Int) {
        written.add(UInt64(messages), ordering: .relaxed)
    }

    /// Counts messages that were taken from a ring and got no further.
    func countLost(_ messages: Int) {
        lost.add(UInt64(messages), ordering: .relaxed)
    }

    var statistics: DnstapStatistics {
        let (rings, problem) = state.withLock { ($0.rings, $0.problem) }
        return DnstapStatistics(
            isRead: isOpen, written: written.load(ordering: .relaxed),
            lost: rings.reduce(lost.load(ordering: .relaxed)) { $0 + $1.lostMessages },
            problem: problem)
    }
}
