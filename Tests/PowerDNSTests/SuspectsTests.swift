import Inventory
import Planning
import Testing
import Zones

@testable import PowerDNS

/// The search for a poisoned group, from one chunk to the next, apart from any server.
@Suite struct SuspectsTests {
    private static func group(_ number: Int, _ text: String = "x") throws -> EncodedGroup {
        EncodedGroup(
            keys: [try Rig.key("h\(number).example.net.", .a)], removals: [],
            replacements: Array(text.utf8), setCount: 1)
    }

    @Test(arguments: [1, 2, 3])
    func eachCallGoesOnWhereTheLastOneEnded(requestsPerCall: Int) throws {
        let bad: Set = [0, 17, 18, 999]
        var open = Array(0..<1_000)
        var suspects = Suspects()
        var refused: Set<RecordSetKey> = []
        var calls = 0
        while open.count > bad.count || refused.count < bad.count {
            calls += 1
            try #require(calls < 120)
            var queue = PatchQueue(try open.map { try Self.group($0) }, suspects: suspects)
            for _ in 0..<requestsPerCall {
                guard let patch = queue.next() else { break }
                let owners = Set(patch.groups.flatMap(\.keys).map { "\($0.owner)" })
                if bad.contains(where: { owners.contains("h\($0).example.net.") }) {
                    queue.refuse(patch, reason: "bad")
                } else {
                    queue.accept(patch)
                }
            }
            suspects = queue.suspects
            refused.formUnion(queue.outcome.refused.keys)
            let done = Set(queue.outcome.done)
            open = try open.filter { !done.contains(try Self.group($0).keys[0]) }
        }
        #expect(open == bad.sorted())
        #expect(refused == Set(try bad.map { try Self.group($0).keys[0] }))
    }

    @Test func theRestDoesNotWaitForKnownPoison() throws {
        var queue = PatchQueue([try Self.group(1)])
        let first = queue.next()
        queue.refuse(try #require(first), reason: "bad")
        var again = PatchQueue(
            try (0..<10).map { try Self.group($0) }, suspects: queue.suspects)
        let next = again.next()
        let patch = try #require(next)
        #expect(patch.groups.count == 9)
        #expect(!patch.groups.contains(try Self.group(1)))
    }

    @Test func othersContentIsNotSuspected() throws {
        var suspects = Suspects()
        suspects.add([try Self.group(1), try Self.group(2)])
        #expect(suspects.size(try Self.group(1)) == 2)
        #expect(suspects.size(try Self.group(1, "y")) == nil)
        suspects.add([try Self.group(1)])
        suspects.add([try Self.group(1), try Self.group(3)])
        #expect(suspects.size(try Self.group(1)) == 1)
        suspects.clear([try Self.group(1)])
        #expect(suspects.size(try Self.group(1)) == nil)
    }

    @Test func theMemoryIsBounded() throws {
        var suspects = Suspects()
        for start in stride(from: 0, to: 2 * Suspects.maximum, by: 5_000) {
            suspects.add(try (start..<start + 5_000).map { try Self.group($0) })
        }
        #expect(suspects.size(try Self.group(0)) == nil)
        #expect(suspects.size(try Self.group(2 * Suspects.maximum - 1)) == 5_000)
    }
}
