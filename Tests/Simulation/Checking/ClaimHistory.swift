/// What clients asked of the address claims and what they were told, in the order in which both
/// happened, by pool: pools have nothing to do with each other, so each is checked alone, which
/// makes the search short (Herlihy and Wing, Linearizability, 1990, section 3.1: locality).
package struct ClaimHistory {
    /// An operation that has begun.
    package struct Ticket: Hashable, Sendable {
        fileprivate let number: Int
    }

    private struct Entry {
        let pool: Int
        let client: String
        let called: Int
        var returned: Int?
        let input: ClaimModel.Input
        var output: ClaimModel.Output?
        var isWithdrawn = false
        /// Where it took effect, as far as the harness saw it.
        var hint: UInt64?
    }

    private var entries: [Entry] = []
    private var position = 0

    /// Nothing happened yet.
    package init() {}

    /// How many operations began.
    package var count: Int { entries.count }

    /// How many were answered.
    package var answeredCount: Int { entries.count { $0.output != nil } }

    /// Somebody asks.
    package mutating func begin(
        pool: Int, client: String, _ input: ClaimModel.Input
    ) -> Ticket {
        position += 1
        entries.append(Entry(pool: pool, client: client, called: position, input: input))
        return Ticket(number: entries.count - 1)
    }

    /// A moment, for an operation of which it shows later only that it began.
    package mutating func mark() -> Int {
        position += 1
        return position
    }

    /// An operation that nobody waited for, which began at a moment and has just shown.
    package mutating func note(
        pool: Int, client: String, _ input: ClaimModel.Input, since called: Int,
        _ output: ClaimModel.Output, hint: UInt64? = nil
    ) {
        position += 1
        entries.append(
            Entry(
                pool: pool, client: client, called: called, returned: position, input: input,
                output: output, hint: hint))
    }

    /// Where the harness saw an operation take effect.
    package mutating func hint(_ ticket: Ticket, _ hint: UInt64) {
        entries[ticket.number].hint = hint
    }

    /// It is known that the operation never happened and never will.
    package mutating func withdraw(_ ticket: Ticket) {
        precondition(entries[ticket.number].output == nil, "withdrawn after its answer")
        entries[ticket.number].isWithdrawn = true
    }

    /// Somebody is told. Who is never told needs no call: the outcome stays unknown.
    package mutating func end(_ ticket: Ticket, _ output: ClaimModel.Output) {
        precondition(entries[ticket.number].output == nil, "a second answer to one question")
        position += 1
        entries[ticket.number].returned = position
        entries[ticket.number].output = output
    }

    /// The operations of one pool.
    package func operations(ofPool pool: Int) -> [Operation<ClaimModel>] {
        entries.filter { $0.pool == pool && !$0.isWithdrawn }.map {
            Operation(
                client: $0.client, called: $0.called, returned: $0.returned, input: $0.input,
                output: $0.output, hint: $0.hint)
        }
    }

    /// One line for each operation of a pool around a position, for people.
    package func excerpt(ofPool pool: Int, around position: Int) -> [String] {
        let entries = entries.filter { $0.pool == pool && !$0.isWithdrawn }
            .sorted { $0.called < $1.called }
        let middle = entries.firstIndex { $0.called >= position } ?? entries.count
        return entries[max(0, middle - 20)..<min(entries.count, middle + 5)].map {
            "\($0.called)-\($0.returned.map(String.init) ?? "?") \($0.client): \($0.input)"
                + " -> \($0.output.map { "\($0)" } ?? "unknown")"
        }
    }
}
