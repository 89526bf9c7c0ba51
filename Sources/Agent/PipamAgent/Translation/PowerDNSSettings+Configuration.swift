import ClusterState
import HTTPClient
import Inventory
import PowerDNS

extension PowerDNSSettings {
    /// The part of the configuration that says how PowerDNS is written to; `nil` when it is not.
    init?(_ configuration: Configuration, cluster: ClusterID) {
        guard let server = configuration.powerDNS,
            let key = server.key.flatMap({ APIKey($0.exposed) })
        else { return nil }
        self.init(
            baseURL: server.url, apiKey: key, cluster: cluster, zones: configuration.zones.apexes)
        trust = HTTPTrust(server)
        self.server = server.serverID
        createsZones = server.createsZones
        nameservers = configuration.zones.nameServers.compactMap { nameServer in
            configuration.zones.apexes.first.flatMap { nameServer.name.name(in: $0) }
        }
        writeDeadline = server.timeout
    }
}

extension HTTPTrust {
    fileprivate init(_ server: Configuration.PowerDNS) {
        guard !server.isInsecure else {
            self.init(acceptsAnyServer: true)
            return
        }
        let file = server.certificateAuthorityFile
        self.init(
            authorityFile: file, includesSystemRoots: file == nil && server.fingerprint == nil,
            fingerprints: server.fingerprint.map { [$0.hexadecimal] } ?? [])
    }
}

extension Configuration {
    /// The name that the state and messages have for PowerDNS.
    static let powerDNSName = "powerdns"

    /// What keeps each provider in step, and when. It reads certificate authorities and sends
    /// nothing.
    func makePublishers(
        cluster: ClusterID, keeper: StateKeeper,
        tell: @escaping @Sendable (PublishingReport, PublishingRequest) -> Void
    ) throws -> [(any ProviderPublisher, PublishingLoop.Schedule)] {
        guard let powerDNS, let settings = PowerDNSSettings(self, cluster: cluster) else {
            return []
        }
        var schedule = PublishingLoop.Schedule()
        schedule.delay = powerDNS.delay
        schedule.driftCheck = driftCheckInterval
        schedule.fullReconcile = fullReconcileInterval
        let provider = try PowerDNSProvider(settings)
        let reconciler = Reconciler(
            provider: provider, keeper: keeper, tell: tell,
            settling: max(powerDNS.timeout, .seconds(4)))
        return [(reconciler, schedule)]
    }
}
