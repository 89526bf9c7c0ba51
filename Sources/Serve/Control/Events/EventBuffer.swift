import Synchronization

/// The last events, for those who want to read on where they stopped. Readers keep nothing but the
/// index of their next event here, so a slow one costs no memory: it finds its events gone.
///
/// A lock and not an actor, so that whoever appends need not wait, and events keep their order.
package final class EventBuffer: Sendable {
    /// What a buffer holds.
    package struct Limits: Hashable, Sendable {
        /// Events.
        package var events = 10_000
        /// Octets of all events together, about.
        package var octets = 4 << 20
        /// Readers that wait at a time.
        package var readers = 32

        /// The defaults.
        package init() {}
    }

    private struct State {
        var events: ArraySlice<Event> = []
        var octets = 0
        var nextIndex: UInt64 = 1
        var lastTicket: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]

        var oldestIndex: UInt64 { events.first?.index ?? nextIndex }
    }

    /// The longest text of an event, in octets; what is longer is cut off.
    package static let maximumTextOctets = 1024

    private let limits: Limits
    private let state = Mutex(State())

    /// Empty.
    package init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Adds an event at the end and drops the oldest ones that do not fit any more. Returns its
    /// index.
    @discardableResult
    package func append(_ draft: Event.Draft) -> UInt64 {
        let (index, readers) = state.withLock { state in
            let event = Event(draft, index: state.nextIndex)
            state.nextIndex += 1
            state.events.append(event)
            state.octets += event.octets
            while state.events.count > limits.events || state.octets > limits.octets,
                let oldest = state.events.popFirst()
            {
                state.octets -= oldest.octets
            }
            let readers = Array(state.waiting.values)
            state.waiting = [:]
            return (event.index, readers)
        }
        readers.forEach { $0.resume(returning: true) }
        return index
    }

    /// The index of the first event that is held, or else of the next one.
    package var oldestIndex: UInt64 { state.withLock(\.oldestIndex) }

    /// The events that are held, from an index on.
    ///
    /// - `index`: of the first event wanted; 0 for the oldest that is held.
    /// - `limit`: at most so many.
    ///
    /// Throws `gone` if the first one wanted is not held any more, and for an index that was not
    /// given out yet, except the very next: the agent was started anew.
    package func events(from index: UInt64, limit: Int) throws(ControlError) -> [Event] {
        let (events, oldest, next) = state.withLock { state in
            let skipped = index > state.oldestIndex ? index - state.oldestIndex : 0
            let wanted = state.events.dropFirst(Int(clamping: skipped)).prefix(limit)
            return (Array(wanted), state.oldestIndex, state.nextIndex)
        }
        guard index == 0 || (oldest...next).contains(index) else {
            throw .gone(
                "event \(index) is not held; the oldest is \(oldest)",
                remedy: "ask from \(oldest) on", oldest: oldest)
        }
        return events
    }

    /// The same, and waits until there is one. Empty only when the task was cancelled.
    package func nextEvents(
        from index: UInt64, limit: Int
    ) async throws(ControlError) -> [Event] {
        // Where nothing is held, 0 means whatever comes next.
        let index = index == 0 ? oldestIndex : index
        while !Task.isCancelled {
            let found = try events(from: index, limit: limit)
            guard found.isEmpty else { return found }
            try await waitForEvent(index)
        }
        return []
    }

    private func waitForEvent(_ index: UInt64) async throws(ControlError) {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let isAdmitted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                admit(continuation, ticket, waitingFor: index)
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: true)
        }
        guard isAdmitted else {
            throw .unavailable(
                "\(limits.readers) readers wait for events already",
                remedy: "end one of them, or ask without follow")
        }
    }

    private func admit(
        _ continuation: CheckedContinuation<Bool, Never>, _ ticket: UInt64,
        waitingFor index: UInt64
    ) {
        let isAdmitted: Bool? = state.withLock { state in
            // What came before this reader waited woke nobody: an event, or the cancellation.
            guard state.nextIndex <= index, !Task.isCancelled else { return true }
            guard state.waiting.count < limits.readers else { return false }
            state.waiting[ticket] = continuation
            return nil
        }
        if let isAdmitted { continuation.resume(returning: isAdmitted) }
    }
}

extension Event {
    fileprivate init(_ draft: Draft, index: UInt64) {
        self.init(
            index: index, time: draft.time, kind: draft.kind, message: draft.message.shortened,
            remedy: draft.remedy?.shortened, guest: draft.guest,
            provider: draft.provider?.shortened, zone: draft.zone?.shortened)
    }

    /// What it takes in memory, about.
    fileprivate var octets: Int {
        let texts = [message, remedy, provider, zone].compactMap { $0?.utf8.count }
        return MemoryLayout<Event>.size + texts.reduce(0, +)
    }
}

extension String {
    /// At most `EventBuffer.maximumTextOctets` long, cut between characters.
    fileprivate var shortened: String {
        guard utf8.count > EventBuffer.maximumTextOctets else { return self }
        let mark = "..."
        var room = EventBuffer.maximumTextOctets - mark.utf8.count
        let kept = prefix { character in
            room -= character.utf8.count
            return room >= 0
        }
        return kept + mark
    }
}
