import HTTPClient
import Inventory
package import Planning
package import Zones

extension PowerDNSProvider {
    /// Asks for the server's version, its list of zones, and details of those that matter here.
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
            present: Set(present.keys), listed: listed, createsZones: settings.createsZones)
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
        let document = try await client.get("", deadline: settings.readDeadline)
        guard let version = document["version"]?.text else {
            throw ProviderError(malformed: "GET /servers/\(settings.server)", at: ".version")
        }
        if let type = document["daemon_type"]?.text, type != "authoritative" {
            throw ProviderError(
                .permanent, reason: "PowerDNS at \(settings.baseURL) is \(type.prefix(40))",
                remedy: "let dns.powerdns.url lead to an authoritative server")
        }
        return "PowerDNS \(version.prefix(40))"
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
        let paths = names.map { name in (zones["\(name)"]?.path ?? "") + "?rrsets=false" }
        let documents = try await client.getAll(paths, deadline: settings.readDeadline)
        for (name, document) in zip(names, documents) {
            let details = ZoneDetails(document)
            zones["\(name)"]?.details = details
            survey.zones["\(name)"] = .init(
                obstacle: zones["\(name)"]?.obstacle, warnings: details.warnings(name))
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
