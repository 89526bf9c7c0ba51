import DNSWire
import Inventory
import Planning
import Zones

/// A group of a plan as an update has it: what has to stand there, and what is changed then.
struct UpdateGroup: Hashable, Sendable {
    /// A record of an update.
    struct Element: Hashable, Sendable {
        let owner: DomainName
        let type: UInt16
        let recordClass: RequestWriter.RecordClass
        var ttlSeconds: UInt32 = 0
        var data: [UInt8] = []

        /// How long it is on the wire.
        var octets: Int { RequestWriter.octets(owner: owner.wire, data: data) }
    }

    /// The entries that it is about.
    let keys: [RecordSetKey]
    /// What is compared (RFC 2136 section 2.4).
    var prerequisites: [Element] = []
    /// What is done, in order (RFC 2136 section 2.5).
    var changes: [Element] = []

    /// Its share of a message.
    var octets: Int { (prerequisites + changes).reduce(0) { $0 + $1.octets } }

    init(keys: [RecordSetKey]) {
        self.keys = keys
    }

    // MARK: Comparisons

    /// The set has to be there and hold just these records (section 2.4.2).
    mutating func demand(_ key: RecordSetKey, _ data: [[UInt8]]) {
        prerequisites += data.map {
            Element(owner: key.owner, type: key.type.rawValue, recordClass: .internet, data: $0)
        }
    }

    /// There has to be no such set (section 2.4.3).
    mutating func demandNone(_ key: RecordSetKey) {
        prerequisites.append(
            Element(owner: key.owner, type: key.type.rawValue, recordClass: .none))
    }

    /// There has to be nothing at the name (section 2.4.5).
    mutating func demandNothing(at owner: DomainName) {
        prerequisites.append(
            Element(owner: owner, type: RecordTypeNumber.any, recordClass: .none))
    }

    // MARK: Changes

    /// Puts a set in place of what was there (sections 2.5.2 and 2.5.1).
    mutating func replace(_ key: RecordSetKey, ttlSeconds: UInt32, _ data: [[UInt8]]) {
        remove(key)
        add(key, ttlSeconds: ttlSeconds, data)
    }

    /// Adds the records of a set (section 2.5.1).
    mutating func add(_ key: RecordSetKey, ttlSeconds: UInt32, _ data: [[UInt8]]) {
        changes += data.map {
            Element(
                owner: key.owner, type: key.type.rawValue, recordClass: .internet,
                ttlSeconds: ttlSeconds, data: $0)
        }
    }

    /// Takes a set away (section 2.5.2).
    mutating func remove(_ key: RecordSetKey) {
        changes.append(Element(owner: key.owner, type: key.type.rawValue, recordClass: .any))
    }
}

extension RequestWriter {
    /// One update of a zone that carries out all of the groups, or none.
    init(of groups: [UpdateGroup], to apex: DomainName, id: UInt16) {
        self.init(id: id, opcode: .update, name: apex.wire, type: RecordType.soa.rawValue)
        for element in groups.flatMap(\.prerequisites) { add(element, to: .prerequisites) }
        for element in groups.flatMap(\.changes) { add(element, to: .changes) }
    }

    private mutating func add(_ element: UpdateGroup.Element, to section: Section) {
        add(
            to: section, owner: element.owner.wire, type: element.type, element.recordClass,
            ttlSeconds: element.ttlSeconds, data: element.data)
    }
}
