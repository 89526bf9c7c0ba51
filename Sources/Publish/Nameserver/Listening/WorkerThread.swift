import Glibc

/// A thread that runs one closure. Its owner joins it once; it is not detached, so that nothing a
/// worker uses is freed under it.
final class WorkerThread: Sendable {
    private let thread: pthread_t

    /// Starts the thread.
    init(_ body: @escaping @Sendable () -> Void) throws(NameserverError) {
        let box = Unmanaged.passRetained(Body(run: body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw .workerFailed(reason: "no thread: \(String(cString: strerror(status)))")
        }
        self.thread = thread
    }

    /// Waits until the closure has returned.
    func join() {
        let status = pthread_join(thread, nil)
        precondition(status == 0, "joining a worker failed with \(status)")
    }
}

/// What a thread runs, in a box that C can carry.
private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
