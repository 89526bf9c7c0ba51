package import ClusterState

extension StateKeeper {
    /// Has commands agreed on and applied as one, and returns what came of each.
    ///
    /// - `term`: the lead that they are given under; `nil` for what any node may say.
    /// - `covered`: nodes that they speak for besides this one.
    @discardableResult
    package func submit(
        _ bodies: [Command.Body], atSeconds seconds: UInt64, underTerm term: UInt64? = nil,
        covering covered: [String] = [], isOrdered: Bool = false
    ) async throws(StateKeeperError) -> Receipt {
        guard !bodies.isEmpty else { return Receipt(index: state.index, outcomes: []) }
        guard !isStopped else { throw .stopped }
        let commands = bodies.map {
            Command($0, atSeconds: seconds, term: term, covering: covered)
        }
        guard commands.reduce(0, { $0 + $1.encoded().count }) <= Self.maximumOctets else {
            throw .tooLarge
        }
        // As long as nobody leads, nothing is proposed: then it is certain that nothing was done.
        guard await waitForLead() else { throw isStopped ? .stopped : .expired }
        lastTicket += 1
        let ticket = lastTicket
        guard
            let actions = submissions.submit(
                commands, ticket: ticket, isOrdered: isOrdered, nowTicks: nowTicks)
        else { throw .busy }
        ticking.ring()
        let resolution = await withCheckedContinuation { continuation in
            waiters[ticket] = continuation
            perform(actions)
        }
        switch resolution {
        case .applied(let index, let outcomes): return Receipt(index: index, outcomes: outcomes)
        case .refused(let refusal): throw .left(refusal)
        case .unknown: throw .unknown
        case .expired: throw .expired
        }
    }

    /// `false` if nobody comes to lead in time.
    private func waitForLead() async -> Bool {
        guard let log else { return false }
        guard log.lead.leader == nil else { return true }
        guard leadWaiters.count < Self.maximumReaders else { return false }
        let ends = nowTicks + Self.leadPatience
        ticking.ring()
        return await withCheckedContinuation { leadWaiters.append((ends, $0)) }
    }

    func wakeLeadWaiters() {
        let isLed = log?.lead.leader != nil
        let now = nowTicks
        for waiter in leadWaiters where isLed || waiter.endsTicks <= now {
            waiter.continuation.resume(returning: isLed)
        }
        leadWaiters.removeAll { isLed || $0.endsTicks <= now }
    }

    /// The same where nothing may be refused.
    package func propose(
        _ bodies: [Command.Body], atSeconds seconds: UInt64, underTerm term: UInt64? = nil,
        covering covered: [String] = [], isOrdered: Bool = false
    ) async throws(StateKeeperError) {
        let receipt = try await submit(
            bodies, atSeconds: seconds, underTerm: term, covering: covered, isOrdered: isOrdered)
        if let refusal = receipt.outcomes.lazy.compactMap(\.refusal).first {
            throw .refused(refusal)
        }
    }

    func perform(_ actions: [Submissions.Action]) {
        for action in actions {
            switch action {
            case .propose(let octets): outbox.yield(octets)
            case .resolve(let ticket, let resolution):
                waiters.removeValue(forKey: ticket)?.resume(returning: resolution)
            }
        }
    }
}

/// What was applied, and what came of it.
package struct Receipt: Hashable, Sendable {
    /// The index of the entry.
    package let index: UInt64
    /// For each command.
    package let outcomes: [Outcome]
}
