import Inventory
package import Zones

/// A publication in the making.
struct Draft {
    /// About how many octets a publication takes; with one more set of the largest size it is still
    /// below what a command may have.
    static let octetsLimit = 512 * 1_024
    /// Beside a change, so many sets that are due may go along: a zone that changes all the time is
    /// renewed, too.
    static let companionLimit = 32
    /// About what a signature with its record's head takes.
    private static let signatureOctets = 128

    let seconds: UInt64
    let setLimit: Int
    let isServed: Bool
    /// Sets of the zone's own content as they are to be; `nil` where there is to be none.
    var news: [RecordSetKey: RecordSet?] = [:]
    /// Sets that stay and may need signatures, or may need none any more.
    var affected: Set<RecordSetKey> = []
    /// Names whose place among the others may have changed.
    var touched: Set<DomainName> = []
    /// Those that are still to be signed stand here without signatures.
    var changed: [RecordSetKey: RecordSet] = [:]
    var removed: Set<RecordSetKey> = []
    /// What is signed once everything is known that is to be, each set once.
    var toSign: [RecordSet] = []
    /// How many sets of those that the caller named are done with.
    var handledOpen = 0
    private var estimatedSets = 0
    private(set) var estimatedOctets = 0

    init(atSeconds seconds: UInt64, setLimit: Int, isServed: Bool) {
        self.seconds = seconds
        self.setLimit = setLimit
        self.isServed = isServed
    }

    var isEmpty: Bool { estimatedSets == 0 }

    /// Something more may go in.
    var hasRoom: Bool { estimatedSets < setLimit && estimatedOctets < Self.octetsLimit }

    /// Accounts for a set, and for sets of the circle that come with it.
    mutating func reckon(_ set: RecordSet?, neighbours: Int = 0) {
        estimatedSets += 1 + neighbours
        let data = set.map { set in
            set.data.reduce(set.key.owner.wire.count) { $0 + $1.count + 4 }
        }
        estimatedOctets += (data ?? 64) + Self.signatureOctets * (1 + 2 * neighbours)
    }
}

extension ZoneSigner {
    /// The most sets of a publication, unless one name has more.
    package static let setLimit = 1_000

    /// The next step; `nil` if there is nothing to do now. To be asked again as long as something
    /// is open, or `nextDueSeconds` is not later than now, each time after the publication was
    /// applied.
    ///
    /// - `open`: the keys of the sets whose plain form differs from what was published.
    /// - `serial`: what the SOA gets.
    /// - `isServed`: the zone is served signed; as long as it is not, the order of things does not
    ///   matter.
    package mutating func publication(
        of open: Set<RecordSetKey>, in content: Content, round: UInt64, serial: SerialNumber,
        isServed: Bool, setLimit: Int = ZoneSigner.setLimit, atSeconds seconds: UInt64
    ) throws(SigningError) -> ZonePublication? {
        guard let soa = content.plain(soaKey) else { throw .noAuthority }
        var draft = Draft(atSeconds: seconds, setLimit: setLimit, isServed: isServed)
        followAuthority(soa, content)
        if !transition.isEmpty {
            takeTransition(content, &draft)
        } else {
            takeOpen(open, content, &draft)
            settle(content, &draft)
            takeDue(content, &draft)
        }
        let isSOADue = soaDueSeconds <= seconds || open.contains(soaKey)
        guard !draft.changed.isEmpty || !draft.removed.isEmpty || isSOADue || !isServed else {
            return nil
        }
        sign(authority(soa, serial), content, &draft)
        try signAll(&draft)
        pruneDue(content, atSeconds: seconds)
        let isDone = draft.handledOpen == open.count - (open.contains(soaKey) ? 1 : 0)
        return ZonePublication(
            apex: apex, round: round, serial: serial,
            changed: draft.changed.values.sorted { $0.key < $1.key },
            removed: draft.removed.sorted(),
            isComplete: isDone && pending.isEmpty && pendingQueue.isEmpty && transition.isEmpty)
    }

    /// Everything of the circle has the TTL that follows from the SOA.
    private mutating func followAuthority(_ soa: RecordSet, _ content: Content) {
        let ttl = Self.denialTTLSeconds(soa)
        guard ttl != denialTTLSeconds else { return }
        denialTTLSeconds = ttl
        // Of two different times to live nobody comes to harm: it may take several steps.
        pending.formUnion(chain.allKeys(tree))
    }

    private func authority(_ soa: RecordSet, _ serial: SerialNumber) -> RecordSet {
        var data = soa.data[0]
        data.replaceSubrange(
            data.count - 20..<data.count - 16, with: serial.number.networkOctets)
        return RecordSet(owner: apex, type: .soa, ttlSeconds: soa.ttlSeconds, data: [data])
    }

    private mutating func pruneDue(_ content: Content, atSeconds seconds: UInt64) {
        guard due.count > 2 * tally.signedSets + 4_096 else { return }
        due.prune { key in
            content.published(key).flatMap {
                SetSigner.expirationSeconds(of: $0, atSeconds: seconds)
            }
        }
    }
}

// MARK: - What is open

extension ZoneSigner {
    private mutating func takeOpen(
        _ open: Set<RecordSetKey>, _ content: Content, _ draft: inout Draft
    ) {
        if openQueue.isEmpty { openQueue = open.filter { $0 != soaKey }.sorted(by: >) }
        while draft.hasRoom, let next = openQueue.last {
            guard open.contains(next) else {
                openQueue.removeLast()
                continue
            }
            var group: [RecordSetKey] = []
            while let key = openQueue.last, key.owner == next.owner {
                openQueue.removeLast()
                if open.contains(key) { group.append(key) }
            }
            guard take(group, content, &draft) else { return }
        }
    }

    /// Takes the open sets of one name. `false` if not all of them could be; the rest stands in the
    /// queue again.
    private mutating func take(
        _ group: [RecordSetKey], _ content: Content, _ draft: inout Draft
    ) -> Bool {
        let sets = group.map { ($0, content.plain($0)) }
        // What goes comes first: a CNAME never stands beside what replaces it.
        let ordered = sets.filter { $0.1 == nil } + sets.filter { $0.1 != nil }
        for (index, (key, set)) in ordered.enumerated() {
            let isFirst = draft.isEmpty
            if !isFirst, draft.estimatedOctets >= Draft.octetsLimit {
                openQueue += ordered[index...].map(\.0).sorted(by: >)
                return false
            }
            guard clear(below: key, with: set != nil, &draft) else {
                if isFirst { evict(below: key.owner, content, &draft) }
                openQueue += ordered[index...].map(\.0).sorted(by: >)
                return false
            }
            write(key, set, &draft)
            draft.handledOpen += 1
        }
        return true
    }

    /// With this set come or gone, the zone begins or ceases to end at its owner, and what is below
    /// goes in the same step.
    private func divides(_ key: RecordSetKey, with isThere: Bool) -> Bool {
        let types = tree.types(at: key.owner)
        let after = Self.types(types, key.type, isThere)
        return tree.isDivision(key.owner, types) != tree.isDivision(key.owner, after)
    }

    private static func types(
        _ types: [RecordType], _ type: RecordType, _ isThere: Bool
    ) -> [RecordType] {
        guard types.contains(type) != isThere else { return types }
        return isThere ? (types + [type]).sorted() : types.filter { $0 != type }
    }

    /// There is room for what lies below.
    private func clear(
        below key: RecordSetKey, with isThere: Bool, _ draft: inout Draft
    ) -> Bool {
        guard divides(key, with: isThere) else { return true }
        var trial = draft
        for name in tree.names(below: key.owner) {
            for _ in tree.types(at: name) { trial.reckon(nil, neighbours: 1) }
            guard trial.hasRoom else { return false }
        }
        draft = trial
        return true
    }

    /// Too much lies below a name to appear or disappear in one step: it goes first, piece by
    /// piece, and is open afterwards.
    private mutating func evict(
        below name: DomainName, _ content: Content, _ draft: inout Draft
    ) {
        for name in tree.names(below: name) {
            for type in tree.types(at: name) {
                guard draft.hasRoom else { return }
                write(RecordSetKey(owner: name, type: type), nil, &draft)
            }
        }
    }

    /// Puts a set of the zone's own content in its place, or takes it away.
    private mutating func write(_ key: RecordSetKey, _ set: RecordSet?, _ draft: inout Draft) {
        let before = tree.types(at: key.owner)
        let after = Self.types(before, key.type, set != nil)
        let isDivided = divides(key, with: set != nil)
        draft.reckon(set, neighbours: draft.isServed && before != after ? 2 : 0)
        draft.news[key] = .some(set)
        guard before != after else { return }
        let wasCut = tree.isCut(key.owner, before)
        tree.setTypes(after, at: key.owner)
        draft.touched.insert(key.owner)
        if wasCut != tree.isCut(key.owner, after) {
            for type in after { draft.affected.insert(.init(owner: key.owner, type: type)) }
        }
        guard isDivided else { return }
        for name in tree.names(below: key.owner) {
            draft.touched.insert(name)
            for type in tree.types(at: name) {
                draft.affected.insert(RecordSetKey(owner: name, type: type))
            }
        }
    }
}

// MARK: - What follows from it

extension ZoneSigner {
    /// Signs what was taken, and the sets of the circle beside it.
    private mutating func settle(_ content: Content, _ draft: inout Draft) {
        draft.affected.remove(soaKey)
        for (key, set) in draft.news {
            if let set { put(set, content, &draft) } else { remove(key, content, &draft) }
        }
        for key in draft.affected where draft.news[key] == nil {
            guard let set = content.published(key),
                tree.isSigned(key) == set.signatures.isEmpty
            else { continue }
            put(set.unsigned, content, &draft)
        }
        let concerned = chain.follow(draft.touched, tree: &tree)
        for key in concerned.removed { remove(key, content, &draft) }
        guard draft.isServed else {
            pending.formUnion(concerned.doubtful)
            return
        }
        for key in concerned.doubtful { renew(key, content, &draft) }
    }

    private mutating func put(_ set: RecordSet, _ content: Content, _ draft: inout Draft) {
        if tree.isSigned(set.key) {
            sign(set, content, &draft)
        } else {
            note(set.unsigned, content, &draft)
            tally.count(set.unsigned, 1)
        }
    }

    private mutating func sign(_ set: RecordSet, _ content: Content, _ draft: inout Draft) {
        note(set.unsigned, content, &draft)
        draft.toSign.append(set)
    }

    /// A set is part of the publication.
    private mutating func note(_ set: RecordSet, _ content: Content, _ draft: inout Draft) {
        if let former = content.published(set.key) { leave(former, draft.seconds) }
        draft.changed[set.key] = set
    }

    /// Makes the signatures of a publication, all at once.
    private mutating func signAll(_ draft: inout Draft) throws(SigningError) {
        for signed in try signer.signed(draft.toSign, atSeconds: draft.seconds) {
            tally.count(signed, 1)
            draft.changed[signed.key] = signed
            if signed.key.type == .dnskey, keysSinceSeconds == nil {
                keysSinceSeconds = draft.seconds
            }
            guard signed.key == soaKey else {
                noteDue(signed, atSeconds: draft.seconds)
                continue
            }
            let end = SetSigner.expirationSeconds(of: signed, atSeconds: draft.seconds)
            soaDueSeconds = (end ?? draft.seconds) - signer.refreshSeconds
        }
    }

    private mutating func remove(
        _ key: RecordSetKey, _ content: Content, _ draft: inout Draft
    ) {
        guard let former = content.published(key) else { return }
        leave(former, draft.seconds)
        draft.removed.insert(key)
    }

    /// A set as it was published goes, or is replaced.
    private mutating func leave(_ former: RecordSet, _ seconds: UInt64) {
        tally.count(former, -1)
        if !former.signatures.isEmpty, !signer.isSignedRight(former) {
            tally.noteReplacement(atSeconds: seconds)
        }
    }

    /// Brings a set that signing makes, or whose signatures end, to what it should be.
    private mutating func renew(
        _ key: RecordSetKey, _ content: Content, _ draft: inout Draft
    ) {
        guard draft.changed[key] == nil, !draft.removed.contains(key), key != soaKey else { return }
        let published = content.published(key)
        guard key.type.isMadeBySigning else {
            guard let published else { return }
            let isRight =
                tree.isSigned(key)
                ? signer.isFine(published, atSeconds: draft.seconds)
                : published.signatures.isEmpty
            guard !isRight else { return }
            draft.reckon(published)
            return put(published.unsigned, content, &draft)
        }
        guard let wanted = madeSet(key, atSeconds: draft.seconds) else {
            if published != nil { draft.reckon(nil) }
            return remove(key, content, &draft)
        }
        if let published, published.unsigned == wanted,
            signer.isFine(published, atSeconds: draft.seconds)
        {
            return
        }
        draft.reckon(wanted)
        sign(wanted, content, &draft)
    }
}

// MARK: - What is due

extension ZoneSigner {
    private mutating func takeTransition(_ content: Content, _ draft: inout Draft) {
        while draft.hasRoom, let key = transition.popLast() { renew(key, content, &draft) }
    }

    /// Takes sets that are not as they should be, then those whose signatures end.
    private mutating func takeDue(_ content: Content, _ draft: inout Draft) {
        if let time = announcementSeconds, time <= draft.seconds {
            pending.insert(RecordSetKey(owner: apex, type: .cds))
            pending.insert(RecordSetKey(owner: apex, type: .cdnskey))
            announcementSeconds = signer.ring.nextAnnouncementSeconds(after: draft.seconds)
        }
        // While something is open, the circle of a zone that nobody is served yet would only be
        // made twice.
        guard openQueue.isEmpty || draft.isServed else { return }
        let isLatecomer = draft.isServed && !draft.isEmpty
        var room = isLatecomer ? Draft.companionLimit : draft.setLimit
        while draft.hasRoom, room > 0, let key = nextDue(draft.seconds) {
            let before = draft.changed.count + draft.removed.count
            renew(key, content, &draft)
            if draft.changed.count + draft.removed.count > before { room -= 1 }
        }
    }

    private mutating func nextDue(_ seconds: UInt64) -> RecordSetKey? {
        if pendingQueue.isEmpty, !pending.isEmpty {
            pendingQueue = pending.sorted(by: >)
            pending = []
        }
        return pendingQueue.popLast()
            ?? due.popDue(refreshSeconds: signer.refreshSeconds, atSeconds: seconds)
    }
}
