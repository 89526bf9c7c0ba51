import ForeignZones
import HTTPClient
import Inventory
package import Planning
package import Zones

extension PowerDNSProvider {
    /// How long the server's version is believed. It is shown and decides nothing.
    static let serverLifetime: Duration = .seconds(3_600)

    /// Asks for the list of zones, since a new one may hide names of another. The server's version
    /// and details of zones that matter here are asked for now and then.
    package func survey(
        _ keys: some Sequence<RecordSetKey> & Sendable
    ) async throws(ProviderError) -> Survey<RecordSetKey> {
        var survey = Survey<RecordSetKey>()
        survey.server = try await serverName()
        let list = try ServerZone.list(
            try await client.get("/zones?dnssec=false", deadline: settings.readDeadline))
        let present = Dictionary(list.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let listed = Set(settings.zones)
        var placement = Placement(
            server: "PowerDNS", present: Set(present.keys), listed: listed,
            creation: settings.createsZones ? .allowed : .forbidden)
        var used = listed.intersection(present.keys)
        var created: Set<DomainName> = []
        for key in keys {
            switch placement.place(of: key) {
            case .zone(let zone):
                used.insert(zone)
                survey.destinations[key] = "\(zone)"
            case .newZone(let zone):
                created.insert(zone)
                survey.destinations[key] = "\(zone)"
            case .nowhere(let reason): survey.homeless[key] = reason
            }
        }
        for zone in listed {
            survey.zones["\(zone)"] = placement.obstacle(to: zone).map { .init(obstacle: $0) }
        }
        remember(present)
        try await look(at: used.sorted(), into: &survey)
        for zone in created { survey.zones["\(zone)"] = plan(creationOf: zone) }
        return survey
    }

    private func serverName() async throws(ProviderError) -> String {
        if let server, .now - server.readAt <= Self.serverLifetime { return server.name }
        let document = try await client.get("", deadline: settings.readDeadline)
        guard let version = document["version"]?.text else {
            throw ProviderError(malformed: "GET /servers/\(settings.server)", at: ".version")
        }
        if let type = document["daemon_type"]?.text, type != "authoritative" {
            throw ProviderError(
                .permanent, reason: "PowerDNS at \(settings.baseURL) is \(type.prefix(40))",
                remedy: "let dns.powerdns.url lead to an authoritative server")
        }
        let name = "PowerDNS \(version.prefix(40))"
        server = (name, .now)
        return name
    }

    /// Begins anew with all zones; what was learnt of a backend stays, and of cuts for a while.
    private func remember(_ present: [DomainName: ServerZone]) {
        let earlier = zones
        zones = [:]
        for (name, zone) in present {
            let obstacle =
                zone.isTransferredIn
                ? "\(name) is a zone of kind \(zone.kind.prefix(40)) there, which its primary "
                    + "overwrites; let dns.powerdns.url lead to the primary" : nil
            var state = ZoneState(name, zone: zone, obstacle: obstacle)
            if let known = earlier["\(name)"] { state.inherit(known, now: .now) }
            zones["\(name)"] = state
        }
    }

    private func look(
        at names: [DomainName], into survey: inout Survey<RecordSetKey>
    ) async throws(ProviderError) {
        let now = ContinuousClock.now
        let old = names.filter { zones["\($0)"]?.hasOldDetails(now: now) ?? false }
        let paths = old.map { name in (zones["\(name)"]?.path ?? "") + "?rrsets=false" }
        let answers = try await client.getAll(paths, deadline: settings.readDeadline)
        for (name, (path, answer)) in zip(old, zip(paths, answers)) {
            let document = try PowerDNSClient.document(answer, call: "GET \(path)")
            zones["\(name)"]?.details = ZoneDetails(document)
            zones["\(name)"]?.needsRectifying = nil
            zones["\(name)"]?.detailsReadAt = now
        }
        for name in names {
            let state = zones["\(name)"]
            survey.zones["\(name)"] = .init(
                obstacle: state?.obstacle, warnings: state?.details?.warnings(name) ?? [])
        }
    }

    private func plan(creationOf zone: DomainName) -> Survey<RecordSetKey>.Zone {
        var obstacle: String?
        if settings.nameservers.isEmpty {
            obstacle =
                "\(zone) would be created without name servers; name them in the settings, or "
                + "create it there"
        }
        zones["\(zone)"] = ZoneState(zone, zone: nil, obstacle: obstacle)
        return .init(obstacle: obstacle, warnings: ["PowerDNS has no zone \(zone): it is created"])
    }
}
