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
