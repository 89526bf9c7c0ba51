import ClusterState
import Planning
import Synchronization
import Testing

@testable import PipamAgent

/// When the loop asks its publisher for what.
@Suite(.timeLimit(.minutes(1))) struct PublishingLoopTests: ~Copyable {
    private let alone: AloneKeeper

    init() async throws { alone = try await StateKeeper.alone(nowSeconds: 1) }

    /// Passes on what it is asked, and fails as often as it is told.
    private final class Publisher: ProviderPublisher {
        private struct State {
            var isOwing = false
            var failures: Int
        }

        let name = "model"
        let requests: AsyncStream<PublishingRequest>
        private let continuation: AsyncStream<PublishingRequest>.Continuation
        private let state: Mutex<State>

        init(failures: Int = 0) {
            (requests, continuation) = AsyncStream.makeStream()
            state = Mutex(State(failures: failures))
        }

        /// No request comes after this.
        func finish() { continuation.finish() }

        func owe() { state.withLock { $0.isOwing = true } }

        func perform(_ request: PublishingRequest) async -> PublishingReport {
            var report = PublishingReport(provider: name)
            state.withLock { state in
                guard state.failures == 0 else {
                    state.failures -= 1
                    report.failure = ProviderError(.transient, reason: "down", remedy: "")
                    return
                }
                if request.mayWrite { state.isOwing = false }
            }
            continuation.yield(request)
            return report
        }

        func hasWork() async -> Bool { state.withLock { $0.isOwing } }

        func retryEverything() async {}
    }

    /// Changes are written as soon as it rings.
    private var schedule: PublishingLoop.Schedule {
        var schedule = PublishingLoop.Schedule()
        schedule.delay = .zero
        return schedule
    }

    private func loop(
        _ publisher: Publisher, _ schedule: PublishingLoop.Schedule, signal: Signal = Signal(),
        board: StatusBoard = StatusBoard(startedSeconds: 1), isPaused: Bool = false
    ) async throws -> PublishingLoop {
        let keeper = alone.keeper
        if isPaused { try await keeper.propose([.pausePublishing(true)], atSeconds: 2) }
        return PublishingLoop(
            publisher: publisher, schedule: schedule, signal: signal, keeper: keeper, board: board)
    }

    @Test func itBeginsWithALookAtEverything() async throws {
        var writing = schedule
        writing.fullReconcile = .seconds(3_600)
        for (schedule, first) in [
            (schedule, PublishingRequest(.show)), (writing, PublishingRequest(.write)),
        ] {
            let publisher = Publisher()
            let loop = try await loop(publisher, schedule)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await loop.run() }
                var requests = publisher.requests.makeAsyncIterator()
                #expect(await requests.next() == first)
                group.cancelAll()
            }
        }
    }

    @Test func whatIsOwedIsWrittenWhenItRings() async throws {
        let publisher = Publisher()
        let signal = Signal()
        let loop = try await loop(publisher, schedule, signal: signal)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await loop.run() }
            var requests = publisher.requests.makeAsyncIterator()
            #expect(await requests.next() == PublishingRequest(.show))
            for _ in 0..<3 {
                publisher.owe()
                signal.ring()
                #expect(await requests.next() == PublishingRequest(.write, .owed))
            }
            group.cancelAll()
        }
    }

    @Test func aFailureIsTriedAgainAndTold() async throws {
        let publisher = Publisher(failures: 1)
        publisher.owe()
        let board = StatusBoard(startedSeconds: 1)
        board.update { $0.providers["model"] = ProviderStanding(name: "model") }
        let loop = try await loop(publisher, schedule, board: board)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await loop.run() }
            var requests = publisher.requests.makeAsyncIterator()
            #expect(await requests.next() == PublishingRequest(.show))
            // The comparison is due until it succeeds; then comes what was owed before.
            #expect(await requests.next() == PublishingRequest(.show))
            #expect(await requests.next() == PublishingRequest(.write, .owed))
            group.cancelAll()
        }
        #expect(board.current.providers["model"]?.nextAttemptSeconds != nil)
    }

    @Test func nothingIsAskedWhilePublishingIsPaused() async throws {
        let publisher = Publisher()
        publisher.owe()
        let signal = Signal()
        signal.ring()
        let loop = try await loop(publisher, schedule, signal: signal, isPaused: true)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await loop.run() }
            group.addTask {
                // Not cancelled before.
                try? await Task.sleep(for: .milliseconds(100))
            }
            await group.next()
            group.cancelAll()
        }
        var requests = publisher.requests.makeAsyncIterator()
        publisher.finish()
        #expect(await requests.next() == nil)
    }
}
