import DNSWire
import Inventory
import Zones

/// Turns record sets into the blobs that `SetView` describes. ldns checks and canonicalises the
/// data, unless they are plainly canonical already.
enum RecordCompiler {
    /// The most octets the records of one set may take: what a TCP answer holds besides the header,
    /// the longest question and an OPT record.
    static let maximumSetOctets = 65_535 - Header.sizeOctets - 259 - EDNS.recordOctets

    private static let singleTypes: Set<UInt16> = [
        TypeNumber.cname, TypeNumber.soa, TypeNumber.dname, TypeNumber.nsec, TypeNumber.nsec3,
    ]
    private static let classIN: UInt16 = 1
    /// A pointer to the question's name, which always starts behind the header (RFC 1035 4.1.4).
    private static let questionPointer = UInt16(0xC000 | Header.sizeOctets)
    /// A pointer costs two octets; a shorter apex is not worth one.
    private static let leastCompressedOctets = 3

    /// Compiles one set of the zone `apex`.
    static func compile(
        _ set: RecordSet, apex: DomainName
    ) throws(NameserverError) -> [UInt8] {
        var blob: [UInt8] = []
        try append(set, apex: apex, to: &blob)
        return blob
    }

    /// Compiles one set of the zone `apex` behind what is there, an even number of octets.
    static func append(
        _ set: RecordSet, apex: DomainName, to blob: inout [UInt8]
    ) throws(NameserverError) {
        try check(set)
        let start = blob.count
        let wire = start + SetView.headerOctets
        for _ in start..<wire { blob.append(0) }
        var fixups: [UInt16] = []
        var end = wire
        var stride = 0
        for (index, data) in set.data.enumerated() {
            let canonical =
                PlainData.isCanonical(data, type: set.key.type)
                ? data : try canonicalData(data, of: set)
            append(canonical, of: set, apex: apex, wireStart: wire, to: &blob, fixups: &fixups)
            guard blob.count - wire <= maximumSetOctets else { throw tooLarge(set) }
            if index == 0 { stride = blob.count - end }
            if blob.count - end != stride { stride = 0 }
            end = blob.count
        }
        let mark = set.signatures.isEmpty ? 0 : SetView.signedMark
        let numbers: InlineArray<5, UInt16> = [
            set.key.type.rawValue, UInt16(set.data.count) | mark, UInt16(fixups.count),
            UInt16(stride), UInt16(end - wire),
        ]
        blob.withUnsafeMutableBytes { octets in
            octets.storeBytes(
                of: numbers, toByteOffset: start, as: InlineArray<5, UInt16>.self)
        }
        if !fixups.isEmpty {
            fixups.withUnsafeBytes { blob.insert(contentsOf: $0, at: wire) }
        }
        if blob.count % 2 != 0 { blob.append(0) }
        guard !set.signatures.isEmpty else { return }
        let signatures = try SignatureCompiler.compile(set, apex: apex)
        guard end - wire + signatures.recordOctets <= maximumSetOctets else { throw tooLarge(set) }
        blob += signatures.octets
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
        // The root as its owner, type, class, time to live and length.
        let head =
            [0] + bigEndian(set.key.type.rawValue) + bigEndian(classIN)
            + bigEndian(UInt16(truncatingIfNeeded: set.ttlSeconds >> 16))
            + bigEndian(UInt16(truncatingIfNeeded: set.ttlSeconds))
            + bigEndian(UInt16(data.count))
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

    /// Appends one record; `wireStart` is where the first one of its set begins.
    private static func append(
        _ data: [UInt8], of set: RecordSet, apex: DomainName, wireStart: Int,
        to blob: inout [UInt8], fixups: inout [UInt16]
    ) {
        let start = blob.count
        append(questionPointer, to: &blob)
        append(set.key.type.rawValue, to: &blob)
        append(classIN, to: &blob)
        append(UInt16(truncatingIfNeeded: set.ttlSeconds >> 16), to: &blob)
        append(UInt16(truncatingIfNeeded: set.ttlSeconds), to: &blob)
        append(UInt16(data.count), to: &blob)
        guard let parts = compressibleParts(of: set.key.type) else {
            blob += data
            return
        }
        var rest = data[...]
        for part in parts {
            guard case .name = part else {
                blob += rest.prefix(2)
                rest = rest.dropFirst(2)
                continue
            }
            let name = firstName(of: rest)
            rest = rest.dropFirst(name.count)
            guard apex.wire.count >= leastCompressedOctets, isAtOrBelow(name, apex.wire) else {
                blob += name
                continue
            }
            blob += name.prefix(name.count - apex.wire.count)
            fixups.append(UInt16(blob.count - wireStart))
            append(questionPointer, to: &blob)
        }
        blob += rest
        let octets = UInt16(blob.count - start - SetView.recordHeaderOctets).bigEndian
        blob.withUnsafeMutableBytes {
            $0.storeBytes(of: octets, toByteOffset: start + 10, as: UInt16.self)
        }
    }

    private static func append(_ number: UInt16, to blob: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { blob += $0 }
    }

    private enum Part {
        case name
        case number16
    }

    /// How the data of the types that may be compressed begins: those of RFC 1035 and no other
    /// (RFC 3597 section 4); `nil` for others.
    private static func compressibleParts(of type: RecordType) -> [Part]? {
        switch type {
        case .ns, .cname, .ptr: [.name]
        case .soa: [.name, .name]
        case .mx: [.number16, .name]
        default: nil
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
