package import DNSWire
package import Inventory
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
    /// Answers by zone; those of the first thousand zones that were ever served.
    package var zones: [DomainName: UInt64] = [:]
    /// Answers from zones without a counter of their own, and from zones that are gone.
    package var otherZones: UInt64 = 0
    /// Answers with TC set.
    package var truncated: UInt64 = 0
    /// Messages that got no answer.
    package var dropped: UInt64 = 0
    /// Answers that the rate limit kept back.
    package var limited: UInt64 = 0
    /// Answers that the rate limit sent without records.
    package var slipped: UInt64 = 0
    /// Queries with a good cookie.
    package var knownClients: UInt64 = 0

    /// Nothing yet.
    package init() {}

    /// Adds a worker's counters. `numbers` are those of the zones; without them zones are not told
    /// apart.
    package mutating func add(_ counters: AnswerCounters, numbers: [DomainName: Int] = [:]) {
        counters.add(to: &self, numbers: numbers)
    }
}

/// One worker's counters. That worker alone writes them, with plain loads and stores; anyone may
/// read.
package final class AnswerCounters: Sendable {
    private static let codes: InlineArray<10, ResponseCode> = [
        .noError, .formatError, .serverFailure, .nameError, .notImplemented, .refused,
        .nameTooLong, .notAuthorized, .badVersion, .badCookie,
    ]
    private static let types: InlineArray<13, RecordType> = [
        .a, .ns, .cname, .soa, .ptr, .mx, .txt, .aaaa, .srv, .ds, .svcb, .https,
        RecordType(rawValue: RecordTypeNumber.any),
    ]
    /// Zones by number, the last for all that have a higher one.
    private static let zonePlaces = 1_024

    private let byCode = InlineArray<10, Atomic<UInt64>> { _ in Atomic(0) }
    private let byType = InlineArray<14, Atomic<UInt64>> { _ in Atomic(0) }
    private let byZone = InlineArray<1_024, Atomic<UInt64>> { _ in Atomic(0) }
    private let truncated = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)
    private let limited = Atomic<UInt64>(0)
    private let slipped = Atomic<UInt64>(0)
    private let knownClients = Atomic<UInt64>(0)
    /// Queries that were taken for the log.
    let samples = QuerySamples()

    /// All zero.
    package init() {}

    /// Queries that were taken for the log since the last call. One caller at a time.
    package func takeSamples() -> [QuerySample] { samples.take() }

    /// Counts an answer without a question that was looked at.
    func count(_ code: ResponseCode) {
        Self.increment(byCode[Self.place(of: code)])
    }

    /// Counts an answer; `zone` is the number of the zone it is from.
    @inline(__always)
    func count(_ code: ResponseCode, type: UInt16, zone: Int?, isTruncated: Bool) {
        Self.increment(byCode[Self.place(of: code)])
        Self.increment(byType[Self.place(of: type)])
        if let zone { Self.increment(byZone[min(zone, Self.zonePlaces - 1)]) }
        if isTruncated { Self.increment(truncated) }
    }

    /// Counts a message that got no answer.
    func countDrop() {
        Self.increment(dropped)
    }

    /// Counts an answer that was held back, or sent without records.
    func countLimited(isSent: Bool) {
        if isSent { Self.increment(slipped) } else { Self.increment(limited) }
    }

    /// Counts a client with a good cookie.
    func countKnownClient() {
        Self.increment(knownClients)
    }

    fileprivate func add(to sum: inout AnswerStatistics, numbers: [DomainName: Int]) {
        for index in Self.codes.indices {
            sum.codes[Self.codes[index], default: 0] += byCode[index].load(ordering: .relaxed)
        }
        for index in Self.types.indices {
            sum.types[Self.types[index], default: 0] += byType[index].load(ordering: .relaxed)
        }
        sum.otherTypes += byType[Self.types.count].load(ordering: .relaxed)
        addZones(to: &sum, numbers: numbers)
        sum.truncated += truncated.load(ordering: .relaxed)
        sum.dropped += dropped.load(ordering: .relaxed)
        sum.limited += limited.load(ordering: .relaxed)
        sum.slipped += slipped.load(ordering: .relaxed)
        sum.knownClients += knownClients.load(ordering: .relaxed)
    }

    private func addZones(to sum: inout AnswerStatistics, numbers: [DomainName: Int]) {
        var all: UInt64 = 0
        for index in 0..<Self.zonePlaces { all += byZone[index].load(ordering: .relaxed) }
        for (apex, number) in numbers where number < Self.zonePlaces - 1 {
            let answers = byZone[number].load(ordering: .relaxed)
            sum.zones[apex, default: 0] += answers
            // It may have grown since it was added up.
            all -= min(all, answers)
        }
        sum.otherZones += all
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
        case .nameTooLong: 6
        case .notAuthorized: 7
        case .badVersion: 8
        case .badCookie: 9
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
