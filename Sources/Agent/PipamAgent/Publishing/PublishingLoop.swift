import ClusterState
import Planning

/// Keeps one provider in step for as long as the agent runs: writes what is owed soon after it came
/// to be owed, tries again after failures, and compares everything now and then.
struct PublishingLoop: Sendable {
    /// When things are done.
    struct Schedule: Sendable {
        /// How long changes are gathered (OPERATIONS: a host's boot is 500 of them).
        var delay = Duration.seconds(5)
        /// Between two comparisons that only tell.
        var driftCheck = Duration.seconds(3_600)
        /// Between two comparisons that write; `nil`: none.
        var fullReconcile: Duration?
        /// Until what could not be written is looked at again.
        var secondLook = Duration.seconds(60)
    }

    let publisher: any ProviderPublisher
    let schedule: Schedule
    /// Rung when something may have come to be owed.
    let signal: Signal
    let keeper: StateKeeper
    let board: StatusBoard

    /// Works until the task is cancelled.
    func run() async {
        var backOff = PublishingBackOff()
        let clock = ContinuousClock()
        var nextLook = clock.now
        // At once: a provider that cannot be reached should be known before it is needed.
        var nextCheck = clock.now
        while !Task.isCancelled {
            await signal.wait(until: min(nextLook, nextCheck))
            if Task.isCancelled { return }
            guard await keeper.lead.isOurs else {
                // Whoever comes to lead begins with a look at everything. It rings then.
                nextCheck = clock.now
                await signal.wait(until: clock.now + schedule.driftCheck)
                continue
            }
            guard await !keeper.read({ $0.isPublishingPaused }) else {
                nextLook = clock.now + schedule.secondLook
                nextCheck = max(nextCheck, nextLook)
                continue
            }
            let now = clock.now
            let isCheck = now >= nextCheck
            let request = isCheck ? check : await task(looksAgain: now >= nextLook)
            guard let request else {
                nextLook = now + schedule.secondLook
                continue
            }
            nextLook = clock.now + schedule.secondLook
            if let pause = await attempt(request, &backOff) {
                // Nothing is tried until then, whatever changes meanwhile.
                try? await Task.sleep(for: pause)
                nextLook = clock.now
            } else if isCheck {
                nextCheck = now + (schedule.fullReconcile ?? schedule.driftCheck)
                // What was owed before may be written now that the server answers.
                nextLook = clock.now
            }
        }
    }

    /// The comparison of everything.
    private var check: PublishingRequest {
        PublishingRequest(schedule.fullReconcile == nil ? .show : .write)
    }

    /// What is to be done between two comparisons; `nil` for nothing.
    private func task(looksAgain: Bool) async -> PublishingRequest? {
        if looksAgain { await publisher.retryEverything() }
        let request = PublishingRequest(.write, .owed)
        if await publisher.hasWork() {
            // Cancelled only with the task, which the loop sees.
            try? await Task.sleep(for: schedule.delay)
            return request
        }
        // Whether the server answers should be known before it is needed.
        return looksAgain ? request : nil
    }

    /// Returns how long to wait after a failure; `nil` after none.
    private func attempt(
        _ request: PublishingRequest, _ backOff: inout PublishingBackOff
    ) async -> Duration? {
        let report = await publisher.perform(request)
        guard let failure = report.failure, failure.kind != .cancelled else {
            backOff.reset()
            return nil
        }
        // A server that does some of it is worth asking soon.
        if report.written > 0 { backOff.reset() }
        let pause = backOff.next(random: .random(in: 0..<1))
        board.update {
            $0.providers[publisher.name]?.nextAttemptSeconds =
                WallClock.nowSeconds() + UInt64(pause.components.seconds)
        }
        return pause
    }
}

/// What keeps one provider in step, whatever kind of provider that is.
package protocol ProviderPublisher: Sendable {
    /// What the provider is called in the settings.
    var name: String { get }

    /// Does what is asked, one request after the other. Failures are part of the report.
    func perform(_ request: PublishingRequest) async -> PublishingReport

    /// Something is owed that was not set aside.
    func hasWork() async -> Bool

    /// What was set aside is tried again next time.
    func retryEverything() async
}

/// How long to wait after failures: 1 s doubled each time up to a minute, a half more or less.
struct PublishingBackOff {
    private static let longestSeconds = 60.0
    private var failures = 0

    /// The next pause; `random` is in 0..<1.
    mutating func next(random: Double) -> Duration {
        let seconds = min(Self.longestSeconds, Double(1 << min(failures, 10)))
        failures += 1
        return .milliseconds(Int(seconds * 1_000 * (0.5 + random)))
    }

    /// Something succeeded.
    mutating func reset() { failures = 0 }
}
