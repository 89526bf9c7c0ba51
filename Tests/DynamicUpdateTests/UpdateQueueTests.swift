import DNSWire
import Inventory
import Planning
import TestSupport
import Testing
import Zones

@testable import DynamicUpdate

/// What is sent of a chunk, and what next.
@Suite struct UpdateQueueTests {
    /// A group that creates a record of so many octets of data.
    private static func group(_ number: Int, octets: Int = 4) throws -> UpdateGroup {
        let key = try Sample.key("h\(number).example.net.", .a)
        var group = UpdateGroup(keys: [key])
        group.demandNone(key)
        group.replace(key, ttlSeconds: 60, [[UInt8](repeating: 0, count: octets)])
        return group
    }

    private static func groups(_ count: Int, octets: Int = 4) throws -> [UpdateGroup] {
        try (0..<count).map { try group($0, octets: octets) }
    }

    private enum Verdict { case accept, miss, refuse }

    /// Sends all there is to a server with an opinion. Returns the requests.
    private static func run(
        _ queue: inout UpdateQueue, _ judge: ([UpdateGroup]) -> Verdict
    ) -> [[UpdateGroup]] {
        var requests: [[UpdateGroup]] = []
        while let groups = queue.next() {
            requests.append(groups)
            switch judge(groups) {
            case .accept: queue.accept(groups)
            case .miss: queue.miss(groups)
            case .refuse: queue.refuse(groups, reason: "no")
            }
        }
        return requests
    }

    @Test func nothingIsSentForNothing() throws {
        let key = try Sample.key("a.example.net.", .a)
        let other = try Sample.key("b.example.net.", .a)
        var queue = UpdateQueue([], refused: [key: "no room"], done: [other])
        #expect(queue.next() == nil)
        #expect(queue.outcome == ChunkOutcome(done: [other], refused: [key: "no room"]))
    }

    @Test func messagesAreFilledInOrder() throws {
        let groups = try Self.groups(2_000, octets: 40)
        var queue = UpdateQueue(groups)
        let requests = Self.run(&queue) { _ in .accept }
        #expect(Array(requests.joined()) == groups)
        let apex = try Sample.name("example.net.")
        for (index, request) in requests.enumerated() {
            let octets = request.reduce(0) { $0 + $1.octets }
            #expect(octets <= UpdateQueue.maximumOctets)
            // What the groups say of themselves is what the message takes; the header and the
            // question are all there is besides.
            let message = RequestWriter(of: request, to: apex, id: 1)
            #expect(message.octets.count == 12 + apex.wire.count + 4 + octets)
            // The first of the next has no room.
            if index + 1 < requests.count {
                #expect(octets + requests[index + 1][0].octets > UpdateQueue.maximumOctets)
            }
        }
        #expect(queue.outcome.done == groups.flatMap(\.keys))
        #expect(queue.missed.isEmpty && queue.outcome.refused.isEmpty)
    }

    @Test func aMessageHasRoomForTheSignature() throws {
        // A key's name, the algorithm's, and all the rest of a record; and the question.
        let most = UpdateQueue.maximumOctets + (255 + 10 + 255 + 16 + 64 + 6) + (12 + 255 + 4)
        #expect(most <= RequestWriter.maximumOctets)
    }

    @Test(arguments: [0, 1, 249, 250, 498, 499])
    func halvingFindsTheOneInTheWay(culprit: Int) throws {
        let groups = try Self.groups(500)
        for verdict in [Verdict.miss, .refuse] {
            var queue = UpdateQueue(groups)
            let requests = Self.run(&queue) { sent in
                sent.contains(groups[culprit]) ? verdict : .accept
            }
            // Two for each halving of 500.
            #expect(requests.count <= 1 + 2 * 9)
            let others = groups.indices.filter { $0 != culprit }.flatMap { groups[$0].keys }
            #expect(Set(queue.outcome.done) == Set(others))
            #expect(queue.outcome.done.count == 499)
            let key = groups[culprit].keys[0]
            #expect(queue.missed == (verdict == .miss ? [key] : []))
            #expect(queue.outcome.refused == (verdict == .miss ? [:] : [key: "no"]))
            #expect(!queue.isGivenUp)
        }
    }

    @Test func whatCameFirstGoesOnFirst() throws {
        let groups = try Self.groups(8)
        var queue = UpdateQueue(groups)
        _ = Self.run(&queue) { $0.contains(groups[5]) ? .miss : .accept }
        let expected = [0, 1, 2, 3, 4, 6, 7].flatMap { groups[$0].keys }
        #expect(queue.outcome.done == expected)
    }

    @Test func manyMissesEnd() throws {
        let groups = try Self.groups(500)
        var queue = UpdateQueue(groups)
        let requests = Self.run(&queue) { _ in .miss }
        #expect(requests.count == UpdateQueue.maximumRequests)
        #expect(queue.outcome.done.isEmpty && queue.outcome.refused.isEmpty)
        #expect(queue.missed.count > 100 && queue.missed.count < 500)
        #expect(queue.next() == nil)
    }

    @Test func manyRefusalsEnd() throws {
        let groups = try Self.groups(500)
        var queue = UpdateQueue(groups)
        let requests = Self.run(&queue) { _ in .refuse }
        #expect(queue.isGivenUp)
        #expect(queue.outcome.refused.count == UpdateQueue.maximumRefusals)
        #expect(requests.count < 40)
        #expect(queue.next() == nil)
        // One less, and the rest goes on.
        let few = Set(groups.prefix(UpdateQueue.maximumRefusals - 1))
        queue = UpdateQueue(groups)
        _ = Self.run(&queue) { few.isDisjoint(with: $0) ? .accept : .refuse }
        #expect(!queue.isGivenUp)
        #expect(queue.outcome.done.count == 500 - few.count)
        #expect(queue.outcome.refused.count == few.count)
    }

    @Test func allKeysOfAGroupShareItsFate() throws {
        let keys = try [Sample.key("a.example.net.", .a), Sample.key("a.example.net.", .cname)]
        let group = UpdateGroup(keys: keys)
        var queue = UpdateQueue([group])
        _ = Self.run(&queue) { _ in .miss }
        #expect(queue.missed == keys)
        queue = UpdateQueue([group])
        _ = Self.run(&queue) { _ in .refuse }
        #expect(Set(queue.outcome.refused.keys) == Set(keys))
    }
}

/// What is missed again and again.
@Suite struct MissesTests {
    private static func keys(_ range: Range<Int>) throws -> [RecordSetKey] {
        try range.map { try Sample.key("h\($0).example.net.", .a) }
    }

    @Test func theThirdInARowIsTold() throws {
        var misses = Misses()
        let keys = try Self.keys(0..<3)
        #expect(misses.add(keys).isEmpty)
        #expect(misses.add(Array(keys[..<2])).isEmpty)
        #expect(misses.add([keys[2], keys[0]]) == [keys[0]])
        #expect(misses.add([keys[0]]) == [keys[0]])
    }

    @Test func whatIsCarriedOutIsForgotten() throws {
        var misses = Misses()
        let keys = try Self.keys(0..<2)
        misses.clear(keys)
        _ = misses.add(keys)
        _ = misses.add(keys)
        misses.clear([keys[0]])
        #expect(misses.add(keys) == [keys[1]])
    }

    @Test func itForgetsBeforeItGrows() throws {
        var misses = Misses()
        let keys = try Self.keys(0..<Misses.maximumEntries)
        _ = misses.add(keys)
        let one = try Self.keys(Misses.maximumEntries..<Misses.maximumEntries + 1)
        _ = misses.add(one)
        #expect(misses.add([keys[0]]).isEmpty)
        #expect(misses.add([keys[0]]).isEmpty)
        #expect(misses.add([keys[0]]) == [keys[0]])
    }
}
