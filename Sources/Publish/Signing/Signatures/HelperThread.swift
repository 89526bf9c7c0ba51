import CSystemCalls
import Glibc
import OpenSSL

/// A thread that helps for some milliseconds. Its owner joins it once.
final class HelperThread: Sendable {
    /// How far it stands back for others.
    private static let niceness: Int32 = 10

    /// As many as this process may use, and as can sign at once.
    static let processors = min(Int(pipam_processors()), KeyPair.simultaneousSigners)

    private let thread: pthread_t

    /// Starts it; `nil` if the system has no thread to spare.
    init?(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(run: body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                pipam_thread_stand_back(HelperThread.niceness)
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits until the body has returned.
    func join() {
        let status = pthread_join(thread, nil)
        precondition(status == 0, "joining a helper failed with \(status)")
    }

    /// What it runs, in a box that C can carry.
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
