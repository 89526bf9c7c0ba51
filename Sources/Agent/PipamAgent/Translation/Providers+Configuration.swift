import DynamicUpdate
import Inventory
import Planning
import PowerDNS
import Zones

extension Configuration {
    /// The name that the state and messages have for PowerDNS.
    static let powerDNSName = "powerdns"

    /// Who hears of every request that was done.
    typealias PublishingListener = @Sendable (PublishingReport, PublishingRequest) -> Void

    /// What keeps each provider in step, and when. It reads certificate authorities and sends
    /// nothing.
    func makePublishers(
        cluster: ClusterID, keeper: StateKeeper, tell: @escaping PublishingListener
    ) throws -> [(any ProviderPublisher, PublishingLoop.Schedule)] {
        var publishers: [(any ProviderPublisher, PublishingLoop.Schedule)] = []
        if let powerDNS, let settings = PowerDNSSettings(self, cluster: cluster) {
            publishers.append(
                publisher(
                    try PowerDNSProvider(settings), delay: powerDNS.delay,
                    timeout: powerDNS.timeout, keeper, tell))
        }
        if let dynamicUpdate, let settings = DynamicUpdateSettings(self, cluster: cluster) {
            publishers.append(
                publisher(
                    DynamicUpdateProvider(settings), delay: dynamicUpdate.delay,
                    timeout: dynamicUpdate.timeout, keeper, tell))
        }
        return publishers
    }

    private func publisher<P: Provider>(
        _ provider: P, delay: Duration, timeout: Duration, _ keeper: StateKeeper,
        _ tell: @escaping PublishingListener
    ) -> (any ProviderPublisher, PublishingLoop.Schedule)
    where P.Key == RecordSetKey, P.Content == RecordSet {
        var schedule = PublishingLoop.Schedule()
        schedule.delay = delay
        schedule.driftCheck = driftCheckInterval
        schedule.fullReconcile = fullReconcileInterval
        let reconciler = Reconciler(
            provider: provider, keeper: keeper, tell: tell,
            settling: max(timeout, .seconds(4)))
        return (reconciler, schedule)
    }
}
