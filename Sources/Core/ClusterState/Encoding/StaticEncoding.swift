import ClusterMessages
import Inventory
import Zones

extension RecordSet {
    init(
        _ message: MessageStaticSet, _ field: String, mayBeAuthority: Bool = false
    ) throws(ClusterStateError) {
        let key = try Reading.key(message.key, field)
        guard !message.data.isEmpty, mayBeAuthority || key.type != .soa, message.ttlSeconds <= 1 << 31 - 1,
            message.data.allSatisfy({ $0.count <= Self.dataLimitOctets })
        else { throw .meaningless(field: field) }
        self.init(
            owner: key.owner, type: key.type, ttlSeconds: message.ttlSeconds,
            data: message.data.map { Array($0) })
    }

    var message: MessageStaticSet {
        var message = MessageStaticSet()
        message.key = key.message
        message.ttlSeconds = ttlSeconds
        message.data = data.map(Self.bytes)
        return message
    }

    static func sets(
        _ messages: [MessageStaticSet], _ field: String
    ) throws(ClusterStateError) -> [RecordSet] {
        var sets: [RecordSet] = []
        sets.reserveCapacity(messages.count)
        for message in messages { sets.append(try RecordSet(message, field)) }
        return sets
    }

    /// The generated code's type for octets, without its name: Core knows no Foundation.
    static func bytes<Bytes: RangeReplaceableCollection<UInt8>>(_ octets: [UInt8]) -> Bytes {
        Bytes(octets)
    }
}

extension RecordEdit {
    init(_ message: MessageEditRecords) throws(ClusterStateError) {
        var changes: [Change] = []
        for message in message.changes {
            changes.append(try Change(message))
        }
        self.init(changes, takesNames: message.takesNames)
    }

    var message: MessageEditRecords {
        var message = MessageEditRecords()
        message.changes = changes.map(\.message)
        message.takesNames = takesNames
        return message
    }
}

extension RecordEdit.Change {
    fileprivate init(_ message: MessageRecordChange) throws(ClusterStateError) {
        let field = "record_change.set"
        let isRemoval = message.set.data.isEmpty
        let expectation: RecordEdit.Expectation =
            message.hasExpectedVersion
            ? message.expectedVersion == 0 ? .absent : .version(message.expectedVersion) : .any
        self.init(
            try Reading.key(message.set.key, field),
            isRemoval ? nil : try RecordSet(message.set, field), comment: message.comment,
            expecting: expectation)
    }

    fileprivate var message: MessageRecordChange {
        var message = MessageRecordChange()
        message.set.key = key.message
        if let set { message.set = set.message }
        message.comment = comment
        switch expectation {
        case .any: break
        case .absent: message.expectedVersion = 0
        case .version(let version): message.expectedVersion = version
        }
        return message
    }
}

extension StaticZone {
    init(_ message: MessageStaticZone) throws(ClusterStateError) {
        let name = { (text: String, isThere: Bool) throws(ClusterStateError) -> DomainName? in
            isThere ? try Reading.name(text, "static_zone") : nil
        }
        let times = message.times
        self.init(
            primary: try name(message.primary, message.hasPrimary),
            contact: try name(message.contact, message.hasContact),
            times: message.hasTimes
                ? Times(
                    refresh: times.refresh, retry: times.retry, expire: times.expire,
                    negative: times.negative) : nil)
    }

    func message(for apex: DomainName) -> MessageStaticZone {
        var message = MessageStaticZone()
        message.apex = apex.description
        if let primary { message.primary = primary.description }
        if let contact { message.contact = contact.description }
        if let times {
            message.times.refresh = times.refresh
            message.times.retry = times.retry
            message.times.expire = times.expire
            message.times.negative = times.negative
        }
        return message
    }
}

extension ZoneImport {
    init(_ message: MessageImportZone) throws(ClusterStateError) {
        self.init(
            try Reading.name(message.apex, "import_zone.apex"),
            sets: try RecordSet.sets(message.sets, "import_zone.sets"),
            stage: message.hasStage ? message.stage : nil,
            zone: message.hasZone ? try StaticZone(message.zone) : nil,
            serial: message.hasSerial ? SerialNumber(message.serial) : nil,
            base: message.hasBase ? message.base : nil, takesNames: message.takesNames)
    }

    var message: MessageImportZone {
        var message = MessageImportZone()
        message.apex = apex.description
        message.sets = sets.map(\.message)
        if let stage { message.stage = stage }
        if let zone { message.zone = zone.message(for: apex) }
        if let serial { message.serial = serial.number }
        if let base { message.base = base }
        message.takesNames = takesNames
        return message
    }
}

extension ZoneRemoval {
    init(_ message: MessageRemoveZone) throws(ClusterStateError) {
        self.init(
            try Reading.name(message.apex, "remove_zone.apex"), withRecords: message.withRecords,
            base: message.hasBase ? message.base : nil)
    }

    var message: MessageRemoveZone {
        var message = MessageRemoveZone()
        message.apex = apex.description
        message.withRecords = withRecords
        if let base { message.base = base }
        return message
    }
}

extension StaticNote {
    init(_ message: MessageStaticEntry) {
        self.init(
            comment: message.comment, node: message.hasNode ? NodeID(message.node) : nil,
            seconds: message.seconds, version: message.version)
    }

    func message(for set: RecordSet) -> MessageStaticEntry {
        var message = MessageStaticEntry()
        message.set = set.message
        message.comment = comment
        if let node { message.node = node.message }
        message.seconds = seconds
        message.version = version
        return message
    }
}
