package import Inventory
package import Zones

/// Signs one zone, step by step: knows what of it is signed and until when, and says of each change
/// which sets it takes, with their signatures and the neighbours that deny the names between them.
///
/// Only the node that leads has one. It takes each publication that it makes for done: whoever
/// could not publish it, got an error instead, or sees that somebody else published, throws the
/// signer away and makes another one from the state, as one does when policy or keys change.
package struct ZoneSigner: Sendable {
    /// The zone's name.
    package let apex: DomainName
    /// The sets at hand: those of the zone, and those that were published of it.
    package struct Content {
        let plain: (RecordSetKey) -> RecordSet?
        let published: (RecordSetKey) -> RecordSet?

        /// - `plain`: a set as guests, hosts and the operator want it.
        /// - `published`: the same with signatures, as it was published last.
        package init(
            plain: @escaping (RecordSetKey) -> RecordSet?,
            published: @escaping (RecordSetKey) -> RecordSet?
        ) {
            self.plain = plain
            self.published = published
        }
    }

    let signer: SetSigner
    var tree: NameTree
    var chain: DenialChain
    /// When signatures end; that of the SOA set is not among them.
    var due = DueIndex()
    var soaDueSeconds: UInt64 = 0
    /// Sets that may not be as they should, besides those that the caller knows of.
    var pending: Set<RecordSetKey> = []
    /// The same in descending order, once their turn has come.
    var pendingQueue: [RecordSetKey] = []
    /// The way from one kind of denial to the other, the last step first: until it is gone, names
    /// stay as they are.
    var transition: [RecordSetKey] = []
    /// What the caller knows to be open, in descending order, as far as it was seen.
    var openQueue: [RecordSetKey] = []
    var tally = SignatureTally()
    /// Of the sets of the circle, in seconds; follows the SOA (RFC 9077).
    var denialTTLSeconds: UInt32 = 0
    /// When the keys that the parent is told change by themselves.
    var announcementSeconds: UInt64?
    /// Since when the DNSKEY set has been published as it is now, at the latest.
    var keysSinceSeconds: UInt64?

    /// Looks at everything that was published of a zone, at once: a second for some 100,000 names.
    ///
    /// - `opened`: every key that signs. Those that wait for their turn or were replaced may be
    ///   missing, unless they sign keys.
    /// - `published`: everything that was published of the zone; nothing before the first time.
    package init(
        apex: DomainName, policy: SigningPolicy, keys: [ZoneKey], opened: [OpenedKey],
        published: [RecordSetKey: RecordSet], atSeconds seconds: UInt64
    ) throws(SigningError) {
        self.apex = apex
        let denial = policy.denial(of: apex)
        guard denial == .nsec || apex.wire.count + NameHash.labelOctets <= 255 else {
            throw .nameTooLong(apex)
        }
        var ring = try KeyRing(apex: apex, policy: policy, keys: keys, opened: opened)
        let keySet = published[.init(owner: apex, type: .dnskey)]
        let isPublished = keySet?.unsigned == ring.set(.dnskey, atSeconds: seconds)
        // Nobody knows them yet.
        if !isPublished { ring.publishedSeconds = seconds }
        signer = SetSigner(ring: ring)
        keysSinceSeconds = keySet.flatMap { set in
            isPublished ? SetSigner.madeSeconds(of: set, atSeconds: seconds) : nil
        }
        // It is written with every publication, and is no change of its own.
        let soa = RecordSetKey(owner: apex, type: .soa)
        let keys = published[soa] == nil ? Array(published.keys) + [soa] : Array(published.keys)
        var tree = NameTree(apex: apex, keys: keys)
        chain = DenialChain(denial: denial, tree: &tree)
        self.tree = tree
        announcementSeconds = ring.nextAnnouncementSeconds(after: seconds)
        survey(published, atSeconds: seconds)
    }

    var soaKey: RecordSetKey { RecordSetKey(owner: apex, type: .soa) }

    /// When there is something to do next although nothing changes, in seconds since 1970: at once
    /// if that is not later than now.
    package var nextDueSeconds: UInt64 {
        guard isSettled else { return 0 }
        let times = [
            due.nextSeconds(refreshSeconds: signer.refreshSeconds), soaDueSeconds,
            announcementSeconds,
        ]
        return times.compactMap { $0 }.min() ?? soaDueSeconds
    }

    /// Nothing of what was published waits to be signed otherwise.
    private var isSettled: Bool {
        pending.isEmpty && pendingQueue.isEmpty && transition.isEmpty
    }

    /// How many notes it has of when signatures end: about one for each set.
    package var noteCount: Int { due.count }

    /// When the first signature ends, in seconds since 1970; `nil` as long as there is none.
    package var firstExpirySeconds: UInt64? { due.nextSeconds(refreshSeconds: 0) }

    /// What key changes depend on.
    package var facts: ZoneFacts {
        ZoneFacts(
            longestTTLSeconds: max(tally.longestTTLSeconds, denialTTLSeconds),
            signatureCounts: tally.counts, latestSignatureSeconds: tally.latestSeconds,
            keysSinceSeconds: keysSinceSeconds, isSettled: isSettled)
    }
}

// MARK: - At the beginning

extension ZoneSigner {
    /// Which of the sets that were published are as they should be, and until when.
    private mutating func survey(
        _ published: [RecordSetKey: RecordSet], atSeconds seconds: UInt64
    ) {
        if let soa = published[soaKey] {
            denialTTLSeconds = Self.denialTTLSeconds(soa)
            tally.count(soa, 1)
            soaDueSeconds = dueSeconds(of: soa, atSeconds: seconds)
        }
        for (key, set) in published where key != soaKey {
            tally.count(set, 1)
            if key.type.isMadeBySigning { continue }
            tally.noteSigning(set, near: seconds)
            if tree.isSigned(key) ? signer.isSignedRight(set) : set.signatures.isEmpty {
                noteDue(set, atSeconds: seconds)
            } else {
                pending.insert(key)
            }
        }
        surveyMade(published, atSeconds: seconds)
    }

    private mutating func surveyMade(
        _ published: [RecordSetKey: RecordSet], atSeconds seconds: UInt64
    ) {
        let apexKeys = [RecordType.dnskey, .cds, .cdnskey, .nsec3param].map {
            RecordSetKey(owner: apex, type: $0)
        }
        var missing: [RecordSetKey] = []
        var right: [RecordSet] = []
        for key in apexKeys {
            let wanted = madeSet(key, atSeconds: seconds)
            let set = published[key]
            if let set, set.unsigned == wanted, signer.isSignedRight(set) {
                right.append(set)
            } else if set != nil || wanted != nil {
                missing.append(key)
            }
        }
        chain.forEachSet(ttlSeconds: denialTTLSeconds, tree) { key, data in
            if let set = published[key], set.ttlSeconds == denialTTLSeconds,
                set.data.count == 1, set.data[0] == data, signer.isSignedRight(set)
            {
                right.append(set)
            } else {
                missing.append(key)
            }
        }
        for set in right {
            tally.noteSigning(set, near: seconds)
            noteDue(set, atSeconds: seconds)
        }
        pending.formUnion(missing)
        let madeCount = published.keys.reduce(0) { $0 + ($1.type.isMadeBySigning ? 1 : 0) }
        guard madeCount > right.count else { return }
        for key in published.keys
        where key.type.isMadeBySigning && madeSet(key, atSeconds: seconds) == nil {
            pending.insert(key)
        }
        beginTransition(missing, published)
    }

    /// From one kind of denial to the other everything of the new one comes first, then the record
    /// that says which one counts, and last the old one goes (RFC 5155 sections 10.4 and 10.5).
    private mutating func beginTransition(
        _ missing: [RecordSetKey], _ published: [RecordSetKey: RecordSet]
    ) {
        let mark = RecordSetKey(owner: apex, type: .nsec3param)
        let isOtherKind =
            switch chain.denial {
            case .nsec: published[mark] != nil
            case .nsec3:
                published[mark] == nil && published[.init(owner: apex, type: .nsec)] != nil
            }
        guard isOtherKind else { return }
        let news = missing.filter { $0.type == .nsec || $0.type == .nsec3 }
        transition = [mark] + news.sorted(by: >)
        pending.subtract(transition)
    }

    private func dueSeconds(of set: RecordSet, atSeconds seconds: UInt64) -> UInt64 {
        guard signer.isSignedRight(set),
            let end = SetSigner.expirationSeconds(of: set, atSeconds: seconds)
        else { return 0 }
        return end > signer.refreshSeconds ? end - signer.refreshSeconds : 0
    }
}

// MARK: - What is kept up to date

extension ZoneSigner {
    /// A set that signing makes, without signatures; `nil` if there is to be none.
    func madeSet(_ key: RecordSetKey, atSeconds seconds: UInt64) -> RecordSet? {
        switch key.type {
        case .nsec, .nsec3: return chain.set(key, ttlSeconds: denialTTLSeconds, tree)
        case _ where key.owner != apex: return nil
        case .nsec3param:
            guard chain.denial == .nsec3 else { return nil }
            return RecordSet(
                owner: apex, type: .nsec3param, ttlSeconds: 0, data: [NSEC3.parameters])
        default: return signer.ring.set(key.type, atSeconds: seconds)
        }
    }

    /// Notes when a set is to be signed again.
    mutating func noteDue(_ set: RecordSet, atSeconds seconds: UInt64) {
        if let end = SetSigner.expirationSeconds(of: set, atSeconds: seconds) {
            due.note(set.key, expirationSeconds: end)
        }
    }

    /// The smaller of the SOA's time to live and its last field (RFC 9077 section 3).
    static func denialTTLSeconds(_ soa: RecordSet) -> UInt32 {
        min(soa.ttlSeconds, UInt32(networkOctets: soa.data[0].suffix(4)))
    }
}

extension SigningPolicy {
    /// How a zone denies names. Reverse zones of IPv6 have up to 32 names without content for each
    /// address, which NSEC3 would all need a record for, and addresses are no secret: they have
    /// NSEC.
    package func denial(of apex: DomainName) -> Denial {
        apex.isAtOrBelow(Self.reverseApex) ? .nsec : denial
    }

    private static let reverseApex: DomainName = {
        guard let name = DomainName("ip6.arpa.") else {
            preconditionFailure("ip6.arpa. is no name")
        }
        return name
    }()
}
