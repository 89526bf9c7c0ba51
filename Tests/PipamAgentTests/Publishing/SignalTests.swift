import Testing

@testable import PipamAgent

/// What is rung is heard once, whenever it was rung.
@Suite(.timeLimit(.minutes(1))) struct SignalTests {
    private let clock = ContinuousClock()
    /// Nothing here waits until then.
    private var farOff: ContinuousClock.Instant { clock.now + .seconds(3_600) }

    @Test func whatWasRungBeforeIsHeardAtOnce() async {
        let signal = Signal()
        signal.ring()
        await signal.wait(until: farOff)
    }

    @Test func ringingManyTimesBeforeIsHeardOnce() async {
        let signal = Signal()
        for _ in 0..<3 { signal.ring() }
        await signal.wait(until: farOff)
        let started = clock.now
        await signal.wait(until: started + .milliseconds(20))
        #expect(clock.now - started >= .milliseconds(20))
    }

    @Test func ringingWakesTheWaiter() async {
        let signal = Signal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await signal.wait(until: farOff) }
            // Before or after the task waits: both have to do.
            signal.ring()
            await group.waitForAll()
        }
    }

    @Test func whatWokeOneWaitDoesNotEndTheNext() async {
        let signal = Signal()
        for _ in 0..<200 {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await signal.wait(until: farOff) }
                group.addTask { signal.ring() }
                await group.waitForAll()
            }
        }
        let started = clock.now
        await signal.wait(until: started + .milliseconds(20))
        #expect(clock.now - started >= .milliseconds(20))
    }

    @Test func theDeadlineEndsTheWait() async {
        let signal = Signal()
        let started = clock.now
        await signal.wait(until: started + .milliseconds(20))
        #expect(clock.now - started >= .milliseconds(20))
        await signal.wait(until: started)
    }

    @Test func aWaitAfterADeadlineCanBeRung() async {
        let signal = Signal()
        await signal.wait(until: clock.now)
        signal.ring()
        await signal.wait(until: farOff)
    }

    @Test func cancellingEndsTheWait() async {
        let signal = Signal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await signal.wait(until: farOff) }
            group.cancelAll()
            await group.waitForAll()
        }
        // Nobody is left waiting, so one may wait again.
        signal.ring()
        await signal.wait(until: farOff)
    }

    @Test func aTaskThatIsCancelledAlreadyDoesNotWait() async {
        let signal = Signal()
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await signal.wait(until: farOff) }
            await group.waitForAll()
        }
    }
}
