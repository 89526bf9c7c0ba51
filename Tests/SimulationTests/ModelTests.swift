import Simulation
import TestSupport
import Testing

/// The parts that a simulated cluster stands on.
@Suite struct ModelTests {
    @Test func eventsComeInTheOrderOfTime() {
        var queue = EventQueue<Int>()
        var random = SeededRandom(seed: 1)
        let times = (0..<500).map { _ in random.number(0...50) }
        for (number, time) in times.enumerated() {
            queue.add(number, at: VirtualTime(milliseconds: Int64(time)))
        }
        var order: [Int] = []
        while let (time, number) = queue.next() {
            #expect(time == VirtualTime(milliseconds: Int64(times[number])))
            order.append(number)
        }
        let expected = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        #expect(order == expected)
    }

    @Test func syncedRecordsSurvive() {
        for seed in 0..<200 {
            var random = SeededRandom(seed: UInt64(seed))
            var file = SimulatedFile<Int>()
            for number in 0..<10 { file.append(number, octets: 300) }
            file.sync()
            for number in 10..<20 { file.append(number, octets: random.number(10...2000)) }
            let loss = file.losePower(&random)
            #expect(file.records == Array(0..<20 - loss.records))
            #expect(loss.records <= 10)
            #expect(file.unsyncedCount == 0)
        }
    }

    @Test func unsyncedRecordsAreTornAndReordered() {
        var random = SeededRandom(seed: 3)
        var torn = 0
        var reordered = 0
        var whole = 0
        for _ in 0..<300 {
            var file = SimulatedFile<Int>()
            for number in 0..<3 { file.append(number, octets: 700) }
            let loss = file.losePower(&random)
            torn += loss.isTorn ? 1 : 0
            reordered += loss.isReordered ? 1 : 0
            whole += loss.records == 0 ? 1 : 0
        }
        #expect(torn > 20 && reordered > 20 && whole > 0)
    }

    @Test func partitionCutsWhatItSays() {
        var network = SimulatedNetwork(seed: 1)
        let now = VirtualTime.zero
        network.cut([1], from: [2, 3], oneWay: true)
        #expect(network.arrivals(on: .init(from: 1, to: 2), sentAt: now).isEmpty)
        #expect(!network.arrivals(on: .init(from: 2, to: 1), sentAt: now).isEmpty)
        #expect(!network.arrivals(on: .init(from: 2, to: 3), sentAt: now).isEmpty)
        network.mend()
        network.cut([1], from: [2], oneWay: false)
        #expect(network.arrivals(on: .init(from: 2, to: 1), sentAt: now).isEmpty)
        #expect(network.arrival(ofOctets: 9, on: .init(from: 1, to: 2), sentAt: now) == nil)
        network.heal()
        #expect(!network.arrivals(on: .init(from: 2, to: 1), sentAt: now).isEmpty)
        #expect(network.statistics.cut == 2)
    }

    @Test func badLinksLoseDoubleAndReorder() {
        var network = SimulatedNetwork(seed: 7)
        var quality = LinkQuality()
        quality.loss = 200_000
        quality.duplication = 200_000
        quality.straggling = 200_000
        network.set(quality, on: .init(from: 1, to: 2))
        var overtaken = 0
        var latest = VirtualTime.zero
        for number in 0..<500 {
            let sent = VirtualTime(milliseconds: Int64(number))
            for arrival in network.arrivals(on: .init(from: 1, to: 2), sentAt: sent) {
                #expect(arrival > sent)
                overtaken += arrival < latest ? 1 : 0
                latest = max(latest, arrival)
            }
        }
        #expect((50...150).contains(network.statistics.lost))
        #expect((40...130).contains(network.statistics.duplicated))
        #expect(overtaken > 50)
    }

    @Test func clocksDriftAndJump() {
        var clock = SimulatedClock(offsetMicroseconds: -500_000, driftPerMillion: 100_000)
        let start = UInt64(SimulatedClock.epochSeconds)
        #expect(clock.seconds(at: .zero) == start - 1)
        #expect(clock.seconds(at: VirtualTime(milliseconds: 100_000)) == start + 109)
        clock.jump(bySeconds: -3600)
        #expect(clock.seconds(at: VirtualTime(milliseconds: 100_000)) == start + 109 - 3600)
    }
}
