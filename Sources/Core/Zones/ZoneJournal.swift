import Inventory

/// The latest changes of a zone, serial by serial, as an incremental transfer tells them (RFC
/// 1995). It follows from the commands alone, so that every node has the same: a secondary may
/// take one serial from one node and the way to the next from another.
///
/// It takes no more octets than the whole zone does in a transfer: what is longer is of no use,
/// since the whole zone is then sent instead. The oldest changes go first.
package struct ZoneJournal: Hashable, Sendable {
    /// The way from one serial to the next.
    package struct Step: Hashable, Sendable {
        /// Where it leads.
        package let serial: SerialNumber
        /// The SOA record of that serial, then the records that are no more, then the new ones; in
        /// the form of `TransferForm`.
        package let octets: [UInt8]
        /// Where the records begin that are no more.
        package let removedOffset: Int
        /// Where the new ones begin.
        package let addedOffset: Int

        /// What an incremental transfer takes for it: two SOA records and the others.
        var sizeOctets: Int { octets.count + removedOffset }

        fileprivate var digest: Digest128 {
            Digest128(
                hashing: serial.number.networkOctets + UInt32(addedOffset).networkOctets + octets)
        }
    }

    /// A zone at one serial: that number and the SOA record.
    package struct Start: Hashable, Sendable {
        /// The serial.
        package let serial: SerialNumber
        /// The SOA record in the form of `TransferForm`.
        package let authority: [UInt8]
    }

    /// Steps in one piece: a reader's copy of the journal shares all pieces but the last.
    private static let pieceSteps = 64

    /// The oldest serial that a way leads on from.
    package private(set) var start: Start
    private var pieces: [[Step]] = []
    private var stepsDigest = Digest128()
    /// Octets of all steps.
    private(set) var sizeOctets = 0

    /// Begins with a zone as it is.
    init(_ zone: Zone) {
        start = Start(serial: zone.serial, authority: Self.authority(zone.soa, of: zone.apex))
    }

    /// The serial that all steps together lead to.
    package var serial: SerialNumber { pieces.last?.last?.serial ?? start.serial }

    /// Every step, oldest first.
    package var steps: [Step] { pieces.flatMap(\.self) }

    /// The steps from a serial on, with what the first of them begins at; `nil` if the serial is
    /// not known any more, or never was.
    package func steps(since serial: SerialNumber) -> (start: Start, steps: [Step])? {
        guard serial != start.serial else { return (start, steps) }
        for (index, piece) in pieces.enumerated().reversed() {
            guard let place = piece.lastIndex(where: { $0.serial == serial }) else { continue }
            let step = piece[place]
            let begin = Start(serial: serial, authority: Array(step.octets[..<step.removedOffset]))
            return (begin, piece[(place + 1)...] + pieces[(index + 1)...].flatMap(\.self))
        }
        return nil
    }

    /// The sum of what it holds, in short.
    package var digest: Digest128 {
        var digest = stepsDigest
        digest.add(Digest128(hashing: start.serial.number.networkOctets + start.authority))
        return digest
    }

    private static func authority(_ soa: RecordSet, of apex: DomainName) -> [UInt8] {
        var octets: [UInt8] = []
        TransferForm.append(soa, in: apex, to: &octets)
        return octets
    }
}

extension ZoneJournal {
    /// The same start and steps, whatever pieces they are in.
    package static func == (left: Self, right: Self) -> Bool {
        left.start == right.start && left.stepsDigest == right.stepsDigest
            && left.steps == right.steps
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(start)
        hasher.combine(stepsDigest)
    }
}

// MARK: - Changes

extension ZoneJournal {
    /// One record set of a zone before and after a change.
    struct Change {
        let former: RecordSet?
        let present: RecordSet?
    }

    /// Adds the way to a zone as it is now, and drops what is too much then.
    ///
    /// - `limitOctets`: what the whole zone takes in a transfer.
    mutating func append(_ changes: [Change], to zone: Zone, limitOctets: Int) {
        var octets = Self.authority(zone.soa, of: zone.apex)
        let removedOffset = octets.count
        for change in changes {
            guard let former = change.former else { continue }
            Self.append(former, without: change.present, in: zone.apex, to: &octets)
        }
        let addedOffset = octets.count
        for change in changes {
            guard let present = change.present else { continue }
            Self.append(present, without: change.former, in: zone.apex, to: &octets)
        }
        append(
            Step(
                serial: zone.serial, octets: octets, removedOffset: removedOffset,
                addedOffset: addedOffset))
        limit(to: limitOctets)
    }

    /// Adds the records and the signatures of a set that another version of it does not have. With
    /// another time to live all of them are others.
    private static func append(
        _ set: RecordSet, without other: RecordSet?, in apex: DomainName, to octets: inout [UInt8]
    ) {
        let other = set.ttlSeconds == other?.ttlSeconds ? other : nil
        // The SOA record itself stands in front of each part already.
        if set.key.type != .soa {
            TransferForm.append(
                missing(set.data, in: other?.data), type: set.key.type, of: set, in: apex,
                to: &octets)
        }
        TransferForm.append(
            missing(set.signatures, in: other?.signatures), type: .rrsig, of: set, in: apex,
            to: &octets)
    }

    private static func missing(_ data: [[UInt8]], in other: [[UInt8]]?) -> [[UInt8]] {
        guard let other, !other.isEmpty else { return data }
        let known = Set(other)
        return data.filter { !known.contains($0) }
    }

    private mutating func append(_ step: Step) {
        if pieces.last.map({ $0.count < Self.pieceSteps }) ?? false {
            pieces[pieces.count - 1].append(step)
        } else {
            pieces.append([step])
        }
        stepsDigest.add(step.digest)
        sizeOctets += step.sizeOctets
    }

    private mutating func limit(to limitOctets: Int) {
        while sizeOctets > limitOctets, let oldest = pieces.first?.first {
            pieces[0].removeFirst()
            if pieces[0].isEmpty { pieces.removeFirst() }
            stepsDigest.subtract(oldest.digest)
            sizeOctets -= oldest.sizeOctets
            start = Start(
                serial: oldest.serial, authority: Array(oldest.octets[..<oldest.removedOffset]))
        }
    }
}

// MARK: - Snapshots

extension ZoneJournal.Step {
    /// Puts a step together again; `nil` if the octets are no such records.
    package init?(serial: SerialNumber, authority: [UInt8], removed: [UInt8], added: [UInt8]) {
        let octets = authority + removed + added
        guard TransferForm.recordEnd(octets, at: 0) == authority.count,
            TransferForm.isWhole(
                octets, from: authority.count, to: authority.count + removed.count),
            TransferForm.isWhole(
                octets, from: authority.count + removed.count, to: octets.count)
        else { return nil }
        self.init(
            serial: serial, octets: octets, removedOffset: authority.count,
            addedOffset: authority.count + removed.count)
    }

    /// The SOA record.
    package var authority: ArraySlice<UInt8> { octets[..<removedOffset] }
    /// The records that are no more.
    package var removed: ArraySlice<UInt8> { octets[removedOffset..<addedOffset] }
    /// The new ones.
    package var added: ArraySlice<UInt8> { octets[addedOffset...] }
}

extension ZoneJournal {
    /// Puts a journal together again; `nil` if the octets are no SOA record.
    package init?(startingAt serial: SerialNumber, authority: [UInt8]) {
        guard TransferForm.recordEnd(authority, at: 0) == authority.count else { return nil }
        start = Start(serial: serial, authority: authority)
    }

    /// Adds the next step of a journal that is put together again.
    package mutating func restore(_ step: Step) { append(step) }
}

// MARK: - Journals of zones

extension ZoneSet {
    /// Notes how a zone came to its present serial.
    mutating func note(_ changes: [ZoneJournal.Change], in apex: DomainName) {
        guard let zone = zones[apex] else { return }
        guard var journal = journals.removeValue(forKey: apex) else {
            journals[apex] = ZoneJournal(zone)
            return
        }
        let served = isServedSigned(apex) ? signed[apex]?.setsOctets : nil
        journal.append(changes, to: zone, limitOctets: served ?? zone.transferOctets)
        journals[apex] = journal
    }

    /// The same for zones that were made anew.
    mutating func note(_ apex: DomainName, since former: Zone?) {
        guard let zone = zones[apex], let former else {
            journals[apex] = zones[apex].map { ZoneJournal($0) }
            return
        }
        let changes = zone.keys(differentFrom: former).map { key in
            ZoneJournal.Change(former: former.set(key), present: zone.set(key))
        }
        note(changes, in: apex)
    }

    /// From here on nobody is led from one serial to another: what the serials before stood for is
    /// not certain.
    package mutating func forgetJournals() {
        journals = zones.mapValues { ZoneJournal($0) }
    }

    /// Puts back the journals of a snapshot. A zone without one begins anew.
    mutating func restore(_ saved: [DomainName: ZoneJournal]) {
        journals = zones.reduce(into: [:]) { journals, entry in
            let journal = saved[entry.key]
            journals[entry.key] =
                journal?.serial == entry.value.serial ? journal : ZoneJournal(entry.value)
        }
    }
}
