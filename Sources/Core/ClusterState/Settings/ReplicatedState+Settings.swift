import Inventory
import Zones

extension ReplicatedState {
    /// Replaces the settings, or has them wait where published names would go.
    mutating func configure(
        _ new: ClusterSettings, _ terms: ConfigureTerms
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        let latest = pendingSettings?.version ?? settingsVersion
        if let base = terms.base, base != latest {
            return (.refused(Refusal(.settingsConflict, "\(latest)")), [])
        }
        let resolved: ZoneSettings
        switch Self.resolve(new) {
        case .refused(let refusal): return (.refused(refusal), [])
        case .zones(let zones): resolved = zones
        }
        let losses = terms.isApproved ? [:] : losses(under: new, resolved)
        lastSettingsVersion += 1
        guard losses.isEmpty else {
            let pending = PendingSettings(
                version: lastSettingsVersion, settings: new, sinceSeconds: clockSeconds,
                losing: losses)
            pendingSettings = pending
            return (
                .settings(version: pending.version, heldNames: UInt64(pending.count)), []
            )
        }
        pendingSettings = nil
        return put(new, resolved, version: lastSettingsVersion)
    }

    /// Puts settings that wait in force, or forgets them.
    mutating func settleSettings(
        version: UInt64, isApproved: Bool
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        guard let pending = pendingSettings, pending.version == version else {
            return (.refused(Refusal(.nothingPending, "\(version)")), [])
        }
        pendingSettings = nil
        guard isApproved else { return (.done, []) }
        switch Self.resolve(pending.settings) {
        case .refused(let refusal): return (.refused(refusal), [])
        case .zones(let resolved): return put(pending.settings, resolved, version: version)
        }
    }

    private mutating func put(
        _ new: ClusterSettings, _ resolved: ZoneSettings, version: UInt64
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        settings = new
        settingsVersion = version
        return (.settings(version: version, heldNames: 0), rederive(resolved))
    }

    /// Derives every zone anew.
    mutating func rederive() -> [ZoneChange] {
        guard case .zones(let resolved) = Self.resolve(settings) else {
            preconditionFailure("settings in force make zones")
        }
        return rederive(resolved)
    }

    private mutating func rederive(_ resolved: ZoneSettings) -> [ZoneChange] {
        for id in guests.keys.sorted() {
            derive(id)
        }
        let before = zones.zones
        let changes = zones.configure(
            resolved, hosts: hostNames(under: settings.naming), atSeconds: clockSeconds)
        owe(changes, since: before)
        return changes
    }
}

// MARK: - What would go

extension ReplicatedState {
    /// The published names that would be there no more under other settings, by zone.
    private func losses(
        under new: ClusterSettings, _ resolved: ZoneSettings
    ) -> [DomainName: [DomainName]] {
        guard zones.zones.values.contains(where: { $0.hasNames }) else { return [:] }
        let rules = rulebook.rules(at: level)
        var trial = ZoneSet()
        trial.adopt(zones.statics)
        for (id, var entry) in guests {
            let claims = entry.derive(
                under: new.naming, rules, nowSeconds: clockSeconds, commandIndex: index)
            trial.setClaims(claims, of: id)
        }
        trial.restore(resolved, hosts: hostNames(under: new.naming))
        let kept = trial.zones.values.reduce(into: Set<DomainName>()) { names, zone in
            names.formUnion(zone.names)
        }
        return zones.zones.filter { $0.key != zones.catalog }.compactMapValues { zone in
            let lost = zone.names.subtracting(kept)
            return lost.isEmpty ? nil : lost.sorted()
        }
    }
}

/// What settings come to as zones.
enum Resolution {
    case zones(ZoneSettings)
    case refused(Refusal)
}

extension ReplicatedState {
    static func resolve(_ settings: ClusterSettings) -> Resolution {
        do {
            return .zones(try settings.resolvedZones())
        } catch {
            return .refused(Refusal(.settingsUnusable, error.description))
        }
    }
}

extension PendingSettings {
    fileprivate init(
        version: UInt64, settings: ClusterSettings, sinceSeconds: UInt64,
        losing losses: [DomainName: [DomainName]]
    ) {
        self.init(
            version: version, settings: settings, sinceSeconds: sinceSeconds,
            losses: losses.sorted { $0.key < $1.key }.prefix(Self.zoneLimit).map { apex, names in
                Loss(apex: apex, count: names.count, names: Array(names.prefix(Self.nameLimit)))
            },
            count: losses.values.reduce(0) { $0 + $1.count })
    }
}
