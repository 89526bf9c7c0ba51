/// Which calls wait and which may start. At most `maximumAgentCalls` agent calls are under way and
/// one on each node; all others share `maximumCalls`. Nodes take turns.
struct CallQueue {
    private let maximumCalls: Int
    private let maximumAgentCalls: Int
    private var plain = FIFO<Call>()
    private var agents: [String: FIFO<Call>] = [:]
    /// The nodes with waiting agent calls, next one first.
    private var turn = FIFO<String>()
    private var busyNodes: Set<String> = []
    private var plainRunning = 0
    /// Waiting or under way.
    private var members: Set<Call> = []
    /// Calls waiting or under way, by guest.
    private var callsByGuest: [UInt32: Int] = [:]

    init(maximumCalls: Int, maximumAgentCalls: Int) {
        self.maximumCalls = max(1, maximumCalls)
        self.maximumAgentCalls = max(1, maximumAgentCalls)
    }

    /// Guests with calls waiting or under way.
    var guestCount: Int { callsByGuest.count }
    /// Calls that wait for no guest's software, waiting or under way.
    var plainCount: Int { plainRunning + plain.count }
    /// Nothing waits and nothing is under way.
    var isEmpty: Bool { members.isEmpty }

    /// A call is waiting or under way.
    func contains(_ call: Call) -> Bool { members.contains(call) }

    /// Puts a call last, unless it waits or is under way.
    mutating func add(_ call: Call) {
        guard members.insert(call).inserted else { return }
        if let guest = call.guest { callsByGuest[guest, default: 0] += 1 }
        guard call.isAgent, let node = call.node else { return plain.append(call) }
        if agents[node]?.isEmpty ?? true { turn.append(node) }
        agents[node, default: FIFO()].append(call)
    }

    /// Puts an agent call first among those of its node: the guest that answered one question is
    /// asked the other before the next guest.
    mutating func addNext(_ call: Call) {
        guard call.isAgent, let node = call.node, !members.contains(call) else { return add(call) }
        let others = agents[node]?.removeAll() ?? []
        others.forEach { forget($0) }
        turn.remove(where: { $0 == node })
        add(call)
        others.forEach { add($0) }
    }

    /// The next call that may start; it counts as under way from now on.
    mutating func next() -> Call? {
        if plainRunning < maximumCalls, let call = plain.popFirst() {
            plainRunning += 1
            return call
        }
        guard busyNodes.count < maximumAgentCalls,
            let node = turn.remove(firstWhere: { !busyNodes.contains($0) }),
            let call = agents[node]?.popFirst()
        else { return nil }
        busyNodes.insert(node)
        if agents[node]?.isEmpty == false { turn.append(node) }
        return call
    }

    /// A call that was under way has ended.
    mutating func finish(_ call: Call) {
        forget(call)
        if call.isAgent, let node = call.node {
            busyNodes.remove(node)
        } else {
            plainRunning -= 1
        }
    }

    /// Takes out the waiting calls that `isDropped` names, and returns them.
    mutating func drop(where isDropped: (Call) -> Bool) -> [Call] {
        var dropped = plain.remove(where: isDropped)
        for node in agents.keys.sorted() {
            dropped += agents[node]?.remove(where: isDropped) ?? []
            if agents[node]?.isEmpty ?? true { turn.remove(where: { $0 == node }) }
        }
        dropped.forEach { forget($0) }
        return dropped
    }

    private mutating func forget(_ call: Call) {
        members.remove(call)
        guard let guest = call.guest, let count = callsByGuest[guest] else { return }
        callsByGuest[guest] = count > 1 ? count - 1 : nil
    }
}

/// First in, first out, without moving the rest at each step.
struct FIFO<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        defer {
            head += 1
            if head > 64, head * 2 > elements.count { compact() }
        }
        return elements[head]
    }

    mutating func removeAll() -> [Element] {
        remove(where: { _ in true })
    }

    /// Takes out the first that fits.
    mutating func remove(firstWhere fits: (Element) -> Bool) -> Element? {
        compact()
        guard let index = elements.firstIndex(where: fits) else { return nil }
        return elements.remove(at: index)
    }

    /// Takes out all that fit, in order.
    @discardableResult
    mutating func remove(where fits: (Element) -> Bool) -> [Element] {
        compact()
        let removed = elements.filter(fits)
        elements.removeAll(where: fits)
        return removed
    }

    private mutating func compact() {
        elements.removeFirst(head)
        head = 0
    }
}
