import Inventory
import Zones

// MARK: - Guests

extension ReplicatedState {
    /// Takes in reports, but for those that are not the proposer's business.
    mutating func take(_ reports: [GuestReport], _ command: Command, by node: NodeID?) -> Outcome {
        let mayTell = speaker(node, covering: command.coveredNodes)
        var dropped: UInt32 = 0
        for report in reports {
            if mayTell(report.guest.node) { take(report) } else { dropped += 1 }
        }
        return dropped == 0 ? .done : .dropped(reports: dropped)
    }

    /// The same for guests that were destroyed: whoever has them last has to say so.
    mutating func take(gone ids: [GuestID], _ command: Command, by node: NodeID?) -> Outcome {
        let mayTell = speaker(node, covering: command.coveredNodes)
        var dropped: UInt32 = 0
        for id in ids {
            guard let entry = guests[id], entry.goneAtSeconds == nil else { continue }
            guard mayTell(entry.guest.node) else {
                dropped += 1
                continue
            }
            var gone = entry
            gone.goneAtSeconds = clockSeconds
            keep(gone, as: id)
            schedule(id)
        }
        return dropped == 0 ? .done : .dropped(reports: dropped)
    }

    /// Of which hosts' guests a node may tell: those of its own, those that it covers, and those
    /// of hosts without an agent. Outside a log anybody may tell anything.
    func speaker(_ node: NodeID?, covering covered: [String]) -> (String) -> Bool {
        guard let node else { return { _ in true } }
        let others = members.values.filter { member in
            member.kind == .full && member.successor == nil && member.node != node
        }
        let silenced = Set(others.map(\.name)).subtracting(covered)
        return { !silenced.contains($0) }
    }

    private mutating func take(_ report: GuestReport) {
        let id = report.guest.id
        // A number has one guest at a time: another one under it proves the former destroyed.
        if let former = idsByNumber[id.vmid], former != id {
            remove(former)
        }
        idsByNumber[id.vmid] = id
        var entry = guests[id] ?? GuestEntry(Guest(id: id, kind: report.guest.kind, node: ""))
        entry.guest = entry.guest.updated(by: report)
        entry.goneAtSeconds = nil
        derive(entry, atSeconds: clockSeconds)
    }

    /// Does what is due for the guests.
    mutating func reviewGuests() {
        for (id, due) in dueSeconds.sorted(by: { $0.key < $1.key }) where due <= advancedSeconds {
            review(id)
        }
    }

    private mutating func review(_ id: GuestID) {
        if let goneAt = guests[id]?.goneAtSeconds,
            goneAt.adding(settings.graceSeconds) <= advancedSeconds
        {
            remove(id)
        } else {
            derive(id)
        }
    }

    private mutating func remove(_ id: GuestID) {
        keep(nil, as: id)
        dueSeconds[id] = nil
        if idsByNumber[id.vmid] == id {
            idsByNumber[id.vmid] = nil
        }
        zones.setClaims([], of: id)
    }

    /// Works out what a guest claims now, and tells the zones.
    mutating func derive(_ id: GuestID) {
        guard let entry = guests[id] else { return }
        derive(entry, atSeconds: clockSeconds)
    }

    /// The same for a guest as it has become, or was at some time.
    mutating func derive(_ entry: GuestEntry, atSeconds seconds: UInt64) {
        var entry = entry
        let id = entry.guest.id
        let claims = entry.derive(
            under: settings.naming, rulebook.rules(at: level), nowSeconds: seconds,
            commandIndex: index)
        keep(entry, as: id)
        zones.setClaims(claims, of: id)
        schedule(id)
    }

    /// Puts a guest in its place, or takes it away, with everything that is found by it.
    private mutating func keep(_ entry: GuestEntry?, as id: GuestID) {
        let former = guests[id]
        if let former { guestsDigest.subtract(former.digest) }
        var entry = entry
        if let digest = entry?.hashed { entry?.digest = digest }
        if let entry { guestsDigest.add(entry.digest) }
        guests[id] = entry
        guard former?.guest.interfaces != entry?.guest.interfaces else { return }
        claimBook.setUse(
            by: id, from: former?.usedAddresses ?? [], to: entry?.usedAddresses ?? [])
        for mac in former?.guest.interfaces.compactMap(\.mac) ?? [] {
            guestsByMAC[mac]?.remove(id)
            if guestsByMAC[mac]?.isEmpty ?? false { guestsByMAC[mac] = nil }
        }
        for mac in entry?.guest.interfaces.compactMap(\.mac) ?? [] {
            guestsByMAC[mac, default: []].insert(id)
        }
    }

    private mutating func schedule(_ id: GuestID) {
        guard let entry = guests[id] else { return }
        let removal = entry.goneAtSeconds.map { $0.adding(settings.graceSeconds) }
        dueSeconds[id] = [removal, entry.reviewAtSeconds].compactMap { $0 }.min()
    }

    /// The hosts under their names in our zones: by the mapping of their first mapped address,
    /// else in the first zone.
    func hostNames(under policy: NamingPolicy) -> [ZoneSettings.NameServer] {
        hosts.compactMap { host in
            let mapped = host.addresses.lazy.compactMap { address in
                policy.mapping(for: ScopedAddress(address))?.domain
            }
            guard let domain = mapped.first ?? policy.zones.first,
                let name = HostLabel(host.name)?.name(in: domain)
            else { return nil }
            return ZoneSettings.NameServer(name: name, addresses: host.addresses)
        }
    }
}
