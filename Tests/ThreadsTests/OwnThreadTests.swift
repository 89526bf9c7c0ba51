import Foundation
import Synchronization
import Testing

@testable import Threads

@Suite struct OwnThreadTests {
    /// What the kernel calls the thread that asks.
    private static func shownName() -> String {
        let file = FileManager.default.contents(atPath: "/proc/thread-self/comm") ?? Data()
        return String(decoding: file.dropLast(), as: UTF8.self)
    }

    @Test func whoeverJoinsSeesWhatWasDone() throws {
        let count = Atomic(0)
        let threads = try (0..<20).map { _ in
            try OwnThread("test") { count.add(1, ordering: .relaxed) }
        }
        for thread in threads { thread.join() }
        #expect(count.load(ordering: .relaxed) == 20)
    }

    @Test(arguments: [("short", "short"), ("a name of 16 oct", "a name of 16 oc"), ("", "")])
    func itHasItsName(name: String, shown: String) throws {
        let found = Mutex("")
        try OwnThread(name) { found.withLock { $0 = Self.shownName() } }.join()
        #expect(found.withLock { $0 } == shown)
    }

    @Test func itKnowsItself() throws {
        let itself = Mutex<OwnThread?>(nil)
        let isCurrent = Mutex<Bool?>(nil)
        // It waits for the lock until it stands there.
        let thread = try itself.withLock { place in
            let thread = try OwnThread("test") {
                let found = itself.withLock { $0?.isCurrent }
                isCurrent.withLock { $0 = found }
            }
            place = thread
            return thread
        }
        #expect(!thread.isCurrent)
        thread.join()
        #expect(isCurrent.withLock { $0 } == true)
    }

    /// What the body holds is let go of with the thread, whoever waits for it or not.
    @Test(arguments: [true, false]) func theBodyGoesWithTheThread(isJoined: Bool) async throws {
        final class Held: Sendable {
            let gone: AsyncStream<Void>.Continuation
            init(gone: AsyncStream<Void>.Continuation) { self.gone = gone }
            deinit { gone.finish() }
        }
        let (stream, gone) = AsyncStream.makeStream(of: Void.self)
        let thread = try OwnThread("test") { [held = Held(gone: gone)] in
            withExtendedLifetime(held) {}
        }
        if isJoined { thread.join() } else { thread.detach() }
        for await _ in stream {}
    }
}
