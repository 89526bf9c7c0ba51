package import Inventory
package import Zones

/// The state that the whole cluster agrees on: settings, hosts, guests, and the zones that follow
/// from them. `apply` depends on nothing but the state and the command, so equal commands make
/// equal states on every node.
package struct ReplicatedState: Sendable {
    /// The index of the last command applied; 0 before the first.
    package private(set) var index: UInt64 = 0
    /// The latest time any command carried, in seconds since 1970.
    package private(set) var clockSeconds: UInt64 = 0
    /// The cluster's id; `nil` until it was founded.
    package private(set) var cluster: ClusterID?
    /// The settings.
    package private(set) var settings = ClusterSettings()
    /// The hosts, sorted by name.
    package private(set) var hosts: [Host] = []
    /// The zones.
    package private(set) var zones: ZoneSet
    /// The guests.
    package private(set) var guests: [GuestID: GuestEntry] = [:]
    /// What is owed to each provider of the settings, by name.
    package internal(set) var providers: [String: ProviderLedger] = [:]
    /// What Proxmox's own networking publishes.
    package internal(set) var sdnPublishing = SDNPublishing()
    /// The providers are left alone.
    package internal(set) var isPublishingPaused = false

    /// What is remembered of providers that left the settings; nothing is owed to them.
    var formerProviders: [String: ProviderLedger] = [:]
    private var idsByNumber: [UInt32: GuestID] = [:]
    /// When time alone will change something about a guest.
    private var dueSeconds: [GuestID: UInt64] = [:]

    /// Before the first command.
    package init() {
        zones = ZoneSet()
    }

    /// Applies the next command. Nothing is changed when it throws, and nothing may be applied
    /// after that.
    ///
    /// Returns what became of the zones.
    package mutating func apply(_ command: Command) throws(ClusterStateError) -> [ZoneChange] {
        let resolved = try resolvedZones(for: command)
        index += 1
        clockSeconds = max(clockSeconds, command.timeSeconds)
        switch command.body {
        case .found(let id):
            cluster = cluster ?? id
        case .configure(let settings):
            self.settings = settings
            return configure(resolved)
        case .reportHosts(let hosts):
            self.hosts = merged(hosts)
            return configure(resolved)
        case .reportGuests(let reports):
            for report in reports {
                take(report)
            }
        case .reportGone(let ids):
            for id in ids where guests[id]?.goneAtSeconds == nil {
                guests[id]?.goneAtSeconds = clockSeconds
                schedule(id)
            }
        case .advance:
            for (id, due) in dueSeconds.sorted(by: { $0.key < $1.key }) where due <= clockSeconds {
                review(id)
            }
        case .releaseBrake(.zones):
            let changes = zones.releaseBrake(atSeconds: clockSeconds)
            owe(changes)
            return changes
        case .releaseBrake(.provider(let provider, let zone)):
            clearWindow(of: zone, at: provider)
        case .recordWrites(let report): take(report)
        case .owe(let provider, let keys): owe(keys, to: provider)
        case .approve(let provider, let zone): approve(zone, at: provider)
        case .pausePublishing(let isPaused): pausePublishing(isPaused)
        case .reportSDN(let publishing): sdnPublishing = publishing
        }
        let changes = zones.commit(atSeconds: clockSeconds)
        owe(changes)
        return changes
    }

    /// When the next `advance` would do something, in seconds since 1970; `nil` if never.
    package var nextDueSeconds: UInt64? {
        [dueSeconds.values.min(), zones.nextDueSeconds].compactMap(\.self).min()
    }

    /// Hosts that would change nothing need no command.
    package func isNews(_ hosts: [Host]) -> Bool { merged(hosts) != self.hosts }

    /// A host without addresses is one that the cluster could not tell them of: they stay.
    private func merged(_ reported: [Host]) -> [Host] {
        reported.map { host in
            let known = hosts.first { $0.name == host.name }
            return host.addresses.isEmpty ? known ?? host : host
        }
        .sorted { $0.name < $1.name }
    }

    /// A report that would change nothing needs no command.
    package func isNews(_ report: GuestReport) -> Bool {
        guard let entry = guests[report.guest.id], entry.goneAtSeconds == nil else { return true }
        return entry.guest.updated(by: report) != entry.guest
    }

    /// The zones' settings as they will be after a command.
    private func resolvedZones(
        for command: Command
    ) throws(ClusterStateError) -> ZoneSettings {
        switch command.body {
        case .configure(let settings): try Self.resolve(settings)
        case .reportHosts: try Self.resolve(settings)
        case .found, .reportGuests, .reportGone, .advance, .recordWrites, .owe, .approve,
            .releaseBrake, .pausePublishing, .reportSDN:
            ZoneSettings()
        }
    }

    private static func resolve(
        _ settings: ClusterSettings
    ) throws(ClusterStateError) -> ZoneSettings {
        do {
            return try settings.resolvedZones()
        } catch {
            throw .unusableSettings(error.description)
        }
    }
}

// MARK: - Guests

extension ReplicatedState {
    private mutating func take(_ report: GuestReport) {
        let id = report.guest.id
        // A number has one guest at a time: another one under it proves the former destroyed.
        if let former = idsByNumber[id.vmid], former != id {
            remove(former)
        }
        idsByNumber[id.vmid] = id
        let before = guests[id]
        var entry = before ?? GuestEntry(Guest(id: id, kind: report.guest.kind, node: ""))
        entry.guest = entry.guest.updated(by: report)
        entry.goneAtSeconds = nil
        guests[id] = entry
        derive(id)
    }

    private mutating func review(_ id: GuestID) {
        if let goneAt = guests[id]?.goneAtSeconds, goneAt + settings.graceSeconds <= clockSeconds {
            remove(id)
        } else {
            derive(id)
        }
    }

    private mutating func remove(_ id: GuestID) {
        guests[id] = nil
        dueSeconds[id] = nil
        if idsByNumber[id.vmid] == id {
            idsByNumber[id.vmid] = nil
        }
        zones.setClaims([], of: id)
    }

    /// Works out what a guest claims now, and tells the zones.
    private mutating func derive(_ id: GuestID) {
        derive(id, atSeconds: clockSeconds)
    }

    private mutating func derive(_ id: GuestID, atSeconds seconds: UInt64) {
        guard var entry = guests[id] else { return }
        let claims = entry.derive(
            under: settings.naming, nowSeconds: seconds, commandIndex: index)
        guests[id] = entry
        zones.setClaims(claims, of: id)
        schedule(id)
    }

    private mutating func schedule(_ id: GuestID) {
        guard let entry = guests[id] else { return }
        let removal = entry.goneAtSeconds.map { $0 + settings.graceSeconds }
        dueSeconds[id] = [removal, entry.reviewAtSeconds].compactMap { $0 }.min()
    }

    private mutating func configure(_ resolved: ZoneSettings) -> [ZoneChange] {
        for id in guests.keys.sorted() {
            derive(id)
        }
        let before = zones.zones
        let changes = zones.configure(resolved, hosts: hostNames(), atSeconds: clockSeconds)
        owe(changes, since: before)
        return changes
    }

    /// The hosts under their names in our zones: by the mapping of their first mapped address,
    /// else in the first zone.
    private func hostNames() -> [ZoneSettings.NameServer] {
        hosts.compactMap { host in
            let mapped = host.addresses.lazy.compactMap { address in
                settings.naming.mapping(for: ScopedAddress(address))?.domain
            }
            guard let domain = mapped.first ?? settings.naming.zones.first,
                let name = HostLabel(host.name)?.name(in: domain)
            else { return nil }
            return ZoneSettings.NameServer(name: name, addresses: host.addresses)
        }
    }
}

// MARK: - What people ask

extension ReplicatedState {
    /// What one guest has published and what not, in one view.
    package struct Standing: Hashable, Sendable {
        /// The claims that hold.
        package let published: [Publication.Claim]
        /// Everything else, with the reason.
        package let findings: [Publication.Finding]
    }

    /// How a guest stands; `nil` for a guest that is not known.
    package func standing(of id: GuestID) -> Standing? {
        guard let entry = guests[id] else { return nil }
        let publication = entry.publication(under: settings.naming)
        var findings = publication.findings
        if entry.goneAtSeconds != nil {
            findings.append(.init(subject: "guest", reason: .destroyed))
        }
        var published: [Publication.Claim] = []
        for claim in publication.claims {
            guard let reason = zones.objection(to: claim, of: id) else {
                published.append(claim)
                continue
            }
            let subject = claim.address.map(\.description) ?? claim.name.description
            let finding = Publication.Finding(subject: subject, reason: reason)
            if !findings.contains(finding) {
                findings.append(finding)
            }
        }
        return Standing(published: published, findings: findings)
    }
}

// MARK: - Snapshots

extension ReplicatedState {
    /// Puts a state together again from the parts that a snapshot keeps; the zones are derived,
    /// at the serials they had, but for what the brake holds in them.
    init(
        index: UInt64, clockSeconds: UInt64, cluster: ClusterID?, settings: ClusterSettings,
        hosts: [Host], guests: [GuestEntry], serials: [DomainName: SerialNumber],
        brakes: [DomainName: ZoneBrake]
    ) throws(ClusterStateError) {
        self.index = index
        self.clockSeconds = clockSeconds
        self.cluster = cluster
        self.settings = settings
        self.hosts = hosts
        zones = ZoneSet(serials: serials)
        for entry in guests {
            self.guests[entry.guest.id] = entry
            idsByNumber[entry.guest.id.vmid] = entry.guest.id
            derive(entry.guest.id, atSeconds: entry.derivedAtSeconds)
        }
        zones.restore(try Self.resolve(settings), hosts: hostNames(), brakes: brakes)
    }
}
