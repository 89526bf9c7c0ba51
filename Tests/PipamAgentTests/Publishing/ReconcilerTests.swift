import ClusterState
import Inventory
import PipamAgent
import Planning
import Testing
import Zones

/// The reconciler between a real state and a provider in memory.
@Suite struct ReconcilerTests {
    /// A state with guests, a provider, and what stands between them.
    private final class Bench: Sendable {
        let alone: AloneKeeper
        let keeper: StateKeeper
        let provider: ModelProvider
        let reconciler: Reconciler<ModelProvider>
        let cluster = SampleCluster()

        init(
            isApproved: Bool = true, zones: [String] = ["example.com", "0.0.10.in-addr.arpa"],
            guests: Int = 3, chunkSteps: Int = 100
        ) async throws {
            alone = try await StateKeeper.alone(nowSeconds: cluster.seconds)
            let keeper = alone.keeper
            self.keeper = keeper
            provider = ModelProvider(
                try zones.map { try #require(DomainName($0)) }, chunkSteps: chunkSteps)
            reconciler = Reconciler(provider: provider, keeper: keeper)
            var settings = try cluster.settings()
            settings.providers["powerdns"] = ProviderSettings(isAutomaticallyApproved: isApproved)
            try await keeper.propose([.configure(settings)], atSeconds: WallClock.nowSeconds())
            for number in 1...guests { try await add(number) }
        }

        func add(_ number: Int, name: String? = nil, address: String? = nil) async throws {
            let address = address ?? "10.0.0.\(number)"
            let report = try cluster.report(
                UInt32(100 + number), name ?? "web\(number)", ["\(address)/24"])
            try await keeper.propose([.reportGuests([report])], atSeconds: WallClock.nowSeconds())
        }

        func perform(
            _ intent: PublishingRequest.Intent, _ depth: PublishingRequest.Depth = .everything
        ) async -> PublishingReport {
            await reconciler.perform(PublishingRequest(intent, depth))
        }

        func owed() async -> Int {
            await keeper.read { $0.providers["powerdns"]?.owed.count ?? -1 }
        }

        func propose(_ body: Command.Body) async throws {
            try await keeper.propose([body], atSeconds: WallClock.nowSeconds())
        }

        /// What should be there is there, marked, and nothing else of ours.
        func isInStep() async -> Bool {
            let wanted = await keeper.read { $0.wantedSets(for: "powerdns") }
            let ours = await provider.entries.filter { $0.value.isOursToChange }
            return ours.compactMapValues(\.content) == wanted
        }
    }

    private static func key(_ name: String, _ type: RecordType = .a) throws -> RecordSetKey {
        RecordSetKey(owner: try #require(DomainName(name)), type: type)
    }

    private static func set(_ name: String, _ address: [UInt8]) throws -> RecordSet {
        RecordSet(
            owner: try #require(DomainName(name)), type: .a, ttlSeconds: 60, data: [address])
    }

    @Test(arguments: [PublishingRequest.Depth.owed, .everything])
    func firstContactWritesNothing(depth: PublishingRequest.Depth) async throws {
        let bench = try await Bench(isApproved: false)
        let first = await bench.perform(.write, depth)
        #expect(first.failure == nil && first.written == 0)
        #expect(first.zones.allSatisfy { !$0.isApproved })
        #expect(await bench.provider.writes == 0)
        let approved = await bench.perform(.approve(isForced: false))
        #expect(approved.written == 6)
        #expect(await bench.isInStep())
        #expect(await bench.owed() == 0)
        let later = await bench.perform(.write)
        #expect(later.written == 0 && later.zones.allSatisfy(\.isApproved))
    }

    @Test func whatIsOwedIsReadAndWrittenAloneAndOnlyOnce() async throws {
        let bench = try await Bench()
        #expect(await bench.perform(.write, .owed).written == 6)
        #expect(await bench.isInStep())
        let writes = await bench.provider.writes
        #expect(await !bench.reconciler.hasWork())
        #expect(await bench.perform(.write, .owed).written == 0)
        #expect(await bench.perform(.write).written == 0)
        #expect(await bench.provider.writes == writes)
        try await bench.add(4)
        #expect(await bench.reconciler.hasWork())
        let report = await bench.perform(.write, .owed)
        #expect(report.written == 2)
        #expect(report.lookedAt.count == 2)
        #expect(await bench.isInStep())
    }

    @Test(arguments: [ModelProvider.Fault.before, .after], 0..<4)
    func aWriteThatFailedIsTriedAgain(fault: ModelProvider.Fault, after chunks: Int) async throws {
        let bench = try await Bench(guests: 4, chunkSteps: 2)
        // As if everything were done, up to one chunk.
        await bench.provider.set { $0.fault = (fault, after: chunks) }
        let failed = await bench.perform(.write, .owed)
        #expect(failed.failure?.isTransient == true)
        #expect(await bench.owed() == 8 - 2 * chunks)
        #expect(await bench.reconciler.hasWork())
        let again = await bench.perform(.write, .owed)
        #expect(again.failure == nil)
        #expect(await bench.isInStep())
        #expect(await bench.owed() == 0)
        // What was done without our knowledge is not done twice.
        #expect(again.written == (fault == .after ? 6 : 8) - 2 * chunks)
    }

    @Test func aHandMadeRecordIsAConflictAndSetAside() async throws {
        let bench = try await Bench()
        try await bench.provider.put(Self.set("web2.example.com", [192, 0, 2, 1]))
        let report = await bench.perform(.write, .owed)
        #expect(report.written == 5)
        let conflicts = report.zones.compactMap(\.plan).flatMap(\.conflicts)
        #expect(try conflicts.map(\.key) == [Self.key("web2.example.com")])
        #expect(conflicts.map(\.reason) == [.unmarked(isEqual: false)])
        #expect(await !bench.reconciler.hasWork(), "it would be tried in a circle")
        #expect(await bench.owed() == 1)
        try await bench.provider.remove(Self.key("web2.example.com"))
        await bench.reconciler.retryEverything()
        #expect(await bench.perform(.write, .owed).written == 1)
        #expect(await bench.isInStep())
    }

    @Test func whatIsRefusedKeepsRemovalsWaitingOnce() async throws {
        let bench = try await Bench()
        #expect(await bench.perform(.write).failure == nil)
        let poison = try Self.key("web9.example.com")
        await bench.provider.set { $0.poison = [poison] }
        try await bench.add(9)
        // The name of a guest changes: one goes, one comes.
        try await bench.add(1, name: "other1")
        let first = await bench.perform(.write)
        #expect(first.zones.flatMap(\.refused).map(\.key) == [poison])
        #expect(try await bench.provider.entries[Self.key("web1.example.com")] != nil)
        // From now on it is known to be impossible, and no reason to wait.
        let second = await bench.perform(.write, .owed)
        #expect(second.failure == nil)
        #expect(try await bench.provider.entries[Self.key("web1.example.com")] == nil)
        #expect(try await bench.provider.entries[Self.key("other1.example.com")] != nil)
    }

    @Test func theBrakeHoldsAndForceLetsThrough() async throws {
        let bench = try await Bench(guests: 20)
        #expect(await bench.perform(.write).written == 40)
        // Nothing is wanted any more, but that our own zones keep: so ask the provider alone.
        let entries = await bench.provider.entries
        for number in 1...12 {
            try await bench.provider.put(
                Self.set("stray\(number).example.com", [10, 0, 0, 1]), .ours(isIntact: true))
        }
        let held = await bench.perform(.write)
        #expect(held.written == 0)
        #expect(held.zones.compactMap { $0.plan?.brake }.count == 1)
        try await bench.add(21)
        #expect(await bench.perform(.write).written == 2, "additions go on")
        let forced = await bench.perform(.approve(isForced: true))
        #expect(forced.written == 12)
        #expect(await bench.provider.entries.count == entries.count + 2)
        #expect(await bench.perform(.show).zones.allSatisfy { $0.plan?.isEmpty ?? false })
    }

    @Test func nothingIsWrittenWhilePublishingIsPaused() async throws {
        let bench = try await Bench()
        try await bench.propose(.pausePublishing(true))
        let report = await bench.perform(.write)
        #expect(report.written == 0)
        #expect(await bench.provider.writes == 0)
        #expect(report.zones.contains { $0.obstacle?.contains("paused") ?? false })
        try await bench.propose(.pausePublishing(false))
        #expect(await bench.perform(.write).written == 6)
    }

    @Test func cleaningTakesAwayWhatIsOursAndNothingElse() async throws {
        let bench = try await Bench()
        _ = await bench.perform(.write)
        let hand = try Self.set("hand.example.com", [192, 0, 2, 7])
        await bench.provider.put(hand)
        try await bench.provider.put(
            Self.set("web2.example.com", [192, 0, 2, 8]), .ours(isIntact: false))
        let dry = await bench.perform(.clean(only: nil, writes: false))
        #expect(dry.zones.compactMap(\.plan).flatMap(\.groups).count == 5)
        #expect(await bench.provider.entries.count == 7)
        let report = await bench.perform(.clean(only: nil, writes: true))
        #expect(report.written == 5)
        #expect(
            try await Set(bench.provider.entries.keys) == [
                hand.key, Self.key("web2.example.com"),
            ])
    }

    @Test func whatSaysTheSameIsAdoptedWhenAsked() async throws {
        let bench = try await Bench(isApproved: false)
        try await bench.provider.put(Self.set("web1.example.com", [10, 0, 0, 1]))
        try await bench.provider.put(Self.set("web2.example.com", [192, 0, 2, 2]))
        #expect(await bench.perform(.adopt(writes: false)).written == 0)
        #expect(await bench.provider.writes == 0)
        #expect(await bench.perform(.adopt(writes: true)).written == 1)
        let entries = await bench.provider.entries
        #expect(try entries[Self.key("web1.example.com")]?.isOursToChange == true)
        #expect(try entries[Self.key("web2.example.com")]?.ownership == .unmarked)
        #expect(entries.count == 2)
    }

    @Test func zonesOfProxmoxsOwnPluginAreLeftAlone() async throws {
        let bench = try await Bench()
        let zone = try #require(DomainName("example.com"))
        try await bench.propose(.reportSDN(SDNPublishing(zones: [zone])))
        let report = await bench.perform(.write)
        #expect(report.written == 3, "the reverse zone is ours still")
        #expect(report.zones.last?.obstacle?.contains("SDN") == true)
        try await bench.propose(.reportSDN(SDNPublishing(zones: [], hasReverse: true)))
        #expect(await bench.perform(.write).written == 3)
        try await bench.propose(.reportSDN(SDNPublishing()))
        #expect(await bench.perform(.write).isInStep)
    }

    @Test func whatHasNoZoneIsToldAndForgottenWhenItGoes() async throws {
        let bench = try await Bench(zones: ["example.com"])
        let report = await bench.perform(.write, .owed)
        #expect(report.written == 3 && report.homeless.count == 3)
        #expect(await bench.owed() == 3)
        #expect(await !bench.reconciler.hasWork())
    }

    @Test func aProviderThatDoesNotAnswerIsLeftAlone() async throws {
        let bench = try await Bench()
        let failure = ProviderError(.permanent, reason: "wrong key", remedy: "give the right one")
        await bench.provider.set { $0.failure = failure }
        let report = await bench.perform(.write, .owed)
        #expect(report.failure == failure && report.zones.isEmpty)
        #expect(await bench.owed() == 6)
        #expect(await bench.reconciler.hasWork())
    }

    @Test func whatWasEditedComesBackOnceItIsTakenAway() async throws {
        let bench = try await Bench()
        #expect(await bench.perform(.write).written == 6)
        try await bench.provider.put(
            Self.set("web2.example.com", [192, 0, 2, 9]), .ours(isIntact: false))
        #expect(await bench.perform(.show).written == 0)
        #expect(await bench.owed() == 1)
        #expect(await bench.perform(.write, .owed).written == 0)
        try await bench.provider.remove(Self.key("web2.example.com"))
        await bench.reconciler.retryEverything()
        #expect(await bench.perform(.write, .owed).written == 1)
        #expect(await bench.isInStep())
    }

    @Test func cleaningGoesOnAfterAZoneThatFailed() async throws {
        let bench = try await Bench()
        #expect(await bench.perform(.write).written == 6)
        await bench.provider.set { $0.fault = (.before, after: 0) }
        let report = await bench.perform(.clean(only: nil, writes: true))
        #expect(report.failure?.isTransient == true)
        // The reverse zone comes first and failed: nothing of it is said to be done.
        #expect(report.zones.map(\.written) == [0, 3])
        #expect(report.zones.map(\.done.count) == [0, 3])
        #expect(await bench.provider.entries.count == 3)
    }
}
