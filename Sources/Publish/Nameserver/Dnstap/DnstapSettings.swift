/// Who is told of queries and answers as they came and went (dnstap), and of how many.
package struct DnstapSettings: Equatable, Sendable {
    /// What can be told.
    package enum Message: String, CaseIterable, Sendable {
        /// Queries, when they came (AUTH_QUERY).
        case query
        /// Answers, when they went (AUTH_RESPONSE).
        case response
    }

    /// The unix socket of whoever reads; it may come and go.
    package var socketPath: String
    /// One query in so many is told of, with its answer; 1: each of them.
    package var sampleInterval = 1
    /// What is told. Both, so that a query without an answer is seen as one.
    package var messages = Set(Message.allCases)
    /// Octets that are kept for the reader, for each worker; what comes beyond is lost. A power of
    /// two.
    package var roomOctets = 1 << 20

    /// A path is no longer (unix(7), with the zero at its end).
    package static let maximumPathOctets = 107

    /// Room for two of the largest queries with their answers, and for as much that is left empty
    /// at its end.
    static let leastRoomOctets = 1 << 19

    /// Everything at its default.
    package init(socketPath: String) {
        self.socketPath = socketPath
    }

    /// What is wrong with it.
    var objection: String? {
        if !(1...Self.maximumPathOctets).contains(socketPath.utf8.count) {
            return "a dnstap socket of 1...\(Self.maximumPathOctets) octets"
        }
        if sampleInterval < 1 { return "a dnstap sample interval of 1 or more" }
        if messages.isEmpty { return "1 kind of dnstap message or more" }
        if roomOctets < Self.leastRoomOctets || roomOctets & (roomOctets - 1) != 0 {
            return "room for dnstap of a power of two, \(Self.leastRoomOctets) octets or more"
        }
        return nil
    }
}

/// What became of dnstap.
package struct DnstapStatistics: Equatable, Sendable {
    /// Somebody reads.
    package let isRead: Bool
    /// Messages that the reader's socket took.
    package let written: UInt64
    /// Messages that were to be told of, and were not: nobody read, or not fast enough.
    package let lost: UInt64
    /// Why nobody reads; `nil` while somebody does, and before the first attempt.
    package let problem: String?
}
