import ServiceLifecycle

/// What the agent does under one configuration: it watches the cluster, keeps the providers in
/// step, and has the settings count.
struct Activity: Sendable {
    let watch: ClusterWatch
    let publishing: [PublishingLoop]
    let files: SettingsFiles

    /// Works until the task is cancelled.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await watch.run() }
            group.addTask { await files.run() }
            for loop in publishing {
                group.addTask { await loop.run() }
            }
        }
    }
}

/// Keeps one activity running, and puts another in its place when the configuration changes.
struct ActivityService: Service {
    /// The one to begin with, once there is something to do; `nil` if there never is.
    let first: @Sendable () async -> Activity?
    /// Those of later configurations.
    let replacements: AsyncStream<Activity>

    func run() async {
        await cancelWhenGracefulShutdown {
            var current = await first()
            while let activity = current, !Task.isCancelled {
                current = await Self.run(activity, until: replacements)
            }
        }
    }

    /// Runs an activity until another one comes, which is returned; `nil` at the end.
    private static func run(
        _ activity: Activity, until replacements: AsyncStream<Activity>
    ) async -> Activity? {
        await withTaskGroup(of: Activity?.self) { group in
            group.addTask {
                await activity.run()
                return nil
            }
            group.addTask { await replacements.first { _ in true } }
            let next = await group.next() ?? nil
            group.cancelAll()
            return next
        }
    }
}
