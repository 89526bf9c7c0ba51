package import Inventory

// Signed zones. What a zone should be is worked out as for any other. Whoever leads signs it, and
// tells what came of it; until then the zone is served as it was signed last.

extension ZoneSet {
    /// The zone is served as it was signed.
    package func isServedSigned(_ apex: DomainName) -> Bool { signed[apex]?.isServed ?? false }

    /// What is signed of one zone that there is.
    package func signedZone(_ apex: DomainName) -> SignedZone? {
        zones[apex] == nil ? nil : signed[apex]
    }

    /// Has a zone signed from now on, or in another way or by other keys than before. Nothing is
    /// seen of it before something is published.
    package mutating func sign(_ apex: DomainName, _ policy: SigningPolicy, by keys: [ZoneKey]) {
        let keys = keys.sorted { $0.tag < $1.tag }
        guard signed[apex] != nil else {
            signed[apex] = SignedZone(policy: policy, keys: keys)
            openAll(of: apex)
            return
        }
        signed[apex]?.policy = policy
        signed[apex]?.keys = keys
        signed[apex]?.version += 1
    }

    /// Ends the signing of a zone: it is served as it should be, at its next serial.
    package mutating func unsign(_ apex: DomainName, atSeconds seconds: UInt64) -> [ZoneChange] {
        guard let former = signed.removeValue(forKey: apex), former.isServed, zones[apex] != nil
        else { return [] }
        _ = advance(apex, atSeconds: seconds)
        note(apex, since: nil)
        return [.replaced(apex: apex, sets: zones[apex]?.allSets ?? [])]
    }

    /// Takes over signed zones, before `restore`.
    package mutating func adopt(_ signed: [DomainName: SignedZone]) {
        self.signed = signed
    }
}

// MARK: - Publications

extension ZoneSet {
    /// Why a publication cannot be taken.
    package enum PublicationError: Error, Hashable, Sendable {
        /// The zone is not there, or not to be signed.
        case notSigned
        /// It follows on another state than this one: `round` is how many steps there were.
        case stale(round: UInt64)
        /// It contradicts itself.
        case unusable(reason: String)
    }

    /// Takes a step that was signed. A zone that is served signed is seen as it is then; one that
    /// is not yet, once everything is signed.
    package mutating func publish(
        _ publication: ZonePublication
    ) throws(PublicationError) -> [ZoneChange] {
        let apex = publication.apex
        // No second reference to what is signed: all of it would be copied.
        guard let serial = zones[apex]?.serial, let round = signed[apex]?.round else {
            throw .notSigned
        }
        guard round == publication.round else { throw .stale(round: round) }
        try publication.check()
        let wasServed = isServedSigned(apex)
        if wasServed || publication.isComplete {
            guard publication.serial.isLater(than: serial) else { throw .stale(round: round) }
            guard publication.holdsAuthority else {
                throw .unusable(reason: "no SOA record with serial \(publication.serial)")
            }
        }
        if wasServed { setSerial(publication.serial, of: apex) }
        let changes = carryOut(publication)
        if wasServed { return follow(publication, changes) }
        guard publication.isComplete else { return [] }
        return begin(publication)
    }

    private mutating func carryOut(_ publication: ZonePublication) -> [ZoneJournal.Change] {
        let apex = publication.apex
        var changes: [ZoneJournal.Change] = []
        for set in publication.changed {
            let former = signed[apex]?.replace(set.key, with: set, in: apex)
            if former != set { changes.append(.init(former: former, present: set)) }
        }
        for key in publication.removed {
            guard let former = signed[apex]?.replace(key, with: nil, in: apex) else { continue }
            changes.append(.init(former: former, present: nil))
        }
        signed[apex]?.round += 1
        review(publication.changed.map(\.key) + publication.removed, in: apex)
        return changes
    }

    /// The next version of a zone that is served signed.
    private mutating func follow(
        _ publication: ZonePublication, _ changes: [ZoneJournal.Change]
    ) -> [ZoneChange] {
        note(changes, in: publication.apex)
        return [
            .signed(
                ZoneDifference(
                    apex: publication.apex,
                    removed: changes.lazy.filter { $0.present == nil }.compactMap(\.former?.key)
                        .sorted(),
                    changed: changes.compactMap(\.present).sorted { $0.key < $1.key }))
        ]
    }

    /// The first version of it, if nothing is left to be signed.
    private mutating func begin(_ publication: ZonePublication) -> [ZoneChange] {
        let apex = publication.apex
        let former = serials[apex]
        setSerial(publication.serial, of: apex)
        review([RecordSetKey(owner: apex, type: .soa)], in: apex)
        guard let zone = signed[apex], zone.open.isEmpty else {
            if let former { setSerial(former, of: apex) }
            return []
        }
        signed[apex]?.isServed = true
        note(apex, since: nil)
        return [.replaced(apex: apex, sets: zone.allSets)]
    }
}

extension ZonePublication {
    /// It says one thing of each set, and speaks of its zone alone.
    fileprivate func check() throws(ZoneSet.PublicationError) {
        let keys = changed.map(\.key) + removed
        guard Set(keys).count == keys.count else {
            throw .unusable(reason: "a record set stands in it twice")
        }
        if let stranger = keys.first(where: { !$0.owner.isAtOrBelow(apex) }) {
            throw .unusable(reason: "\(stranger.owner) is not in \(apex)")
        }
    }

    /// The SOA record is there, with the serial.
    fileprivate var holdsAuthority: Bool {
        let key = RecordSetKey(owner: apex, type: .soa)
        guard let set = changed.first(where: { $0.key == key }), let data = set.data.first else {
            return false
        }
        return set.data.count == 1
            && data.suffix(20).prefix(4).elementsEqual(
                serial.number.networkOctets)
    }
}

// MARK: - What is to be signed

extension ZoneSet {
    /// Finds out which sets of a zone are not signed as they should be now.
    mutating func review(_ keys: some Sequence<RecordSetKey>, in apex: DomainName) {
        guard let zone = zones[apex] else { return }
        for key in keys where !key.type.isForSigning {
            if signed[apex]?.sets[key]?.unsigned == zone.set(key) {
                signed[apex]?.open.remove(key)
            } else {
                signed[apex]?.open.insert(key)
            }
        }
    }

    /// The same for a zone that was made anew.
    ///
    /// - `former`: what it was before.
    mutating func review(_ apex: DomainName, since former: Zone?) {
        guard signed[apex] != nil, let zone = zones[apex] else { return }
        review(zone.keys(differentFrom: former), in: apex)
        review([RecordSetKey(owner: apex, type: .soa)], in: apex)
    }

    /// The same for all of a zone.
    mutating func openAll(of apex: DomainName) {
        guard let zone = zones[apex], let present = signed[apex] else { return }
        signed[apex]?.open = []
        review(zone.sets.keys, in: apex)
        review(present.sets.keys, in: apex)
        review([RecordSetKey(owner: apex, type: .soa)], in: apex)
    }

    /// A zone that is there no more has nothing signed; its keys stay.
    mutating func forgetSigned(_ apex: DomainName) {
        guard let former = signed[apex] else { return }
        var empty = SignedZone(policy: former.policy, keys: former.keys)
        empty.version = former.version
        empty.round = former.round + 1
        signed[apex] = empty
    }
}

// MARK: - Snapshots

extension SignedZone {
    /// Puts a zone together again but for its sets.
    package init(
        policy: SigningPolicy, keys: [ZoneKey], version: UInt64, round: UInt64, isServed: Bool
    ) {
        self.init(policy: policy, keys: keys)
        self.version = version
        self.round = round
        self.isServed = isServed
    }

    /// Adds a set of a zone that is put together again; `false` if it is there already, or does
    /// not lie in the zone.
    package mutating func restore(_ set: RecordSet, in apex: DomainName) -> Bool {
        guard set.key.owner.isAtOrBelow(apex) else { return false }
        return replace(set.key, with: set, in: apex) == nil
    }
}
