import CSystemCalls
import Glibc

/// A thread of our own, for work that blocks in the kernel or in a C library, or that shall not
/// wait for Swift's few threads.
package final class OwnThread: Sendable {
    /// What tools such as `top -H` can show of a name (pthread_setname_np(3)).
    private static let shownOctets = 15

    private let thread: pthread_t

    /// Runs the body on a new thread. Its owner calls `join` or `detach`, once.
    ///
    /// - `name`: in errors, and, up to 15 octets of it, for whoever looks at the process.
    package init(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(OwnThreadError) {
        let box = Unmanaged.passRetained(Body(name: name, run: body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                pipam_thread_set_name(
                    String(decoding: body.name.utf8.prefix(OwnThread.shownOctets), as: UTF8.self))
                body.run()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw OwnThreadError(name: name, reason: String(cString: strerror(status)))
        }
        self.thread = thread
    }

    /// The caller runs on it.
    package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

    /// Waits until the body has returned.
    package func join() {
        let status = pthread_join(thread, nil)
        precondition(status == 0, "joining a thread failed with \(status)")
    }

    /// Nobody will wait for it.
    package func detach() {
        let status = pthread_detach(thread)
        precondition(status == 0, "detaching a thread failed with \(status)")
    }

    /// What a thread runs, in a box that C can carry.
    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}

/// The system has no thread to spare.
package struct OwnThreadError: Error, Hashable {
    /// What the thread was to be called.
    package let name: String
    /// In the system's words.
    package let reason: String
}
