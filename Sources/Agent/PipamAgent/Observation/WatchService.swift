import ServiceLifecycle

/// Keeps one watch running, and puts another in its place when the configuration changes.
struct WatchService: Service {
    /// The watch to begin with.
    let first: ClusterWatch
    /// The watches of later configurations.
    let replacements: AsyncStream<ClusterWatch>

    func run() async {
        await cancelWhenGracefulShutdown {
            var current: ClusterWatch? = first
            while let watch = current, !Task.isCancelled {
                current = await Self.run(watch, until: replacements)
            }
        }
    }

    /// Runs a watch until another one comes, which is returned; `nil` at the end.
    private static func run(
        _ watch: ClusterWatch, until replacements: AsyncStream<ClusterWatch>
    ) async -> ClusterWatch? {
        await withTaskGroup(of: ClusterWatch?.self) { group in
            group.addTask {
                await watch.run()
                return nil
            }
            group.addTask { await replacements.first { _ in true } }
            let next = await group.next() ?? nil
            group.cancelAll()
            return next
        }
    }
}
