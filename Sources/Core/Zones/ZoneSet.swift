package import Inventory

/// All zones, derived from the claims of the guests. A change of one guest is worked out for the
/// names and addresses that it touches and no others; the outcome is the same as from scratch.
package struct ZoneSet: Sendable {
    /// The zones by name.
    package internal(set) var zones: [DomainName: Zone] = [:]
    /// The serial of every zone there ever was: one that comes back must not go back.
    package internal(set) var serials: [DomainName: SerialNumber]

    /// The latest changes of each zone.
    package internal(set) var journals: [DomainName: ZoneJournal] = [:]

    /// What is signed of each zone that is to be signed.
    package internal(set) var signed: [DomainName: SignedZone] = [:]

    /// What the brake knows of each zone, if it knows anything.
    package internal(set) var brakes: [DomainName: ZoneBrake] = [:]

    private(set) var settings = ZoneSettings()
    /// The zones that the settings name.
    private(set) var configuredApexes: Set<DomainName> = []
    /// The zone that lists the others, if there is one.
    package private(set) var catalog: DomainName?
    private(set) var fixed = FixedRecords()
    /// What the operator gives.
    package internal(set) var statics = StaticRecords()
    /// How many sets of a zone are no guest's.
    private(set) var fixedCounts: [DomainName: Int] = [:]
    private var reverseZones = ReverseIndex([])
    private(set) var index = ClaimIndex()
    var touched = TouchedNames()
    /// How many record sets the last commit looked at: what a test measures a commit by.
    package private(set) var lastTouchedCount = 0

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
        touchBelowDivisions()
        var open: [DomainName: [HeldSet]] = [:]
        for (key, wanted) in wantedSets() {
            if let (outer, set) = delegation(of: key, as: wanted) {
                open[outer, default: []].append(set)
            }
            guard let apex = apex(of: key.owner) else { continue }
            let set = HeldSet(key: key, standing: zones[apex]?.set(key), wanted: wanted)
            open[apex, default: []].append(set)
            count(set, in: apex)
        }
        let isOperators = touched.isOperators
        lastTouchedCount = open.values.reduce(0) { $0 + $1.count }
        touched = TouchedNames()
        // Names only: a second reference to the brakes would have everything held copied.
        let holding = brakes.compactMap { $0.value.held.isEmpty ? nil : $0.key }
        return Set(open.keys).union(holding).sorted().flatMap { apex in
            let steps = settle(
                apex, open[apex] ?? [], isOperators: isOperators, atSeconds: seconds)
            return update(apex, with: steps, atSeconds: seconds)
        }
    }

    /// Keeps count of what is no guest's.
    private mutating func count(_ set: HeldSet, in apex: DomainName) {
        guard let wasOwn = touched.wasOwn[set.key.owner] else { return }
        let before = wasOwn && set.standing != nil ? 1 : 0
        let after = isOwn(set.key.owner) && set.wanted != nil ? 1 : 0
        fixedCounts[apex, default: 0] += after - before
    }

    /// Gives every zone a serial that is later than its own and than what others have of it.
    package mutating func raiseSerials(
        above others: [DomainName: SerialNumber], atSeconds seconds: UInt64
    ) {
        for apex in zones.keys.sorted() {
            let own = serials[apex] ?? SerialNumber(0)
            if let other = others[apex], other.isLater(than: own) { serials[apex] = other }
            _ = advance(apex, atSeconds: seconds)
        }
    }

    /// Gives a zone its next serial; returns its new SOA set.
    mutating func advance(_ apex: DomainName, atSeconds seconds: UInt64) -> [RecordSet] {
        let serial = serials[apex, default: SerialNumber(0)].next(atSeconds: seconds)
        setSerial(serial, of: apex)
        return (zones[apex]?.soa).map { [$0] } ?? []
    }

    mutating func setSerial(_ serial: SerialNumber, of apex: DomainName) {
        serials[apex] = serial
        zones[apex]?.serial = serial
    }
}

// MARK: - What is touched

extension ZoneSet {
    /// Marks what these claims can change: their names and addresses, the names of everybody who
    /// has one of the addresses, and for everybody who has one of the names their addresses (for
    /// the PTR records) and aliases (which need their target).
    private mutating func touch(_ claims: [StampedClaim]) {
        for claim in claims {
            touched.names.insert(claim.claim.name)
            touchHosts(of: claim.claim.name)
            guard let address = claim.hostAddress else { continue }
            touched.addresses.insert(address.address)
            for rival in index.guests(claiming: address) {
                touched.names.formUnion(names(of: rival, at: address))
            }
        }
    }

    mutating func touchHosts(of name: DomainName) {
        for guest in index.guests(claiming: name) {
            for claim in index.claims(of: guest) {
                switch claim.claim {
                case .host(name, let address, _, _): touched.addresses.insert(address.address)
                case .alias(let alias, name): touched.names.insert(alias)
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
        for name in touched.names {
            guard touched.wasOwn[name] != nil || !isOwn(name) else { continue }
            for (type, set) in wantedSets(at: name) {
                wanted[RecordSetKey(owner: name, type: type)] = .some(set)
            }
        }
        for address in touched.addresses {
            guard let owner = pointerOwner(of: address), !isOwn(owner) else { continue }
            let set = obstacle(at: owner) == nil ? pointerSet(of: address, owner: owner)?.set : nil
            wanted[RecordSetKey(owner: owner, type: .ptr)] = .some(set)
        }
        return wanted
    }

    /// What should stand at a name, by each type that may be there.
    private func wantedSets(at name: DomainName) -> [RecordType: RecordSet?] {
        var sets: [RecordType: RecordSet] = [:]
        var types: [RecordType] = [.a, .aaaa, .cname]
        if isOwn(name) {
            sets = ownSets(at: name)
            types.append(.ptr)
        } else if obstacle(at: name) == nil {
            sets = forwardSets(of: name)
        }
        types += touched.ownTypes[name] ?? []
        var wanted: [RecordType: RecordSet?] = [:]
        for type in types { wanted[type] = .some(sets[type]) }
        // What a CNAME of the operator's had driven out comes back with its end.
        for (type, set) in sets { wanted[type] = .some(set) }
        for type in FixedRecords.types where touched.wasOwn[name] != nil {
            wanted[type] = .some(sets[type])
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

    /// The address whose PTR record stands at a name; `nil` if none's does.
    func address(ofPointer name: DomainName) -> IPAddress? {
        IPAddress(reverseName: name).flatMap { pointerOwner(of: $0) == name ? $0 : nil }
    }

    /// Every set of every zone but those of SOA and NS, in no particular order; no key twice.
    package var contents: [RecordSet] {
        var contents: [RecordSet] = []
        contents.reserveCapacity(zones.values.reduce(0) { $0 + $1.count })
        for zone in zones.values where zone.apex != catalog {
            contents += zone.sets.values.lazy.filter { !$0.key.type.isAuthority }
        }
        return contents
    }

    /// A name lies in one of the zones.
    package func holds(_ name: DomainName) -> Bool { apex(of: name) != nil }

    /// The zone that a name lies in; the catalog counts as none, since nobody puts anything there.
    package func apex(of name: DomainName) -> DomainName? {
        var candidate: DomainName? = name
        while let apex = candidate {
            if zones[apex] != nil, apex != catalog { return apex }
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

    func forwardSets(of name: DomainName) -> [RecordType: RecordSet] {
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
    func pointerSet(
        of address: IPAddress, owner: DomainName
    ) -> (guest: GuestID, set: RecordSet)? {
        for domain in index.routingDomains {
            let scoped = ScopedAddress(address, in: domain)
            for guest in index.guests(claiming: scoped).sorted() {
                for claim in index.claims(of: guest) {
                    guard case .host(let name, scoped, true, _) = claim.claim,
                        refusal(of: claim.claim, of: guest) == nil
                    else { continue }
                    let set = RecordSet(
                        owner: owner, type: .ptr, ttlSeconds: settings.times.guest,
                        data: [name.wire])
                    return (guest, set)
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
        if let obstacle = obstacle(at: claim.name) { return obstacle }
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
    /// - `isOperators`: only what the operator gives changed, which is not the brake's business.
    package mutating func configure(
        _ settings: ZoneSettings, hosts: [ZoneSettings.NameServer], isOperators: Bool = false,
        atSeconds seconds: UInt64
    ) -> [ZoneChange] {
        let before = zones
        let fixedNames = fixed.names
        rebuild(settings, hosts: hosts)
        hold(
            since: before, fixedNames: fixedNames, isOperators: isOperators, atSeconds: seconds)
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
        for apex in signed.keys { openAll(of: apex) }
    }

    private mutating func rebuild(
        _ settings: ZoneSettings, hosts: [ZoneSettings.NameServer]
    ) {
        let standIns = settings.publishesHosts ? hosts : []
        let servers = settings.nameServers.isEmpty ? standIns : settings.nameServers
        self.settings = settings
        reverseZones = ReverseIndex(settings.reverse)
        configuredApexes = Set(settings.forward + settings.reverse.map(\.apex))
        catalog = nil
        zones = makeZones(servers: servers)
        fixed = FixedRecords(
            servers: servers, hosts: hosts, settings: settings, reverse: reverseZones,
            apexes: Set(zones.keys))
        let owners = Set(fixed.sets.keys.map(\.owner)).union(statics.owners)
        for name in owners.union(statics.services.names) {
            guard let apex = apex(of: name) else { continue }
            for set in ownSets(at: name).values {
                _ = zones[apex]?.replace(set.key, with: set)
            }
        }
        delegateInnerZones()
        if let listed = listZones() {
            zones[listed.apex] = listed
            catalog = listed.apex
        }
        fixedCounts = zones.mapValues(\.count)
        touched = TouchedNames()
        touched.names = Set(index.names)
        touched.addresses = Set(index.addresses.map(\.address))
        for (key, set) in wantedSets() {
            if let apex = apex(of: key.owner) {
                _ = zones[apex]?.replace(key, with: set)
            }
        }
        touched = TouchedNames()
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
        configuredApexes.union(statics.zones.keys).reduce(into: [:]) { zones, apex in
            let hostmaster = DomainName(label: "hostmaster".utf8, in: apex)
            let authority = Zone.Authority(
                primary: servers.first?.name ?? .serverPlaceholder(in: apex),
                contact: settings.contact?.name(in: apex) ?? hostmaster ?? apex,
                times: settings.times)
            let own = isStaticZone(apex) ? statics.zones[apex] : nil
            zones[apex] = Zone(
                apex: apex, serial: serials[apex] ?? SerialNumber(0),
                authority: own?.authority(usual: authority) ?? authority)
        }
    }

    private mutating func changes(
        since before: [DomainName: Zone], atSeconds seconds: UInt64
    ) -> [ZoneChange] {
        var changes: [ZoneChange] = []
        for apex in Set(before.keys).union(zones.keys).sorted() {
            guard let zone = zones[apex] else {
                journals[apex] = nil
                forgetSigned(apex)
                changes.append(.removed(apex: apex))
                continue
            }
            guard zone != before[apex] else { continue }
            if isServedSigned(apex) {
                changes.append(draft(apex, since: before[apex]))
                continue
            }
            _ = advance(apex, atSeconds: seconds)
            note(apex, since: before[apex])
            review(apex, since: before[apex])
            changes.append(.replaced(apex: apex, sets: zones[apex]?.allSets ?? []))
        }
        return changes
    }

    /// What a zone that is served signed should become.
    private mutating func draft(_ apex: DomainName, since before: Zone?) -> ZoneChange {
        review(apex, since: before)
        let keys = zones[apex]?.keys(differentFrom: before) ?? []
        let changed = keys.compactMap { zones[apex]?.set($0) }
        let removed = keys.filter { zones[apex]?.set($0) == nil }
        return .drafted(ZoneDifference(apex: apex, removed: removed, changed: changed))
    }

    /// Every zone as a whole, for a reader that has none yet.
    package var replacements: [ZoneChange] {
        zones.values.sorted { $0.apex < $1.apex }.map { zone in
            let served = isServedSigned(zone.apex) ? signed[zone.apex]?.allSets : nil
            return .replaced(apex: zone.apex, sets: served ?? zone.allSets)
        }
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
