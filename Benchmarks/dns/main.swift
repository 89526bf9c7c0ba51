import Counting
import DNSWire
import Glibc
import Nameserver
import RecordFiles

// What Benchmarks/dns/run measures without sockets:
//
//     dns-bench QUERIES RECORDS [COUNT]    answers the queries of a file COUNT times
//
// QUERIES holds messages behind their lengths, as over TCP; RECORDS is what zone-server serves.
// Prints name=value lines: nanoseconds per query, and what a query asks of the allocator and of
// reference counting, summed over all of them.

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { preconditionFailure("see the head of Benchmarks/dns/main.swift") }
try measure(arguments)

func measure(_ arguments: [String]) throws {
    let store = ZoneStore()
    try store.publish(RecordFile.zones(in: arguments[1]))
    let queries = try QueryFile(arguments[0])
    let wanted = arguments.count > 2 ? Int(arguments[2]) ?? 1_000_000 : 1_000_000
    let repetitions = max(1, wanted / max(1, queries.count))

    var settings = AnswerSettings()
    settings.sampleInterval = 1_000
    settings.rateLimit.limitsPrivateClients = true
    settings.rateLimit.answersPerSecond = 100_000
    var responder = Responder(payloadOctets: 1_232, settings: settings)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_535, alignment: 16)
    let snapshot = store.snapshot
    for index in 0..<queries.count { _ = responder.answer(queries[index], snapshot, index, room) }

    // That the counters count is shown by something that is known to allocate.
    pipam_counts_begin()
    let probe = Array(repeating: queries.count, count: queries.count + 1)
    let probed = pipam_counts_end()
    precondition(
        probe.count > 0 && probed.allocations > 0 && probed.references > 0, "nothing counted")

    pipam_counts_begin()
    var octets = 0
    for _ in 0..<repetitions {
        for index in 0..<queries.count {
            octets &+= responder.answer(queries[index], snapshot, index, room)
        }
    }
    let counts = pipam_counts_end()
    let begin = processorNanoseconds()
    for _ in 0..<repetitions {
        for index in 0..<queries.count {
            octets &+= responder.answer(queries[index], snapshot, index, room)
        }
    }
    let nanoseconds = processorNanoseconds() - begin
    let total = repetitions * queries.count
    print("inprocess_queries=\(total)")
    print("inprocess_mean_octets=\(octets / (2 * total))")
    print("inprocess_ns=\(Int(nanoseconds / Double(total)))")
    print("inprocess_allocations=\(counts.allocations)")
    print("inprocess_references=\(counts.references)")
}

/// What this thread took of the processor, whoever else wants it.
func processorNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

extension Responder {
    fileprivate mutating func answer(
        _ query: UnsafeBufferPointer<UInt8>, _ snapshot: TableSnapshot, _ index: Int,
        _ room: UnsafeMutableRawBufferPointer
    ) -> Int {
        answer(
            query.span, from: snapshot, over: .udp, for: ClientAddress(ipv4: 0x0100_007F),
            at: UInt32(truncatingIfNeeded: index), into: room) ?? 0
    }
}
