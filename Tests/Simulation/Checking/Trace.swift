/// What happened in a run: the last events for people, and a digest of all of them, by which two
/// runs are compared.
struct Trace {
    /// What kind of thing happened.
    enum Kind: UInt8 {
        case start, crash, powerLoss, diskFailure, pause, tick, deliver, refuse, lead, append
        case commit, apply, snapshot, install, transfer, propose, resolve, read, answer
        case change, partition, mend, quality, clock, forge, heal, done
    }

    private struct Event {
        let time: VirtualTime
        let slot: Int
        let kind: Kind
        let first: UInt64
        let second: UInt64
    }

    private static let limit = 512
    private var events: [Event] = []
    private var next = 0
    private(set) var digest = Digest()
    private(set) var count = 0

    /// Takes note of an event: where it happened and up to two numbers that say more.
    mutating func add(
        _ kind: Kind, at time: VirtualTime, slot: Int, _ first: UInt64 = 0, _ second: UInt64 = 0
    ) {
        count += 1
        digest.add(UInt64(bitPattern: time.microseconds) << 8 | UInt64(kind.rawValue))
        digest.add(UInt64(truncatingIfNeeded: slot))
        digest.add(first)
        digest.add(second)
        // Those that only pass time would leave no room for the others.
        guard kind != .tick, kind != .deliver else { return }
        let event = Event(time: time, slot: slot, kind: kind, first: first, second: second)
        if events.count < Self.limit {
            events.append(event)
        } else {
            events[next] = event
            next = (next + 1) % Self.limit
        }
    }

    /// The last events, the earliest first.
    func lines(_ count: Int) -> [String] {
        let ordered = events[next...] + events[..<next]
        return ordered.suffix(count).map {
            "\($0.time) node \($0.slot) \($0.kind) \($0.first) \($0.second)"
        }
    }
}
