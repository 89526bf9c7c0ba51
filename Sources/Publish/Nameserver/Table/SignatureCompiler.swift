import Inventory
import Zones

/// Turns the signatures of a record set into the form that `SignatureView` describes.
enum SignatureCompiler {
    /// What stands behind the records of a set.
    struct Compiled {
        /// Nothing if there are no signatures.
        var octets: [UInt8] = []
        /// What they take in an answer.
        var recordOctets = 0
    }

    /// Compiles the signatures of a set of the zone `apex`. They must be the zone's own, over this
    /// set, with its time to live (RFC 4035 section 2.2).
    static func compile(
        _ set: RecordSet, apex: DomainName
    ) throws(NameserverError) -> Compiled {
        guard !set.signatures.isEmpty else { return Compiled() }
        var compiled = Compiled(octets: [0, 0])
        let fixed = SignatureView.fixedDataOctets
        for data in set.signatures {
            let signature = try signature(in: data, of: set, apex: apex)
            withUnsafeBytes(of: UInt16(signature.count)) { compiled.octets += $0 }
            compiled.octets += data[2..<4]
            compiled.octets += data[(fixed - SignatureView.timesOctets)..<fixed]
            compiled.octets += signature
            if signature.count % 2 != 0 { compiled.octets.append(0) }
            compiled.recordOctets += SetView.recordHeaderOctets + data.count
        }
        guard compiled.recordOctets <= RecordCompiler.maximumSetOctets else {
            throw .setTooLarge(
                owner: set.key.owner, type: set.key.type, sizeOctets: compiled.recordOctets,
                limitOctets: RecordCompiler.maximumSetOctets)
        }
        withUnsafeBytes(of: UInt16(compiled.octets.count - 2)) { size in
            compiled.octets.replaceSubrange(0..<2, with: size)
        }
        return compiled
    }

    /// The signature itself.
    private static func signature(
        in data: [UInt8], of set: RecordSet, apex: DomainName
    ) throws(NameserverError) -> ArraySlice<UInt8> {
        let fixed = SignatureView.fixedDataOctets
        let end = fixed + apex.wire.count
        let covered = set.key.type.rawValue
        let ttl = set.ttlSeconds
        var reason: String?
        if data.count <= end {
            reason = "a signature ends too early"
        } else if UInt16(data[0]) << 8 | UInt16(data[1]) != covered {
            reason = "a signature is over another type"
        } else if data[4..<8].reduce(0 as UInt32, { $0 << 8 | UInt32($1) }) != ttl {
            reason = "a signature is over another time to live"
        } else if !data[fixed..<end].elementsEqual(apex.wire) {
            reason = "a signature is not the zone's"
        }
        if let reason {
            throw .invalidData(owner: set.key.owner, type: set.key.type, reason: reason)
        }
        return data[end...]
    }
}
