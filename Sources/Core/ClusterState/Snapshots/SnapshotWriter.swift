import ClusterMessages
import Inventory
import Zones

/// Gives a state as chunks of bytes, one after the other, never all of them at once. Lists are
/// sorted, so that a state gives the same bytes each time within one version.
///
/// It holds the state as it was: while it lives, the first change of each part of the state makes
/// a copy of that part.
package struct SnapshotWriter: Sendable {
    /// No chunk is longer.
    package static let chunkOctets = 256 << 10
    /// How many record sets are in one record.
    private static let owedBatch = 1_000
    /// How many signed record sets are in one record.
    private static let signedBatch = 500
    /// How many steps of a journal are in one record.
    private static let journalBatch = 100

    /// What comes one after the other.
    private enum Part {
        case records([MessageSnapshotRecord])
        case guests([GuestID])
        case claims([ClaimBook.Slot])
        case owed([RecordSetKey], provider: String)
        case journal([ZoneJournal.Step], start: ZoneJournal.Start, apex: DomainName)
        case statics([RecordSetKey])
        case signed([RecordSetKey], apex: DomainName)
    }

    /// What is still to come, the next one last.
    private enum Section {
        case head, serials, guests, claims, brakes, formerProviders
        case staticZones, statics, stages, end
        case journal(DomainName)
        case provider(String)
        case owed(String)
        case signedZone(DomainName)
        case signedSets(DomainName)
    }

    private let state: ReplicatedState
    private var sections: [Section]
    private var part = Part.records([])
    private var place = 0
    private var written: UInt64 = 0
    private var buffer: [UInt8] = []

    /// The state as it is now.
    package init(_ state: ReplicatedState) {
        self.state = state
        let providers = state.providers.keys.sorted().flatMap {
            [Section.provider($0), .owed($0)]
        }
        let journals = state.zones.journals.keys.sorted().map { Section.journal($0) }
        sections = [.head, .serials, .guests, .claims, .brakes] + journals + providers
        sections += [.formerProviders, .staticZones, .statics, .stages]
        for apex in state.zones.signed.keys.sorted() {
            sections += [.signedZone(apex), .signedSets(apex)]
        }
        sections.append(.end)
        sections.reverse()
    }

    /// The next chunk: 1...`chunkOctets` octets; `nil` after the last one.
    package mutating func next() -> [UInt8]? {
        while buffer.count < Self.chunkOctets, let record = nextRecord() {
            SnapshotFrame.append(Wire.encode(record), number: written, to: &buffer)
            written += 1
        }
        guard !buffer.isEmpty else { return nil }
        let chunk = Array(buffer.prefix(Self.chunkOctets))
        buffer.removeFirst(chunk.count)
        return chunk
    }

    private mutating func nextRecord() -> MessageSnapshotRecord? {
        while true {
            if let record = recordOfPart() { return record }
            guard let section = sections.popLast() else { return nil }
            part = content(of: section)
            place = 0
        }
    }

    private mutating func recordOfPart() -> MessageSnapshotRecord? {
        var record = MessageSnapshotRecord()
        switch part {
        case .records(let records):
            guard place < records.count else { return nil }
            record = records[place]
        case .guests(let ids):
            guard place < ids.count, let entry = state.guests[ids[place]] else { return nil }
            record.guest = entry.message
        case .claims(let slots):
            guard place < slots.count, let claim = state.claimBook.claims[slots[place]] else {
                return nil
            }
            record.claim = claim.message
        case .statics(let keys):
            let batch = keys.dropFirst(place * Self.owedBatch).prefix(Self.owedBatch)
            guard !batch.isEmpty else { return nil }
            record.statics.entries = batch.compactMap { key in
                state.zones.statics.sets[key].flatMap { set in
                    state.staticNote(of: key)?.message(for: set)
                }
            }
        case .signed(let keys, let apex):
            let batch = keys.dropFirst(place * Self.signedBatch).prefix(Self.signedBatch)
            guard !batch.isEmpty, let zone = state.zones.signed[apex] else { return nil }
            record.signedSets.sets = batch.compactMap { zone.sets[$0]?.signedMessage }
        case .owed(let keys, let provider):
            let batch = keys.dropFirst(place * Self.owedBatch).prefix(Self.owedBatch)
            guard !batch.isEmpty, let owed = state.providers[provider]?.owed else { return nil }
            record.owed.sets = batch.map { key in
                ProviderLedger.message(of: key, index: owed[key] ?? 0)
            }
        case .journal(let steps, let start, let apex):
            let batch = steps.dropFirst(place * Self.journalBatch).prefix(Self.journalBatch)
            guard place == 0 || !batch.isEmpty else { return nil }
            record.journal = ZoneJournal.message(
                of: batch, from: place == 0 ? start : nil, apex: apex)
        }
        place += 1
        return record
    }

    private func content(of section: Section) -> Part {
        switch section {
        case .head: return .records(state.headRecords)
        case .serials: return .records(state.serialRecords)
        case .guests: return .guests(state.guests.keys.sorted())
        case .claims: return .claims(state.claimBook.claims.keys.sorted())
        case .brakes: return .records(state.brakeRecords)
        case .journal(let apex):
            guard let journal = state.zones.journals[apex] else { return .records([]) }
            return .journal(journal.steps, start: journal.start, apex: apex)
        case .provider(let name):
            var record = MessageSnapshotRecord()
            record.provider = state.providers[name]?.message(for: name) ?? .init()
            return .records([record])
        case .owed(let name):
            return .owed(Self.ordered(state.providers[name]?.owed.keys), provider: name)
        case .formerProviders: return .records(state.formerProviderRecords)
        case .staticZones: return .records(state.staticZoneRecords)
        case .statics: return .statics(Self.ordered(state.zones.statics.sets.keys))
        case .stages: return .records(state.stageRecords)
        case .signedZone(let apex):
            return .records(state.zones.signed[apex].map { [$0.record(for: apex)] } ?? [])
        case .signedSets(let apex):
            return .signed(Self.ordered(state.zones.signed[apex]?.sets.keys), apex: apex)
        case .end:
            var record = MessageSnapshotRecord()
            record.end.records = written + 1
            return .records([record])
        }
    }
}

extension SnapshotWriter {
    /// Any order does that is the same each time; the canonical one of names costs more.
    private static func ordered(_ keys: (some Collection<RecordSetKey>)?) -> [RecordSetKey] {
        guard let keys else { return [] }
        return keys.sorted { left, right in
            left.owner == right.owner
                ? left.type < right.type
                : left.owner.wire.lexicographicallyPrecedes(right.owner.wire)
        }
    }
}

extension ReplicatedState {
    /// The state as a stream of chunks, as it is now.
    package func snapshotChunks() -> SnapshotWriter { SnapshotWriter(self) }

    /// The whole state in one piece: for small ones.
    package func snapshot() -> [UInt8] {
        var writer = SnapshotWriter(self)
        var bytes: [UInt8] = []
        while let chunk = writer.next() {
            bytes += chunk
        }
        return bytes
    }
}
