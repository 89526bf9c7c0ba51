import DNSWire

/// Goes through all records of a zone of a snapshot, the SOA first and once more at the end (RFC
/// 5936 section 2.2). It borrows from the snapshot, which whoever walks keeps.
struct ZoneWalk {
    private enum Phase {
        case begin, nodes, end, done
    }

    /// Where a record stands in its set.
    private struct Place {
        var set: SetView
        /// Sets of the node that are left, this one included.
        var setsLeft: Int
        var offset = 0
        /// Those that come next, once the records have; `nil` before.
        var signatures: SignatureList?
    }

    private let table: TableView
    private let zone: ZoneView
    private var phase = Phase.begin
    private var piece = 0
    private var index = 0
    private var place: Place?
    /// The owner's labels below the apex, and where in the message they stand.
    private var labels: [UInt8] = []
    private var ownerOffset: Int?

    /// The zone by its number in the table.
    init(zone: Int, of table: TableView) {
        self.table = table
        self.zone = table.zones[zone]
    }

    /// Puts records into a message until it is full: `true` after the last record.
    mutating func fill(_ message: inout ReplyMessage) -> Bool {
        ownerOffset = nil
        while true {
            switch phase {
            case .begin:
                guard appendAuthority(&message) else { return false }
                phase = .nodes
            case .nodes:
                guard appendNode(&message) else { return false }
            case .end:
                guard appendAuthority(&message) else { return false }
                phase = .done
            case .done:
                return true
            }
        }
    }

    private func appendAuthority(_ message: inout ReplyMessage) -> Bool {
        let set = zone.startOfAuthority
        return message.append(
            EmptyCollection(), UnsafeRawBufferPointer(start: set.wire, count: set.wireOctets))
    }

    /// Adds what is left of a node; `false` if the message is full.
    private mutating func appendNode(_ message: inout ReplyMessage) -> Bool {
        // Those of hashes stand behind those of names.
        guard piece < zone.indexCount + zone.hashesCount else {
            phase = .end
            return true
        }
        let node = table.node(zone.index[piece].references[index])
        var current = place ?? begin(node)
        while current.setsLeft > 0 {
            guard appendSet(&current, of: node, &message) else {
                place = current
                return false
            }
        }
        place = nil
        index += 1
        if index == zone.index[piece].count { (piece, index) = (piece + 1, 0) }
        return true
    }

    private mutating func begin(_ node: NodeView) -> Place {
        labels = Self.labels(of: node)
        ownerOffset = nil
        return Place(set: node.firstSet, setsLeft: node.setCount)
    }

    private mutating func appendSet(
        _ current: inout Place, of node: NodeView, _ message: inout ReplyMessage
    ) -> Bool {
        let set = current.set
        let isAuthority = node.flags.contains(.apex) && set.type == TypeNumber.soa
        while !isAuthority, current.offset < set.wireOctets {
            let octets = SetView.recordHeaderOctets + set.dataOctets(ofRecordAt: current.offset)
            let record = UnsafeRawBufferPointer(
                start: set.wire + current.offset, count: octets)
            guard append(record, to: &message) else { return false }
            current.offset += octets
        }
        guard !set.isSigned || appendSignatures(&current, &message) else { return false }
        current.setsLeft -= 1
        current.offset = 0
        current.signatures = nil
        if current.setsLeft > 0 { current.set = set.next }
        return true
    }

    private mutating func appendSignatures(
        _ current: inout Place, _ message: inout ReplyMessage
    ) -> Bool {
        var rest = current.signatures ?? current.set.signatures
        current.signatures = rest
        while let signature = rest.next() {
            let record = signature.record(over: current.set, of: zone)
            let fits = record.withUnsafeBytes { append($0, to: &message) }
            guard fits else { return false }
            current.signatures = rest
        }
        return true
    }

    /// A compiled record begins with a pointer to the question's name, here the apex; so do the
    /// names in it that end there.
    private mutating func append(
        _ record: UnsafeRawBufferPointer, to message: inout ReplyMessage
    ) -> Bool {
        guard !labels.isEmpty else { return message.append(EmptyCollection(), record) }
        if let ownerOffset {
            let pointer = UInt16(0xC000 | ownerOffset)
            return message.append(
                [UInt8(pointer >> 8), UInt8(truncatingIfNeeded: pointer)], record.dropFirst(2))
        }
        let offset = message.position
        guard message.append(labels, record) else { return false }
        if offset <= AnswerWriter.farthestPointer { ownerOffset = offset }
        return true
    }

    /// The labels of a node's name below the apex, first to last, in wire form without an end.
    private static func labels(of node: NodeView) -> [UInt8] {
        let key = UnsafeRawBufferPointer(start: node.key, count: node.keyOctets)
        var labels: [UInt8] = []
        var label: [UInt8] = []
        var isEscaped = false
        for octet in key {
            if isEscaped {
                label.append(octet - 1)
                isEscaped = false
            } else if octet == 1 {
                isEscaped = true
            } else if octet == 0 {
                labels = [UInt8(label.count)] + label + labels
                label.removeAll(keepingCapacity: true)
            } else {
                label.append(octet)
            }
        }
        return labels
    }
}

extension SignatureView {
    /// The RRSIG record (RFC 4034 section 3.1), in the form of compiled records.
    fileprivate func record(over set: SetView, of zone: ZoneView) -> [UInt8] {
        let dataOctets = Self.fixedDataOctets + zone.apexWireOctets + octets
        let type = TypeNumber.rrsig
        let parts: [UnsafeRawBufferPointer] = [
            UnsafeRawBufferPointer(start: head, count: 2),
            UnsafeRawBufferPointer(start: set.wire + 6, count: 4),
            UnsafeRawBufferPointer(start: times, count: Self.timesOctets),
            UnsafeRawBufferPointer(start: zone.apexWire, count: zone.apexWireOctets),
            UnsafeRawBufferPointer(start: start, count: octets),
        ]
        var record: [UInt8] = []
        record.reserveCapacity(SetView.recordHeaderOctets + dataOctets)
        record += UnsafeRawBufferPointer(start: set.wire, count: 2)
        record += [UInt8(type >> 8), UInt8(truncatingIfNeeded: type)]
        record += UnsafeRawBufferPointer(start: set.wire + 4, count: 6)
        record += [UInt8(dataOctets >> 8), UInt8(truncatingIfNeeded: dataOctets)]
        record += [UInt8(set.type >> 8), UInt8(truncatingIfNeeded: set.type)]
        for part in parts { record += part }
        return record
    }
}
