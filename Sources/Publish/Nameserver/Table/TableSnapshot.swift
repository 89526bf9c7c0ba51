import DNSWire
package import Inventory
import Zones

/// All zones at one moment, immutable and shared between threads. It owns the memory that its view
/// points into: whoever uses the view keeps the snapshot.
package final class TableSnapshot: Sendable {
    /// How much there is.
    package struct Statistics: Equatable, Sendable {
        /// Zones served.
        package let zones: Int
        /// Names that own records, over all zones.
        package let names: Int
        /// Record sets, over all zones.
        package let recordSets: Int
        /// Octets of nodes in use.
        package let liveOctets: Int
        /// Octets taken from the system for nodes and hash table.
        package let sizeOctets: Int
    }

    /// How much the snapshot holds.
    package let statistics: Statistics

    /// What cookies are made of.
    let cookies: CookieSecrets
    /// The zones' numbers, by which answers are counted.
    package let numbers: [DomainName: Int]

    private let memory: [MemoryBlock]
    private let chunks: MemoryBlock
    private let pages: MemoryBlock
    private let zones: MemoryBlock
    private let slotMask: Int
    private let hashKey: SipHashKey
    private let deepestApex: Int
    private let highestApex: Int

    /// What the readers use.
    var view: TableView {
        TableView(
            hashKey: hashKey,
            chunks: UnsafePointer(chunks.base.assumingMemoryBound(to: UnsafeRawPointer.self)),
            pages: UnsafePointer(
                pages.base.assumingMemoryBound(to: UnsafePointer<Slot>.self)),
            slotMask: slotMask,
            zones: UnsafePointer(zones.base.assumingMemoryBound(to: ZoneView.self)),
            deepestApex: deepestApex,
            highestApex: highestApex)
    }

    /// Freezes a table. Zones that did not change keep the lists they have.
    init(_ table: inout ZoneTable, cookies: CookieSecrets) {
        self.cookies = cookies
        table.listPieces()
        let epoch = table.epoch
        let present = table.zones.compactMap { $0 }
        numbers = table.numbers
        let chunkBlocks = table.arena.chunks.compactMap { $0?.block }
        memory =
            chunkBlocks + table.slots.pages
            + present.flatMap { [$0.apexBlock] + $0.index.blocks + $0.hashes.blocks }
            + present.compactMap(\.pieceList)
        let nowhere = UnsafeRawPointer(table.slots.pages[0].base)
        chunks = MemoryBlock(
            values: table.arena.chunks.map {
                $0.map { UnsafeRawPointer($0.block.base) } ?? nowhere
            },
            epoch: epoch)
        pages = MemoryBlock(
            values: table.slots.pages.map {
                UnsafePointer($0.base.assumingMemoryBound(to: Slot.self))
            }, epoch: epoch)
        zones = MemoryBlock(values: table.zoneViews(), epoch: epoch)
        slotMask = table.slots.mask
        hashKey = table.hashKey
        deepestApex = present.map(\.apexLabels).max() ?? -1
        highestApex = present.map(\.apexLabels).min() ?? 0
        statistics = Statistics(
            zones: present.count,
            names: present.reduce(0) { $0 + $1.index.count },
            recordSets: present.reduce(0) { $0 + $1.recordSets },
            liveOctets: table.arena.liveOctets,
            sizeOctets: table.arena.sizeOctets
                + table.slots.pages.reduce(0) { $0 + $1.sizeOctets })
    }
}

extension ZoneTable {
    /// Renews the readers' lists of index pieces where they changed.
    mutating func listPieces() {
        for number in zones.indices where zones[number] != nil {
            guard let zone = zones[number], zone.pieceList == nil else { continue }
            let views = zone.index.views + zone.hashes.views
            setPieceList(MemoryBlock(values: views, epoch: epoch), of: number)
        }
    }

    /// The readers' zones by number. A number without a zone repeats another; no node leads to it.
    func zoneViews() -> [ZoneView] {
        let views = zones.map { $0.map(view) }
        guard let some = views.compactMap({ $0 }).first else { return [] }
        return views.map { $0 ?? some }
    }

    private func view(_ zone: ZoneContents) -> ZoneView {
        let apex = arena.node(zone.apexNode)
        guard let authority = apex.set(of: RecordType.soa.rawValue), let list = zone.pieceList
        else {
            preconditionFailure("zone \(zone.apex) without SOA or index")
        }
        let index = UnsafePointer(list.base.assumingMemoryBound(to: IndexPiece.self))
        return ZoneView(
            apexKey: UnsafeRawPointer(zone.apexBlock.base),
            apexKeyOctets: zone.apexKey.count,
            apexWire: UnsafeRawPointer(zone.apexBlock.base + zone.apexKey.count),
            apexWireOctets: zone.apex.wire.count,
            apexLabels: zone.apexLabels,
            greatestDepth: zone.greatestDepth,
            hasZonesBelow: zone.hasZonesBelow,
            delegations: zone.delegations,
            wildcards: zone.wildcards,
            apex: apex,
            startOfAuthority: authority,
            negativeTTL: RecordCompiler.negativeTTLSeconds(of: authority).bigEndian,
            index: index,
            indexCount: zone.index.blocks.count,
            denial: denial(of: zone, apex: apex),
            hashes: index + zone.index.blocks.count,
            hashesCount: zone.hashes.blocks.count)
    }

    /// With an NSEC3PARAM record all hashes are there (RFC 5155 section 4), which is when the NSEC
    /// records may go. Without, the apex's NSEC record says that the other chain is.
    private func denial(of zone: ZoneContents, apex: NodeView) -> DenialKind {
        if let parameters = apex.set(of: TypeNumber.nsec3param), zone.hashes.count > 0,
            Self.areUsual(parameters)
        {
            return .nsec3
        }
        let chain = apex.set(of: TypeNumber.nsec)
        return chain?.isSigned ?? false ? .nsec : .none
    }

    /// SHA-1 once and without salt (RFC 9276 section 3.1): other hashes are not worked out here.
    private static func areUsual(_ parameters: SetView) -> Bool {
        let usual: [UInt8] = [1, 0, 0, 0, 0]
        let data = UnsafeRawBufferPointer(
            start: parameters.wire + SetView.recordHeaderOctets,
            count: parameters.dataOctets(ofRecordAt: 0))
        return data.elementsEqual(usual)
    }
}
