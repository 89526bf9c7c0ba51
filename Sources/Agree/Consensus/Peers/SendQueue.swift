/// What waits for one peer. Heartbeats go first, since they are small and everybody waits for them;
/// when there is no place, the oldest of them goes, and then what is new is refused.
struct SendQueue {
    private let maximumOctets: Int
    private let maximumCount: Int
    private var heartbeats = Line()
    private var others = Line()
    /// Nothing is taken while nobody could be reached.
    var isOpen = true
    /// Somebody is to look into it already.
    var isAwaited = false

    init(maximumOctets: Int, maximumCount: Int) {
        self.maximumOctets = maximumOctets
        self.maximumCount = maximumCount
    }

    /// Octets that wait.
    var octets: Int { heartbeats.octets + others.octets }
    /// Messages that wait.
    var count: Int { heartbeats.count + others.count }

    /// What became of a message.
    struct Outcome: Hashable {
        var isQueued: Bool
        var droppedHeartbeats = 0
    }

    /// Puts a message at the end.
    mutating func append(_ message: [UInt8], isHeartbeat: Bool) -> Outcome {
        guard isOpen, message.count <= maximumOctets else { return Outcome(isQueued: false) }
        var outcome = Outcome(isQueued: true)
        while octets + message.count > maximumOctets || count == maximumCount {
            guard heartbeats.popFirst() != nil else {
                outcome.isQueued = false
                return outcome
            }
            outcome.droppedHeartbeats += 1
        }
        if isHeartbeat {
            heartbeats.append(message)
        } else {
            others.append(message)
        }
        return outcome
    }

    /// Takes the next message.
    mutating func popFirst() -> [UInt8]? {
        heartbeats.popFirst() ?? others.popFirst()
    }

    /// Forgets everything and says how many that were.
    mutating func clear() -> Int {
        let lost = count
        heartbeats = Line()
        others = Line()
        return lost
    }

    /// First in, first out.
    private struct Line {
        private var messages: [[UInt8]] = []
        private var position = 0
        private(set) var octets = 0

        var count: Int { messages.count - position }

        mutating func append(_ message: [UInt8]) {
            messages.append(message)
            octets += message.count
        }

        mutating func popFirst() -> [UInt8]? {
            guard position < messages.count else { return nil }
            var message: [UInt8] = []
            swap(&message, &messages[position])
            position += 1
            octets -= message.count
            if position == messages.count {
                messages.removeAll(keepingCapacity: messages.capacity <= 256)
                position = 0
            } else if position >= 256, position * 2 > messages.count {
                messages.removeSubrange(..<position)
                position = 0
            }
            return message
        }
    }
}

/// The pauses between attempts: each twice as long as the one before, up to a bound, and each by
/// chance up to a half shorter, so that nodes that lost each other do not meet at the same moment.
struct Backoff {
    let shortestNanoseconds: Int64
    let longestNanoseconds: Int64
    private var failures = 0

    init(shortestNanoseconds: Int64, longestNanoseconds: Int64) {
        self.shortestNanoseconds = shortestNanoseconds
        self.longestNanoseconds = longestNanoseconds
    }

    /// The next pause, in nanoseconds.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Int64 {
        let doubled = shortestNanoseconds << Int64(min(failures, 20))
        failures += 1
        let pause = min(doubled, longestNanoseconds)
        return pause - Int64.random(in: 0...pause / 2, using: &generator)
    }

    /// It worked.
    mutating func reset() { failures = 0 }
}

/// How often something may be done from one address: a few at once, then a few per minute. Keeps
/// only addresses that did something in the last minute, and of those a bounded number.
struct AddressLimiter {
    private static let maximumAddresses = 1024
    private static let minuteNanoseconds: UInt64 = 60_000_000_000

    private let perMinute: Int
    private var attempts: [String: [UInt64]] = [:]

    init(perMinute: Int) {
        self.perMinute = perMinute
    }

    /// Whether one more is allowed, at a time on any steady clock. If it is, it counts.
    mutating func allows(_ address: String, nowNanoseconds: UInt64) -> Bool {
        let isFresh = { (time: UInt64) in time + Self.minuteNanoseconds > nowNanoseconds }
        var own = attempts[address, default: []].filter(isFresh)
        guard own.count < perMinute else { return false }
        if attempts.count >= Self.maximumAddresses, own.isEmpty {
            attempts = attempts.filter { $0.value.contains(where: isFresh) }
            guard attempts.count < Self.maximumAddresses else { return false }
        }
        own.append(nowNanoseconds)
        attempts[address] = own
        return true
    }
}
