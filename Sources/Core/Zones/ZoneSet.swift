package import Inventory

/// All zones, derived from the claims of the guests. A change of one guest is worked out for the
/// names and addresses that it touches and no others; the outcome is the same as from scratch.
package struct ZoneSet: Sendable {
    /// The zones by name.
    package internal(set) var zones: [DomainName: Zone] = [:]
    /// The serial of every zone there ever was: one that comes back must not go back.
    package private(set) var serials: [DomainName: SerialNumber]

    /// The latest changes of each zone.
    package internal(set) var journals: [DomainName: ZoneJournal] = [:]

    /// What the brake knows of each zone, if it knows anything.
    package internal(set) var brakes: [DomainName: ZoneBrake] = [:]

    private(set) var settings = ZoneSettings()
    private(set) var fixed = FixedRecords()
    /// How many sets of a zone are no guest's.
    private(set) var fixedCounts: [DomainName: Int] = [:]
    private var reverseZones = ReverseIndex([])
    private var index = ClaimIndex()
    private var touchedNames: Set<DomainName> = []
    private var touchedAddresses: Set<IPAddress> = []

    /// No zones; `serials` go on from an earlier life.
    package init(serials: [DomainName: SerialNumber] = [:]) {
        self.serials = serials
    }

    /// Changes what one guest claims. Nothing is seen of it before `commit`.
    package mutating func setClaims(_ claims: [StampedClaim], of guest: GuestID) {
        let previous = index.claims(of: guest)
        guard previous != claims else { return }
        touch(previous)
        index.replace(of: guest, with: claims)
        touch(claims)
    }

    /// Works out what changed since the last time, and what the brake lets through of it. Every
    /// zone that changes gets the next serial; each is named once, in canonical order.
    package mutating func commit(atSeconds seconds: UInt64) -> [ZoneChange] {
        var touched: [DomainName: [HeldSet]] = [:]
        for (key, wanted) in wantedSets() {
            guard let apex = apex(of: key.owner) else { continue }
            touched[apex, default: []].append(
                HeldSet(key: key, standing: zones[apex]?.set(key), wanted: wanted))
        }
        touchedNames.removeAll()
        touchedAddresses.removeAll()
        // Names only: a second reference to the brakes would have everything held copied.
        let holding = brakes.compactMap { $0.value.held.isEmpty ? nil : $0.key }
        return Set(touched.keys).union(holding).sorted().flatMap { apex in
            let steps = settle(apex, touched[apex] ?? [], atSeconds: seconds)
            return update(apex, with: steps, atSeconds: seconds)
        }
    }

    /// Gives a zone its next serial; returns its new SOA set.
    mutating func advance(_ apex: DomainName, atSeconds seconds: UInt64) -> [RecordSet] {
        let serial = serials[apex, default: SerialNumber(0)].next(atSeconds: seconds)
        serials[apex] = serial
        zones[apex]?.serial = serial
        return (zones[apex]?.soa).map { [$0] } ?? []
    }
}

// MARK: - What is touched

extension ZoneSet {
    /// Marks what these claims can change: their names and addresses, the names of everybody who
    /// has one of the addresses, and for everybody who has one of the names their addresses (for
    /// the PTR records) and aliases (which need their target).
    private mutating func touch(_ claims: [StampedClaim]) {
        for claim in claims {
            touchedNames.insert(claim.claim.name)
            touchHosts(of: claim.claim.name)
            guard let address = claim.hostAddress else { continue }
            touchedAddresses.insert(address.address)
            for rival in index.guests(claiming: address) {
                touchedNames.formUnion(names(of: rival, at: address))
            }
        }
    }

    private mutating func touchHosts(of name: DomainName) {
        for guest in index.guests(claiming: name) {
            for claim in index.claims(of: guest) {
                switch claim.claim {
                case .host(name, let address, _, _): touchedAddresses.insert(address.address)
                case .alias(let alias, name): touchedNames.insert(alias)
                case .host, .alias, .service: break
                }
            }
        }
    }

    private func names(of guest: GuestID, at address: ScopedAddress) -> [DomainName] {
        index.claims(of: guest).filter { $0.hostAddress == address }.map(\.claim.name)
    }

    private func wantedSets() -> [RecordSetKey: RecordSet?] {
        var wanted: [RecordSetKey: RecordSet?] = [:]
        for name in touchedNames where !fixed.names.contains(name) {
            let sets = forwardSets(of: name)
            for type in [RecordType.a, .aaaa, .cname] {
                wanted[RecordSetKey(owner: name, type: type)] = .some(sets[type])
            }
        }
        for address in touchedAddresses {
            guard let zone = reverseZones.zone(of: address) else { continue }
            let owner = zone.owner(of: address)
            if !fixed.names.contains(owner) {
                wanted[RecordSetKey(owner: owner, type: .ptr)] = .some(
                    reverseSet(of: address, owner: owner))
            }
        }
        return wanted
    }

    /// One record set, in whatever zone it lies.
    package func set(_ key: RecordSetKey) -> RecordSet? {
        apex(of: key.owner).flatMap { zones[$0]?.set(key) }
    }

    /// Where the PTR record of an address stands; `nil` if it lies in no reverse zone.
    package func pointerOwner(of address: IPAddress) -> DomainName? {
        reverseZones.zone(of: address)?.owner(of: address)
    }

    /// Every set of every zone but those of SOA and NS, in no particular order; no key twice.
    package var contents: [RecordSet] {
        var contents: [RecordSet] = []
        contents.reserveCapacity(zones.values.reduce(0) { $0 + $1.count })
        for zone in zones.values {
            contents += zone.sets.values.lazy.filter { !$0.key.type.isAuthority }
        }
        return contents
    }

    /// A name lies in one of the zones.
    package func holds(_ name: DomainName) -> Bool { apex(of: name) != nil }

    /// The zone that a name lies in.
    package func apex(of name: DomainName) -> DomainName? {
        var candidate: DomainName? = name
        while let apex = candidate {
            if zones[apex] != nil { return apex }
            candidate = apex.parent
        }
        return nil
    }
}

// MARK: - What a name and an address come to

extension ZoneSet {
    /// The most records of one name and type. An answer holds 64 KiB, and one of more than about 70
    /// addresses goes over TCP already.
    package static let recordLimit = 1_000

    private func forwardSets(of name: DomainName) -> [RecordType: RecordSet] {
        forwardData(of: name).reduce(into: [:]) { sets, entry in
            sets[entry.key] = RecordSet(
                owner: name, type: entry.key, ttlSeconds: settings.times.guest, data: entry.value)
        }
    }

    private func forwardData(of name: DomainName) -> [RecordType: [[UInt8]]] {
        guard let holder = index.holder(of: name) else { return [:] }
        let claims =
            holder.isService
            ? index.guests(claiming: name).flatMap { index.claims(of: $0) }
            : index.claims(of: holder.guest)
        var data: [RecordType: [[UInt8]]] = [:]
        for claim in claims where claim.claim.name == name {
            guard objection(to: claim.claim, of: holder.guest, isService: holder.isService) == nil
            else { continue }
            switch claim.claim {
            case .host(_, let address, _, _), .service(_, let address):
                data[address.address.recordType, default: []].append(address.address.octets)
            case .alias(_, let target):
                data[.cname, default: []] = [target.wire]
            }
        }
        return data.mapValues { records in
            guard records.count > Self.recordLimit else { return records }
            return Array(
                Set(records).sorted { $0.lexicographicallyPrecedes($1) }.prefix(Self.recordLimit))
        }
    }

    /// A guest that claims a name as its own answers for a service under it too, with the same
    /// address.
    private func isShared(_ claim: Publication.Claim, by guest: GuestID) -> Bool {
        guard let address = claim.address else { return false }
        let shared = Publication.Claim.service(name: claim.name, address: address)
        return index.claims(of: guest).contains { $0.claim == shared }
    }

    /// The name has as many records as it can have, and this address is not among them.
    private func isCrowdedOut(_ claim: Publication.Claim) -> Bool {
        guard let address = claim.address?.address else { return false }
        let key = RecordSetKey(owner: claim.name, type: address.recordType)
        guard let set = intendedSet(key), set.data.count >= Self.recordLimit else { return false }
        return !set.data.contains(address.octets)
    }

    /// The PTR record of an address: the name of the guest that has it, if that guest also has the
    /// name. The global routing domain speaks first.
    private func reverseSet(of address: IPAddress, owner: DomainName) -> RecordSet? {
        for domain in index.routingDomains {
            let scoped = ScopedAddress(address, in: domain)
            for guest in index.guests(claiming: scoped).sorted() {
                for claim in index.claims(of: guest) {
                    guard case .host(let name, scoped, true, _) = claim.claim,
                        refusal(of: claim.claim, of: guest) == nil
                    else { continue }
                    return RecordSet(
                        owner: owner, type: .ptr, ttlSeconds: settings.times.guest,
                        data: [name.wire])
                }
            }
        }
        return nil
    }

    /// Why a claim of a guest does not hold against those of the others; `nil` if it does.
    package func objection(to claim: Publication.Claim, of guest: GuestID) -> Withholding? {
        if let reason = refusal(of: claim, of: guest) { return reason }
        if isCrowdedOut(claim) { return .nameFull(claim.name, limit: Self.recordLimit) }
        return isBraked(claim) ? .braked(claim.name) : nil
    }

    /// The same before the number of records is looked at.
    private func refusal(of claim: Publication.Claim, of guest: GuestID) -> Withholding? {
        if fixed.names.contains(claim.name) || zones[claim.name] != nil {
            return .reserved(claim.name)
        }
        guard let holder = index.holder(of: claim.name) else { return nil }
        let mayHave =
            holder.isService
            ? claim.isService || isShared(claim, by: guest) : holder.guest == guest
        guard mayHave else { return .nameHeld(claim.name, by: holder.guest) }
        return objection(to: claim, of: guest, isService: holder.isService)
    }

    /// The same for a claim whose name its guest is known to have.
    private func objection(
        to claim: Publication.Claim, of guest: GuestID, isService: Bool
    ) -> Withholding? {
        switch claim {
        case .service: return isService ? nil : .nameHeld(claim.name, by: guest)
        case .host(let name, let address, _, _):
            // Under a service's name an address stands for the service.
            if isService { return isShared(claim, by: guest) ? nil : .nameHeld(name, by: guest) }
            return index.objection(to: guest, having: address)
        case .alias(let name, let target):
            if isService { return .nameHeld(name, by: guest) }
            guard let holder = index.holder(of: target), holder.guest == guest else {
                return .aliasWithoutTarget
            }
            return nil
        }
    }
}

// MARK: - Settings

extension ZoneSet {
    /// Changes the zones themselves. Zones that stay keep their serial and get the next one only if
    /// something in them changed.
    ///
    /// - `hosts`: the hosts' names with their addresses; published in our zones, and the name
    ///   servers if the settings name none, unless the settings keep the hosts out.
    package mutating func configure(
        _ settings: ZoneSettings, hosts: [ZoneSettings.NameServer], atSeconds seconds: UInt64
    ) -> [ZoneChange] {
        let before = zones
        let fixedNames = fixed.names
        rebuild(settings, hosts: hosts)
        hold(since: before, fixedNames: fixedNames, atSeconds: seconds)
        return changes(since: before, atSeconds: seconds)
    }

    /// The same without a change of serials: for claims that were already published under them.
    ///
    /// - `brakes`: what was held and done under them.
    /// - `journals`: how the zones came to their serials.
    package mutating func restore(
        _ settings: ZoneSettings, hosts: [ZoneSettings.NameServer],
        brakes: [DomainName: ZoneBrake] = [:], journals: [DomainName: ZoneJournal] = [:]
    ) {
        rebuild(settings, hosts: hosts)
        restore(brakes)
        restore(journals)
    }

    private mutating func rebuild(
        _ settings: ZoneSettings, hosts: [ZoneSettings.NameServer]
    ) {
        let standIns = settings.publishesHosts ? hosts : []
        let servers = settings.nameServers.isEmpty ? standIns : settings.nameServers
        self.settings = settings
        reverseZones = ReverseIndex(settings.reverse)
        zones = makeZones(servers: servers)
        fixed = FixedRecords(
            servers: servers, hosts: hosts, settings: settings, reverse: reverseZones,
            apexes: Set(zones.keys))
        for (key, set) in fixed.sets {
            if let apex = apex(of: key.owner) {
                _ = zones[apex]?.replace(key, with: set)
            }
        }
        delegateInnerZones()
        fixedCounts = zones.mapValues(\.count)
        touchedNames = Set(index.names)
        touchedAddresses = Set(index.addresses.map(\.address))
        for (key, set) in wantedSets() {
            if let apex = apex(of: key.owner) {
                _ = zones[apex]?.replace(key, with: set)
            }
        }
        touchedNames.removeAll()
        touchedAddresses.removeAll()
    }

    /// A zone inside another one of ours is delegated there, or the outer zone would deny that the
    /// name exists (RFC 1034 section 4.2.1).
    private mutating func delegateInnerZones() {
        for inner in zones.keys {
            let key = RecordSetKey(owner: inner, type: .ns)
            guard let outer = inner.parent.flatMap(apex), let servers = zones[inner]?.set(key)
            else { continue }
            _ = zones[outer]?.replace(key, with: servers)
        }
    }

    private func makeZones(servers: [ZoneSettings.NameServer]) -> [DomainName: Zone] {
        let apexes = settings.forward + settings.reverse.map(\.apex)
        return apexes.reduce(into: [:]) { zones, apex in
            let hostmaster = DomainName(label: "hostmaster".utf8, in: apex)
            let authority = Zone.Authority(
                primary: servers.first?.name ?? .serverPlaceholder(in: apex),
                contact: settings.contact?.name(in: apex) ?? hostmaster ?? apex,
                times: settings.times)
            zones[apex] = Zone(
                apex: apex, serial: serials[apex] ?? SerialNumber(0), authority: authority)
        }
    }

    private mutating func changes(
        since before: [DomainName: Zone], atSeconds seconds: UInt64
    ) -> [ZoneChange] {
        var changes: [ZoneChange] = []
        for apex in Set(before.keys).union(zones.keys).sorted() {
            guard let zone = zones[apex] else {
                journals[apex] = nil
                changes.append(.removed(apex: apex))
                continue
            }
            guard zone != before[apex] else { continue }
            _ = advance(apex, atSeconds: seconds)
            note(apex, since: before[apex])
            changes.append(.replaced(apex: apex, sets: zones[apex]?.allSets ?? []))
        }
        return changes
    }

    /// Every zone as a whole, for a reader that has none yet.
    package var replacements: [ZoneChange] {
        zones.values.sorted { $0.apex < $1.apex }
            .map { .replaced(apex: $0.apex, sets: $0.allSets) }
    }
}

extension IPAddress {
    /// A or AAAA.
    package var recordType: RecordType {
        switch self {
        case .v4: .a
        case .v6: .aaaa
        }
    }
}
