import ClusterState
import Inventory
import Testing
import Zones

/// The changes of zones as part of the state.
@Suite struct JournalTests {
    private func cluster() throws -> ClusterUnderTest {
        var cluster = try ClusterUnderTest()
        let reports = try (101...400).map {
            try ClusterUnderTest.report($0, on: "pve1", "10.0.\($0 / 250).\($0 % 250 + 1)")
        }
        try cluster.apply(.reportGuests(reports), by: 1)
        return cluster
    }

    @Test func itIsPartOfSnapshotsAndOfTheDigest() throws {
        var cluster = try cluster()
        for number in 0..<250 {
            let report = try ClusterUnderTest.report(
                UInt32(1_000 + number), on: "pve1", "10.1.0.\(number + 1)")
            try cluster.apply(.reportGuests([report]), by: 1)
        }
        let apex = try StateUnderTest.name("example.com")
        let journal = try #require(cluster.state.zones.journals[apex])
        // More than one record of a snapshot holds.
        #expect(journal.steps.count > 100)
        let snapshot = cluster.state.snapshot()
        let restored = try ReplicatedState(snapshot: snapshot)
        #expect(restored.zones.journals == cluster.state.zones.journals)
        #expect(restored.digest == cluster.state.digest)
        #expect(restored.snapshot() == snapshot)
        // It goes on the same way.
        let report = try ClusterUnderTest.report(5_000, on: "pve1", "10.2.0.1")
        var copies = [cluster.state, restored]
        for index in copies.indices {
            let command = Command(.reportGuests([report]), atSeconds: cluster.time + 1)
            _ = try copies[index].apply(command)
        }
        #expect(copies[0].zones.journals == copies[1].zones.journals)
        #expect(copies[0].digest == copies[1].digest)
        #expect(copies[0].digest != restored.digest)
    }

    @Test func aNodeThatGoesOnAloneForgetsIt() throws {
        var state = try cluster().state
        let report = try ClusterUnderTest.report(5_000, on: "pve1", "10.2.0.1")
        _ = try state.apply(Command(.reportGuests([report]), atSeconds: 1_700_000_900))
        let apex = try StateUnderTest.name("example.com")
        #expect(state.zones.journals[apex]?.steps.isEmpty == false)
        let digest = state.digest
        state.goOnAlone(as: ClusterUnderTest.node(1), replica: 900)
        #expect(state.zones.journals[apex]?.steps.isEmpty == true)
        #expect(state.zones.journals[apex]?.serial == state.zones.zones[apex]?.serial)
        #expect(state.digest != digest)
        let restored = try ReplicatedState(snapshot: state.snapshot())
        #expect(restored.digest == state.digest)
    }

    @Test func aNodeThatGoesOnAloneIsAheadOfWhatOthersHave() throws {
        let before = try cluster().state
        let apex = try StateUnderTest.name("example.com")
        let reverse = try StateUnderTest.name("10.in-addr.arpa")
        let known = try #require(before.zones.zones[apex]).serial
        // One secondary had more of the lost nodes, the other one is behind.
        let ahead = SerialNumber(known.number &+ 1_000_000)
        let behind = SerialNumber(known.number &- 1_000)
        var state = before
        state.goOnAlone(
            as: ClusterUnderTest.node(1), replica: 900, serials: [apex: ahead, reverse: behind],
            atSeconds: UInt64(known.number) + 60)
        #expect(state.zones.zones[apex]?.serial == SerialNumber(ahead.number &+ 1))
        #expect(state.zones.zones[reverse]?.serial == SerialNumber(known.number &+ 60))
        let restored = try ReplicatedState(snapshot: state.snapshot())
        #expect(restored.zones.zones == state.zones.zones)
        // Without anybody to ask, or a clock, there is a later one still.
        var alone = before
        alone.goOnAlone(as: ClusterUnderTest.node(1), replica: 900)
        let serial = try #require(alone.zones.zones[apex]?.serial)
        #expect(serial.isLater(than: known))
    }
}
