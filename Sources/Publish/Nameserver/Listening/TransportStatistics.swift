/// What went over one transport since the name server began.
package struct TransportStatistics: Equatable, Sendable {
    /// Answers.
    package let answers: UInt64
    /// Connections; `nil` where there are none.
    package let connections: ConnectionStatistics?

    /// Joins the two.
    package init(answers: UInt64, connections: ConnectionStatistics?) {
        self.answers = answers
        self.connections = connections
    }

    init(_ counters: [AnswerCounters], _ connections: ConnectionStatistics?) {
        var sum = AnswerStatistics()
        for counters in counters { sum.add(counters) }
        self.init(answers: sum.codes.values.reduce(0, +), connections: connections)
    }
}
