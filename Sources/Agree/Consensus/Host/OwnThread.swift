import Glibc

/// A thread of our own, for work that blocks in the kernel.
enum OwnThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs the closure on a new thread. The name is for errors.
    static func start(
        _ name: String, _ run: @escaping @Sendable () -> Void
    ) throws(ConsensusError) {
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(run))
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard status == 0 else {
            body.release()
            throw .storageFailed(
                operation: "start", path: "thread \(name)",
                reason: String(cString: strerror(status)))
        }
        pthread_detach(thread)
    }
}
