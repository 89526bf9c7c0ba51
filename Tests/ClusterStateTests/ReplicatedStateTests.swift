import ClusterState
import Inventory
import Planning
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
                } else if random.oneIn(8) {
                    publishing(&random, at: UInt64(index))
                } else {
                    .reportGuests((0..<random.number(in: 1...4)).map { _ in random.report() })
                }
            commands.append(Command(body, atSeconds: time))
        }
        return commands
    }

    private func publishing(
        _ random: inout RandomInventory, at index: UInt64
    ) -> Command.Body {
        let provider = random.oneIn(2) ? "powerdns" : "else"
        let zone = random.oneIn(2) ? "example.com." : "10.in-addr.arpa."
        let keys = ["web1", "web2", "db"].compactMap { DomainName($0 + ".example.com") }
            .map { RecordSetKey(owner: $0, type: random.oneIn(3) ? .aaaa : .a) }
        return switch random.number(in: 0...6) {
        case 0: .owe(provider: provider, keys: keys)
        case 1: .approve(provider: provider, zone: zone)
        case 2: .releaseBrake(.zones)
        case 3: .releaseBrake(.provider(provider, zone: zone))
        case 4: .pausePublishing(random.oneIn(2))
        default:
            .recordWrites(
                WriteReport(
                    provider: provider, zone: zone,
                    plannedAtIndex: index - min(index, UInt64(random.number(in: 0...5))),
                    done: keys, counted: random.number(in: 0...9)))
        }
    }

    private func settings(_ random: inout RandomInventory) -> ClusterSettings {
        var settings = ClusterSettings()
        settings.naming = random.policy()
        settings.reverseNetworks = [CIDR("10.0.0.0/8"), CIDR("2001:db8::/32")].compactMap(\.self)
        settings.zones.times.guest = random.oneIn(2) ? 60 : 120
        settings.brake.count = random.oneIn(3) ? 6 : 100
        for name in ["powerdns", "else"] where random.oneIn(3) {
            settings.providers[name] = ProviderSettings(isAutomaticallyApproved: random.oneIn(2))
        }
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
            #expect(restored.zones.brakes == state.zones.brakes)
            #expect(restored.zones.held == state.zones.held)
            #expect(restored.providers == state.providers)
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
            // Restoring derives every zone from the guests and what is held alone.
            let scratch = try ReplicatedState(snapshot: state.snapshot())
            #expect(allSets(scratch) == follower.sets)
            expectNothingBeyondTheBrake(state)
        }
    }

    /// Beside what is held, every set is what the claims alone come to.
    private func expectNothingBeyondTheBrake(_ state: ReplicatedState) {
        var free = state.zones
        _ = free.releaseBrake(atSeconds: state.clockSeconds)
        for held in state.zones.held {
            #expect(!held.sets.isEmpty && held.sets.allSatisfy { $0.standing != $0.wanted })
            for set in held.sets {
                #expect(state.zones.set(set.key) == set.standing)
                #expect(free.set(set.key) == set.wanted)
            }
        }
        #expect(free.held.isEmpty)
    }

    /// A provider that does what the ledger says has what the zones have, whatever comes between.
    @Test(arguments: UInt64(1)...40)
    func whoeverPaysWhatIsOwedHasEverything(seed: UInt64) throws {
        var state = ReplicatedState()
        var random = RandomInventory(seed: seed + 1_000)
        var backend: [RecordSetKey: RecordSet] = [:]
        for command in commands(seed: seed, count: 60) {
            if case .recordWrites = command.body { continue }
            _ = try state.apply(command)
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
            for pointer in sets where pointer.key.type == .ptr {
                #expect(pointer.data.count == 1)
                if state.zones.held.isEmpty { expectPair(pointer, in: state) }
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
