import Simulation
import TestSupport
import Testing

/// A number that is read, written and compared and set.
private enum Register: SequentialModel {
    enum Input: Hashable { case read, write(Int), compareAndSet(Int, Int) }
    enum Output: Hashable { case value(Int), done, refused }

    static let initial = 0

    static func step(_ state: Int, _ input: Input, _ output: Output?) -> [Int] {
        switch (input, output) {
        case (.read, .value(let value)): value == state ? [state] : []
        case (.read, nil): [state]
        case (.write(let value), nil), (.write(let value), .done): [value]
        case (.compareAndSet(let old, let new), .done): old == state ? [new] : []
        case (.compareAndSet(let old, _), .refused): old == state ? [] : [state]
        case (.compareAndSet(let old, let new), nil): [old == state ? new : state]
        case (.read, .done), (.read, .refused), (.write, .value), (.write, .refused),
            (.compareAndSet, .value):
            []
        }
    }
}

/// A few things, each of which one client may hold; whoever asks is given any that is free.
private enum Shelf: SequentialModel {
    enum Input: Hashable { case take(by: Int), giveBack(Int) }
    enum Output: Hashable { case given(Int), nothing, done }

    static let initial: [Int?] = [nil, nil, nil]

    static func step(_ state: [Int?], _ input: Input, _ output: Output?) -> [[Int?]] {
        switch (input, output) {
        case (.take(let client), .given(let thing)):
            return state[thing] == nil ? [with(state, thing, client)] : []
        case (.take, .nothing): return state.contains(nil) ? [] : [state]
        case (.take(let client), nil):
            return state.indices.filter { state[$0] == nil }.map { with(state, $0, client) }
        case (.giveBack(let thing), .done), (.giveBack(let thing), nil):
            return [with(state, thing, nil)]
        case (.take, .done), (.giveBack, .given), (.giveBack, .nothing): return []
        }
    }

    private static func with(_ state: [Int?], _ thing: Int, _ client: Int?) -> [Int?] {
        var next = state
        next[thing] = client
        return next
    }
}

@Suite struct CheckerTests {
    private typealias Registers = Operation<Register>

    private func operation(
        _ called: Int, _ returned: Int?, _ input: Register.Input, _ output: Register.Output?
    ) -> Registers {
        Registers(
            client: "c\(called)", called: called, returned: returned, input: input,
            output: output)
    }

    private func verdict(_ history: [Registers]) -> LinearizabilityChecker<Register>.Verdict {
        LinearizabilityChecker.check(history)
    }

    @Test func nothingHappenedIsFine() {
        #expect(verdict([]) == .linearizable)
    }

    @Test func oneAfterTheOther() {
        #expect(
            verdict([
                operation(1, 2, .write(5), .done), operation(3, 4, .read, .value(5)),
                operation(5, 6, .compareAndSet(5, 7), .done),
                operation(7, 8, .compareAndSet(5, 8), .refused),
                operation(9, 10, .read, .value(7)),
            ]) == .linearizable)
    }

    @Test func staleReadIsRefused() {
        #expect(
            verdict([
                operation(1, 2, .write(5), .done), operation(3, 4, .read, .value(0)),
            ]) == .violation(deepest: 3))
    }

    @Test func readsBesideAWriteMayGoEitherWay() {
        #expect(
            verdict([
                operation(1, 10, .write(5), .done), operation(2, 3, .read, .value(0)),
                operation(4, 5, .read, .value(5)),
            ]) == .linearizable)
    }

    @Test func readsBesideAWriteMayNotGoBack() {
        #expect(
            verdict([
                operation(1, 10, .write(5), .done), operation(2, 3, .read, .value(5)),
                operation(4, 5, .read, .value(0)),
            ]) != .linearizable)
    }

    @Test func lostUpdateIsRefused() {
        #expect(
            verdict([
                operation(1, 4, .compareAndSet(0, 1), .done),
                operation(2, 3, .compareAndSet(0, 2), .done),
            ]) != .linearizable)
    }

    @Test func unknownOutcomeMayHaveHappenedLater() {
        #expect(
            verdict([
                operation(1, nil, .write(5), nil), operation(2, 3, .read, .value(0)),
                operation(4, 5, .read, .value(5)), operation(6, 7, .read, .value(5)),
            ]) == .linearizable)
    }

    @Test func unknownOutcomeMayNeverHaveHappened() {
        #expect(
            verdict([
                operation(1, nil, .write(5), nil), operation(2, 3, .read, .value(0)),
            ]) == .linearizable)
    }

    @Test func unknownOutcomeMayNotBeTakenBack() {
        #expect(
            verdict([
                operation(1, nil, .write(5), nil), operation(2, 3, .read, .value(5)),
                operation(4, 5, .read, .value(0)),
            ]) != .linearizable)
    }

    @Test func unknownOutcomeMayNotHappenBeforeItsCall() {
        #expect(
            verdict([
                operation(1, 2, .read, .value(5)), operation(3, nil, .write(5), nil),
            ]) != .linearizable)
    }

    @Test func doubleGrantIsRefused() {
        typealias Things = Operation<Shelf>
        let first = Things(
            client: "a", called: 1, returned: 2, input: .take(by: 1), output: .given(0))
        let second = Things(
            client: "b", called: 3, returned: 4, input: .take(by: 2), output: .given(0))
        let unknown = Things(
            client: "c", called: 0, returned: nil, input: .giveBack(0), output: nil)
        #expect(LinearizabilityChecker.check([first, second]) == .violation(deepest: 3))
        #expect(LinearizabilityChecker.check([unknown, first, second]) == .linearizable)
    }

    @Test func unknownGrantTakesSomeThing() {
        typealias Things = Operation<Shelf>
        let unknown = Things(
            client: "a", called: 1, returned: nil, input: .take(by: 1), output: nil)
        let full = [(2, 0), (4, 2)].map { called, thing in
            Things(
                client: "b", called: called, returned: called + 1, input: .take(by: 2),
                output: .given(thing))
        }
        let refused = Things(
            client: "b", called: 6, returned: 7, input: .take(by: 2), output: .nothing)
        #expect(LinearizabilityChecker.check([unknown] + full + [refused]) == .linearizable)
        #expect(LinearizabilityChecker.check(full + [refused]) != .linearizable)
    }

    /// Histories made by really running clients beside each other are accepted, and refused once
    /// one answer is another.
    @Test(arguments: 0..<40)
    func madeHistories(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var history = RegisterRun.history(&random)
        #expect(verdict(history) == .linearizable)
        let reads = history.indices.filter {
            history[$0].input == .read && history[$0].returned != nil
        }
        let index = random.pick(reads)
        let spoilt = history[index]
        history[index] = operation(spoilt.called, spoilt.returned, .read, .value(-1))
        #expect(verdict(history) != .linearizable)
    }

    @Test func searchIsBounded() {
        // Writes that nobody saw, in any order, and a read that none of them explains.
        var history = (0..<24).map { operation($0, 100 + $0, .write($0 + 1), .done) }
        history += (0..<8).map { operation(30 + $0, nil, .write(100 + $0), nil) }
        history.append(operation(200, 201, .read, .value(-1)))
        #expect(LinearizabilityChecker.check(history, maximumSteps: 5_000) == .undecided)
    }
}

/// Clients that use one register beside each other.
private enum RegisterRun {
    static func history(_ random: inout SeededRandom) -> [Operation<Register>] {
        var value = 0
        var position = 0
        var open: [Int: (called: Int, input: Register.Input, output: Register.Output?)] = [:]
        var history: [Operation<Register>] = []
        for _ in 0..<400 {
            position += 1
            let client = random.number(0...5)
            guard var running = open[client] else {
                let input: Register.Input =
                    switch random.number(0...3) {
                    case 0: .write(position)
                    case 1: .compareAndSet(value, position)
                    default: .read
                    }
                open[client] = (position, input, nil)
                continue
            }
            if let output = running.output {
                // One answer in twenty gets lost.
                let isLost = random.oneIn(20)
                history.append(
                    Operation(
                        client: "\(client)", called: running.called,
                        returned: isLost ? nil : position, input: running.input,
                        output: isLost ? nil : output))
                open[client] = nil
            } else {
                running.output = apply(running.input, to: &value)
                open[client] = running
            }
        }
        // Whoever was not answered yet may have had an effect.
        return history
            + open.sorted { $0.key < $1.key }.map { client, running in
                Operation(
                    client: "\(client)", called: running.called, returned: nil,
                    input: running.input, output: nil)
            }
    }

    private static func apply(_ input: Register.Input, to value: inout Int) -> Register.Output {
        switch input {
        case .read: return .value(value)
        case .write(let new):
            value = new
            return .done
        case .compareAndSet(let old, let new):
            guard old == value else { return .refused }
            value = new
            return .done
        }
    }
}
