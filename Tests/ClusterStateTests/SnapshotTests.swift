import ClusterState
import Inventory
import Testing
import Zones

/// Snapshots as streams, and what is refused as one.
@Suite struct SnapshotTests {
    private func state() throws -> ReplicatedState {
        var cluster = try ClusterUnderTest()
        let reports = try (101...106).map {
            try ClusterUnderTest.report($0, on: "pve1", "10.0.0.\($0)")
        }
        cluster.settings.providers["powerdns"] = ProviderSettings()
        try cluster.apply(
            .configure(cluster.settings, ConfigureTerms(isApproved: true)), by: 1)
        try cluster.apply(.reportGuests(reports), by: 1)
        let pool = ClaimPool(try #require(CIDR("10.0.0.0/24")))
        for number in 0..<5 {
            let request = ClaimRequest(
                pool: pool, key: .token("t\(number)"), strategy: .sequential)
            try cluster.apply(.claim(request), by: 2)
        }
        return cluster.state
    }

    private func records(_ bytes: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let length = bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            ranges.append(start..<start + 8 + length)
            start += 8 + length
        }
        return ranges
    }

    private func isRefused(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try ReplicatedState(snapshot: bytes)
            return false
        } catch {
            return true
        }
    }

    @Test(arguments: [1, 7, 100, 1 << 20])
    func chunksOfAnySizeMakeTheState(size: Int) throws {
        let state = try state()
        let bytes = state.snapshot()
        var reader = SnapshotReader()
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.take(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        let restored = try reader.finish()
        #expect(restored.digest == state.digest)
        #expect(restored.zones.zones == state.zones.zones)
        #expect(restored.snapshot() == bytes)
    }

    @Test func aChunkIsNeverLarge() throws {
        var state = ReplicatedState()
        _ = try state.apply(Command(.found(StateUnderTest.cluster), atSeconds: 1))
        let reports = try (0..<1_500).map { number in
            var report = try ClusterUnderTest.report(
                UInt32(number + 100), on: "pve1", "10.0.\(number / 250).\(number % 250 + 1)")
            report.guest.comment = String(repeating: "x", count: 600)
            return report
        }
        _ = try state.apply(Command(.reportGuests(reports), atSeconds: 1))
        var writer = state.snapshotChunks()
        // What changes afterwards is not in it.
        let digest = state.digest
        _ = try state.apply(Command(.pausePublishing(true), atSeconds: 2))
        var reader = SnapshotReader()
        var sizes: [Int] = []
        while let chunk = writer.next() {
            sizes.append(chunk.count)
            try reader.take(chunk)
        }
        #expect(sizes.count > 3)
        #expect(sizes.dropLast().allSatisfy { $0 == SnapshotWriter.chunkOctets })
        #expect(try reader.finish().digest == digest)
        #expect(state.digest != digest)
    }

    @Test func whatIsCutOffIsRefused() throws {
        let bytes = try state().snapshot()
        for record in records(bytes) {
            #expect(isRefused(Array(bytes[..<record.lowerBound])))
            #expect(isRefused(Array(bytes[..<(record.lowerBound + 5)])))
            #expect(isRefused(Array(bytes[..<(record.upperBound - 1)])))
        }
        #expect(isRefused(bytes + [0]))
        #expect(isRefused(bytes + bytes))
        #expect(throws: ClusterStateError.self) { try SnapshotReader().finish() }
    }

    @Test func aFlippedBitIsRefused() throws {
        let bytes = try state().snapshot()
        // A prime, so that every kind of place is met.
        for place in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            #expect(isRefused(damaged), "bit at \(place)")
        }
    }

    @Test func recordsThatAreMissingTwiceOrOutOfPlaceAreRefused() throws {
        let bytes = try state().snapshot()
        let all = records(bytes).map { Array(bytes[$0]) }
        for index in all.indices {
            var missing = all
            missing.remove(at: index)
            #expect(isRefused(missing.flatMap(\.self)))
            var twice = all
            twice.insert(all[index], at: index)
            #expect(isRefused(twice.flatMap(\.self)))
            guard index > 0 else { continue }
            var swapped = all
            swapped.swapAt(index, index - 1)
            #expect(isRefused(swapped.flatMap(\.self)))
        }
    }
}

/// Digests tell states apart, and nothing else.
@Suite struct DigestTests {
    @Test func theHashIsMurmur3() {
        // From the reference implementation, seed 0.
        #expect("\(Digest128(hashing: []))" == String(repeating: "0", count: 32))
        let text = Array("The quick brown fox jumps over the lazy dog".utf8)
        #expect("\(Digest128(hashing: text))" == "e34bbc7bbc071b6c7a433ca9c49a9347")
        #expect("\(Digest128(hashing: Array("hello".utf8)))" == "cbd8a7b341bd9b025b1e906a48ae1d19")
    }

    @Test func aSumKnowsNoOrderAndForgetsWhatWasTakenOut() {
        let parts = (0..<50).map { Digest128(hashing: [UInt8($0)]) }
        var one = Digest128()
        var two = Digest128()
        for part in parts { one.add(part) }
        for part in parts.reversed() { two.add(part) }
        #expect(one == two && one != Digest128())
        for part in parts.shuffled() { one.subtract(part) }
        #expect(one == Digest128())
    }

    /// What a zone's digest says after every step is what it says after a restart, and equal
    /// content is equal however it came about.
    @Test(arguments: UInt64(1)...20)
    func digestsFollowTheContent(seed: UInt64) throws {
        var state = ReplicatedState()
        var digests: [DomainName: [Digest128: [RecordSetKey: RecordSet]]] = [:]
        for command in RandomCommands.list(seed: seed, count: 40) {
            _ = try state.follow(command)
            let restored = try ReplicatedState(snapshot: state.snapshot())
            for (apex, zone) in state.zones.zones {
                #expect(restored.zones.zones[apex]?.digest == zone.digest)
                let sets = Dictionary(
                    uniqueKeysWithValues: zone.allSets.filter { $0.key.type != .soa }
                        .map { ($0.key, $0) })
                let known = digests[apex]?[zone.digest]
                #expect(known == nil || known == sets)
                digests[apex, default: [:]][zone.digest] = sets
            }
        }
    }
}
