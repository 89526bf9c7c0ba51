package import Inventory

// What the operator gives. A static set takes the place of everything else at its name: no guest
// can have the name, and none a name below a delegation. It is the operator's act: the brake looks
// after guests and lets all of it through.

extension ZoneSet {
    /// Puts a static set in its place, or takes it away. Nothing is seen of it before `commit`.
    package mutating func setStatic(_ set: RecordSet?, at key: RecordSetKey) {
        guard statics.sets[key] != set else { return }
        let name = key.owner
        touched.note(key, wasOwn: isOwn(name))
        if key.type == .ptr {
            for name in ServiceNames.names(following: name) {
                touched.note(RecordSetKey(owner: name, type: .ptr), wasOwn: isOwn(name))
                touched.names.insert(name)
            }
        }
        let former = statics.divisions.contains(name)
        statics.replace(key, with: set)
        touched.names.insert(name)
        touchHosts(of: name)
        if let address = address(ofPointer: name) { touched.addresses.insert(address) }
        guard former != statics.divisions.contains(name) else { return }
        if zones[name] == nil || key.type == .dname { touched.divisions.insert(name) }
    }

    /// Takes over everything that the operator gives, before `restore`.
    package mutating func adopt(_ statics: StaticRecords) {
        self.statics = statics
    }

    /// Puts a zone of the operator's in its place, or takes it away. Nothing is seen of it before
    /// `configure`.
    ///
    /// - `serial`: where its serial goes on; counts for a zone that there never was here.
    package mutating func setStaticZone(
        _ zone: StaticZone?, at apex: DomainName, serial: SerialNumber? = nil
    ) {
        statics.zones[apex] = zone
        if zone != nil, let serial, serials[apex] == nil { serials[apex] = serial }
    }

    /// The zone is the operator's altogether: the settings do not name it.
    package func isStaticZone(_ apex: DomainName) -> Bool {
        statics.zones[apex] != nil && !configuredApexes.contains(apex)
    }

    /// Something that is no guest's stands or would stand at the name.
    func isOwn(_ name: DomainName) -> Bool {
        fixed.names.contains(name) || statics.holds(name) || statics.services.names.contains(name)
    }

    /// What follows at a name from the operator's records of services in its zone (RFC 6763).
    private func serviceSet(at name: DomainName) -> RecordSet? {
        guard let (domain, data) = statics.services.pointers(at: name), apex(of: domain) == domain
        else { return nil }
        return RecordSet(
            owner: name, type: .ptr, ttlSeconds: settings.times.fixed, data: data)
    }

    /// Why no guest can have anything at a name; `nil` if one can.
    package func obstacle(at name: DomainName) -> Withholding? {
        if fixed.names.contains(name) || zones[name] != nil { return .reserved(name) }
        if statics.holds(name) { return .staticName(name) }
        if let cut = division(above: name) { return .delegated(name, at: cut) }
        if !statics.zones.isEmpty, let apex = apex(of: name), isStaticZone(apex) {
            return .staticZone(name, zone: apex)
        }
        return nil
    }

    /// The delegation or redirection within the name's zone that the name lies below.
    package func division(above name: DomainName) -> DomainName? {
        let divisions = statics.divisions(above: name)
        guard !divisions.isEmpty, let apex = apex(of: name) else { return nil }
        return divisions.first { division in
            // At the top of the zone, the NS set is the zone's own.
            division != apex && division.isAtOrBelow(apex)
                || division == apex && statics.sets[.init(owner: apex, type: .dname)] != nil
        }
    }

    /// Everything that stands at a name and is no guest's, by type.
    ///
    /// What the operator gives comes before what follows from the hosts; name servers are added to
    /// those of a zone of the settings.
    func ownSets(at name: DomainName) -> [RecordType: RecordSet] {
        var sets: [RecordType: RecordSet] = [:]
        for type in FixedRecords.types {
            sets[type] = fixed.sets[RecordSetKey(owner: name, type: type)]
        }
        if let set = serviceSet(at: name) { sets[.ptr] = set }
        for set in statics.sets(at: name) {
            if set.key.type == .cname { return [.cname: set] }
            let ours = set.key.type == .ns && !isStaticZone(name) ? sets[.ns] : nil
            sets[set.key.type] =
                ours.map { ours in
                    RecordSet(
                        owner: name, type: .ns, ttlSeconds: ours.ttlSeconds,
                        data: ours.data + set.data)
                } ?? set
        }
        return sets
    }

    /// What a zone needs that lies inside another one: its NS set in both.
    func delegation(of key: RecordSetKey, as wanted: RecordSet?) -> (DomainName, HeldSet)? {
        guard key.type == .ns, zones[key.owner] != nil,
            let outer = key.owner.parent.flatMap(apex)
        else { return nil }
        return (outer, HeldSet(key: key, standing: zones[outer]?.set(key), wanted: wanted))
    }
}

// MARK: - Who would give way

extension ZoneSet {
    /// The guests that would lose what is published at a name.
    package func occupants(of name: DomainName) -> Set<GuestID> {
        guard obstacle(at: name) == nil else { return [] }
        if let address = address(ofPointer: name) {
            return pointerSet(of: address, owner: name).map { [$0.guest] } ?? []
        }
        guard let holder = index.holder(of: name), !forwardSets(of: name).isEmpty else { return [] }
        return holder.isService ? index.guests(claiming: name) : [holder.guest]
    }

    /// The same for all names below some.
    package func occupants(below names: Set<DomainName>) -> Set<GuestID> {
        claimedNames(below: names).reduce(into: []) { guests, name in
            guests.formUnion(occupants(of: name))
        }
    }

    /// The names below some others that guests claim, and those of addresses that they claim.
    private func claimedNames(below names: Set<DomainName>) -> [DomainName] {
        guard !names.isEmpty else { return [] }
        let isBelow = { (name: DomainName) in
            var ancestor = name.parent
            while let present = ancestor {
                if names.contains(present) { return true }
                ancestor = present.parent
            }
            return false
        }
        let isReverse = { (name: DomainName) in
            name.isAtOrBelow(.inAddrArpa) || name.isAtOrBelow(.ip6Arpa)
        }
        let forward = names.allSatisfy(isReverse) ? [] : index.names.filter(isBelow)
        guard names.contains(where: isReverse) else { return forward }
        let pointers = Set(index.addresses.map(\.address)).compactMap(pointerOwner)
        return forward + pointers.filter(isBelow)
    }

    /// Marks what guests claim below names where a delegation came or went: all of it at once.
    mutating func touchBelowDivisions() {
        for name in claimedNames(below: touched.divisions) {
            touched.names.insert(name)
            touchHosts(of: name)
            if let address = address(ofPointer: name) { touched.addresses.insert(address) }
        }
    }
}
