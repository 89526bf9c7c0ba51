import ClusterState
import Inventory
import TestSupport
import Testing
import Zones

@Suite struct ReplicatedStateTests {
    /// Follows the changes that `apply` returns, as a name server does.
    private struct Follower {
        var sets: [DomainName: [RecordSetKey: RecordSet]] = [:]

        mutating func follow(_ changes: [ZoneChange]) {
            for change in changes {
                switch change {
                case .replaced(let apex, let all):
                    sets[apex] = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })
                case .removed(let apex): sets[apex] = nil
                case .drafted: break
                case .updated(let difference), .signed(let difference):
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
        for command in RandomCommands.list(seed: seed, count: 60) {
            let changes = try state.follow(command)
            let changesAfterRestart = try restored.follow(command)
            #expect(changes == changesAfterRestart)
            let snapshot = state.snapshot()
            restored = try ReplicatedState(snapshot: snapshot)
            #expect(restored.zones.zones == state.zones.zones)
            #expect(restored.zones.brakes == state.zones.brakes)
            #expect(restored.zones.held == state.zones.held)
            #expect(restored.providers == state.providers)
            #expect(restored.guests == state.guests)
            #expect(restored.snapshot() == snapshot)
            #expect(restored.nextDueSeconds == state.nextDueSeconds)
            #expect(restored.staticVersion == state.staticVersion)
            #expect(restored.zones.statics.sets == state.zones.statics.sets)
            #expect(restored.digest == state.digest)
        }
    }

    @Test(arguments: UInt64(1)...40)
    func differencesLeadToTheSameZonesAsDerivingFromScratch(seed: UInt64) throws {
        var state = ReplicatedState()
        var follower = Follower()
        for command in RandomCommands.list(seed: seed, count: 60) {
            follower.follow(try state.follow(command))
            #expect(follower.sets == allSets(state))
            expectSoundZones(state)
            // Restoring derives every zone from the guests and what is held alone.
            let scratch = try ReplicatedState(snapshot: state.snapshot())
            #expect(allSets(scratch) == follower.sets)
        }
    }

    /// A provider that does what the ledger says has what the zones have, whatever comes between.
    @Test(arguments: UInt64(1)...40)
    func whoeverPaysWhatIsOwedHasEverything(seed: UInt64) throws {
        var state = ReplicatedState()
        var random = RandomInventory(seed: seed + 1_000)
        var backend: [RecordSetKey: RecordSet] = [:]
        for command in RandomCommands.list(seed: seed, count: 60) {
            if case .recordWrites = command.body { continue }
            _ = try state.follow(command)
            guard let ledger = state.providers["powerdns"] else {
                // What stands there while it is away is looked at when it comes back.
                backend.removeAll()
                continue
            }
            let wanted = state.wantedSets(for: "powerdns")
            for key in Set(wanted.keys).union(backend.keys) where ledger.owed[key] == nil {
                // A zone that left the settings left its records there.
                #expect(backend[key] == wanted[key] || !state.zones.holds(key.owner))
            }
            let done = ledger.owed.keys.sorted().filter { _ in random.oneIn(2) }
            for key in done { backend[key] = wanted[key] }
            let report = WriteReport(
                provider: "powerdns", zone: "all", plannedAtIndex: state.index, done: done,
                counted: 1)
            _ = try state.apply(
                Command(.recordWrites(report), atSeconds: command.timeSeconds))
        }
    }

    /// What holds of every zone whatever the guests ask for.
    private func expectSoundZones(_ state: ReplicatedState) {
        for zone in state.zones.zones.values {
            let sets = zone.allSets
            let aliases = Set(sets.filter { $0.key.type == .cname }.map(\.key.owner))
            #expect(sets.allSatisfy { !aliases.contains($0.key.owner) || $0.key.type == .cname })
            for pointer in sets
            where pointer.key.type == .ptr && state.zones.statics.sets[pointer.key] == nil {
                #expect(pointer.data.count == 1)
                if state.zones.held.isEmpty { expectPair(pointer, in: state) }
            }
        }
    }

    /// A name that a PTR record tells has an address record for that very address.
    private func expectPair(_ pointer: RecordSet, in state: ReplicatedState) {
        // A host's name that the operator gave something else.
        if let target = DomainName(wire: pointer.data[0]), state.zones.statics.holds(target) {
            return
        }
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
        for command in RandomCommands.list(seed: seed, count: 40) {
            let decoded = try Command(
                decoding: command.encoded(), cluster: RandomInventory.cluster)
            #expect(decoded == command)
        }
    }

    @Test func serialsNeverFall() throws {
        var state = ReplicatedState()
        var last: [DomainName: SerialNumber] = [:]
        for command in RandomCommands.list(seed: 77, count: 200) {
            for change in try state.follow(command) {
                guard let serial = state.zones.zones[change.apex]?.serial else { continue }
                #expect(last[change.apex].map { serial.isLater(than: $0) } ?? true)
                last[change.apex] = serial
            }
        }
        #expect(!last.isEmpty)
    }

    @Test func damagedBytesAreRefusedAndNeverCrash() throws {
        var state = ReplicatedState()
        for command in RandomCommands.list(seed: 5, count: 30) {
            _ = try state.follow(command)
        }
        let snapshot = state.snapshot()
        var random = RandomInventory(seed: 9)
        for _ in 0..<300 {
            var damaged = snapshot
            damaged[random.number(in: 0...damaged.count - 1)] ^= UInt8(random.number(in: 1...255))
            #expect {
                try ReplicatedState(snapshot: damaged)
            } throws: { error in
                guard case .damaged = error as? ClusterStateError else { return false }
                return true
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

    @Test(arguments: [
        // A release of nothing known; an `owe` with type 70,000, then with a name that is none.
        ([0x5A, 0], ClusterStateError.unknownCommand),
        (
            [0x4A, 10, 0x12, 8, 0x0A, 2, 0x61, 0x2E, 0x10, 0xF0, 0xA2, 0x04],
            .meaningless(field: "owe.keys")
        ),
        ([0x4A, 6, 0x12, 4, 0x0A, 2, 0x2E, 0x2E], .meaningless(field: "owe.keys")),
        // The same in a report on writes.
        ([0x42, 6, 0x22, 4, 0x0A, 2, 0x2E, 0x2E], .meaningless(field: "record_writes.done")),
    ])
    func commandsWithoutMeaningAreRefused(bytes: [UInt8], error: ClusterStateError) {
        #expect(throws: error) { try Command(decoding: bytes, cluster: nil) }
    }
}
