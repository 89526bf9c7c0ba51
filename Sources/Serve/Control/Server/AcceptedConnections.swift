import HummingbirdCore
import NIOCore
import Synchronization

/// Connections that were accepted and that nobody serves yet. Whoever accepts may be cancelled
/// between the two, and its sequence drops what it holds then; SwiftNIO traps on a connection that
/// goes without having been closed. So each is kept here until it is served, or closed at the end.
///
///     admit ──> hold ──> release
///        └────> drop  └─> end
final class AcceptedConnections: Sendable {
    private struct State {
        var isOpen = true
        /// Admitted, and neither held nor dropped yet: at most for one step of an event loop.
        var coming = 0
        /// Bounded by the sequence that they wait in.
        var held: [ObjectIdentifier: HTTP1Channel.Value] = [:]
        /// Waits for those that are coming.
        var end: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// One more may be made. `false` from the end on. `hold` or `drop` has to follow.
    func admit() -> Bool {
        state.withLock { state in
            if state.isOpen { state.coming += 1 }
            return state.isOpen
        }
    }

    /// Keeps one that was admitted.
    func hold(_ connection: HTTP1Channel.Value) {
        arrived { $0.held[ObjectIdentifier(connection.channel)] = connection }
    }

    /// One that was admitted could not be made.
    func drop() {
        arrived { _ in }
    }

    /// It is served from here on, which closes it.
    func release(_ connection: HTTP1Channel.Value) {
        state.withLock { $0.held[ObjectIdentifier(connection.channel)] = nil }
    }

    /// Closes what is left, and what is still coming; from here on nothing is admitted.
    func end() async {
        await withCheckedContinuation { continuation in
            let isComplete = state.withLock { state in
                state.isOpen = false
                if state.coming > 0 { state.end = continuation }
                return state.coming == 0
            }
            if isComplete { continuation.resume() }
        }
        let left = state.withLock { state in
            defer { state.held = [:] }
            return state.held
        }
        for connection in left.values {
            do {
                try await connection.executeThenClose { _, _ in }
            } catch {
                // The peer was faster.
            }
        }
    }

    private func arrived(_ change: (inout sending State) -> Void) {
        let end = state.withLock { state in
            change(&state)
            state.coming -= 1
            guard state.coming == 0 else { return CheckedContinuation<Void, Never>?.none }
            defer { state.end = nil }
            return state.end
        }
        end?.resume()
    }
}
