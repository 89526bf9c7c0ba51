import Inventory
import Nameserver
import Synchronization
import Testing
import Zones

private final class Mark: Sendable {
    let value = Atomic<Bool>(false)
}

/// Answers during commits come from one version of all zones.
@Suite struct CommitTests {
    /// An alias in one zone and its target in another move together: any mixture of versions would
    /// miss the target or show addresses of two versions.
    private static func changes(_ version: UInt32) -> [ZoneChange] {
        let target = "v\(version).b.test."
        let old = "v\(version - 1).b.test."
        let addresses = RecordSet(
            owner: name(target), type: .a, ttlSeconds: version,
            data: (0..<20).map { octets(UInt16($0)) + octets(UInt16(version % 60_000)) })
        return [
            .updated(
                ZoneDifference(
                    apex: name("a.test."), removed: [],
                    changed: [
                        soa("a.test.", serial: version), names("x.a.test.", .cname, target),
                    ])),
            .updated(
                ZoneDifference(
                    apex: name("b.test."), removed: [RecordSetKey(owner: name(old), type: .a)],
                    changed: [soa("b.test.", serial: version), addresses])),
        ]
    }

    @Test func noAnswerIsTorn() async throws {
        let store = try store(["a.test.": [], "b.test.": []])
        try store.publish(Self.changes(1))
        let isDone = Mark()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let server = TestServer(store)
                    var answers = 0
                    repeat {
                        let answer = try server.ask("x.a.test", .a, over: .tcp)
                        #expect(answer.code == 0 && answer.answer.count == 21)
                        let versions = Set(answer.answer.dropFirst().map { $0.data[2...] })
                        #expect(versions.count == 1)
                        #expect(Set(answer.answer.dropFirst().map(\.ttlSeconds)).count == 1)
                        answers += 1
                    } while !isDone.value.load(ordering: .relaxed)
                    return answers
                }
            }
            for version in 2...3_000 as ClosedRange<UInt32> {
                try store.publish(Self.changes(version))
            }
            isDone.value.store(true, ordering: .relaxed)
            for try await answers in group { #expect(answers > 0) }
        }
        #expect(store.statistics.names == 2 + 1 + 1)
    }
}
