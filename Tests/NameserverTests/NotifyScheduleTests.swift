@testable import Nameserver
import Testing
import Zones

/// Who is told of what when.
@Suite struct NotifyScheduleTests {
    private var schedule = NotifySchedule(secondaries: 2, delayMilliseconds: 2_000)
    private var nextID: UInt16 = 0

    private mutating func due(_ now: Int64) -> [NotifySchedule.Notice] {
        schedule.due(now: now) {
            nextID += 1
            return nextID
        }
    }

    private mutating func isHeard(_ apex: String, _ secondary: Int, _ id: UInt16) -> Bool {
        schedule.acknowledge(name(apex), secondary: secondary, id: id)
    }

    @Test mutating func changesAreGatheredAndToldToEverybody() throws {
        let zone = name("example.com")
        schedule.take([zone: soa("example.com", serial: 1)], now: 0)
        let early = due(1_999)
        #expect(early.isEmpty)
        schedule.take([zone: soa("example.com", serial: 2)], now: 1_999)
        #expect(schedule.nextDueMilliseconds == 2_000)
        let notices = due(2_000)
        #expect(Set(notices.map(\.secondary)) == [0, 1])
        #expect(notices.allSatisfy { $0.authority == soa("example.com", serial: 2) })
        #expect(Set(notices.map(\.id)).count == 2)
    }

    @Test mutating func theyAreToldAgainUntilTheyAreHeard() throws {
        let zone = name("example.com")
        schedule.take([zone: soa("example.com")], now: 0)
        var told: [Int64] = []
        var first: NotifySchedule.Notice?
        for now in stride(from: Int64(0), through: 2_000_000, by: 500) {
            let notices = due(now).filter { $0.secondary == 0 }
            told += notices.map { _ in now }
            first = first ?? notices.first
        }
        #expect(
            told.prefix(5) == [2_000, 3_000, 5_000, 9_000, 17_000])
        #expect(told.count < 20)
        // The pause does not grow beyond five minutes.
        #expect(zip(told, told.dropFirst()).allSatisfy { $1 - $0 <= 300_500 })
        let old = try #require(first)
        let isOldHeard = isHeard("example.com", 0, old.id)
        #expect(!isOldHeard)
        let again = due(4_000_000)
        let last = try #require(again.first { $0.secondary == 0 })
        #expect(schedule.awaits(zone, secondary: 0, id: last.id))
        let heard = [
            isHeard("example.com", 1, last.id), isHeard("example.net", 0, last.id),
            isHeard("example.com", 0, last.id), isHeard("example.com", 0, last.id),
        ]
        #expect(heard == [false, false, true, false])
        let later = due(9_000_000)
        #expect(later.allSatisfy { $0.secondary == 1 })
    }

    @Test mutating func aChangeBehindANoticeIsToldAnew() throws {
        let zone = name("example.com")
        schedule.take([zone: soa("example.com", serial: 1)], now: 0)
        let early = due(2_000)
        schedule.take([zone: soa("example.com", serial: 2)], now: 2_100)
        // The answer to what was told before says nothing of the change.
        for notice in early {
            let isHeard = isHeard("example.com", notice.secondary, notice.id)
            #expect(!isHeard)
        }
        let (before, after) = (due(4_099), due(4_100))
        #expect(before.isEmpty && after.count == 2)
    }

    @Test mutating func nobodyIsToldOfZonesThatAreGone() {
        let zone = name("example.com")
        schedule.take([zone: soa("example.com")], now: 0)
        schedule.take([zone: nil], now: 1)
        let notices = due(10_000)
        #expect(notices.isEmpty)
        #expect(schedule.nextDueMilliseconds == nil)
    }

    @Test mutating func manyZonesAreToldInParts() {
        var news: [String: Int] = [:]
        for number in 0..<500 {
            let apex = "z\(number).example"
            schedule.take([name(apex): soa(apex)], now: 0)
        }
        var rounds = 0
        while news.values.reduce(0, +) < 1_000, rounds < 100 {
            // All of it at one time: nothing is told twice before everything was once.
            let notices = due(2_000)
            #expect(notices.count <= NotifySchedule.burst)
            for notice in notices { news["\(notice.secondary) \(notice.apex)", default: 0] += 1 }
            rounds += 1
        }
        #expect(news.count == 1_000)
        #expect(news.values.allSatisfy { $0 == 1 })
        #expect(rounds == (1_000 + NotifySchedule.burst - 1) / NotifySchedule.burst)
    }
}
