/// Decides whether a history is linearizable: whether each operation could have happened at one
/// moment between call and return so that one client alone would have seen the same answers.
///
/// The search of Wing and Gong (Testing and verifying concurrent objects, 1993) with Lowe's memory
/// of configurations that were seen to fail (Testing for linearizability, 2017). It differs in
/// three points. A configuration holds the set of states the object may be in, since an unknown
/// outcome leads to several. Operations that returned are tried before those that did not, which
/// are needed only where somebody saw their effect. And whoever knows the likely order may give it
/// as a hint, so that the history of an object that is right is checked without going back.
package struct LinearizabilityChecker<Model: SequentialModel> {
    /// What the search found.
    package enum Verdict: Hashable, Sendable {
        /// There is such an order.
        case linearizable
        /// There is none; the operation that no order could place, as a position in the history.
        case violation(deepest: Int)
        /// The search was given up after its bound.
        case undecided
    }

    /// A configuration that needs no second look.
    private struct Configuration: Hashable {
        let taken: [UInt64]
        let states: Set<Model.State>
    }

    /// One step of the order that is tried, with what else could be tried in its place.
    private struct Frame {
        let states: Set<Model.State>
        var candidates: [Int]
        var chosen: Int?
    }

    private let operations: [Operation<Model>]
    private let maximumSteps: Int
    private var taken: [UInt64]
    private var isTaken: [Bool]
    private var openReturns: Int
    private var first = 0
    private var deepest = 0
    private var deepestCount = -1

    private init(_ history: [Operation<Model>], maximumSteps: Int) {
        operations = history.sorted { $0.called < $1.called }
        self.maximumSteps = maximumSteps
        taken = Array(repeating: 0, count: operations.count / 64 + 1)
        isTaken = Array(repeating: false, count: operations.count)
        openReturns = operations.count { $0.returned != nil }
    }

    /// Checks a history in any order. `maximumSteps` bounds the time: placements that are tried.
    package static func check(
        _ history: [Operation<Model>], maximumSteps: Int = 200_000
    ) -> Verdict {
        var checker = LinearizabilityChecker(history, maximumSteps: maximumSteps)
        return checker.search()
    }

    private mutating func search() -> Verdict {
        var seen: Set<Configuration> = []
        var steps = 0
        var stack = [Frame(states: [Model.initial], candidates: candidates(), chosen: nil)]
        while openReturns > 0 {
            guard var frame = stack.popLast() else {
                return .violation(deepest: operations[deepest].called)
            }
            if let chosen = frame.chosen {
                setTaken(chosen, false)
                frame.chosen = nil
            }
            guard let candidate = frame.candidates.popLast() else { continue }
            steps += 1
            guard steps <= maximumSteps else { return .undecided }
            let next = states(after: candidate, from: frame.states)
            let isIdle = operations[candidate].returned == nil && next == frame.states
            guard !next.isEmpty, !isIdle else {
                stack.append(frame)
                continue
            }
            setTaken(candidate, true)
            frame.chosen = candidate
            stack.append(frame)
            if seen.insert(Configuration(taken: taken, states: next)).inserted {
                stack.append(Frame(states: next, candidates: candidates(), chosen: nil))
            }
        }
        return .linearizable
    }

    /// Operations that may be next: called before any other that is open returned. The last one is
    /// tried first.
    private mutating func candidates() -> [Int] {
        while first < operations.count, isTaken[first] { first += 1 }
        var horizon = Int.max
        var open: [Int] = []
        var unknown: [Int] = []
        for index in first..<operations.count where !isTaken[index] {
            guard operations[index].called < horizon else { break }
            if let returned = operations[index].returned {
                horizon = min(horizon, returned)
                open.append(index)
            } else {
                unknown.append(index)
            }
        }
        noteDepth(open)
        let hinted = unknown.filter { operations[$0].hint != nil }
        let rest = unknown.filter { operations[$0].hint == nil }
        return rest.reversed() + (open + hinted).sorted { isLater($0, $1) }
    }

    /// Whoever returned first most likely happened first, where there is no better hint.
    private func isLater(_ left: Int, _ right: Int) -> Bool {
        let (one, other) = (operations[left], operations[right])
        if let mine = one.hint, let others = other.hint, mine != others { return mine > others }
        return (one.returned ?? .max, left) > (other.returned ?? .max, right)
    }

    private mutating func noteDepth(_ open: [Int]) {
        let count = operations.count - openReturns
        guard count > deepestCount, let next = open.first else { return }
        deepestCount = count
        deepest = next
    }

    private func states(after index: Int, from states: Set<Model.State>) -> Set<Model.State> {
        let operation = operations[index]
        var next: Set<Model.State> = operation.returned == nil ? states : []
        for state in states {
            next.formUnion(Model.step(state, operation.input, operation.output))
        }
        return next
    }

    private mutating func setTaken(_ index: Int, _ value: Bool) {
        isTaken[index] = value
        taken[index / 64] ^= 1 << UInt64(index % 64)
        if operations[index].returned != nil {
            openReturns += value ? -1 : 1
        }
        if !value {
            first = min(first, index)
        }
    }
}
