import Inventory
import Planning
package import Zones

// MARK: - What providers should have

extension ReplicatedState {
    /// Every record set that should stand at a provider: addresses, aliases and names of addresses,
    /// whoever gives them. SOA and NS sets never do, since a provider has its own; nor do the other
    /// types of what the operator gives, nor anything at a provider that the settings do not name.
    package func wantedSets(for provider: String) -> [RecordSetKey: RecordSet] {
        guard providers[provider] != nil else { return [:] }
        let sets = zones.contents
        var wanted: [RecordSetKey: RecordSet] = [:]
        wanted.reserveCapacity(sets.count)
        for set in sets where set.key.type.isForProviders {
            wanted[set.key] = set
        }
        return wanted
    }

    /// One record set as it should stand at the providers; `nil` if it should not.
    package func wantedSet(_ key: RecordSetKey) -> RecordSet? {
        key.type.isForProviders ? zones.set(key) : nil
    }

    /// A zone of a provider may hold names of our zones: it is one of them, or lies in one or
    /// around one.
    ///
    /// - `zone`: the provider's name for it.
    package func concernsOurZones(_ zone: String) -> Bool {
        guard let name = DomainName(zone) else { return false }
        return zones.holds(name) || zones.zones.keys.contains { $0.isAtOrBelow(name) }
    }

    /// A zone of a provider may be written to.
    ///
    /// - `zone`: the provider's name for it.
    package func isApproved(provider: String, zone: String) -> Bool {
        guard let ledger = providers[provider] else { return false }
        return settings.providers[provider]?.isAutomaticallyApproved ?? false
            || ledger.zones[zone]?.approvedAtSeconds != nil
    }
}

// MARK: - The ledger

extension ReplicatedState {
    /// Marks what changed in the zones as owed to every provider.
    mutating func owe(_ changes: [ZoneChange]) {
        for change in changes {
            switch change {
            case .updated(let difference), .drafted(let difference):
                owe(difference.removed)
                owe(difference.changed.map(\.key))
            // What signing adds is not for providers.
            case .signed, .replaced, .removed: break
            }
        }
    }

    /// The same for zones that were made anew: what is not as it was.
    ///
    /// - `before`: the zones as they were.
    mutating func owe(_ changes: [ZoneChange], since before: [DomainName: Zone]) {
        enrolProviders()
        for change in changes {
            guard let zone = zones.zones[change.apex] else { continue }
            owe(zone.keys(differentFrom: before[change.apex]))
        }
        forgetForeignSets()
    }

    /// Providers that are new, or at another place than before, are owed everything. Of those that
    /// left, approvals and windows stay:
    /// when one comes back, what stands there is compared and not written again, and nobody is
    /// asked again.
    private mutating func enrolProviders() {
        for name in providers.keys.sorted() where settings.providers[name] == nil {
            formerProviders[name] = providers.removeValue(forKey: name)
            formerProviders[name]?.owed = [:]
        }
        for (name, provider) in settings.providers.sorted(by: { $0.key < $1.key })
        where providers[name]?.address != provider.address {
            let former = formerProviders.removeValue(forKey: name)
            var ledger = ProviderLedger()
            if let former, former.address == provider.address { ledger = former }
            ledger.address = provider.address
            providers[name] = ledger
            owe(zones.contents.map(\.key), to: name)
        }
    }

    /// What lies in none of the zones any more is nobody's business: because a zone left the
    /// settings, nothing is removed at a provider.
    private mutating func forgetForeignSets() {
        for name in settings.providers.keys.sorted() {
            let foreign = (providers[name]?.owed ?? [:]).keys.filter { !zones.holds($0.owner) }
            for key in foreign {
                providers[name]?.owed[key] = nil
            }
        }
    }

    private mutating func owe(_ keys: some Sequence<RecordSetKey>) {
        // By name, since whoever walks over `providers` holds a second reference to what is in
        // it, and everything that is owed would be copied.
        for name in settings.providers.keys.sorted() {
            owe(keys, to: name)
        }
    }
}

// MARK: - Commands

extension ReplicatedState {
    // A command about a provider that the settings do not name says nothing: the provider may have
    // left while the command was under way.

    /// Clears what was done and did not change again since it was planned.
    mutating func take(_ report: WriteReport) {
        guard providers[report.provider] != nil else { return }
        for key in report.done {
            guard let owed = providers[report.provider]?.owed[key], owed <= report.plannedAtIndex
            else { continue }
            providers[report.provider]?.owed[key] = nil
        }
        guard !report.zone.isEmpty, report.counted > 0 || !report.done.isEmpty else { return }
        remember(report)
    }

    /// What was written to is known from then on, and approved if nobody needed to be asked:
    /// whoever wants to be asked later does not mean what is written to already.
    private mutating func remember(_ report: WriteReport) {
        var zone = providers[report.provider]?.zones[report.zone] ?? ProviderZone()
        if settings.providers[report.provider]?.isAutomaticallyApproved ?? false {
            zone.approvedAtSeconds = zone.approvedAtSeconds ?? clockSeconds
        }
        zone.recent.add(report.counted, atSeconds: clockSeconds)
        providers[report.provider]?.zones[report.zone] = zone
    }

    /// Marks record sets as owed to one provider.
    mutating func owe(_ keys: some Sequence<RecordSetKey>, to provider: String) {
        for key in keys where key.type.isForProviders && zones.holds(key.owner) {
            providers[provider]?.owed[key] = index
        }
    }

    /// What was done in a zone of a provider counts no more for the brake.
    mutating func clearWindow(of zone: String, at provider: String) {
        providers[provider]?.zones[zone]?.recent.clear()
    }

    /// Lets a zone of a provider be written to; the first approval counts.
    mutating func approve(_ zone: String, at provider: String) {
        guard providers[provider] != nil else { return }
        let known = providers[provider]?.zones[zone]?.approvedAtSeconds
        providers[provider]?.zones[zone, default: ProviderZone()].approvedAtSeconds =
            known ?? clockSeconds
    }

    /// What stands at the providers after a pause is anybody's guess.
    mutating func pausePublishing(_ isPaused: Bool) {
        isPublishingPaused = isPaused
        if !isPaused { owe(zones.contents.map(\.key)) }
    }
}
