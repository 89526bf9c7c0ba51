import DNSWire
import Glibc
import Inventory
import Nameserver
import Zones

/// Carries out what comes in over standard input.
struct Commands {
    let store: ZoneStore
    let server: DNSServer
    let apexes: [DomainName]

    /// Returns at the end of the input. Reading blocks, so it has a thread.
    func run() async {
        let lines = AsyncStream<String> { continuation in
            let reader = Reader(continuation: continuation)
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Reader>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(reader).toOpaque())
            pthread_detach(thread)
        }
        for await line in lines {
            // Not through the C library: to flush it waits for the reader, who waits for a line.
            let octets = Array((answer(line) + "\n").utf8)
            guard write(STDOUT_FILENO, octets, octets.count) == octets.count else { return }
        }
    }

    private final class Reader {
        private let continuation: AsyncStream<String>.Continuation

        init(continuation: AsyncStream<String>.Continuation) {
            self.continuation = continuation
        }

        func run() {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
    }

    private func answer(_ line: String) -> String {
        let words = line.split(separator: " ")
        let numbers = words.compactMap { Int($0) }
        switch words.first {
        case "commit" where numbers.count == 2:
            let times = (0..<numbers[0]).map { commit(number: UInt32($0) + 1, size: numbers[1]) }
            return "[" + times.map { "\($0)" }.joined(separator: ", ") + "]"
        case "statistics":
            let codes = server.statistics.codes.sorted { $0.key.rawValue < $1.key.rawValue }
            return "{" + codes.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
        default:
            return #"{"error": "no such command"}"#
        }
    }

    /// Gives some names of the first zone another address, and the zone another serial. The time
    /// is what a change takes until answers show it, in microseconds.
    private func commit(number: UInt32, size: Int) -> Double {
        guard let apex = apexes.first else { return 0 }
        var changed = [authority(of: apex, serial: 1_000_000 + number)]
        for index in 0..<size {
            let label = Array("commit\((Int(number) * 7 + index) % 100_000)".utf8)
            guard let owner = DomainName(label: label, in: apex) else { continue }
            let octets = withUnsafeBytes(of: number.bigEndian) { Array($0) }
            changed.append(
                RecordSet(owner: owner, type: .a, ttlSeconds: 300, data: [octets]))
        }
        let difference = ZoneDifference(apex: apex, removed: [], changed: changed)
        let clock = ContinuousClock()
        let time = clock.measure {
            do throws(NameserverError) {
                try store.publish([.updated(difference)])
            } catch {
                preconditionFailure("\(error)")
            }
        }
        return Double(time.components.attoseconds) / 1e12 + Double(time.components.seconds) * 1e6
    }

    private func authority(of apex: DomainName, serial: UInt32) -> RecordSet {
        let numbers = [serial, 7_200, 900, 1_209_600, 60] as [UInt32]
        let times = numbers.flatMap { number in
            withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
        return RecordSet(
            owner: apex, type: .soa, ttlSeconds: 300, data: [apex.wire + apex.wire + times])
    }
}
