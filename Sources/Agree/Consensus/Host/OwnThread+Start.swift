import Threads

extension OwnThread {
    /// Runs the closure on a new thread that nobody waits for.
    static func start(
        _ name: String, _ run: @escaping @Sendable () -> Void
    ) throws(ConsensusError) {
        do throws(OwnThreadError) {
            try OwnThread(name, run).detach()
        } catch {
            throw .storageFailed(
                operation: "start", path: "thread \(name)", reason: error.reason)
        }
    }
}
