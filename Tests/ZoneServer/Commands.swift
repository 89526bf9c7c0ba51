import DNSWire
import Glibc
import Inventory
import Nameserver
import RecordFiles
import Zones

/// Writes a line of output; `false` if nobody reads it any more.
///
/// Not through the C library: `fflush(nil)` waits for the lock of the input, which the reader has
/// until there is a line, and keeps everybody from opening files meanwhile.
func say(_ line: String) -> Bool {
    let octets = Array((line + "\n").utf8)
    var done = 0
    while done < octets.count {
        let written = octets[done...].withUnsafeBytes {
            write(STDOUT_FILENO, $0.baseAddress, $0.count)
        }
        guard written > 0 else { return false }
        done += written
    }
    return true
}

/// Carries out what comes in over standard input.
struct Commands {
    let store: ZoneStore
    let server: DNSServer
    let apexes: [DomainName]
    let path: String
    /// How many guests move in the zones that change; 0 if there are none such.
    let guests: Int

    /// Returns at the end of the input. Reading blocks, so it has a thread.
    func run() async throws {
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
        var desk: SigningDesk?
        let soak = guests > 0 ? try SoakDesk(guests: guests, store: store) : nil
        for await line in lines {
            guard say(try answer(line, &desk, soak)) else { return }
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

    private func answer(
        _ line: String, _ desk: inout SigningDesk?, _ soak: SoakDesk?
    ) throws -> String {
        let words = line.split(separator: " ")
        let numbers = words.compactMap { UInt32($0) }
        switch words.first {
        case "commit" where numbers.count == 3:
            let times = (1...max(1, numbers[0])).map { number in
                usleep(numbers[2] * 1_000)
                return commit(number: number, size: Int(numbers[1]), desk)
            }
            return "[" + times.map { "\($0)" }.joined(separator: ", ") + "]"
        case "sign":
            return "[\(measure { desk = try signed() })]"
        case "change" where numbers.count == 1:
            guard let outcome = try soak?.change(count: Int(numbers[0])) else { return "[]" }
            return "[\(outcome.number), \(outcome.serial)]"
        case "statistics":
            let codes = server.statistics.codes.sorted { $0.key.rawValue < $1.key.rawValue }
            return "{" + codes.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
        default:
            return #"{"error": "no such command"}"#
        }
    }

    /// Signs the first zone.
    private func signed() throws -> SigningDesk? {
        guard case .replaced(let apex, let sets) = try RecordFile.zones(in: path).first else {
            return nil
        }
        let desk = try SigningDesk(apex: apex, sets: sets, store: store)
        try desk.signAll()
        return desk
    }

    /// Gives some names of the first zone another address, and the zone another serial. The time
    /// is what a change takes until answers show it, in microseconds.
    private func commit(number: UInt32, size: Int, _ desk: SigningDesk?) -> Double {
        guard let apex = apexes.first else { return 0 }
        var changed: [RecordSet] = []
        for index in 0..<size {
            let label = Array("commit\((Int(number) * 7 + index) % 100_000)".utf8)
            guard let owner = DomainName(label: label, in: apex) else { continue }
            let octets = withUnsafeBytes(of: number.bigEndian) { Array($0) }
            changed.append(
                RecordSet(owner: owner, type: .a, ttlSeconds: 300, data: [octets]))
        }
        return measure {
            if let desk { return try desk.change(changed) }
            let soa = authority(of: apex, serial: 1_000_000 + number)
            try store.publish([
                .updated(ZoneDifference(apex: apex, removed: [], changed: changed + [soa]))
            ])
        }
    }

    /// In microseconds.
    private func measure(_ work: () throws -> Void) -> Double {
        let time = ContinuousClock().measure {
            do {
                try work()
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
