import Glibc
import Inventory
import OpenSSL
import Signing
import Testing
import Zones

/// A zone as the state has it, plain and signed, and the signer of whoever leads.
struct SigningRig {
    let apex: DomainName
    var policy: SigningPolicy
    var keys: [ZoneKey] = []
    var opened: [OpenedKey] = []
    /// The SOA is not among them.
    var plain: [RecordSetKey: RecordSet] = [:]
    var published: [RecordSetKey: RecordSet] = [:]
    var serial = SerialNumber(1)
    var round: UInt64 = 0
    var isServed = false
    var soaTTL: UInt32 = 300
    var minimum: UInt32 = 60
    /// Verifiers look at the clock, so it begins with the present.
    var now: UInt64
    var setLimit = ZoneSigner.setLimit
    private(set) var signer: ZoneSigner?
    /// What was published, one by one.
    private(set) var steps: [ZonePublication] = []

    init(
        _ policy: SigningPolicy = SigningPolicy(), apex: String = "example.com",
        at seconds: UInt64 = presentSeconds()
    ) throws {
        self.apex = try #require(DomainName(apex))
        self.policy = policy
        now = seconds
        for role in KeySchedule.firstRoles(policy) { try addKey(role, stage: .active) }
        let server = try #require(DomainName("ns1.\(apex)"))
        plain[key(self.apex, .ns)] = RecordSet(
            owner: self.apex, type: .ns, ttlSeconds: 3_600, data: [server.wire])
        plain[key(server, .a)] = RecordSet(
            owner: server, type: .a, ttlSeconds: 3_600, data: [[192, 0, 2, 1]])
    }

    @discardableResult
    mutating func addKey(_ role: ZoneKey.Role, stage: ZoneKey.Stage) throws -> UInt16 {
        let new = try NewKey.generate(role, policy.algorithm, avoiding: Set(keys.map(\.tag)))
        let key = new.zoneKey(sealed: [1], atSeconds: now, stage: stage)
        keys.append(key)
        opened.append(try OpenedKey(key, pair: new.pair))
        signer = nil
        return new.tag
    }

    mutating func changeKeys(_ change: (inout [ZoneKey]) -> Void) {
        change(&keys)
        signer = nil
    }

    func key(_ owner: DomainName, _ type: RecordType) -> RecordSetKey {
        RecordSetKey(owner: owner, type: type)
    }

    var soa: RecordSet {
        let numbers = [7, 300, 60, 1_209_600, minimum].flatMap { number in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: UInt32(number) >> UInt32($0)) }
        }
        let contact = DomainName(label: "hostmaster".utf8, in: apex) ?? apex
        return RecordSet(
            owner: apex, type: .soa, ttlSeconds: soaTTL, data: [apex.wire + contact.wire + numbers])
    }

    var open: Set<RecordSetKey> {
        var open: Set<RecordSetKey> = []
        for (key, set) in plain where published[key]?.unsigned != set { open.insert(key) }
        for key in published.keys
        where !key.type.isForSigning && key.type != .soa && plain[key] == nil {
            open.insert(key)
        }
        return open
    }

    var content: ZoneSigner.Content {
        let plain = plain
        let published = published
        let soa = soa
        return ZoneSigner.Content(
            plain: { $0.type == .soa ? soa : plain[$0] }, published: { published[$0] })
    }

    /// Somebody else leads from now on.
    mutating func changeLeader() { signer = nil }

    func makeSigner() throws -> ZoneSigner {
        try ZoneSigner(
            apex: apex, policy: policy, keys: keys, opened: opened, published: published,
            atSeconds: now)
    }

    /// Makes the next publication and applies it. `nil` if there is nothing to do.
    @discardableResult
    mutating func step() throws -> ZonePublication? {
        var signer = try signer ?? makeSigner()
        defer { self.signer = signer }
        let next = serial.next(atSeconds: now)
        let made = try signer.publication(
            of: open, in: content, round: round, serial: next, isServed: isServed,
            setLimit: setLimit, atSeconds: now)
        guard let made else { return nil }
        apply(made)
        return made
    }

    private mutating func apply(_ publication: ZonePublication) {
        #expect(publication.round == round)
        #expect(publication.serial.isLater(than: serial))
        let changed = publication.changed.map(\.key)
        #expect(changed == changed.sorted() && Set(changed).count == changed.count)
        #expect(changed.contains(key(apex, .soa)))
        #expect(Set(changed).isDisjoint(with: publication.removed))
        for key in publication.removed {
            #expect(published[key] != nil, "\(key) is removed and was not there")
            published[key] = nil
        }
        for set in publication.changed { published[set.key] = set }
        round += 1
        serial = publication.serial
        if publication.isComplete, open.isEmpty { isServed = true }
        steps.append(publication)
    }

    /// Publishes until nothing is left to do.
    @discardableResult
    mutating func settle() throws -> [ZonePublication] {
        var made: [ZonePublication] = []
        while let publication = try step() {
            made.append(publication)
            try #require(made.count < 2_000, "it does not end")
        }
        #expect(open.isEmpty)
        #expect(isServed)
        if let due = signer?.nextDueSeconds { #expect(due > now) }
        return made
    }

    var nextDueSeconds: UInt64 { signer?.nextDueSeconds ?? 0 }

    mutating func set(_ owner: String, _ type: RecordType, ttl: UInt32 = 300, _ data: [UInt8]...) {
        guard let owner = DomainName(owner) else { preconditionFailure("\(owner) is no name") }
        plain[key(owner, type)] =
            data.isEmpty ? nil : RecordSet(owner: owner, type: type, ttlSeconds: ttl, data: data)
    }
}

/// The present, in seconds since 1970.
func presentSeconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec)
}

/// A name in wire form.
func wire(_ name: String) -> [UInt8] {
    guard let name = DomainName(name) else { preconditionFailure("\(name) is no name") }
    return name.wire
}

extension SigningRig {
    /// The zone is the same as if all of it were signed now.
    func expectSameFromScratch(
        _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var other = self
        other.published = [:]
        other.isServed = false
        other.setLimit = ZoneSigner.setLimit
        other.changeLeader()
        try other.settle()
        let soa = key(apex, .soa)
        for key in Set(published.keys).union(other.published.keys).sorted() where key != soa {
            let set = published[key]
            let wanted = other.published[key]
            #expect(
                set?.unsigned == wanted?.unsigned, "\(comment) \(key)",
                sourceLocation: sourceLocation)
            #expect(
                set?.signatures.count == wanted?.signatures.count, "\(comment) \(key)",
                sourceLocation: sourceLocation)
        }
    }
}
