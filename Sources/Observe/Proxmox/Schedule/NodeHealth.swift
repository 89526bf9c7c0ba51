/// Nodes that did not answer, and when to ask them again. One silent node costs one call now and
/// then, not one for each of its guests.
struct NodeHealth {
    private struct Silence {
        var message: String
        var until: ContinuousClock.Instant
        var backOff: BackOff
    }

    private var silent: [String: Silence] = [:]

    private static let firstPause: Duration = .seconds(5)
    private static let maximumPause: Duration = .seconds(60)

    /// Silent nodes, by name, with what the API said of them.
    var problems: [(node: String, message: String)] {
        silent.map { ($0.key, $0.value.message) }.sorted { $0.node < $1.node }
    }

    /// Why a node's state is unknown; `nil` when it is not.
    func silence(of node: String) -> String? { silent[node]?.message }

    /// Nothing is to be asked of the node now.
    func isPaused(_ node: String, now: ContinuousClock.Instant) -> Bool {
        silent[node].map { now < $0.until } ?? false
    }

    /// The node did not answer. True if it had answered before.
    mutating func fail(
        _ node: String, message: String, now: ContinuousClock.Instant, random: Double
    ) -> Bool {
        let known = silent[node]
        // Calls that were under way together fail together: one failure.
        if let known, now < known.until { return false }
        var backOff = known?.backOff ?? BackOff()
        let pause = backOff.next(
            first: Self.firstPause, maximum: Self.maximumPause, random: random)
        silent[node] = Silence(message: message, until: now + pause, backOff: backOff)
        return known == nil
    }

    /// The node answered. True if it had been silent.
    mutating func succeed(_ node: String) -> Bool {
        silent.removeValue(forKey: node) != nil
    }
}
