import DNSWire
import ForeignZones
import Inventory
import Planning
import Zones

/// A zone as the server has it: what a transfer brought, and what later ones changed.
struct ZoneCopy: Sendable {
    /// A record set.
    struct Found: Hashable, Sendable {
        var ttlSeconds: UInt32
        /// In the order in which it came.
        var data: [[UInt8]]
    }

    /// A change that does not fit: the copy is of no use any more.
    struct Inconsistent: Error {}

    /// Its name.
    let apex: DomainName
    /// Of the last transfer.
    private(set) var serial: UInt32
    private var names: [DomainName: [RecordType: Found]] = [:]
    /// Sets at which the zone ends within.
    private var divisions: Set<RecordSetKey> = []

    /// Sets of so many records are looked through.
    private static let smallSet = 64
    /// More records are no set: an answer has no room for them, each of them 12 octets or more
    /// (RFC 1035 section 4.1.3).
    static let maximumRecords = 5_460

    /// Types that DNSSEC puts beside all others; nothing follows from them.
    private static let signatureTypes: Set<RecordType> = [.rrsig, .nsec, .nsec3]

    private static let keyType = RecordType(rawValue: 48)

    /// Nothing yet.
    init(apex: DomainName, serial: UInt32) {
        self.apex = apex
        self.serial = serial
    }

    // MARK: Changing

    /// Takes a record in that is not there; one that is there already changes nothing. What is not
    /// of this zone, or has a name that none of ours can have, is left out, and what is more than a
    /// set can hold.
    mutating func add(_ record: WireRecord) {
        guard let key = key(of: record) else { return }
        var found = names[key.owner, default: [:]][key.type] ?? Found(ttlSeconds: 0, data: [])
        // One time to live for the set (RFC 2181 section 5.2).
        found.ttlSeconds = record.ttlSeconds
        // A record that is sent twice counts once (RFC 5936 section 2.2); to look for it in the
        // sets of a server that sends endless ones would take as long as it pleases.
        let isSmall = found.data.count <= Self.smallSet
        if found.data.count < Self.maximumRecords,
            !isSmall || !found.data.contains(record.data)
        {
            found.data.append(record.data)
        }
        names[key.owner, default: [:]][key.type] = found
        if key.type.isDivision { divisions.insert(key) }
    }

    /// Takes a record out that is there.
    mutating func remove(_ record: WireRecord) throws(Inconsistent) {
        guard let key = key(of: record) else { return }
        guard var found = names[key.owner]?[key.type],
            let index = found.data.firstIndex(of: record.data)
        else { throw Inconsistent() }
        found.data.remove(at: index)
        guard found.data.isEmpty else {
            names[key.owner]?[key.type] = found
            return
        }
        names[key.owner]?[key.type] = nil
        if names[key.owner]?.isEmpty == true { names[key.owner] = nil }
        divisions.remove(key)
    }

    /// Follows the changes that a transfer brought.
    mutating func follow(_ changes: [TransferReader.Change], to serial: UInt32) throws(Inconsistent)
    {
        for change in changes {
            switch change {
            case .remove(let record): try remove(record)
            case .add(let record): add(record)
            }
        }
        self.serial = serial
    }

    private func key(of record: WireRecord) -> RecordSetKey? {
        let type = RecordType(rawValue: record.type)
        guard record.recordClass == 1, !Self.signatureTypes.contains(type),
            let owner = DomainName(wire: record.owner), owner.isAtOrBelow(apex)
        else { return nil }
        return RecordSetKey(owner: owner, type: type)
    }

    // MARK: Reading

    /// It is signed (RFC 4034 section 2).
    var isSigned: Bool { self.set(RecordSetKey(owner: apex, type: Self.keyType)) != nil }

    /// Where the zone ends within.
    var cuts: Cuts {
        var cuts = Cuts(apex: apex, now: .now)
        for key in divisions { cuts.note(key) }
        cuts.finishAll()
        return cuts
    }

    /// All names that there is something at.
    var owners: some Collection<DomainName> { names.keys }

    /// What stands at a name.
    func sets(at owner: DomainName) -> [RecordType: Found] { names[owner] ?? [:] }

    /// What stands under a key.
    func set(_ key: RecordSetKey) -> Found? { names[key.owner]?[key.type] }
}

extension ZoneCopy.Found {
    /// Sets of more records than that are not ours.
    private static let maximumRecords = 4_096

    /// What it says; `nil` for a type that we do not write, and for data that it cannot have.
    func content(_ key: RecordSetKey) -> RecordSet? {
        guard RecordType.published.contains(key.type), data.count <= Self.maximumRecords,
            data.allSatisfy({ Self.isData($0, of: key.type) })
        else { return nil }
        return RecordSet(owner: key.owner, type: key.type, ttlSeconds: ttlSeconds, data: data)
    }

    private static func isData(_ data: [UInt8], of type: RecordType) -> Bool {
        switch type {
        case .a: data.count == 4
        case .aaaa: data.count == 16
        default: DomainName(wire: data) != nil
        }
    }

    /// The presentation form of the one string of its one record, where it may be a mark.
    var markText: String? {
        guard data.count == 1, let length = data[0].first, data[0].count == 1 + Int(length),
            data[0].dropFirst().allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        else { return nil }
        return "\"\(String(decoding: data[0].dropFirst(), as: UTF8.self))\""
    }
}
