import DNSWire
import Inventory
import Zones

/// Turns record sets into the blobs that `SetView` describes. ldns checks and canonicalises the
/// data.
enum RecordCompiler {
    /// The most octets the records of one set may take: what a TCP answer holds besides the header,
    /// the longest question and an OPT record.
    static let maximumSetOctets = 65_535 - Header.sizeOctets - 259 - EDNS.recordOctets

    private static let singleTypes: Set<UInt16> = [
        TypeNumber.cname, TypeNumber.soa, TypeNumber.dname, TypeNumber.nsec, TypeNumber.nsec3,
    ]
    private static let classIN: [UInt8] = [0, 1]
    /// A pointer to the question's name, which always starts behind the header (RFC 1035 4.1.4).
    private static let questionPointer: [UInt8] = [0xC0, UInt8(Header.sizeOctets)]
    /// A pointer costs two octets; a shorter apex is not worth one.
    private static let leastCompressedOctets = 3

    /// Compiles one set of the zone `apex`.
    static func compile(
        _ set: RecordSet, apex: DomainName
    ) throws(NameserverError) -> [UInt8] {
        try check(set)
        var wire: [UInt8] = []
        var fixups: [UInt16] = []
        var starts: [Int] = []
        for data in set.data {
            let canonical = try canonicalData(data, of: set)
            starts.append(wire.count)
            append(canonical, of: set, apex: apex, to: &wire, fixups: &fixups)
            guard wire.count <= maximumSetOctets else { throw tooLarge(set) }
        }
        let first = starts.count > 1 ? starts[1] : wire.count
        let isRegular =
            starts.enumerated().allSatisfy { $1 == $0 * first }
            && wire.count == starts.count * first
        let signatures = try SignatureCompiler.compile(set, apex: apex)
        guard wire.count + signatures.recordOctets <= maximumSetOctets else { throw tooLarge(set) }
        let mark = set.signatures.isEmpty ? 0 : SetView.signedMark
        var blob: [UInt8] = []
        blob.reserveCapacity(
            SetView.headerOctets + 2 * fixups.count + wire.count + 1 + signatures.octets.count)
        for number in [
            set.key.type.rawValue, UInt16(set.data.count) | mark, UInt16(fixups.count),
            isRegular ? UInt16(first) : 0, UInt16(wire.count),
        ] + fixups {
            withUnsafeBytes(of: number) { blob += $0 }
        }
        blob += wire
        if blob.count % 2 != 0 { blob.append(0) }
        return blob + signatures.octets
    }

    /// min(TTL, MINIMUM) of a compiled SOA set, for negative answers (RFC 2308 section 3).
    static func negativeTTLSeconds(of set: SetView) -> UInt32 {
        let end = SetView.recordHeaderOctets + set.dataOctets(ofRecordAt: 0)
        let ttl = UInt32(bigEndian: set.wire.loadUnaligned(fromByteOffset: 6, as: UInt32.self))
        let minimum = UInt32(
            bigEndian: set.wire.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self))
        return min(ttl, minimum)
    }

    /// Aliases, starts of authority and proofs of denial stand alone (RFC 2181 sections 6.1 and
    /// 10.1, RFC 4034 section 4), some types are for questions or messages only (RFC 6895 section
    /// 3.1), and signatures are part of the sets that they sign.
    private static func check(_ set: RecordSet) throws(NameserverError) {
        let number = set.key.type.rawValue
        guard number != 0, number != RecordTypeNumber.opt, number != TypeNumber.rrsig,
            !(128...255).contains(number)
        else {
            throw .invalidData(
                owner: set.key.owner, type: set.key.type, reason: "zones hold no such type")
        }
        guard !singleTypes.contains(number) || set.data.count == 1 else {
            throw .invalidData(
                owner: set.key.owner, type: set.key.type,
                reason: "\(set.data.count) records where there can be one")
        }
        guard set.data.count <= maximumSetOctets / SetView.recordHeaderOctets else {
            throw tooLarge(set)
        }
    }

    private static func tooLarge(_ set: RecordSet) -> NameserverError {
        .setTooLarge(
            owner: set.key.owner, type: set.key.type,
            sizeOctets: set.data.reduce(0) { $0 + $1.count + SetView.recordHeaderOctets },
            limitOctets: maximumSetOctets)
    }

    private static func canonicalData(
        _ data: [UInt8], of set: RecordSet
    ) throws(NameserverError) -> [UInt8] {
        let head: [UInt8] = [0] + recordHead(of: set, dataOctets: data.count)
        do throws(LDNSRecord.Refusal) {
            let wire = try LDNSRecord(wire: head + data).canonicalWire()
            // A pointer in the data would have been followed, a short field filled up.
            guard wire.count == head.count + data.count else {
                throw LDNSRecord.Refusal(reason: "its length is not that of its parts")
            }
            return Array(wire[head.count...])
        } catch {
            throw .invalidData(owner: set.key.owner, type: set.key.type, reason: error.reason)
        }
    }

    /// Type, class, time to live and length of data.
    private static func recordHead(of set: RecordSet, dataOctets: Int) -> [UInt8] {
        bigEndian(set.key.type.rawValue) + classIN
            + bigEndian(UInt16(truncatingIfNeeded: set.ttlSeconds >> 16))
            + bigEndian(UInt16(truncatingIfNeeded: set.ttlSeconds))
            + bigEndian(UInt16(dataOctets))
    }

    private static func append(
        _ data: [UInt8], of set: RecordSet, apex: DomainName, to wire: inout [UInt8],
        fixups: inout [UInt16]
    ) {
        let start = wire.count
        wire += questionPointer
        wire += recordHead(of: set, dataOctets: 0)
        var rest = data[...]
        for part in compressibleParts(of: set.key.type) {
            guard case .name = part else {
                wire += rest.prefix(2)
                rest = rest.dropFirst(2)
                continue
            }
            let name = firstName(of: rest)
            rest = rest.dropFirst(name.count)
            let labels = name.count - apex.wire.count
            guard apex.wire.count >= leastCompressedOctets, isAtOrBelow(name, apex.wire) else {
                wire += name
                continue
            }
            wire += name.prefix(labels)
            fixups.append(UInt16(wire.count))
            wire += questionPointer
        }
        wire += rest
        let length = bigEndian(UInt16(wire.count - start - SetView.recordHeaderOctets))
        wire.replaceSubrange(start + 10..<start + 12, with: length)
    }

    private enum Part {
        case name
        case number16
    }

    /// How the data of the types that may be compressed begins: those of RFC 1035 and no other
    /// (RFC 3597 section 4).
    private static func compressibleParts(of type: RecordType) -> [Part] {
        switch type {
        case .ns, .cname, .ptr: [.name]
        case .soa: [.name, .name]
        case .mx: [.number16, .name]
        default: []
        }
    }

    private static func firstName(of data: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = data.startIndex
        while data[end] != 0 { end += 1 + Int(data[end]) }
        return data[...end]
    }

    private static func isAtOrBelow(_ name: ArraySlice<UInt8>, _ apex: [UInt8]) -> Bool {
        guard name.count >= apex.count, name.suffix(apex.count).elementsEqual(apex) else {
            return false
        }
        var offset = name.startIndex
        while offset < name.endIndex - apex.count { offset += 1 + Int(name[offset]) }
        return offset == name.endIndex - apex.count
    }

    private static func bigEndian(_ number: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}
