import Testing

@testable import Consensus

@Suite struct SendQueueTests {
    private typealias Outcome = SendQueue.Outcome

    private func drained(_ queue: inout SendQueue) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while let message = queue.popFirst() { messages.append(message) }
        return messages
    }

    @Test func anOverflowDropsTheOldestHeartbeatsFirst() {
        var queue = SendQueue(maximumOctets: 100, maximumCount: 4)
        for number in 0..<2 as Range<UInt8> {
            let other = queue.append([number], isHeartbeat: false)
            let heartbeat = queue.append([10 + number], isHeartbeat: true)
            #expect(other == Outcome(isQueued: true) && other == heartbeat)
        }
        let third = queue.append([2], isHeartbeat: false)
        #expect(third == Outcome(isQueued: true, droppedHeartbeats: 1))
        let heartbeat = queue.append([12], isHeartbeat: true)
        #expect(heartbeat == Outcome(isQueued: true, droppedHeartbeats: 1))
        let fourth = queue.append([3], isHeartbeat: false)
        #expect(fourth == Outcome(isQueued: true, droppedHeartbeats: 1))
        // No heartbeat is left: what is new is refused.
        let fifth = queue.append([4], isHeartbeat: false)
        let last = queue.append([13], isHeartbeat: true)
        #expect(fifth == Outcome(isQueued: false) && fifth == last)
        let messages = drained(&queue)
        #expect(messages == [[0], [1], [2], [3]])
    }

    @Test func octetsAreBoundedToo() {
        var queue = SendQueue(maximumOctets: 10, maximumCount: 100)
        let large = [UInt8](repeating: 1, count: 8)
        let tooLarge = [UInt8](repeating: 1, count: 11)
        let outcomes = [
            queue.append([1, 2], isHeartbeat: true), queue.append(large, isHeartbeat: false),
            queue.append([3], isHeartbeat: false), queue.append(large, isHeartbeat: false),
            queue.append(tooLarge, isHeartbeat: false),
        ]
        #expect(outcomes.map(\.isQueued) == [true, true, true, false, false])
        #expect(outcomes.map(\.droppedHeartbeats) == [0, 0, 1, 0, 0])
        let messages = drained(&queue)
        #expect(messages == [large, [3]])
        #expect(queue.octets == 0 && queue.count == 0)
    }

    @Test func orderHoldsOverManyMessages() {
        var queue = SendQueue(maximumOctets: 1_000_000, maximumCount: 1000)
        var (next, seen) = (0, 0)
        for round in 0..<5000 {
            for _ in 0..<(round % 7) where queue.count < 900 {
                _ = queue.append([UInt8(next % 251)], isHeartbeat: false)
                next += 1
            }
            for _ in 0..<(round % 5) {
                guard let message = queue.popFirst() else { break }
                #expect(message == [UInt8(seen % 251)])
                seen += 1
            }
        }
        #expect(queue.count == next - seen)
    }

    @Test func aClosedQueueTakesNothing() {
        var queue = SendQueue(maximumOctets: 10, maximumCount: 10)
        _ = queue.append([1], isHeartbeat: false)
        let lost = queue.clear()
        #expect(lost == 1 && queue.count == 0)
        queue.isOpen = false
        let outcome = queue.append([1], isHeartbeat: false)
        #expect(!outcome.isQueued)
    }
}

@Suite struct PaceTests {
    @Test func pausesGrowToTheirBoundAndDiffer() {
        var generator = SystemRandomNumberGenerator()
        var backoff = Backoff(shortestNanoseconds: 100, longestNanoseconds: 5000)
        for expected in [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000] as [Int64] {
            let pause = backoff.next(using: &generator)
            #expect((expected / 2...expected).contains(pause))
        }
        for _ in 0..<100 {
            let pause = backoff.next(using: &generator)
            #expect(pause <= 5000)
        }
        backoff.reset()
        let first = backoff.next(using: &generator)
        #expect(first <= 100)
    }

    @Test func anAddressMayDoSoMuchPerMinute() {
        var limiter = AddressLimiter(perMinute: 2)
        let second: UInt64 = 1_000_000_000
        let attempts: [(String, at: UInt64)] = [
            ("a", 0), ("a", 1), ("a", 2), ("b", 2), ("a", 60), ("a", 60),
        ]
        let allowed = attempts.map { limiter.allows($0.0, nowNanoseconds: $0.at * second) }
        #expect(allowed == [true, true, false, true, true, false])
    }

    @Test func addressesAreBounded() {
        var limiter = AddressLimiter(perMinute: 1)
        let allowed = (0..<2000).count { limiter.allows("\($0)", nowNanoseconds: 0) }
        #expect(allowed == 1024)
        let isAllowedLater = limiter.allows("new", nowNanoseconds: 61_000_000_000)
        #expect(isAllowedLater)
    }

    @Test func handshakesAreBoundedTogetherAndPerAddress() {
        var limits = PeerLimits()
        limits.handshakes = 3
        limits.handshakesPerAddress = 2
        var gate = HandshakeGate(limits)
        #expect(
            ["a", "a", "a", "b", "c"].map { gate.enter($0) } == [true, true, false, true, false])
        gate.leave("a")
        #expect(["c", "a"].map { gate.enter($0) } == [true, false])
        gate.leave("unknown")
        #expect(["a"].map { gate.enter($0) } == [false])
    }
}
