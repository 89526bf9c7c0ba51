import Inventory
import Planning
import Testing
import Zones

/// How much of a zone may go or change within an hour.
@Suite struct BrakeTests {
    private typealias ZonePlanner = Planner<RecordSetKey, Int>

    private func keys(_ range: Range<Int>) -> [RecordSetKey] {
        range.compactMap { DomainName("web\($0).example.com") }
            .map { RecordSetKey(owner: $0, type: .a) }
    }

    private func found(_ range: Range<Int>) -> [RecordSetKey: FoundEntry<Int>] {
        Dictionary(
            uniqueKeysWithValues: keys(range).map { ($0, FoundEntry(1, .ours(isIntact: true))) })
    }

    private func desired(_ range: Range<Int>, content: Int = 1) -> [RecordSetKey: Int] {
        Dictionary(uniqueKeysWithValues: keys(range).map { ($0, content) })
    }

    private func plan(
        wanted: [RecordSetKey: Int], _ found: [RecordSetKey: FoundEntry<Int>], recent: Int = 0,
        isForced: Bool = false, wantedInZone: Int = 0
    ) -> Plan<RecordSetKey, Int> {
        var standing = ZonePlanner.Standing()
        standing.recent = recent
        standing.isForced = isForced
        standing.wantedInZone = wantedInZone
        return ZonePlanner(zone: "example.com", desired: wanted, found: found).plan(standing)
    }

    @Test(arguments: [
        // asked, recent, entries, passes: at most 5, or 10 %, or 100.
        (5, 0, 5, true), (6, 0, 6, false), (3, 2, 9, true), (3, 3, 9, false),
        (10, 0, 100, true), (11, 0, 100, false), (5, 6, 100, false),
        (100, 0, 2_000, true), (101, 0, 2_000, false), (1, 100, 50_000, false),
        (0, 1_000, 10, true),
    ])
    func limits(asked: Int, recent: Int, entries: Int, passes: Bool) {
        let reason = Brake().objection(
            asked: asked, recent: recent, entries: entries, remaining: 1)
        #expect((reason == nil) == passes)
    }

    @Test func theLastEntriesStay() {
        #expect(
            Brake().objection(asked: 1, recent: 0, entries: 1, remaining: 0)
                == .wouldEmpty(entries: 1))
        #expect(Brake().objection(asked: 0, recent: 0, entries: 0, remaining: 0) == nil)
    }

    @Test func sixHundredOfTwoThousandStay() {
        let plan = plan(wanted: desired(600..<2_000), found(0..<2_000))
        #expect(plan.groups.isEmpty && plan.held.count == 600)
        #expect(plan.brake == .tooMany(asked: 600, entries: 2_000, allowed: 100))
    }

    @Test func allOfNineStayAndSoDoesTheLastOne() {
        #expect(plan(wanted: [:], found(0..<9)).held.count == 9)
        let last = plan(wanted: [:], found(0..<1))
        #expect(last.brake == .wouldEmpty(entries: 1) && last.groups.isEmpty)
        // Another set of the zone that is not planned this time is enough.
        #expect(plan(wanted: [:], found(0..<1), wantedInZone: 1).held.isEmpty)
    }

    @Test func aThirdInEveryCycleGetsNowhere() {
        var standing = 0..<300
        for _ in 0..<20 {
            let wanted = standing.lowerBound + standing.count * 29 / 100..<300
            let plan = plan(wanted: desired(wanted), found(standing))
            if plan.held.isEmpty { standing = wanted }
        }
        #expect(standing.count == 300)
    }

    @Test func littleByLittleIsCountedTogether() {
        var standing = 0..<300
        var recent = 0
        for _ in 0..<50 {
            let wanted = standing.lowerBound + 4..<300
            let plan = plan(wanted: desired(wanted), found(standing), recent: recent)
            guard plan.held.isEmpty else { continue }
            recent += plan.countedSteps
            standing = wanted
        }
        #expect(standing.count == 300 - 28 && recent == 28)
    }

    @Test func changesCountAndAdditionsGoOn() {
        var wanted = desired(0..<50, content: 2)
        wanted.merge(desired(50..<80)) { $1 }
        let plan = plan(wanted: wanted, found(0..<50))
        #expect(plan.groups.flatMap(\.steps).count == 30 && plan.held.count == 50)
        #expect(plan.countedSteps == 0 && !plan.isEmpty)
    }

    @Test func aPersonMayForceIt() {
        let plan = plan(wanted: [:], found(0..<2_000), isForced: true)
        #expect(plan.groups.count == 2_000 && plan.held.isEmpty && plan.brake == nil)
    }

    @Test func theWindowForgets() {
        var window = Brake.Window()
        #expect(window.nextChangeSeconds == nil)
        window.add(2, atSeconds: 1_000)
        window.add(3, atSeconds: 1_000)
        window.add(0, atSeconds: 1_500)
        window.add(4, atSeconds: 2_000)
        #expect(window.events.map(\.count) == [5, 4])
        #expect(window.count(atSeconds: 4_599) == 9)
        #expect(window.count(atSeconds: 4_600) == 4)
        #expect(window.nextChangeSeconds == 4_600)
        window.add(1, atSeconds: 4_600)
        #expect(window.events.map(\.atSeconds) == [2_000, 4_600])
        window.prune(atSeconds: 9_000)
        #expect(window.events.isEmpty)
        window.add(1, atSeconds: .max)
        #expect(window.nextChangeSeconds == .max && window.count(atSeconds: .max) == 1)
        window.clear()
        #expect(window == Brake.Window())
    }
}
