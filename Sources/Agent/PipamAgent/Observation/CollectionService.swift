import Logging
import ServiceLifecycle

/// Keeps one collector running, and puts another in its place when the configuration changes.
struct CollectionService: Service {
    /// The collector to begin with.
    let first: Collector
    /// The collectors of later configurations.
    let replacements: AsyncStream<Collector>

    func run() async {
        await cancelWhenGracefulShutdown {
            var current: Collector? = first
            while let collector = current, !Task.isCancelled {
                current = await Self.run(collector, until: replacements)
            }
        }
    }

    /// Runs a collector until another one comes, which is returned; `nil` at the end.
    private static func run(
        _ collector: Collector, until replacements: AsyncStream<Collector>
    ) async -> Collector? {
        await withTaskGroup(of: Collector?.self) { group in
            group.addTask {
                await collector.run()
                return nil
            }
            group.addTask { await replacements.first { _ in true } }
            let next = await group.next() ?? nil
            group.cancelAll()
            return next
        }
    }
}
