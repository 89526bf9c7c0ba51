import DNSWire
import Inventory
import Zones

/// Puts the records of a transfer together (RFC 5936 section 2.2, RFC 1995 section 4). Pure.
///
///     begin --SOA--> opened --record--> whole --SOA--> finished
///                      |   '--SOA of the serial that is there--> removing
///                      |                 removing <--SOA--> adding --last SOA--> finished
///                      '--nothing else, and no later serial--> finished, unchanged
struct TransferReader {
    /// A record that went, or came.
    enum Change: Hashable, Sendable {
        case remove(WireRecord)
        case add(WireRecord)
    }

    /// What a transfer brought.
    enum Outcome {
        /// The zone as a whole.
        case whole(ZoneCopy)
        /// What changed since the serial that was asked about.
        case changes([Change], serial: UInt32)
        /// Nothing: the server's serial is this one.
        case unchanged(serial: UInt32)
    }

    /// The order of the records is none that a transfer has.
    struct Disorder: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    private enum State {
        case begin
        case opened
        case whole
        case removing
        case adding(serial: UInt32)
        case finished
    }

    /// A zone with more records is none that we write to.
    static let maximumRecords = 2_000_000
    /// So many octets of names and data are too much.
    static let maximumOctets = 256 << 20

    private let apex: DomainName
    /// What was asked about; `nil` where the whole zone was asked for.
    private let base: UInt32?
    private var state = State.begin
    /// The SOA record in front, and its serial.
    private var first: WireRecord?
    private var serial: UInt32 = 0
    private var copy: ZoneCopy
    private var changes: [Change] = []
    private var count = 0
    private var octets = 0

    init(_ apex: DomainName, since base: UInt32?) {
        self.apex = apex
        self.base = base
        copy = ZoneCopy(apex: apex, serial: 0)
    }

    /// Takes the records of one message. Returns what the transfer brought, once it is at its end.
    mutating func take(_ records: [WireRecord]) throws(Disorder) -> Outcome? {
        count += records.count
        octets += records.reduce(0) { $0 + $1.owner.count + $1.data.count }
        guard count <= Self.maximumRecords, octets <= Self.maximumOctets else {
            throw Disorder(description: "larger than \(Self.maximumRecords) records or 256 MiB")
        }
        for record in records { try take(record) }
        switch state {
        case .finished: return outcome
        case .opened where isNothingNew:
            // One record and no more says so (RFC 1995 section 2).
            state = .finished
            return .unchanged(serial: serial)
        case .begin, .opened, .whole, .removing, .adding: return nil
        }
    }

    /// The serial is none that comes behind the one that was asked about (RFC 1982 section 3.2). A
    /// later one alone is a begin: some servers send it in a message of its own.
    private var isNothingNew: Bool {
        base.map { Int32(bitPattern: serial &- $0) <= 0 } ?? false
    }

    private var outcome: Outcome {
        changes.isEmpty ? .whole(copy) : .changes(changes, serial: serial)
    }

    private mutating func take(_ record: WireRecord) throws(Disorder) {
        let serial = try serial(of: record)
        switch state {
        case .begin:
            guard let serial else { throw Disorder(description: "the first record is no SOA") }
            first = record
            self.serial = serial
            copy = ZoneCopy(apex: apex, serial: serial)
            state = .opened
        case .opened:
            if let base, let serial, serial != self.serial {
                guard serial == base else {
                    throw Disorder(description: "changes since \(serial) instead of \(base)")
                }
                changes.append(.remove(record))
                state = .removing
            } else {
                if let first { copy.add(first) }
                try takeWhole(record, serial)
            }
        case .whole: try takeWhole(record, serial)
        case .removing: takeRemoval(record, serial)
        case .adding(let reached): try takeAddition(record, serial, reached)
        case .finished: throw Disorder(description: "records behind the end")
        }
    }

    private mutating func takeWhole(_ record: WireRecord, _ serial: UInt32?) throws(Disorder) {
        state = .whole
        guard let serial else { return copy.add(record) }
        guard serial == self.serial else {
            throw Disorder(description: "the zone changed on the way")
        }
        state = .finished
    }

    private mutating func takeRemoval(_ record: WireRecord, _ serial: UInt32?) {
        if let serial {
            changes.append(.add(record))
            state = .adding(serial: serial)
        } else {
            changes.append(.remove(record))
        }
    }

    private mutating func takeAddition(
        _ record: WireRecord, _ serial: UInt32?, _ reached: UInt32
    ) throws(Disorder) {
        guard let serial else { return changes.append(.add(record)) }
        guard serial == reached else {
            throw Disorder(description: "changes since \(serial) behind those to \(reached)")
        }
        if serial == self.serial {
            state = .finished
        } else {
            changes.append(.remove(record))
            state = .removing
        }
    }

    /// The serial of an SOA record of the apex; `nil` for any other record.
    private func serial(of record: WireRecord) throws(Disorder) -> UInt32? {
        guard record.type == RecordType.soa.rawValue else { return nil }
        guard let serial = record.serial, record.owner == apex.wire else {
            throw Disorder(description: "an SOA record that is not the zone's")
        }
        return serial
    }
}

extension WireRecord {
    /// The serial of an SOA record (RFC 1035 section 3.3.13).
    fileprivate var serial: UInt32? {
        guard data.count >= 22 else { return nil }
        return data[(data.count - 20)..<(data.count - 16)].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
