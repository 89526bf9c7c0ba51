import Synchronization

/// Where people ask for a collection out of turn, and wait for it.
final class CollectionDesk: Sendable {
    /// What came of it: an error in its own words, or nothing.
    typealias Outcome = String?

    /// More requests than this are turned away.
    private static let maximumWaiting = 64

    private let waiting = Mutex<[CheckedContinuation<Outcome, Never>]>([])
    private let signal = Signal()

    /// Asks for a full collection and returns when it came to its end.
    func collect() async -> Outcome {
        await withCheckedContinuation { continuation in
            let isTaken = waiting.withLock { waiting in
                guard waiting.count < Self.maximumWaiting else { return false }
                waiting.append(continuation)
                return true
            }
            if isTaken {
                signal.ring()
            } else {
                continuation.resume(returning: "\(Self.maximumWaiting) requests wait already")
            }
        }
    }

    /// Returns at the instant, when somebody asks, or when the task is cancelled.
    func wait(until instant: ContinuousClock.Instant) async {
        await signal.wait(until: instant)
    }

    /// Those who wait now; whoever takes them has to answer them.
    func take() -> [CheckedContinuation<Outcome, Never>] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
