import ClusterState
import Inventory
import TestSupport
import Testing
import Zones

@Suite struct ReplicatedStateTests {
    /// Equal seeds give equal lists of commands, of every kind there is.
    private func commands(seed: UInt64, count: Int) -> [Command] {
        var random = RandomInventory(seed: seed)
        var time: UInt64 = 1_700_000_000
        var commands = [Command(.found(RandomInventory.cluster), atSeconds: time)]
        for index in 0..<count {
            time += UInt64(random.number(in: 0...3600))
            let body: Command.Body =
                if index == 0 || random.oneIn(15) {
                    .configure(settings(&random))
                } else if random.oneIn(12) {
                    .reportHosts(
                        ["pve1", "pve2"].map { Host(name: $0, addresses: [random.address()]) })
                } else if random.oneIn(10) {
                    .reportGone([random.id(), random.id()])
                } else if random.oneIn(6) {
                    .advance
                } else {
                    .reportGuests((0..<random.number(in: 1...4)).map { _ in random.report() })
                }
            commands.append(Command(body, atSeconds: time))
        }
        return commands
    }

    private func settings(_ random: inout RandomInventory) -> ClusterSettings {
        var settings = ClusterSettings()
        settings.naming = random.policy()
        settings.reverseNetworks = [CIDR("10.0.0.0/8"), CIDR("2001:db8::/32")].compactMap(\.self)
        return settings
    }

    /// Follows the changes that `apply` returns, as a name server does.
    private struct Follower {
        var sets: [DomainName: [RecordSetKey: RecordSet]] = [:]

        mutating func follow(_ changes: [ZoneChange]) {
            for change in changes {
                switch change {
                case .replaced(let apex, let all):
                    sets[apex] = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })
                case .removed(let apex): sets[apex] = nil
                case .updated(let difference):
                    for key in difference.removed {
                        #expect(sets[difference.apex]?[key] != nil, "\(key) was not there")
                        sets[difference.apex]?[key] = nil
                    }
                    for set in difference.changed {
                        #expect(sets[difference.apex]?[set.key] != set, "\(set.key) is the same")
                        sets[difference.apex]?[set.key] = set
                    }
                }
            }
        }
    }

    private func allSets(_ state: ReplicatedState) -> [DomainName: [RecordSetKey: RecordSet]] {
        state.zones.zones.mapValues { zone in
            Dictionary(uniqueKeysWithValues: zone.allSets.map { ($0.key, $0) })
        }
    }

    @Test(arguments: UInt64(1)...40)
    func aSnapshotAtAnyPointContinuesAlike(seed: UInt64) throws {
        var state = ReplicatedState()
        var restored = state
        for command in commands(seed: seed, count: 60) {
            let changes = try state.apply(command)
            let changesAfterRestart = try restored.apply(command)
            #expect(changes == changesAfterRestart)
            let snapshot = state.snapshot()
            restored = try ReplicatedState(snapshot: snapshot)
            #expect(restored.zones.zones == state.zones.zones)
            #expect(restored.guests == state.guests)
            #expect(restored.snapshot() == snapshot)
            #expect(restored.nextDueSeconds == state.nextDueSeconds)
        }
    }

    @Test(arguments: UInt64(1)...40)
    func differencesLeadToTheSameZonesAsDerivingFromScratch(seed: UInt64) throws {
        var state = ReplicatedState()
        var follower = Follower()
        for command in commands(seed: seed, count: 60) {
            follower.follow(try state.apply(command))
            #expect(follower.sets == allSets(state))
            expectSoundZones(state)
            // Restoring derives every zone from the guests alone.
            let scratch = try ReplicatedState(snapshot: state.snapshot())
            #expect(allSets(scratch) == follower.sets)
        }
    }

    /// What holds of every zone whatever the guests ask for.
    private func expectSoundZones(_ state: ReplicatedState) {
        for zone in state.zones.zones.values {
            let sets = zone.allSets
            let aliases = Set(sets.filter { $0.key.type == .cname }.map(\.key.owner))
            #expect(sets.allSatisfy { !aliases.contains($0.key.owner) || $0.key.type == .cname })
            for pointer in sets where pointer.key.type == .ptr {
                #expect(pointer.data.count == 1)
                expectPair(pointer, in: state)
            }
        }
    }

    /// A name that a PTR record tells has an address record for that very address.
    private func expectPair(_ pointer: RecordSet, in state: ReplicatedState) {
        let addresses = [RecordType.a, .aaaa].flatMap { type -> [[UInt8]] in
            guard let owner = DomainName(wire: pointer.data[0]) else { return [] }
            return state.zones.set(RecordSetKey(owner: owner, type: type))?.data ?? []
        }
        let owners = addresses.compactMap { IPAddress(octets: $0) }
            .compactMap { state.zones.pointerOwner(of: $0) }
        #expect(owners.contains(pointer.key.owner))
    }

    @Test(arguments: UInt64(1)...20)
    func commandsReadBackAsTheyAreWritten(seed: UInt64) throws {
        for command in commands(seed: seed, count: 40) {
            let decoded = try Command(
                decoding: command.encoded(), cluster: RandomInventory.cluster)
            #expect(decoded == command)
        }
    }

    @Test func serialsNeverFall() throws {
        var state = ReplicatedState()
        var last: [DomainName: SerialNumber] = [:]
        for command in commands(seed: 77, count: 200) {
            for change in try state.apply(command) {
                guard let serial = state.zones.zones[change.apex]?.serial else { continue }
                #expect(last[change.apex].map { serial.isLater(than: $0) } ?? true)
                last[change.apex] = serial
            }
        }
        #expect(!last.isEmpty)
    }

    @Test func damagedBytesAreRefusedAndNeverCrash() throws {
        var state = ReplicatedState()
        for command in commands(seed: 5, count: 30) {
            _ = try state.apply(command)
        }
        let snapshot = state.snapshot()
        var random = RandomInventory(seed: 9)
        for _ in 0..<300 {
            var damaged = snapshot
            damaged[random.number(in: 0...damaged.count - 1)] ^= UInt8(random.number(in: 1...255))
            #expect(throws: ClusterStateError.damaged(what: "the snapshot")) {
                try ReplicatedState(snapshot: damaged)
            }
        }
        for length in 0..<snapshot.count {
            #expect(throws: ClusterStateError.self) {
                try ReplicatedState(snapshot: Array(snapshot.prefix(length)))
            }
        }
        #expect(throws: ClusterStateError.unknownCommand) {
            try Command(decoding: [], cluster: nil)
        }
        #expect(throws: ClusterStateError.self) { try Command(decoding: [0xFF], cluster: nil) }
    }
}
