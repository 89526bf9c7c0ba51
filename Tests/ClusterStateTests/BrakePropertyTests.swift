import ClusterState
import Inventory
import Planning
import TestSupport
import Testing
import Zones

/// What holds of the brake whatever happens.
@Suite struct BrakePropertyTests {
    private func contents(_ zones: ZoneSet) -> [RecordSetKey: RecordSet] {
        Dictionary(uniqueKeysWithValues: zones.contents.map { ($0.key, $0) })
    }

    /// Beside what is held, the zones are those of a cluster where somebody forces everything.
    @Test(arguments: UInt64(1)...20)
    func nothingButWhatIsHeldIsOtherwise(seed: UInt64) throws {
        var state = ReplicatedState()
        var forced = ReplicatedState()
        for command in RandomCommands.list(seed: seed, count: 60, isAsked: false) {
            _ = try state.follow(command)
            _ = try forced.follow(command)
            _ = try forced.apply(Command(.releaseBrake(.zones), atSeconds: command.timeSeconds))
            #expect(forced.zones.held.isEmpty && forced.zones.brakes.isEmpty)
            var expected = contents(forced.zones)
            for set in state.zones.held.flatMap(\.sets) {
                #expect(set.standing != set.wanted)
                #expect(expected[set.key] == set.wanted)
                expected[set.key] = set.standing
            }
            #expect(contents(state.zones) == expected)
            for id in state.guests.keys {
                expectTruth(of: try #require(state.standing(of: id)), in: state)
            }
        }
    }

    /// What a guest is told to be published is.
    private func expectTruth(of standing: ReplicatedState.Standing, in state: ReplicatedState) {
        for claim in standing.published {
            let type = claim.address?.address.recordType ?? .cname
            let data = claim.address?.address.octets ?? claim.target?.wire ?? []
            let set = state.zones.set(RecordSetKey(owner: claim.name, type: type))
            #expect(set?.data.contains(data) == true, "\(claim.name)")
        }
    }

    /// However it comes about, no zone loses or changes more within an hour than the brake allows,
    /// and none its last set.
    @Test(arguments: UInt64(1)...20)
    func noHourTakesMoreThanTheBrakeAllows(seed: UInt64) throws {
        var random = RandomInventory(seed: seed)
        var test = try StateUnderTest()
        var steps: [DomainName: [(atSeconds: UInt64, count: Int)]] = [:]
        var peaks: [DomainName: Int] = [:]
        for _ in 0..<60 {
            let before = test.state.zones
            let guests = random.number(in: 0...29)
            switch random.number(in: 0...3) {
            case 0: try test.destroy(guests..<guests + random.number(in: 1...25))
            case 1:
                let offset = random.number(in: 0...1) * 1_000
                try test.apply(
                    .reportGuests(
                        try (guests..<guests + 20).map { vmid in
                            let address = "10.\(offset / 1_000).0.\(vmid + 1)"
                            return try test.report(vmid, nil, address)
                        }))
            case 2: try test.restart()
            default: try test.apply(.advance, after: UInt64(random.number(in: 0...2_500)))
            }
            for (apex, zone) in before.zones {
                let lost = zone.keys(differentFrom: test.state.zones.zones[apex])
                    .filter { zone.set($0) != nil && !$0.type.isAuthority }
                steps[apex, default: []].append((test.time, lost.count))
                peaks[apex] = max(peaks[apex] ?? 0, zone.count)
                let hour = steps[apex, default: []].filter {
                    test.time - $0.atSeconds < Brake.windowSeconds
                }.reduce(0) { $0 + $1.count }
                #expect(hour <= max(Brake.free, (peaks[apex, default: 0] + hour) / 10))
                // The NS set is the first.
                let count = test.state.zones.zones[apex]?.count ?? 0
                #expect(zone.count == 1 || count > 1)
            }
        }
    }
}
