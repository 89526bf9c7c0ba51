package import DNSWire
import Synchronization
package import Zones

/// What answers were given, summed over all workers.
package struct AnswerStatistics: Equatable, Sendable {
    /// Answers by response code.
    package var codes: [ResponseCode: UInt64] = [:]
    /// Answers by the type asked for; types that few ask for count under `otherTypes`.
    package var types: [RecordType: UInt64] = [:]
    /// Answers about types without a counter of their own.
    package var otherTypes: UInt64 = 0
    /// Answers with TC set.
    package var truncated: UInt64 = 0
    /// Messages that got no answer.
    package var dropped: UInt64 = 0

    /// Nothing yet.
    package init() {}

    /// Adds a worker's counters.
    package mutating func add(_ counters: AnswerCounters) {
        counters.add(to: &self)
    }
}

/// One worker's counters. That worker alone writes them, with plain loads and stores; anyone may
/// read.
package final class AnswerCounters: Sendable {
    private static let codes: InlineArray<8, ResponseCode> = [
        .noError, .formatError, .serverFailure, .nameError, .notImplemented, .refused,
        .notAuthorized, .badVersion,
    ]
    private static let types: InlineArray<13, RecordType> = [
        .a, .ns, .cname, .soa, .ptr, .mx, .txt, .aaaa, .srv, .ds, .svcb, .https,
        RecordType(rawValue: RecordTypeNumber.any),
    ]

    private let byCode = InlineArray<8, Atomic<UInt64>> { _ in Atomic(0) }
    private let byType = InlineArray<14, Atomic<UInt64>> { _ in Atomic(0) }
    private let truncated = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)

    /// All zero.
    package init() {}

    /// Counts an answer without a question that was looked at.
    func count(_ code: ResponseCode) {
        Self.increment(byCode[Self.place(of: code)])
    }

    /// Counts an answer.
    func count(_ code: ResponseCode, type: UInt16, isTruncated: Bool) {
        Self.increment(byCode[Self.place(of: code)])
        Self.increment(byType[Self.place(of: type)])
        if isTruncated { Self.increment(truncated) }
    }

    /// Counts a message that got no answer.
    func countDrop() {
        Self.increment(dropped)
    }

    fileprivate func add(to sum: inout AnswerStatistics) {
        for index in Self.codes.indices {
            sum.codes[Self.codes[index], default: 0] += byCode[index].load(ordering: .relaxed)
        }
        for index in Self.types.indices {
            sum.types[Self.types[index], default: 0] += byType[index].load(ordering: .relaxed)
        }
        sum.otherTypes += byType[Self.types.count].load(ordering: .relaxed)
        sum.truncated += truncated.load(ordering: .relaxed)
        sum.dropped += dropped.load(ordering: .relaxed)
    }

    /// One writer needs no atomic addition, only that readers never see half a number.
    @inline(__always)
    private static func increment(_ counter: borrowing Atomic<UInt64>) {
        counter.store(counter.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    private static func place(of code: ResponseCode) -> Int {
        switch code {
        case .noError: 0
        case .formatError: 1
        case .serverFailure: 2
        case .nameError: 3
        case .notImplemented: 4
        case .refused: 5
        case .notAuthorized: 6
        case .badVersion: 7
        }
    }

    private static func place(of type: UInt16) -> Int {
        switch type {
        case TypeNumber.a: 0
        case TypeNumber.ns: 1
        case TypeNumber.cname: 2
        case TypeNumber.soa: 3
        case TypeNumber.ptr: 4
        case TypeNumber.mx: 5
        case TypeNumber.txt: 6
        case TypeNumber.aaaa: 7
        case TypeNumber.srv: 8
        case TypeNumber.ds: 9
        case TypeNumber.svcb: 10
        case TypeNumber.https: 11
        case RecordTypeNumber.any: 12
        default: 13
        }
    }
}
