import ClusterState
import Inventory
import Planning
import TestSupport
import Testing
import Zones

/// What holds of every plan, whatever is wanted and whatever is found.
@Suite struct PlanPropertyTests {
    typealias ZonePlanner = Planner<RecordSetKey, RecordSet>

    /// What a random inventory wants published.
    private func wanted(_ random: inout RandomInventory) throws -> [RecordSetKey: RecordSet] {
        var settings = ClusterSettings()
        settings.naming = random.policy()
        settings.reverseNetworks = [CIDR("10.0.0.0/8"), CIDR("2001:db8::/32")].compactMap(\.self)
        settings.providers = ["model": ProviderSettings()]
        var state = ReplicatedState()
        let reports = (0..<random.number(in: 0...40)).map { _ in random.report() }
        for body: Command.Body in [
            .found(RandomInventory.cluster), .configure(settings), .reportGuests(reports),
        ] {
            _ = try state.apply(Command(body, atSeconds: 1_700_000_000))
        }
        return state.wantedSets(for: "model")
    }

    private struct Scene {
        var desired: [RecordSetKey: RecordSet]
        var provider: ModelProvider
        var standing = ZonePlanner.Standing()
        var impossible: [RecordSetKey: String] = [:]

        func plan() -> Plan<RecordSetKey, RecordSet> {
            ZonePlanner(
                zone: "all", desired: desired, found: provider.read(), impossible: impossible
            ).plan(standing)
        }
    }

    private func scene(_ random: inout RandomInventory) throws -> Scene {
        let past = try wanted(&random)
        let desired = try wanted(&random)
        let inOrder = { (sets: [RecordSetKey: RecordSet]) in
            sets.sorted { $0.key < $1.key }.map(\.value)
        }
        let provider = ModelProvider(
            random: &random, past: inOrder(past), present: inOrder(desired))
        var scene = Scene(desired: desired, provider: provider)
        scene.standing.isForced = !random.oneIn(3)
        scene.standing.adopts = random.oneIn(3)
        for key in desired.keys.sorted() where random.oneIn(20) {
            scene.impossible[key] = "no zone"
        }
        return scene
    }

    @Test(arguments: UInt64(1)...60)
    func aPlanOfAPlanIsEmpty(seed: UInt64) throws {
        var random = RandomInventory(seed: seed)
        var scene = try scene(&random)
        let plan = scene.plan()
        for chunk in plan.chunks(ChunkLimit(steps: 3, octets: 100), octets: { _ in 10 }) {
            scene.provider.apply(chunk)
        }
        #expect(scene.provider.breaches.isEmpty)
        let again = scene.plan()
        #expect(again.groups.isEmpty)
        #expect(again.conflicts == plan.conflicts)
        #expect(again.held.map(\.steps) == plan.held.map(\.steps))
        if scene.standing.isForced {
            #expect(again.held.isEmpty)
            expectWhatIsWanted(scene, except: again.conflicts.map(\.key))
        }
    }

    /// What is wanted and was not refused is there; what is ours is wanted.
    private func expectWhatIsWanted(_ scene: Scene, except conflicts: [RecordSetKey]) {
        for (key, set) in scene.desired where !conflicts.contains(key) {
            #expect(scene.provider.entries[key]?.content == set)
        }
        for (key, entry) in scene.provider.read() where entry.isOursToChange {
            #expect(scene.desired[key] != nil)
        }
    }

    @Test(arguments: UInt64(1)...60)
    func noStepConcernsWhatIsNotOurs(seed: UInt64) throws {
        var random = RandomInventory(seed: seed)
        let scene = try scene(&random)
        let plan = scene.plan()
        let found = scene.provider.read()
        for step in (plan.groups + plan.held).flatMap(\.steps) {
            switch step {
            case .create(let key, _): #expect(found[key] == nil)
            case .change(let key, let content, _), .remove(let key, let content):
                #expect(found[key] == FoundEntry(content, .ours(isIntact: true)))
            case .adopt(let key, let content):
                #expect(scene.standing.adopts)
                #expect(found[key] == FoundEntry(content, .unmarked))
            }
        }
    }

    @Test(arguments: UInt64(1)...60)
    func equalArgumentsGiveEqualPlans(seed: UInt64) throws {
        var (first, second) = (RandomInventory(seed: seed), RandomInventory(seed: seed))
        #expect(try scene(&first).plan() == scene(&second).plan())
    }

    /// The agent may die before a chunk, after it, or without having heard what came of it; then
    /// it reads and plans again.
    @Test(arguments: UInt64(1)...60)
    func whoeverDiesAndComesBackGetsThereToo(seed: UInt64) throws {
        var random = RandomInventory(seed: seed)
        var scene = try scene(&random)
        scene.standing.isForced = true
        var straight = scene
        for chunk in straight.plan().chunks(ChunkLimit(steps: 100, octets: 100), octets: { _ in 1 })
        {
            straight.provider.apply(chunk)
        }
        let kept = scene.provider.owners.intersection(straight.provider.owners)
        var lives = 0
        while !scene.plan().groups.isEmpty {
            lives += 1
            // The last life is long enough.
            let isDying = lives < 30
            for chunk in scene.plan().chunks(
                ChunkLimit(steps: random.number(in: 1...6), octets: 100), octets: { _ in 10 })
            {
                let fate = isDying ? random.number(in: 0...5) : 5
                if fate == 0 { break }
                scene.provider.apply(chunk)
                #expect(kept.isSubset(of: scene.provider.owners))
                if fate == 1 { break }
            }
            try #require(lives <= 30)
        }
        #expect(scene.provider.entries == straight.provider.entries)
        #expect(scene.provider.breaches.isEmpty && straight.provider.breaches.isEmpty)
    }
}
