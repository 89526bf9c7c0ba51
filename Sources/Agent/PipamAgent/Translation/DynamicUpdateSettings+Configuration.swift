import DNSWire
import DynamicUpdate
import Inventory

extension DynamicUpdateSettings {
    /// The part of the configuration that says how another server is updated; `nil` when none is.
    init?(_ configuration: Configuration, cluster: ClusterID) {
        guard let server = configuration.dynamicUpdate else { return nil }
        self.init(host: server.host, cluster: cluster, zones: configuration.zones.apexes)
        port = server.port
        key = server.key.flatMap { name in
            configuration.nameserver.transfer.keys.first { $0.name == name }?.signingKey
        }
        writeDeadline = server.timeout
    }
}
